// SPDX-License-Identifier: Apache-2.0
//
// NameFilter: the metric names that somebody asks for. Most names of a page are told apart by their
// lengths alone.
//
// Thread safety: reading is safe from any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate {

class NameFilter {
 public:
  NameFilter() = default;
  explicit NameFilter(std::vector<std::string> names) : names_(std::move(names)) {
    std::sort(names_.begin(), names_.end());
    for (const std::string& name : names_) lengths_ |= LengthBit(name.size());
  }

  bool Has(std::string_view name) const {
    return (lengths_ & LengthBit(name.size())) != 0 &&
           std::binary_search(names_.begin(), names_.end(), name, std::less<>());
  }

 private:
  static std::uint64_t LengthBit(std::size_t size) { return std::uint64_t{1} << (size % 64); }

  std::vector<std::string> names_;  // sorted
  std::uint64_t lengths_ = 0;
};

}  // namespace tidegate
