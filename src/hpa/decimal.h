// SPDX-License-Identifier: Apache-2.0
//
// Decimal integers of any length times a power of ten: the rare quantities that do not fit an
// int64, with the rounding that Kubernetes applies to them.
//
// Thread safety: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidegate::hpa {

/// unscaled × 10^-scale, where |unscaled| is `digits`.
class Decimal {
 public:
  Decimal() = default;
  Decimal(bool negative, std::string_view digits, std::int32_t scale);
  static Decimal Of(std::int64_t unscaled, std::int32_t scale);

  int Sign() const { return digits_.empty() ? 0 : negative_ ? -1 : 1; }
  std::int32_t scale() const { return scale_; }
  /// |unscaled| without leading zeros; "" is 0.
  const std::string& digits() const { return digits_; }

  /// The low 64 bits of the unscaled integer, in two's complement.
  std::int64_t Low64() const;
  /// The unscaled integer, rounded to the nearest double.
  double ToDouble() const;

  void Negate() { negative_ = !negative_; }
  void MultiplyBy1024(int times);
  /// Divides by 1024 as often as that leaves no remainder; how often.
  int DivideBy1024();
  /// The scale becomes `scale`; what is cut off rounds the rest away from zero.
  void RoundUp(std::int32_t scale);
  bool IsInteger() const;

  /// How many digits a sum of the two would have at most.
  static std::int64_t SumDigits(const Decimal& a, const Decimal& b);
  /// The exact sum; its scale is the larger of the two.
  static Decimal Sum(const Decimal& a, const Decimal& b);
  /// -1, 0 or 1.
  static int Compare(const Decimal& a, const Decimal& b);

 private:
  std::int64_t Magnitude() const;

  bool negative_ = false;
  std::string digits_;
  std::int32_t scale_ = 0;
};

}  // namespace tidegate::hpa
