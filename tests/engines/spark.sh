#!/bin/sh
# Spark on this machine, with two executors in processes of their own. `spark.sh fetch` fetches it into target/engines and
# needs Java, `spark.sh start FOLDER PORT` starts a server of Spark Connect, and `spark.sh stop FOLDER` stops it. The tests
# of warehouses use it instead of Sail if its URI is in TEST_SPARK.
set -eu
cd "$(dirname "$0")/../.."
to=$PWD/target/engines/spark

case $1 in
fetch)
    [ ! -e "$to/fetched" ] || exit 0
    rm -rf "$to"
    if ! { command -v java >/dev/null && python3 -m venv "$to" && "$to/bin/pip" install --quiet pyspark; }; then
        rm -rf "$to"
        echo "skipped: Spark cannot be fetched, or Java is missing" >&2
        exit 0
    fi
    touch "$to/fetched"
    ;;
start)
    [ -e "$to/fetched" ]
    SPARK_HOME=$(echo "$to"/lib/python3*/site-packages/pyspark)
    JAVA_HOME=$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")
    export SPARK_HOME JAVA_HOME SPARK_LOCAL_IP=127.0.0.1 SPARK_LOG_DIR="$2/logs" SPARK_WORKER_DIR="$2/work"
    mkdir "$2"
    cd "$2"
    "$SPARK_HOME/bin/spark-submit" --class org.apache.spark.sql.connect.service.SparkConnectServer \
        --name tests --master 'local-cluster[2,1,1024]' --conf spark.driver.memory=1g --conf spark.executor.memory=1g \
        --conf spark.driver.bindAddress=127.0.0.1 --conf spark.driver.host=127.0.0.1 \
        --conf spark.connect.grpc.binding.address=127.0.0.1 --conf spark.connect.grpc.binding.port="$3" \
        --conf spark.sql.warehouse.dir="$2/warehouse" --conf spark.ui.enabled=false \
        --conf spark.sql.shuffle.partitions=4 spark-internal >"$2/log" 2>&1 </dev/null &
    echo $! >"$2/pid"
    for _ in $(seq 120); do
        ! grep -q 'Spark Connect server started' "$2/log" || exit 0
        sleep 1
    done
    exit 1
    ;;
stop)
    kill "$(cat "$2/pid")" 2>/dev/null || true
    rm -rf "$2"
    ;;
esac
