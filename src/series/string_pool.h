// SPDX-License-Identifier: Apache-2.0
//
// StringPool keeps one copy of each label name and value, and counts who uses it.
//
// Thread safety: guarded by its owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tidegate {

/// Stands for a string as long as somebody holds it. 0 is the empty string.
using StringId = std::uint32_t;

class StringPool {
 public:
  StringPool();

  /// The id of `text`, held once more; each Acquire() wants its Release().
  StringId Acquire(std::string_view text);
  void Release(StringId id);

  std::optional<StringId> Find(std::string_view text) const;
  std::string_view Get(StringId id) const { return entries_[id].text; }

  /// Memory kept, about.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string text;
    std::uint32_t users = 0;
  };

  std::deque<Entry> entries_;  // addresses stay, so that ids_ can look into them
  std::vector<StringId> free_;
  std::unordered_map<std::string_view, StringId> ids_;
  std::size_t bytes_ = 0;
};

}  // namespace tidegate
