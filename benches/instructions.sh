#!/usr/bin/env bash
# Counts the instructions of the hot paths, on generated data and one thread, and compares them with
# benches/instructions.csv. Fails if a count changed by more than 3 %.
#
#   benches/instructions.sh            compares
#   benches/instructions.sh --write    writes the counts of this version to the file
set -euo pipefail
cd "$(dirname "$0")/.."
counts=benches/instructions.csv

if ! valgrind --version >/dev/null 2>&1; then
    echo "skipped: valgrind is not installed" >&2
    exit 0
fi

# The benchmarks, their cases, and the function in which instructions are counted.
query='*library::Library>::evaluate_within'
cases="
files     ten_kpis_by_month_and_channel $query
large     repeat_customers              $query
large     totals                        $query
large     at_daily_rates                $query
"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build() {
    cargo bench --locked --no-default-features --bench "$1" --no-run 2>&1 | sed -n 's/.*Executable .*(\(.*\))$/\1/p'
}
count() {
    TMPDIR=$work KPI_BENCH_ROWS=200000 valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        --toggle-collect="$3" "$1" --test --exact "$2" 2>&1 | sed -n 's/.*Collected : \([0-9]*\)$/\1/p'
}

echo "case,instructions" >"$work/counts"
echo "$cases" | while read -r bench case function; do
    [ -n "$bench" ] || continue
    [ -f "$work/$bench" ] || build "$bench" >"$work/$bench"
    echo "$case,$(count "$(cat "$work/$bench")" "$bench::$case::1" "$function")" >>"$work/counts"
done

if [ "${1:-}" = --write ]; then
    cp "$work/counts" "$counts"
    exit
fi
awk -F, '
    FNR == 1 { next }
    NR == FNR { known[$1] = $2; next }
    !($1 in known) { printf "%-32s %14d  new\n", $1, $2; next }
    {
        change = ($2 - known[$1]) / known[$1] * 100
        printf "%-32s %14d  %+.1f %%\n", $1, $2, change
        if (change > 3 || change < -3) changed = 1
    }
    END {
        if (changed) print "a count changed by more than 3 %: find out why, or run benches/instructions.sh --write"
        exit changed
    }' "$counts" "$work/counts"
