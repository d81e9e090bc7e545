#!/usr/bin/env bash
# Installs the module into a virtual environment of its own and runs its tests there.
#
#   PYTHON=/usr/bin/python3 python/test.sh [pytest's arguments]
#
# A new environment is filled as a user would do it, by `pip install .`. Later runs build
# incrementally in build/python and need no network.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-/usr/bin/python3}
venv=build/python-venv
pip=("$venv/bin/python" -m pip --disable-pip-version-check --quiet)
stamp="$("$python" -VV) $(cksum <pyproject.toml)"

if [ "$(cat "$venv/stamp" 2>/dev/null)" != "$stamp" ]; then
  rm -rf "$venv" build/python
  "$python" -m venv "$venv"
  "${pip[@]}" install '.[test]'
  # What a build without isolation needs; the versions are those of pyproject.toml.
  "$venv/bin/python" - <<'EOF' | xargs -d '\n' "${pip[@]}" install
import re
text = open("pyproject.toml").read()
print(*re.findall(r'"([^"]+)"', re.search(r"requires = \[(.*)\]", text).group(1)), sep="\n")
EOF
  echo "$stamp" >"$venv/stamp"
else
  "${pip[@]}" install --no-deps --no-build-isolation --config-settings=build-dir=build/python .
fi
exec "$venv/bin/pytest" "$@"
