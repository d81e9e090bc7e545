// SPDX-License-Identifier: Apache-2.0
#include "exposition/char_index.h"

#include <algorithm>
#include <cstring>

#include "exposition/char_class.h"

namespace tidegate {
namespace {

constexpr CharBlock kStop = {.word = 0, .quote = ~0ULL, .newline = ~0ULL, .odd = ~0ULL};

void Classify(const char* bytes, std::span<CharBlock> blocks) {
  for (CharBlock& block : blocks) {
    block = {};
    for (unsigned i = 0; i < 64; ++i, ++bytes) {
      const std::uint64_t bit = std::uint64_t{1} << i;
      const char c = *bytes;
      if (Is(c, kLabelPart)) block.word |= bit;
      if (c == '"') block.quote |= bit;
      if (c == '\n') block.newline |= bit;
      if (c == '\\' || c == '\0' || static_cast<unsigned char>(c) >= 0x80) block.odd |= bit;
    }
  }
}

}  // namespace

ClassifyFunction ScalarClassify() { return &Classify; }

ClassifyFunction BestClassify() {
  static const ClassifyFunction best = Avx512Classify() != nullptr ? Avx512Classify()
                                       : Avx2Classify() != nullptr ? Avx2Classify()
                                                                   : ScalarClassify();
  return best;
}

bool CharIndex::IsPlain(const char* begin, const char* end) const {
  if (HasOdd(begin, end)) return false;
  const auto first = static_cast<std::size_t>(begin - begin_);
  const auto last = static_cast<std::size_t>(end - begin_);
  std::uint64_t bits = blocks_[first / 64].quote & (~std::uint64_t{0} << (first % 64));
  int quotes = 0;
  for (std::size_t block = first / 64; block != last / 64; bits = blocks_[++block].quote) {
    quotes += std::popcount(bits);
  }
  quotes += std::popcount(bits & ~(~std::uint64_t{0} << (last % 64)));
  return quotes % 2 == 0;
}

const char* CharIndex::Move(const char* at) {
  const char* page_end = page_.data() + page_.size();
  if (at < page_.data() || at >= page_end) return nullptr;
  if (at == begin_ && end_ != begin_) return nullptr;  // one line fills all of it
  const auto left = static_cast<std::size_t>(page_end - at);
  const std::size_t whole = std::min(left / 64, kBlocks);
  BestClassify()(at, std::span(blocks_).first(whole));
  std::size_t used = whole;
  if (whole < kBlocks && left % 64 != 0) {  // the page's last bytes, as if NULs followed
    std::array<char, 64> rest{};
    std::memcpy(rest.data(), at + whole * 64, left % 64);
    BestClassify()(rest.data(), std::span(blocks_).subspan(whole, 1));
    ++used;
  }
  blocks_[used] = kStop;
  begin_ = at;
  end_ = at + std::min(left, used * 64);
  const char* newline = Find<&CharBlock::newline>(at);
  return newline < end_ ? newline : nullptr;
}

}  // namespace tidegate
