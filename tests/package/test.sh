#!/usr/bin/env bash
# Installs into a temporary prefix, builds a consumer outside the tree, runs it.
#
#   test.sh SOURCE BINARY static|shared
#
# static: what BINARY has built. shared: the libraries alone, built again as shared ones (optimized a
# little, which is quicker: they are looked at, not measured).
set -euo pipefail
source=$1 binary=$2 kind=$3
work=$binary/package-$kind
rm -rf "$work/prefix" "$work/consumer" "$work/pc"
mkdir -p "$work"
if [ "$kind" = shared ]; then
  cmake -S "$source" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DTIDEGATE_WERROR=ON \
    -DCMAKE_CXX_FLAGS_RELEASE="-O1 -DNDEBUG" -DTIDEGATE_BUILD_TESTS=OFF -DTIDEGATE_BUILD_EXAMPLES=OFF -DCMAKE_INSTALL_PREFIX="$work/prefix" >/dev/null
  cmake --build "$work/build" -j "$(nproc)" >"$work/build.log" 2>&1 || { tail -30 "$work/build.log"; exit 1; }
  cmake --install "$work/build" >/dev/null
else
  cmake --install "$binary" --prefix "$work/prefix" >/dev/null
fi

cmake -S "$source/tests/package/consumer" -B "$work/consumer" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
cmake --build "$work/consumer" >"$work/consumer.log" 2>&1 || { tail -30 "$work/consumer.log"; exit 1; }
"$work/consumer/core_consumer"
"$work/consumer/config_consumer"
"$work/prefix/bin/tidegate" --version

# The core needs nothing but the C++ runtime.
if ldd "$work/consumer/core_consumer" | grep -E 'curl|yaml|spdlog|prometheus|ssl'; then
  echo "tidegate_core pulls in third-party libraries"
  exit 1
fi

# pkg-config knows the same, moved to where the prefix is.
export PKG_CONFIG_PATH=$work/prefix/lib/pkgconfig:$(echo "$work"/prefix/lib/*/pkgconfig)
flags=$(pkg-config --define-variable=prefix="$work/prefix" $([ "$kind" = static ] && echo --static) --cflags --libs tidegate_core)
mkdir -p "$work/pc"
c++ -std=c++20 -Wno-missing-field-initializers "$source/tests/package/consumer/core.cc" -o "$work/pc/core" $flags
LD_LIBRARY_PATH=$(echo "$work"/prefix/lib/*-linux-gnu):$work/prefix/lib "$work/pc/core"

# Every public header compiles alone.
for header in $(cd "$source/include" && find tidegate -name '*.h'); do
  echo "#include \"$header\"" | c++ -std=c++20 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$work/prefix/include" -x c++ - ||
    { echo "$header does not compile alone"; exit 1; }
done

# Symbols are hidden unless exported: of the inner namespaces hpa and runtime some are, which the other library and the golden tests use.
if [ "$kind" = shared ]; then
  core=$(find "$work/prefix/lib" -name libtidegate_core.so)
  symbols=$(nm -DC --defined-only "$core")
  grep -q ' tidegate::PlanTick(' <<<"$symbols" || { echo "$core exports no PlanTick"; exit 1; }
  if grep -E ' tidegate::(core|promql|exposition|series|mig)::' <<<"$symbols"; then
    echo "inner symbols are exported"
    exit 1
  fi
fi
echo "package ($kind): ok"
