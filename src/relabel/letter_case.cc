// SPDX-License-Identifier: Apache-2.0
#include "relabel/letter_case.h"

#include <algorithm>

#include "relabel/letter_case_table.h"
#include "text/utf8.h"

namespace tidegate {
namespace {

char32_t Mapped(char32_t c, bool upper) {
  const auto* range =
      std::lower_bound(kCaseRanges.begin(), kCaseRanges.end(), c,
                       [](const CaseRange& each, char32_t value) { return each.last < value; });
  if (range == kCaseRanges.end() || c < range->first) return c;
  if (range->to_upper == kPairs) {
    const char32_t pair = range->first + ((c - range->first) & ~char32_t{1});
    return upper ? pair : pair + 1;
  }
  const int shift = upper ? range->to_upper : range->to_lower;
  return static_cast<char32_t>(static_cast<int>(c) + shift);
}

std::string MapAll(std::string_view text, bool upper) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    text.remove_prefix(point.size);
    AppendUtf8(Mapped(point.value, upper), out);
  }
  return out;
}

}  // namespace

std::string ToLower(std::string_view text) { return MapAll(text, false); }
std::string ToUpper(std::string_view text) { return MapAll(text, true); }

}  // namespace tidegate
