// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/allocations.h"

#include <cstdlib>
#include <new>

namespace {

std::int64_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }

namespace tidegate {

std::int64_t Allocations() { return allocations; }

}  // namespace tidegate
