#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Becomes a Triton server on this machine's CPU.
#
#   start.sh VENV_DIR MODEL_REPOSITORY HTTP_PORT GRPC_PORT METRICS_PORT [tritonserver option]…
#
# Who starts this script owns the server: it keeps the pid (exec), SIGTERM drains it, and the log
# is standard error. It listens on 127.0.0.1 only. A failed start exits with 2 before the exec.
set -euo pipefail

[ $# -ge 5 ] || {
  echo "usage: start.sh VENV_DIR MODEL_REPOSITORY HTTP_PORT GRPC_PORT METRICS_PORT [option]…" >&2
  exit 2
}
venv=$1 models=$2 http=$3 grpc=$4 metrics=$5
shift 5
[ -e "$venv/installed" ] || { echo "start.sh: no Triton in $venv: run install.sh $venv" >&2; exit 2; }
[ -d "$models" ] || { echo "start.sh: no model repository at $models" >&2; exit 2; }
venv=$(cd "$venv" && pwd)

# A process's name for our purposes: its pid and when it started, because pids come again.
identity() { # PID -> PID_START, or nothing if it is gone or a zombie
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
  stat=${stat##*) }
  set -- "$1" $stat
  [[ $2 != [ZX] ]] || return 0
  echo "${1}_${21}"
}

# Servers that were killed leave shared memory behind and, seldom, their Python stub: a process
# that has the name of the shared memory among its arguments. Sweep what has no owner any more.
sweep() {
  local file owner proc name
  for file in /dev/shm/tgflower_*; do
    [[ $file =~ /tgflower_(([0-9]+)_[0-9]+)_ ]] || continue
    owner=${BASH_REMATCH[2]} name=${BASH_REMATCH[1]}
    [ "$(identity "$owner")" = "$name" ] || rm -f "$file" 2>/dev/null || true # perhaps another user's
  done
  for proc in $(grep -lsa '^triton_python_b' /proc/[0-9]*/comm); do
    proc=${proc%/comm}
    [[ $(tr '\0' ' ' <"$proc/cmdline" 2>/dev/null) =~ tgflower_(([0-9]+)_[0-9]+)_ ]] || continue
    owner=${BASH_REMATCH[2]} name=${BASH_REMATCH[1]}
    [ "$(identity "$owner")" = "$name" ] || kill -9 "${proc#/proc/}" 2>/dev/null || true
  done
}
sweep

# The stub's interpreter ignores PYTHONPATH: it finds numpy only because the first python3 on PATH
# is the virtual environment's.
export PATH="$venv/bin:$PATH"
export LD_LIBRARY_PATH="$venv/libpython"
export TRITON_SERVER_CPU_ONLY=1
export OPENBLAS_NUM_THREADS=1

# Without auto-completion the model is loaded once instead of twice: ready in 0.3 s, not in 2 s.
exec "$venv/tritonserver/bin/tritonserver" \
  --model-repository="$models" \
  --http-address=127.0.0.1 --http-port="$http" \
  --grpc-address=127.0.0.1 --grpc-port="$grpc" \
  --metrics-address=127.0.0.1 --metrics-port="$metrics" \
  --backend-directory="$venv/tritonserver/backends" \
  --cache-directory="$venv/tritonserver/caches" \
  --backend-config="python,shm-region-prefix-name=tgflower_$(identity $$)_" \
  --disable-auto-complete-config \
  --allow-gpu-metrics=false \
  --pinned-memory-pool-byte-size=0 \
  --exit-timeout-secs=15 \
  "$@"
