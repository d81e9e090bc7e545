// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a quantity, or two with a blank between them. What parses prints as a text that
// parses again, compares equal to itself and to what it prints, and adds up without a trap.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "hpa/quantity.h"

namespace {

using tidegate::hpa::Quantity;

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckOne(const Quantity& q) {
  const std::string text = q.ToString();
  const auto again = Quantity::Parse(text);
  Require(again.has_value());
  Require(q.Compare(q) == 0);
  Require(again->ToString() == text || again->Sign() != q.Sign() || again->Compare(q) != 0);
  for (const std::int32_t scale : {-9, -3, 0, 3, 12}) (void)q.Scaled(scale);
  Require((q.Sign() == 0) == (q.Canonical() == "0"));
  (void)q.CanonicalFloat();
  (void)q.Int64();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t blank = text.find(' ');
  const auto a = Quantity::Parse(text.substr(0, blank));
  (void)Quantity::FromJson(text);
  if (a) CheckOne(*a);
  if (!a || blank == std::string_view::npos) return 0;
  const auto b = Quantity::Parse(text.substr(blank + 1));
  if (!b) return 0;
  Require(a->Compare(*b) == -b->Compare(*a));
  const auto sum = a->Plus(*b);
  const auto difference = a->Minus(*b);
  if (sum) CheckOne(*sum);
  if (difference) CheckOne(*difference);
  return 0;
}
