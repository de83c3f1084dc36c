#!/bin/sh
# Installs a headless Chromium, the library that drives it and the accessibility checker, for the tests of pages.
#
#   tests/browser/chromium.sh [FOLDER]
#
# FOLDER is target/browser by default. Needs node and npm; downloads about 70 MB once.
set -eu
folder=${1:-$(dirname "$0")/../../target/browser}
mkdir -p "$folder"
cd "$folder"
[ -f package.json ] || echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --save-exact @sparticuz/chromium@153.0.0 puppeteer-core@24.43.1 axe-core@4.14.1
