// SPDX-License-Identifier: Apache-2.0
//
// CharIndex finds the characters that end a token, 64 bytes at a time: one bit a byte, looked up
// by position. It covers a part of a page and moves along with the reader.
//
// There are three implementations of the same function; the machine's best is chosen at run time.
//
// Thread safety: one thread per index.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tidegate {

/// Bit i of each is about byte i of 64.
struct CharBlock {
  std::uint64_t word = 0;     ///< [A-Za-z0-9_]
  std::uint64_t quote = 0;    ///< '"'
  std::uint64_t newline = 0;  ///< '\n'
  std::uint64_t odd = 0;      ///< '\\', NUL and what is not ASCII

  friend bool operator==(const CharBlock&, const CharBlock&) = default;
};

/// Classifies 64 * blocks.size() bytes.
using ClassifyFunction = void (*)(const char* bytes, std::span<CharBlock> blocks);

/// Null: this machine cannot run it.
ClassifyFunction ScalarClassify();
ClassifyFunction Avx2Classify();
ClassifyFunction Avx512Classify();
ClassifyFunction BestClassify();

class CharIndex {
 public:
  explicit CharIndex(std::string_view page) { Reset(page); }

  /// Begins anew with another page, or with the next part of one.
  void Reset(std::string_view page) {
    page_ = page;
    begin_ = nullptr;
    end_ = page.data();
  }

  /// Moves along so that the line at `at`, which is on the page, is covered. Returns where its
  /// newline is, or null if there is none or the line is too long to cover.
  const char* LineEnd(const char* at) {
    if (at < end_) {
      const char* newline = Find<&CharBlock::newline>(at);
      if (newline < end_) return newline;
    }
    return Move(at);
  }

  // REQUIRES: `at` is in a line that LineEnd() found. The result is at most the covered end.
  const char* WordEnd(const char* at) const { return Find<&CharBlock::word, true>(at); }
  const char* Quote(const char* at) const { return Find<&CharBlock::quote>(at); }
  bool HasOdd(const char* begin, const char* end) const {
    const auto first = static_cast<std::size_t>(begin - begin_);
    const auto last = static_cast<std::size_t>(end - begin_);
    std::uint64_t bits = blocks_[first / 64].odd & (~std::uint64_t{0} << (first % 64));
    for (std::size_t block = first / 64; block != last / 64; bits = blocks_[++block].odd) {
      if (bits != 0) return true;
    }
    return (bits & ~(~std::uint64_t{0} << (last % 64))) != 0;
  }

  /// Nothing odd, and every quote has its second one.
  bool IsPlain(const char* begin, const char* end) const;

 private:
  static constexpr std::size_t kBlocks = 128;  // 8 kB of a page

  template <std::uint64_t CharBlock::*kMap, bool kInverted = false>
  const char* Find(const char* at) const {
    const auto position = static_cast<std::size_t>(at - begin_);
    std::size_t block = position / 64;
    const auto load = [&] { return kInverted ? ~(blocks_[block].*kMap) : blocks_[block].*kMap; };
    std::uint64_t bits = load() & (~std::uint64_t{0} << (position % 64));
    while (bits == 0) {
      ++block;
      bits = load();
    }
    return begin_ + block * 64 + static_cast<std::size_t>(std::countr_zero(bits));
  }

  const char* Move(const char* at);

  std::string_view page_;
  const char* begin_ = nullptr;
  const char* end_ = nullptr;                    // of what is covered
  std::array<CharBlock, kBlocks + 1> blocks_{};  // the last one stops every search
};

}  // namespace tidegate
