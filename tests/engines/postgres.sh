#!/bin/sh
# Starts a PostgreSQL server of its own in a new folder: `postgres.sh start FOLDER PORT`; stops it: `postgres.sh stop FOLDER`.
# It listens on a socket in that folder only, and everything in it is deleted when it stops.
set -eu
action=$1
folder=$2
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb)")

# PostgreSQL refuses to run as root.
as_user() {
    if [ "$(id -u)" = 0 ]; then
        su postgres -c "$1"
    else
        sh -c "$1"
    fi
}

case $action in
start)
    mkdir "$folder"
    [ "$(id -u)" != 0 ] || chown postgres "$folder"
    as_user "'$bin/initdb' -D '$folder/data' -A trust -U postgres -E UTF8 --no-locale" >"$folder.log"
    as_user "'$bin/pg_ctl' -D '$folder/data' -o \"-p $3 -k '$folder' -c listen_addresses= -c fsync=off\" -l '$folder/log' -w start" >>"$folder.log"
    ;;
stop)
    as_user "'$bin/pg_ctl' -D '$folder/data' -m immediate -w stop" >>"$folder.log" || true
    rm -rf "$folder" "$folder.log"
    ;;
esac
