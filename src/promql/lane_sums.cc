// SPDX-License-Identifier: Apache-2.0
#include "promql/lane_sums.h"

#include <cstring>

namespace tidegate::promql {
namespace {

using Vector16 = double __attribute__((vector_size(16)));

// What an addition loses is a number itself. Knuth's TwoSum finds it without asking which of the
// two is larger, so that no lane has to choose; Neumaier's form finds the same number.
template <typename Vector>
__attribute__((always_inline)) inline void Add(const double* values, std::size_t size,
                                               LaneSums& lanes) {
  constexpr std::size_t kWidth = sizeof(Vector) / sizeof(double);
  std::array<Vector, kLanes / kWidth> sum;
  std::array<Vector, kLanes / kWidth> lost;
  std::memcpy(&sum, &lanes.sum, sizeof sum);
  std::memcpy(&lost, &lanes.lost, sizeof lost);
  for (std::size_t i = 0; i < size; ++i) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < sum.size(); ++v) {
      Vector value;
      std::memcpy(&value, values + i + v * kWidth, sizeof value);
      const Vector next = sum[v] + value;
      const Vector added = next - sum[v];
      lost[v] += (sum[v] - (next - added)) + (value - added);
      sum[v] = next;
    }
  }
  std::memcpy(&lanes.sum, &sum, sizeof sum);
  std::memcpy(&lanes.lost, &lost, sizeof lost);
}

void AddAnywhere(const double* values, std::size_t size, LaneSums& lanes) {
  Add<Vector16>(values, size, lanes);
}

#if defined(__x86_64__) && defined(__GNUC__)

using Vector32 = double __attribute__((vector_size(32)));

__attribute__((target("avx2"))) void AddAvx2(const double* values, std::size_t size,
                                             LaneSums& lanes) {
  Add<Vector32>(values, size, lanes);
}

#endif

}  // namespace

AddLanesFunction ScalarAddLanes() { return &AddAnywhere; }

AddLanesFunction Avx2AddLanes() {
#if defined(__x86_64__) && defined(__GNUC__)
  if (__builtin_cpu_supports("avx2") != 0) return &AddAvx2;
#endif
  return nullptr;
}

AddLanesFunction BestAddLanes() {
  static const AddLanesFunction best =
      Avx2AddLanes() != nullptr ? Avx2AddLanes() : ScalarAddLanes();
  return best;
}

}  // namespace tidegate::promql
