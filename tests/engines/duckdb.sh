#!/bin/sh
# Fetches the library of DuckDB, which contains its ADBC driver, into target/engines: `duckdb.sh`. The tests find it there,
# and skip what needs it if it is not there.
set -eu
cd "$(dirname "$0")/../.."
case $(uname -sm) in
"Linux x86_64") package=@duckdb/node-bindings-linux-x64 ;;
"Linux aarch64") package=@duckdb/node-bindings-linux-arm64 ;;
*)
    echo "skipped: no library of DuckDB is known for $(uname -sm)" >&2
    exit 0
    ;;
esac
to=target/engines/duckdb
[ ! -e "$to/libduckdb.so" ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! (cd "$work" && npm pack --silent "$package" >packed && tar xzf "$(cat packed)"); then
    echo "skipped: the library of DuckDB cannot be fetched" >&2
    exit 0
fi
mkdir -p "$to"
mv "$work/package/libduckdb.so" "$to/"
