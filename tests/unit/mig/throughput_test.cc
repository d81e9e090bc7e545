// SPDX-License-Identifier: Apache-2.0
#include "tidegate/throughput.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "mig/geometry.h"
#include "tests/unit/mig/fleet_builder.h"
#include "tidegate/pack.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const char* const kProfiles[] = {"1g.10gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb"};

SliceNeed Moldable(MilliValue rate, const std::vector<MilliValue>& of_each) {
  SliceNeed need{.rate = rate};
  for (std::size_t p = 0; p < of_each.size(); ++p) {
    if (of_each[p] > 0) need.rates.push_back({"a100-80gb", kProfiles[p], of_each[p]});
  }
  return need;
}

TEST(RatesAtTest, TakesTheHighestRateWithinTheSlo) {
  const std::vector<ThroughputRow> table = {
      {"a100-80gb", "1g.10gb", 74'400, milliseconds(13)},
      {"a100-80gb", "1g.10gb", 101'900, milliseconds(79)},
      {"a100-80gb", "1g.10gb", 117'600, milliseconds(136)},
      {"h100-sxm-80gb", "1g.10gb", 150'000, milliseconds(90)},
      {"a100-80gb", "7g.80gb", 300'000, milliseconds(200)},
  };
  EXPECT_THAT(RatesAt(table, milliseconds(100)),
              ElementsAre(SliceRate{"a100-80gb", "1g.10gb", 101'900},
                          SliceRate{"h100-sxm-80gb", "1g.10gb", 150'000}));
  EXPECT_THAT(RatesAt(table, milliseconds(12)), IsEmpty());
  EXPECT_EQ(RatesAt(table, Duration::zero()).size(), 3U);
}

// Every choice of counts, by brute force.
std::int64_t LeastCost(const std::vector<SizeOption>& sizes, std::size_t first, MilliValue left) {
  if (left <= 0) return 0;
  if (first == sizes.size()) return std::numeric_limits<std::int32_t>::max();
  std::int64_t best = LeastCost(sizes, first + 1, left);
  if (sizes[first].serves > 0) {
    best = std::min(best, sizes[first].cost + LeastCost(sizes, first, left - sizes[first].serves));
  }
  return best;
}

TEST(CheapestSizesTest, IsExact) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 500; ++round) {
    std::vector<SizeOption> sizes;
    for (int s = 0; s < 4; ++s) {
      sizes.push_back(
          {static_cast<MilliValue>(random() % 12), static_cast<std::int64_t>(1 + random() % 9)});
    }
    const auto wanted = static_cast<MilliValue>(1 + random() % 40);
    const std::vector<std::int64_t> counts = CheapestSizes(sizes, wanted);
    const std::int64_t least = LeastCost(sizes, 0, wanted);
    if (counts.empty()) {
      EXPECT_EQ(least, std::numeric_limits<std::int32_t>::max());
      continue;
    }
    MilliValue served = 0;
    std::int64_t cost = 0;
    for (std::size_t s = 0; s < sizes.size(); ++s) {
      served += counts[s] * sizes[s].serves;
      cost += counts[s] * sizes[s].cost;
    }
    EXPECT_GE(served, wanted);
    EXPECT_EQ(cost, least);
  }
}

TEST(CheapestSizesTest, FewerSlicesBreakTies) {
  EXPECT_THAT(CheapestSizes(std::vector<SizeOption>{{1, 1}, {2, 2}, {4, 4}}, 7),
              ElementsAre(1, 1, 1));
  EXPECT_THAT(CheapestSizes(std::vector<SizeOption>{{0, 1}, {0, 2}}, 7), IsEmpty());
}

TEST(DeviceShareTest, IsOfWhateverIsTakenMore) {
  const DeviceModel a100 = FindDeviceModel("a100-80gb").value();
  const auto share = [&](const char* name) {
    return DeviceShare(a100, FindProfile(a100, name).value());
  };
  EXPECT_EQ(share("7g.80gb"), 1'000'000);
  EXPECT_EQ(share("3g.40gb"), 500'000);  // half of the memory, though 3/7 of the compute
  EXPECT_EQ(share("1g.10gb"), 142'857);
  EXPECT_EQ(share("1g.20gb"), 250'000);
}

// Two services on at most two GPUs: every pair of layouts, and every way to share their slices.
class TwoServices {
 public:
  TwoServices() {
    const DeviceModel model = FindDeviceModel("a100-80gb").value();
    std::vector<bool> wanted(model.profiles.size());
    for (const char* name : kProfiles) profile_.push_back(FindProfile(model, name).value());
    for (const std::size_t p : profile_) wanted[p] = true;
    const Geometry geometry = Geometry::Make(model, wanted).value();
    for (const ProfileCounts& counts : UndominatedCounts(geometry)) {
      std::vector<std::int64_t>& layout = layouts_.emplace_back();
      for (const std::size_t p : profile_) layout.push_back(counts[p]);
    }
  }

  // More than two: three.
  int Fewest(const std::vector<MilliValue>& a, MilliValue rate_a, const std::vector<MilliValue>& b,
             MilliValue rate_b) const {
    int fewest = 3;
    for (std::size_t i = 0; i < layouts_.size(); ++i) {
      if (Serves(layouts_[i], 0, a, rate_a, b, rate_b)) return 1;
      for (std::size_t j = 0; fewest == 3 && j <= i; ++j) {
        std::vector<std::int64_t> both = layouts_[i];
        for (std::size_t p = 0; p < both.size(); ++p) both[p] += layouts_[j][p];
        if (Serves(both, 0, a, rate_a, b, rate_b)) fewest = 2;
      }
    }
    return fewest;
  }

 private:
  static bool Serves(const std::vector<std::int64_t>& slices, std::size_t p,
                     const std::vector<MilliValue>& a, MilliValue rate_a,
                     const std::vector<MilliValue>& b, MilliValue rate_b) {
    if (p == slices.size()) return rate_a <= 0 && rate_b <= 0;
    for (std::int64_t n = 0; n <= slices[p]; ++n) {
      if (Serves(slices, p + 1, a, rate_a - n * a[p], b, rate_b - (slices[p] - n) * b[p])) {
        return true;
      }
    }
    return false;
  }

  std::vector<std::size_t> profile_;
  std::vector<std::vector<std::int64_t>> layouts_;
};

// Rates that grow with the size, each in its own way, and by no means by its compute.
std::vector<MilliValue> RandomRates(std::mt19937_64& random) {
  std::vector<MilliValue> rates;
  double rate = 20 + static_cast<double>(random() % 200);
  for (std::size_t p = 0; p < std::size(kProfiles); ++p) {
    rates.push_back(random() % 8 == 0 ? 0 : static_cast<MilliValue>(1000 * rate));
    rate *= 1.1 + static_cast<double>(random() % 100) / 100;
  }
  return rates;
}

TEST(MoldableFleetTest, IsTheFewestOfAllChoices) {
  const TwoServices all;
  const std::vector<DeviceOffer> offers = {{FindDeviceModel("a100-80gb").value(), 1, 50}};
  std::mt19937_64 random(7);
  std::map<int, int> seen;
  for (int round = 0; round < 400; ++round) {
    const std::vector<MilliValue> a = RandomRates(random), b = RandomRates(random);
    const auto rate = [&] { return static_cast<MilliValue>(1000 + random() % 1'500'000); };
    const std::vector<SliceNeed> needs = {Moldable(rate(), a), Moldable(rate(), b)};
    if (!needs[0].moldable() || !needs[1].moldable()) continue;
    const Result<FleetMix> mix = CheapestFleet(offers, needs);
    ASSERT_TRUE(mix) << mix.error().message;
    const int fewest = all.Fewest(a, needs[0].rate, b, needs[1].rate);
    ++seen[fewest];
    EXPECT_EQ(std::min(3, static_cast<int>(mix->price + 0.5)), fewest) << round;
    EXPECT_DOUBLE_EQ(mix->bound, mix->price) << round;
    const Result<double> proven = CheckFleetMix(offers, needs, *mix);
    ASSERT_TRUE(proven) << proven.error().message;
    EXPECT_LE(*proven, mix->price);
  }
  EXPECT_GT(seen[1], 20);
  EXPECT_GT(seen[2], 50);
}

TEST(MoldableFleetTest, TakesNoLargerSliceThanItTakes) {
  const std::vector<DeviceOffer> offers = {{FindDeviceModel("a100-80gb").value(), 1, 5}};
  const std::vector<SliceNeed> needs = {
      Moldable(150'000, {100'000, 190'000, 300'000, 380'000, 600'000})};
  const FleetMix mix = CheapestFleet(offers, needs).value();
  ASSERT_EQ(mix.layouts.size(), 1U);
  std::int32_t memory = 0;
  for (const PlacedSlice& slice : mix.layouts[0].slices) memory += slice.span.size;
  EXPECT_EQ(memory, 2);  // 2 x 1g.10gb or 1 x 2g.20gb
}

TEST(MoldableFleetTest, RatesAndCountsTogetherOnSeveralModels) {
  const std::vector<DeviceOffer> offers = {{FindDeviceModel("a100-80gb").value(), 1, 9},
                                           {FindDeviceModel("h100-sxm-80gb").value(), 1.6, 9}};
  std::vector<SliceNeed> needs = {{.count = 3, .profile = "3g.40gb"}, {.rate = 1'000'000}};
  needs[1].rates = {{"a100-80gb", "1g.10gb", 60'000}, {"h100-sxm-80gb", "1g.10gb", 200'000}};
  const FleetMix mix = CheapestFleet(offers, needs).value();
  // Two GPUs with three 3g have room for 800/s at most, three A100 for 720/s.
  EXPECT_NEAR(mix.price, 3.6, 1e-9);
  EXPECT_TRUE(CheckFleetMix(offers, needs, mix));
}

TEST(MoldableFleetTest, TheCheckerFindsWhatIsWrong) {
  const std::vector<DeviceOffer> offers = {{FindDeviceModel("a100-80gb").value(), 1, 50}};
  const std::vector<SliceNeed> needs = {
      Moldable(5'000'000, {100'000, 210'000, 310'000, 400'000, 650'000}),
      Moldable(300'000, {90'000, 0, 310'000, 0, 650'000})};
  const FleetMix good = CheapestFleet(offers, needs).value();
  const auto checked = [&](const auto& spoil) {
    FleetMix mix = good;
    spoil(mix);
    return CheckFleetMix(offers, needs, mix);
  };
  const Result<double> proven = checked([](FleetMix&) {});
  ASSERT_TRUE(proven) << proven.error().message;
  EXPECT_DOUBLE_EQ(*proven, good.price);
  EXPECT_FALSE(checked([](FleetMix& mix) { mix.layouts[0].devices -= 1; }));
  EXPECT_FALSE(checked([](FleetMix& mix) { mix.layouts[0].serves[0] = std::nullopt; }));
  EXPECT_LE(checked([](FleetMix& mix) { mix.values[0][5] *= 2; }).value(), good.price);
}

TEST(MoldableFleetTest, RefusesRatesThatAreNone) {
  const std::vector<DeviceOffer> offers = {{FindDeviceModel("a100-80gb").value(), 1, 1}};
  const auto code = [&](const SliceNeed& need) {
    return CheapestFleet(offers, std::vector<SliceNeed>{need}).error().code;
  };
  SliceNeed need = Moldable(1000, {1000});
  need.rates[0].rate = 0;
  EXPECT_EQ(code(need), ErrorCode::kInvalidArgument);
  need.rates[0].rate = kMostSliceRate + 1;
  EXPECT_EQ(code(need), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(Moldable(-1, {1000})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(Moldable(kMostNeededRate + 1, {1000})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(Moldable(8000, {1000})), ErrorCode::kUnavailable);  // one GPU has seven
}

TEST(MoldablePackTest, ServesTheRatesAndSaysWith) {
  const Fleet fleet = MakeFleet("a100-80gb", std::vector<Layout>(4));
  const std::vector<WorkloadDemand> demand = {
      {"bert", Moldable(700'000, {100'000, 210'000, 300'000, 390'000, 650'000})},
      {"llama", {.count = 1, .profile = "4g.40gb"}}};
  const PackPlan plan = PlanPack({.fleet = fleet, .demand = demand}).value();
  EXPECT_DOUBLE_EQ(plan.price, plan.price_bound);
  ASSERT_EQ(plan.rates.size(), 1U);
  EXPECT_EQ(plan.rates[0].wanted, 700'000);
  EXPECT_GE(plan.rates[0].served, 700'000);
  MilliValue served = 0;
  std::int64_t slices = 0;
  for (const ServedRate::Part& part : plan.rates[0].parts) {
    served += part.slices * part.rate;
    slices += part.slices;
  }
  EXPECT_EQ(served, plan.rates[0].served);
  EXPECT_EQ(static_cast<std::int64_t>(plan.placed.size()), slices + 1);
  EXPECT_EQ(RateText({"bert", 700'500, 710'000, {{"a100-80gb", "2g.20gb", 3, 210'000}}}),
            "bert: 710/s of 700.5/s, with 3 x 2g.20gb of a100-80gb (210/s each)");
}

// Where others run, a rate is served with what has room; what has none is bought.
TEST(MoldablePackTest, TakesWhatHasRoomBesideOthers) {
  const Fleet fleet = MakeFleet("a100-80gb", {{{"4g.40gb", 0}}, {}});
  std::vector<WorkloadDemand> demand = {
      {"bert", Moldable(500'000, {100'000, 190'000, 300'000, 390'000, 650'000})}};
  PackPlan plan = PlanPack({.fleet = fleet, .demand = demand}).value();
  EXPECT_GE(plan.rates[0].served, 500'000);
  EXPECT_EQ(plan.models[0].added, 0);
  demand[0].need.rate = 5'000'000;
  plan = PlanPack({.fleet = fleet, .demand = demand}).value();
  EXPECT_GE(plan.rates[0].served, 5'000'000);
  EXPECT_GT(plan.models[0].added, 0);
}

}  // namespace
}  // namespace tidegate
