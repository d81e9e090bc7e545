// SPDX-License-Identifier: Apache-2.0
//
// How one side of a row is measured: an operation repeated for a span of CPU time, after a quarter
// of it as a warm-up. Every program prints the same line, on both sides:
//
//   {"operations": N, "cpu_ns": CPU time of the process for them, "answer": what came out}
#pragma once

#include <ctime>

#include <cstdint>
#include <cstdio>

namespace tidegate::peers {

inline std::int64_t CpuNanoseconds() {
  std::timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Repeats `operation`, which returns an integer, and prints the line.
template <typename Operation>
void Measure(std::int64_t span_ms, const Operation& operation) {
  std::int64_t answer = 0;
  std::int64_t count = 0;
  std::int64_t took = 0;
  const auto loop = [&](std::int64_t span_ns) {
    const std::int64_t begin = CpuNanoseconds();
    count = 0;
    took = 0;
    for (std::int64_t block = 1; took < span_ns; block *= 2) {
      for (std::int64_t i = 0; i < block; ++i) answer = operation();
      count += block;
      took = CpuNanoseconds() - begin;
    }
  };
  loop(span_ms * 1'000'000 / 4);
  loop(span_ms * 1'000'000);
  std::printf("{\"operations\": %lld, \"cpu_ns\": %lld, \"answer\": %lld}\n",
              static_cast<long long>(count), static_cast<long long>(took),
              static_cast<long long>(answer));
}

}  // namespace tidegate::peers
