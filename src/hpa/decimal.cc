// SPDX-License-Identifier: Apache-2.0
#include "hpa/decimal.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace tidegate::hpa {
namespace {

using Digits = std::string;

char Digit(unsigned value) { return static_cast<char>('0' + value); }
unsigned ValueOf(char digit) { return static_cast<unsigned>(digit - '0'); }

Digits WithoutLeadingZeros(std::string_view digits) {
  return Digits(digits.substr(std::min(digits.find_first_not_of('0'), digits.size())));
}

int CompareMagnitudes(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  const int order = a.compare(b);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

Digits AddMagnitudes(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  Digits sum(a.size() + 1, '0');
  unsigned carry = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const unsigned column =
        ValueOf(a[a.size() - 1 - i]) + (i < b.size() ? ValueOf(b[b.size() - 1 - i]) : 0) + carry;
    sum[sum.size() - 1 - i] = Digit(column % 10);
    carry = column / 10;
  }
  sum[0] = Digit(carry);
  return WithoutLeadingZeros(sum);
}

/// REQUIRES: a >= b.
Digits SubtractMagnitudes(std::string_view a, std::string_view b) {
  Digits difference(a);
  unsigned borrow = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const unsigned take = (i < b.size() ? ValueOf(b[b.size() - 1 - i]) : 0) + borrow;
    char& digit = difference[a.size() - 1 - i];
    borrow = ValueOf(digit) < take ? 1 : 0;
    digit = Digit(ValueOf(digit) + 10 * borrow - take);
  }
  return WithoutLeadingZeros(difference);
}

void AppendZeros(Digits& digits, std::int64_t count) {
  if (!digits.empty()) digits.append(static_cast<std::size_t>(count), '0');
}

}  // namespace

Decimal::Decimal(bool negative, std::string_view digits, std::int32_t scale)
    : negative_(negative), digits_(WithoutLeadingZeros(digits)), scale_(scale) {}

Decimal Decimal::Of(std::int64_t unscaled, std::int32_t scale) {
  const auto bits = static_cast<std::uint64_t>(unscaled);
  return {unscaled < 0, std::to_string(unscaled < 0 ? 0 - bits : bits), scale};
}

std::int64_t Decimal::Low64() const {
  std::uint64_t value = 0;
  for (const char c : digits_) value = value * 10 + ValueOf(c);
  return static_cast<std::int64_t>(negative_ ? 0 - value : value);
}

double Decimal::ToDouble() const {
  double value = 0;
  const char* end = digits_.data() + digits_.size();
  if (std::from_chars(digits_.data(), end, value).ec == std::errc::result_out_of_range) {
    value = std::numeric_limits<double>::infinity();
  }
  return Sign() < 0 ? -value : value;
}

void Decimal::MultiplyBy1024(int times) {
  for (int i = 0; i < times; ++i) {
    unsigned carry = 0;
    for (auto it = digits_.rbegin(); it != digits_.rend(); ++it) {
      const unsigned product = ValueOf(*it) * 1024 + carry;
      *it = Digit(product % 10);
      carry = product / 10;
    }
    for (; carry != 0; carry /= 10) digits_.insert(digits_.begin(), Digit(carry % 10));
  }
}

int Decimal::DivideBy1024() {
  int times = 0;
  while (!digits_.empty()) {
    Digits quotient;
    unsigned rest = 0;
    for (const char c : digits_) {
      rest = rest * 10 + ValueOf(c);
      quotient += Digit(rest / 1024);
      rest %= 1024;
    }
    if (rest != 0) break;
    digits_ = WithoutLeadingZeros(quotient);
    ++times;
  }
  return times;
}

void Decimal::RoundUp(std::int32_t scale) {
  const std::int64_t shift = std::int64_t{scale} - scale_;
  scale_ = scale;
  if (shift >= 0) return AppendZeros(digits_, shift);
  if (digits_.empty()) return;
  const std::size_t cut = std::min(static_cast<std::size_t>(-shift), digits_.size());
  const std::size_t kept = digits_.size() - cut;
  const bool exact = digits_.find_first_not_of('0', kept) == Digits::npos;
  digits_.resize(kept);
  if (!exact) digits_ = AddMagnitudes(digits_, "1");
}

bool Decimal::IsInteger() const {
  if (scale_ <= 0 || digits_.empty()) return true;
  const auto decimals = static_cast<std::size_t>(scale_);
  return digits_.size() > decimals &&
         digits_.find_first_not_of('0', digits_.size() - decimals) == Digits::npos;
}

std::int64_t Decimal::Magnitude() const {
  return static_cast<std::int64_t>(digits_.size()) - scale_;
}

std::int64_t Decimal::SumDigits(const Decimal& a, const Decimal& b) {
  const std::int32_t scale = std::max(a.scale_, b.scale_);
  std::int64_t most = 1;
  for (const Decimal* term : {&a, &b}) {
    if (!term->digits_.empty()) most = std::max(most, term->Magnitude() + scale);
  }
  return most + 1;
}

Decimal Decimal::Sum(const Decimal& a, const Decimal& b) {
  const std::int32_t scale = std::max(a.scale_, b.scale_);
  Digits left = a.digits_;
  Digits right = b.digits_;
  AppendZeros(left, std::int64_t{scale} - a.scale_);
  AppendZeros(right, std::int64_t{scale} - b.scale_);
  if (a.negative_ == b.negative_) return {a.negative_, AddMagnitudes(left, right), scale};
  if (CompareMagnitudes(left, right) < 0) {
    return {b.negative_, SubtractMagnitudes(right, left), scale};
  }
  return {a.negative_, SubtractMagnitudes(left, right), scale};
}

int Decimal::Compare(const Decimal& a, const Decimal& b) {
  if (a.Sign() != b.Sign()) return a.Sign() < b.Sign() ? -1 : 1;
  if (a.Sign() == 0) return 0;
  int order = 0;
  if (a.Magnitude() != b.Magnitude()) {
    order = a.Magnitude() < b.Magnitude() ? -1 : 1;
  } else {  // the first digits have the same weight: pad the shorter with zeros behind it
    const std::size_t size = std::max(a.digits_.size(), b.digits_.size());
    order = CompareMagnitudes(a.digits_ + Digits(size - a.digits_.size(), '0'),
                              b.digits_ + Digits(size - b.digits_.size(), '0'));
  }
  return a.Sign() * order;
}

}  // namespace tidegate::hpa
