// SPDX-License-Identifier: Apache-2.0
//
// Kubernetes quantities ("1500m", "8Gi", "1e3"), with the answers of its Go code: which texts
// parse and with which error, how they print, what their milli-value is (rounding away from
// zero, overflow included), what they are as a double, how they compare and add up.
//
// Two forms. The fast one, of everything with up to 18 digits, is an int64 and a power of ten,
// and is parsed, read and compared without allocating. The big one has any number of digits.
//
// Exported for the library of configuration, which reads and writes them; not a public header.
//
// Thread safety: plain values.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hpa/decimal.h"
#include "tidegate/export.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate::hpa {

/// The family of suffixes that a quantity is printed with.
enum class QuantityFormat : std::uint8_t { kNone, kDecimalSi, kBinarySi, kDecimalExponent };

/// "DecimalSI", "BinarySI", "DecimalExponent"; "" for kNone.
TIDEGATE_EXPORT std::string_view ToString(QuantityFormat format);

class TIDEGATE_EXPORT Quantity {
 public:
  Quantity() = default;

  /// kInvalidArgument with upstream's text. What does not fit the fast form and has an exponent
  /// above 20,000 is refused as well: upstream computes with such a number for minutes.
  static Result<Quantity> Parse(std::string_view text);

  /// What a JSON value is as a quantity: `token` is its text, quotes included. Escapes are not
  /// decoded, blanks inside of the quotes are trimmed, null is 0 without a format; all as upstream.
  static Result<Quantity> FromJson(std::string_view token);

  /// value × 10^scale; a scale of 0 and -3 are upstream's NewQuantity and NewMilliQuantity.
  static Quantity Of(std::int64_t value, std::int32_t scale, QuantityFormat format);

  QuantityFormat format() const { return format_; }

  /// As it was parsed where that looked canonical ("1.500" does), else Canonical().
  std::string ToString() const;
  /// The shortest mantissa with an exponent that has a suffix; what arithmetic leaves behind.
  std::string Canonical() const;

  /// In units of 10^scale, rounded away from zero; what does not fit wraps or is 0, as upstream.
  std::int64_t Scaled(std::int32_t scale) const;
  MilliValue Milli() const { return Scaled(-3); }
  std::int64_t Value() const { return Scaled(0); }

  /// The exact integer, if it is one of the fast form without a negative exponent.
  std::optional<std::int64_t> Int64() const;

  /// mantissa × 10^exponent as upstream computes it, which may differ from the decimal literal
  /// in the last bit ("9m" is 9 × 0.001).
  double ApproximateFloat() const;

  /// The same of the text that the API server stores ("0.05" as "50m").
  double CanonicalFloat() const;

  /// -1, 0 or 1, of the exact value after rounding to 1e-9.
  int Sign() const;

  /// -1, 0 or 1, by value: "1" and "1000m" are equal.
  int Compare(const Quantity& other) const;
  friend bool operator==(const Quantity& a, const Quantity& b) { return a.Compare(b) == 0; }

  /// The exact sum or difference, in the format of *this unless that is 0. kInvalidArgument if it
  /// would have more than 100,000 digits.
  Result<Quantity> Plus(const Quantity& other) const;
  Result<Quantity> Minus(const Quantity& other) const;

 private:
  friend class QuantityParser;

  /// What hardly any quantity has.
  struct Rare {
    std::optional<Decimal> big;
    std::string text;  ///< like text_, where it does not fit there
  };

  static Quantity Big(Decimal value, QuantityFormat format);
  void Remember(std::string_view text);
  bool is_big() const { return rare_ != nullptr && rare_->big.has_value(); }
  Decimal AsDecimal() const;
  Result<Quantity> Add(const Quantity& other, bool negated) const;

  std::int64_t mantissa_ = 0;  // the fast form is mantissa_ × 10^scale_
  std::int32_t scale_ = 0;
  QuantityFormat format_ = QuantityFormat::kNone;
  std::uint8_t text_size_ = 0;
  std::array<char, 22> text_{};  // the parsed text, if it was canonical and fits
  std::shared_ptr<const Rare> rare_;
};

/// A milli-value in canonical form: 1500 -> "1500m", 2000 -> "2", 5'000'000 -> "5k".
TIDEGATE_EXPORT std::string FormatMilli(MilliValue value);

}  // namespace tidegate::hpa
