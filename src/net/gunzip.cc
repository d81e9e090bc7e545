// SPDX-License-Identifier: Apache-2.0
#include "net/gunzip.h"

#include <algorithm>
#include <array>

namespace tidegate::net {

namespace {
constexpr int kGzipOnly = 16 + MAX_WBITS;
}

Gunzip::~Gunzip() {
  if (initialized_) inflateEnd(&stream_);
}

Gunzip::Result Gunzip::Write(std::string_view data, std::size_t limit, std::string& body) {
  if (!initialized_) {
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) return Result::kCorrupt;
    initialized_ = true;
  }
  std::array<char, 65536> piece;
  // zlib does not write there, but says so in newer versions only.
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream_.avail_in = static_cast<uInt>(data.size());
  do {
    if (!inside_ && stream_.avail_in == 0) break;
    inside_ = true;
    stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream_.avail_out = static_cast<uInt>(piece.size());
    const int code = inflate(&stream_, Z_NO_FLUSH);
    const std::size_t size = piece.size() - stream_.avail_out;
    if (size > limit - std::min(limit, body.size())) return Result::kOverLimit;
    body.append(piece.data(), size);
    if (code == Z_STREAM_END) {  // another member may follow
      inside_ = false;
      inflateReset(&stream_);
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return Result::kCorrupt;
    }
  } while (stream_.avail_in > 0 || stream_.avail_out == 0);
  return Result::kOk;
}

}  // namespace tidegate::net
