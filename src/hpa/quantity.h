// SPDX-License-Identifier: Apache-2.0
//
// Kubernetes quantities ("1500m", "8Gi", "1e3"), with the answers of its Go code: which texts
// parse, what their milli-value is (rounding away from zero, overflow included) and what they
// are as a double.
//
// Exported for the library of configuration, which reads and writes them; not a public header.
//
// Thread safety: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tidegate/export.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate::hpa {

class TIDEGATE_EXPORT Quantity {
 public:
  /// kInvalidArgument with upstream's text. Exponents beyond ±10,000 are refused (upstream
  /// computes with them for minutes).
  static Result<Quantity> Parse(std::string_view text);

  /// In thousandths, rounded away from zero; what does not fit wraps or is 0, as upstream.
  MilliValue Milli() const;

  /// mantissa × 10^exponent as upstream computes it, which may differ from the decimal literal
  /// in the last bit ("9m" is 9 × 0.001).
  double ApproximateFloat() const;

  /// The same of the canonical text, which is what the API server stores ("0.05" as "50m").
  double CanonicalFloat() const;

  /// -1, 0 or 1, of the exact value after rounding to 1e-9.
  int Sign() const;

 private:
  // The fast form is mantissa_ × 10^scale_; the big form is nano_ × 10^-9, a decimal integer.
  std::int64_t mantissa_ = 0;
  std::int32_t scale_ = 0;
  bool big_ = false;
  bool negative_ = false;
  std::string nano_;

  friend class QuantityParser;
};

/// A milli-value in canonical form: 1500 -> "1500m", 2000 -> "2", 5'000'000 -> "5k".
TIDEGATE_EXPORT std::string FormatMilli(MilliValue value);

}  // namespace tidegate::hpa
