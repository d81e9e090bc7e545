// SPDX-License-Identifier: Apache-2.0
#include "promql/arithmetic.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numbers>

namespace tidegate::promql {
namespace {
constexpr double kInfinity = std::numeric_limits<double>::infinity();
}  // namespace

double Quantile(double q, std::span<double> values) {
  if (values.empty() || std::isnan(q)) return std::nan("");
  if (q < 0) return -kInfinity;
  if (q > 1) return kInfinity;
  const auto finite =
      std::partition(values.begin(), values.end(), [](double value) { return std::isnan(value); });
  std::sort(finite, values.end());
  const auto count = static_cast<double>(values.size());
  const double rank = q * (count - 1);
  const double below = std::max(0.0, std::floor(rank));
  const double above = std::min(count - 1, below + 1);
  const double weight = rank - std::floor(rank);
  const double low = values[static_cast<std::size_t>(below)];
  if (weight == 0) return low;
  return low * (1 - weight) + values[static_cast<std::size_t>(above)] * weight;
}

double GoMax(double a, double b) {
  if (a == kInfinity || b == kInfinity) return kInfinity;
  if (std::isnan(a) || std::isnan(b)) return std::nan("");
  if (a == 0 && b == 0) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

double GoMin(double a, double b) {
  if (a == -kInfinity || b == -kInfinity) return -kInfinity;
  if (std::isnan(a) || std::isnan(b)) return std::nan("");
  if (a == 0 && b == 0) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}

namespace {

/// A product that keeps its exponent apart, so that it cannot overflow on the way.
struct Scaled {
  double fraction = 1;
  std::int64_t exponent = 0;
};

// x to a whole power, by squaring.
void MultiplyPower(double x, std::int64_t power, Scaled& product) {
  constexpr std::int64_t kFarOut = std::int64_t{1} << 12;
  int binary = 0;
  double square = std::frexp(x, &binary);
  std::int64_t exponent = binary;
  for (; power != 0; power >>= 1) {
    if (exponent < -kFarOut || exponent > kFarOut) {
      product.exponent += exponent;  // it overflows, or underflows, anyway
      return;
    }
    if ((power & 1) != 0) {
      product.fraction *= square;
      product.exponent += exponent;
    }
    square *= square;
    exponent *= 2;
    if (square < 0.5) {
      square += square;
      --exponent;
    }
  }
}

}  // namespace

double GoPow(double x, double y) {
  const bool special = !std::isfinite(x) || !std::isfinite(y) || x == 0 || y == 0 || x == 1 ||
                       y == 1 || std::fabs(y) >= 0x1p63;
  if (special) return std::pow(x, y);
  if (y == 0.5) return std::sqrt(x);
  if (y == -0.5) return 1 / std::sqrt(x);
  double whole = 0;
  double part = std::modf(std::fabs(y), &whole);
  if (part != 0 && x < 0) return std::nan("");
  Scaled product;
  if (part != 0) {
    if (part > 0.5) {
      --part;
      ++whole;
    }
    product.fraction = std::exp(part * GoLog(x));
  }
  MultiplyPower(x, static_cast<std::int64_t>(whole), product);
  if (y < 0) {
    product.fraction = 1 / product.fraction;
    product.exponent = -product.exponent;
  }
  constexpr std::int64_t kMost = 100'000;
  const std::int64_t exponent = std::clamp(product.exponent, -kMost, kMost);
  return std::ldexp(product.fraction, static_cast<int>(exponent));
}

// A subnormal number is taken for the normal one with the same bits.
double GoLog(double value) {
  if (std::fpclassify(value) != FP_SUBNORMAL || value < 0) return std::log(value);
  return std::log(1 + std::ldexp(value, 1022)) - 1023 * std::numbers::ln2;
}

double GoLog2(double value) {
  if (!std::isfinite(value) || value <= 0) return std::log2(value);
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  if (fraction == 0.5) return exponent - 1;
  return GoLog(fraction) * (1 / std::numbers::ln2) + exponent;
}

double GoLog10(double value) { return GoLog(value) * (1 / std::numbers::ln10); }

}  // namespace tidegate::promql
