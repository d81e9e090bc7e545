// SPDX-License-Identifier: Apache-2.0
//
// Gunzip: takes a compressed body apart as it arrives. libcurl could, but takes one for whole that
// ends in the middle.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace tidegate::net {

class Gunzip {
 public:
  enum class Result { kOk, kOverLimit, kCorrupt };

  Gunzip() = default;
  ~Gunzip();
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  /// Appends to `body` what `data` holds, as long as it does not get longer than `limit`.
  Result Write(std::string_view data, std::size_t limit, std::string& body);

  /// Every member has come to its end, and its checksum was right.
  bool complete() const { return !inside_; }

 private:
  z_stream stream_{};
  bool initialized_ = false;
  bool inside_ = false;  // of a member
};

}  // namespace tidegate::net
