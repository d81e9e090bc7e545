// SPDX-License-Identifier: Apache-2.0
#include "tidegate/throughput.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace tidegate {
namespace {

constexpr int kMostSteps = 20'000;

__extension__ using Wide = __int128;

// Depth first over the sizes, those that serve most for their cost first and as many of them as
// are of use; what is left to be served costs at least as much as with the best size left.
class SizeSearch {
 public:
  SizeSearch(std::span<const SizeOption> sizes, MilliValue wanted)
      : sizes_(sizes), wanted_(wanted), counts_(sizes.size()) {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      if (sizes[i].serves > 0) order_.push_back(i);
    }
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      const Wide left = Wide{sizes[a].cost} * sizes[b].serves;
      const Wide right = Wide{sizes[b].cost} * sizes[a].serves;
      return left != right ? left < right : sizes[a].serves > sizes[b].serves;
    });
  }

  std::vector<std::int64_t> Run() {
    if (order_.empty()) return {};
    Descend(0, wanted_, {});
    return best_counts_;
  }

 private:
  struct Score {
    std::int64_t cost = 0, slices = 0, surplus = 0;
    bool operator<(const Score& other) const {
      return std::tie(cost, slices, surplus) < std::tie(other.cost, other.slices, other.surplus);
    }
  };

  void Descend(std::size_t depth, MilliValue left, Score score) {
    if (left <= 0) {
      score.surplus = -left;
      if (!best_counts_.empty() && !(score < best_)) return;
      best_ = score;
      best_counts_ = counts_;
      return;
    }
    if (depth == order_.size() || ++steps_ > kMostSteps) return;
    const SizeOption& size = sizes_[order_[depth]];
    if (!best_counts_.empty() &&
        Wide{score.cost} * size.serves + Wide{left} * size.cost > Wide{best_.cost} * size.serves) {
      return;
    }
    for (std::int64_t n = (left + size.serves - 1) / size.serves; n >= 0; --n) {
      counts_[order_[depth]] = n;
      Descend(depth + 1, left - n * size.serves, {score.cost + n * size.cost, score.slices + n, 0});
      if (steps_ > kMostSteps) break;
    }
    counts_[order_[depth]] = 0;
  }

  const std::span<const SizeOption> sizes_;
  const MilliValue wanted_;
  std::vector<std::size_t> order_;
  std::vector<std::int64_t> counts_, best_counts_;
  Score best_;
  int steps_ = 0;
};

}  // namespace

std::vector<SliceRate> RatesAt(std::span<const ThroughputRow> table, Duration slo) {
  std::vector<SliceRate> rates;
  for (const ThroughputRow& row : table) {
    if (slo > Duration::zero() && row.latency > slo) continue;
    const auto known = std::find_if(rates.begin(), rates.end(), [&](const SliceRate& rate) {
      return rate.model == row.model && rate.profile == row.profile;
    });
    if (known == rates.end()) {
      rates.push_back({row.model, row.profile, row.rate});
    } else {
      known->rate = std::max(known->rate, row.rate);
    }
  }
  return rates;
}

std::vector<std::int64_t> CheapestSizes(std::span<const SizeOption> sizes, MilliValue wanted) {
  return SizeSearch(sizes, wanted).Run();
}

std::int64_t DeviceShare(const DeviceModel& model, std::size_t profile) {
  constexpr std::int64_t kWhole = 1'000'000;
  const SliceProfile& of = model.profiles[profile];
  return std::max(kWhole * of.compute_slices / std::max(model.compute_slices, 1),
                  kWhole * of.memory_slices / std::max(model.memory_slices, 1));
}

}  // namespace tidegate
