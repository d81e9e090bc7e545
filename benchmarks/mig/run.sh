#!/usr/bin/env bash
# Every table on packing, placing and repacking slices, into benchmarks/results/mig/.
#
#   run.sh BUILD_DIR            SEEDS=20 REQUESTS=6000 TRACES=folder of the openb trace
#
# The trace is not ours to pass on (alibaba/clusterdata, cluster-trace-gpu-v2023/csv): without it
# its tables stay as they are.
set -euo pipefail
suite=$1/benchmarks/mig_suite
here=$(cd "$(dirname "$0")/.." && pwd)
out=$here/results/mig
mkdir -p "$out"
seeds=${SEEDS:-20}
requests=${REQUESTS:-6000}
table() { "$suite" "${@:2}" > "$out/$1.md"; echo "$out/$1.md"; }
"$1/benchmarks/mig_moldable" "$here/mig/parvagpu" > "$out/moldable.md"; echo "$out/moldable.md"
table static static
table latency latency
table repack repack
table events events 10000000
table online-64-exponential online 64 exp "$seeds" "$requests"
table online-64-lognormal online 64 lognormal "$seeds" "$requests"
table online-8-exponential online 8 exp "$seeds" "$requests"
table online-64-drift online 64 drift "$((seeds / 2))" "$requests"
table online-64-long online 64 exp "$((seeds / 5))" "$((requests * 5))"
table repair repair "$seeds" "$((requests / 2))"
table queue queue "$((seeds / 2))" "$requests"
table autoscale autoscale "$((seeds / 2))" "$requests"
traces=${TRACES:-$here/../../shared/traces/alibaba-gpu-v2023}
if [[ -f $traces/openb_pod_list_default.csv ]]; then
  table openb-inflate inflate "$traces" 10
  table openb-replay replay "$traces"
  table openb-gangs gangs "$traces" 3
else
  echo "skipped: openb-inflate, openb-replay, openb-gangs: no trace in $traces"
fi
