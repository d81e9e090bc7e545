// SPDX-License-Identifier: Apache-2.0
//
// Counts what a test program allocates. Replaces operator new, so one file of it includes this.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <new>

namespace tidegate::testing {
inline std::uint64_t allocations = 0;
}

__attribute__((noinline)) void* operator new(std::size_t size) {
  ++tidegate::testing::allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
__attribute__((noinline)) void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++tidegate::testing::allocations;
  return std::malloc(size);
}
__attribute__((noinline)) void operator delete(void* memory) noexcept { std::free(memory); }
__attribute__((noinline)) void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
