// SPDX-License-Identifier: Apache-2.0
//
// Sums and the like as Prometheus computes them, rounding step by rounding step.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

namespace tidegate::promql {

/// A sum that carries along what rounding lost: Kahan's, in Neumaier's form.
struct CompensatedSum {
  double sum = 0;
  double lost = 0;

  void Add(double value) {
    const double next = sum + value;
    if (std::isinf(next)) {
      lost = 0;
    } else if (std::fabs(sum) >= std::fabs(value)) {
      lost += (sum - next) + value;
    } else {
      lost += (value - next) + sum;
    }
    sum = next;
  }
};

/// A mean that stays finite where the sum would not.
class Mean {
 public:
  void Add(double value) {
    ++count_;
    if (count_ == 1) {
      total_.sum = value;
      return;
    }
    if (!incremental_) {
      CompensatedSum next = total_;
      next.Add(value);
      if (!std::isinf(next.sum)) {
        total_ = next;
        return;
      }
      incremental_ = true;
      total_.sum /= count_ - 1;
      total_.lost /= count_ - 1;
    }
    const double weight = (count_ - 1) / count_;
    CompensatedSum next{weight * total_.sum, weight * total_.lost};
    next.Add(value / count_);
    total_ = next;
  }

  double Get() const {
    if (incremental_) return total_.sum + total_.lost;
    return total_.sum / count_ + total_.lost / count_;
  }

 private:
  double count_ = 0;
  bool incremental_ = false;
  CompensatedSum total_;
};

/// Variance by Welford's method, without compensation: what the aggregations do.
class Variance {
 public:
  void Add(double value) {
    ++count_;
    if (count_ == 1) {
      mean_ = value;
      squares_ = std::isfinite(value) ? 0 : std::nan("");
      return;
    }
    const double delta = value - mean_;
    mean_ += delta / count_;
    squares_ += delta * (value - mean_);
  }

  double Get() const { return squares_ / count_; }

 private:
  double count_ = 0;
  double mean_ = 0;
  double squares_ = 0;
};

/// The q-quantile, between neighbours where it must be; sorts `values`, NaN first.
double Quantile(double q, std::span<double> values);

/// Go's math.Max and math.Min: NaN wins but against the infinity, +0 is above -0.
double GoMax(double a, double b);
double GoMin(double a, double b);

/// Go's math.Pow, Log, Log2 and Log10 on amd64, whose last digits differ from the C library's.
double GoPow(double x, double y);
double GoLog(double value);
double GoLog2(double value);
double GoLog10(double value);

}  // namespace tidegate::promql
