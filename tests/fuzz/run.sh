#!/usr/bin/env bash
# Runs every libFuzzer target for a while, from its corpus; findings stay in BUILD/fuzz/.
#
#   run.sh BUILD_DIR SECONDS_EACH
set -euo pipefail
build=$1 seconds=$2
here=$(cd "$(dirname "$0")" && pwd)
for target in "$build"/fuzz/*_fuzzer; do
  name=$(basename "$target" _fuzzer)
  corpus=$here/corpus/$name
  mkdir -p "$build/fuzz/$name"
  echo "== $name, $seconds s"
  "$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$build/fuzz/$name-" "$build/fuzz/$name" "$corpus" 2>&1 | grep -E 'stat::|ERROR|SUMMARY|^==' || true
  if ls "$build/fuzz/$name"-* >/dev/null 2>&1; then
    echo "$name: found something, see $build/fuzz/$name-*"
    exit 1
  fi
done
