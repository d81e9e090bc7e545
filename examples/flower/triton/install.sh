#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Puts a real Triton Inference Server 2.51, which runs without a GPU, into a directory.
#
#   install.sh VENV_DIR
#
# Downloads 75 MB once (two wheels from the Python package index) and takes 220 MB of disk; a
# second run does nothing. PYTHON=… chooses the interpreter (3.9 to 3.12; default: Debian's).
#
# nvidia-pytriton carries the server and its Python backend; of its dependencies the server needs
# numpy only, and numpy 1.x: with 2.x the first request makes the server crash.
set -euo pipefail

readonly WHEELS=(nvidia-pytriton==0.7.0 numpy==1.26.4)

fail() {
  echo "install.sh: $1" >&2
  exit 1
}

[ $# -eq 1 ] || fail "usage: install.sh VENV_DIR"
[ "$(uname -sm)" = "Linux x86_64" ] || [ "$(uname -sm)" = "Linux aarch64" ] ||
  fail "there is no Triton wheel for $(uname -sm)"
done_already() { [ -e "$1/installed" ] && [ "$(cat "$1/installed")" = "${WHEELS[*]}" ]; }

! done_already "$1" || exit 0
parent=$(dirname "$1")
mkdir -p "$parent" 2>/dev/null || fail "cannot make the directory $parent: no write permission"
[ -w "$parent" ] || fail "cannot write to $parent: no write permission"
venv="$(cd "$parent" && pwd)/$(basename "$1")"

exec 9>"$venv.lock"
flock 9 # somebody else may be installing: wait for it
! done_already "$venv" || exit 0

python=${PYTHON:-/usr/bin/python3}
[ -x "$python" ] || fail "no Python at $python: install python3, or set PYTHON"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
case $version in
  3.9 | 3.10 | 3.11 | 3.12) ;;
  *) fail "$python is version $version; the server's Python backend needs 3.9 to 3.12" ;;
esac
libpython=$("$python" -c '
import os, sysconfig
folder = sysconfig.get_config_var("LIBDIR")
name = "libpython%s.so.1.0" % sysconfig.get_config_var("VERSION")
folders = [folder, os.path.join(folder, sysconfig.get_config_var("MULTIARCH") or "")]
found = [os.path.join(f, name) for f in folders if os.path.exists(os.path.join(f, name))]
print(found[0] if found else "")')
[ -n "$libpython" ] ||
  fail "no libpython$version.so.1.0, which the Python backend links: apt-get install libpython$version"

# Everything is made beside the goal and renamed at the end: never half an installation. Scripts
# of a virtual environment know their path, but none of them is used.
part="$venv.part"
rm -rf "$part"
"$python" -m venv --without-pip "$part" || fail "$python -m venv failed: apt-get install python3-venv"
if "$python" -m pip --version >/dev/null 2>&1; then
  pip=("$python" -m pip --python "$part/bin/python")
elif command -v pip >/dev/null; then
  pip=(pip --python "$part/bin/python")
else
  fail "no pip for $python: apt-get install python3-pip"
fi
echo "installing Triton into $venv (75 MB to download, once)" >&2
"${pip[@]}" install --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
  "${WHEELS[@]}" >&2 ||
  fail "pip could not get ${WHEELS[*]}: is there a network, and a package index it can reach?"

# The stub is found beside the backend, and its own library path fits only there.
server="lib/python$version/site-packages/pytriton/tritonserver"
cp "$part/$server/python_backend_stubs/$version/triton_python_backend_stub" \
  "$part/$server/backends/python/"
ln -s "$server" "$part/tritonserver"
mkdir "$part/libpython"
ln -s "$libpython" "$part/libpython/"

for binary in bin/tritonserver backends/python/triton_python_backend_stub; do
  missing=$(LD_LIBRARY_PATH="$part/libpython" ldd "$part/$server/$binary" 2>&1 |
    grep 'not found' || true)
  [ -z "$missing" ] || fail "$binary cannot be loaded here: $missing"
done
echo "${WHEELS[*]}" >"$part/installed"
rm -rf "$venv"
mv "$part" "$venv"
echo "installed" >&2
