// SPDX-License-Identifier: Apache-2.0
#include "series/string_pool.h"

namespace tidegate {
namespace {

// An entry, its place in the index, and the text.
std::size_t EntryBytes(std::string_view text) { return 96 + text.size(); }

}  // namespace

StringPool::StringPool() { entries_.push_back({.text = "", .users = 1}); }

StringId StringPool::Acquire(std::string_view text) {
  if (text.empty()) return 0;
  const auto found = ids_.find(text);
  if (found != ids_.end()) {
    ++entries_[found->second].users;
    return found->second;
  }
  StringId id = 0;
  if (free_.empty()) {
    id = static_cast<StringId>(entries_.size());
    entries_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  Entry& entry = entries_[id];
  entry.text.assign(text);
  entry.users = 1;
  ids_.emplace(entry.text, id);
  bytes_ += EntryBytes(text);
  return id;
}

void StringPool::Release(StringId id) {
  if (id == 0) return;
  Entry& entry = entries_[id];
  if (--entry.users > 0) return;
  bytes_ -= EntryBytes(entry.text);
  ids_.erase(entry.text);
  entry.text = std::string();
  free_.push_back(id);
}

std::optional<StringId> StringPool::Find(std::string_view text) const {
  if (text.empty()) return StringId{0};
  const auto found = ids_.find(text);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

}  // namespace tidegate
