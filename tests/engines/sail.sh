#!/bin/sh
# Sail, an engine that speaks the protocol of Spark. `sail.sh fetch` fetches it and the ADBC driver of Spark into
# target/engines; the tests find them there, and skip what needs them if they are not there. `sail.sh start FOLDER PORT`
# starts a server on this machine only, and `sail.sh stop FOLDER` stops it.
set -eu
cd "$(dirname "$0")/../.."
to=$PWD/target/engines/sail

case $1 in
fetch)
    [ ! -e "$to/libadbc_driver_spark.so" ] || exit 0
    rm -rf "$to"
    mkdir -p "$to"
    if ! { python3 -m venv "$to/venv" && "$to/venv/bin/pip" install --quiet pysail adbc-driver-spark; }; then
        rm -rf "$to"
        echo "skipped: Sail cannot be fetched" >&2
        exit 0
    fi
    find "$to/venv" -name 'libadbc_driver_spark.so' -exec cp {} "$to/" \;
    ;;
start)
    [ -x "$to/venv/bin/sail" ]
    mkdir "$2"
    RUST_LOG=error "$to/venv/bin/sail" spark server --ip 127.0.0.1 --port "$3" >"$2/log" 2>&1 </dev/null &
    echo $! >"$2/pid"
    # It answers when it has opened its port.
    for _ in $(seq 100); do
        ! "$to/venv/bin/python" -c "import socket; socket.create_connection(('127.0.0.1', $3))" 2>/dev/null || exit 0
        sleep 0.1
    done
    exit 1
    ;;
stop)
    kill "$(cat "$2/pid")" 2>/dev/null || true
    rm -rf "$2"
    ;;
esac
