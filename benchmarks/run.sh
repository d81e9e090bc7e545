#!/usr/bin/env bash
# Runs every benchmark and keeps its result as JSON in benchmarks/results/, with compiler and commit.
#
#   run.sh BUILD_DIR [name…]
#
# Times on shared machines vary by a factor of two: compare runs of the same hour, and ratios.
set -euo pipefail
build=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$here/results"
commit=$(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo unknown)
names=("$@")
[ ${#names[@]} -gt 0 ] || names=($(cd "$build/benchmarks" && ls ./*_benchmark | sed 's,^\./,,'))
for name in "${names[@]}"; do
  "$build/benchmarks/$name" --benchmark_repetitions="${REPETITIONS:-3}" --benchmark_report_aggregates_only=true \
    --benchmark_context=commit="$commit" --benchmark_context=compiler="$(g++ --version | head -1)" \
    --benchmark_out="$here/results/$name.json" --benchmark_out_format=json
done
# The machine's name is nobody's business.
sed -i '/"host_name"/d; s,"executable": ".*/,"executable": ",' "$here"/results/*_benchmark.json
