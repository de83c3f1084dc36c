#!/bin/sh
# Fetches the ADBC driver of PostgreSQL into target/engines: `postgresql-driver.sh`. The tests find it there, and skip what
# needs it if it is not there.
set -eu
cd "$(dirname "$0")/../.."
to=target/engines/postgresql
[ ! -e "$to/libadbc_driver_postgresql.so" ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! { python3 -m venv "$work/venv" && "$work/venv/bin/pip" install --quiet adbc-driver-postgresql; }; then
    echo "skipped: the ADBC driver of PostgreSQL cannot be fetched" >&2
    exit 0
fi
mkdir -p "$to"
find "$work/venv" -name 'libadbc_driver_postgresql.so' -exec cp {} "$to/" \;
