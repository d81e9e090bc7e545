// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "mig/geometry.h"
#include "tidegate/mig.h"

namespace tidegate {
namespace {

using testing::HasSubstr;

Packer MakePacker(const char* model) {
  return Packer::Make(FindDeviceModel(model).value()).value();
}

SliceDemand Demand(const DeviceModel& model, const std::map<std::string, std::int64_t>& counts) {
  SliceDemand demand(model.profiles.size());
  for (const auto& [name, count] : counts) demand[FindProfile(model, name).value()] = count;
  return demand;
}

// Packs, checks with the independent checker, demands the proof.
std::int64_t Checked(const Packer& packer, const SliceDemand& demand) {
  const Result<Packing> packing = packer.Optimum(demand);
  EXPECT_TRUE(packing) << packing.error().message;
  if (!packing) return -1;
  EXPECT_TRUE(packing->proven);
  const Status status = CheckPacking(packer.model(), demand, *packing);
  EXPECT_TRUE(status) << status.error().message;
  EXPECT_EQ(packer.MinimumDevices(demand).value(), packing->devices);
  return packing->devices;
}

TEST(PackerTest, KnownOptima) {
  const Packer a100 = MakePacker("a100-40gb");
  const auto devices = [&](const std::map<std::string, std::int64_t>& counts) {
    return Checked(a100, Demand(a100.model(), counts));
  };
  EXPECT_EQ(devices({}), 0);
  EXPECT_EQ(devices({{"1g.5gb", 7}}), 1);
  EXPECT_EQ(devices({{"1g.5gb", 8}}), 2);
  EXPECT_EQ(devices({{"4g.20gb", 3}}), 3);                    // one a device
  EXPECT_EQ(devices({{"4g.20gb", 3}, {"3g.20gb", 3}}), 3);    // and 3g fill up exactly
  EXPECT_EQ(devices({{"3g.20gb", 1}, {"1g.5gb", 4}}), 1);     // 3g has to go right
  EXPECT_EQ(devices({{"1g.10gb", 3}, {"1g.5gb", 1}}), 1);     // a 1g@6 would spoil it
  EXPECT_EQ(devices({{"1g.5gb", 70}, {"7g.40gb", 10}}), 20);  // smallest first needs no more
  EXPECT_EQ(devices({{"3g.20gb", 20}, {"4g.20gb", 10}}), 15);
  // What the driver, choosing places itself, cannot make in this order: 1g, 1g, 2g, 3g.
  EXPECT_EQ(devices({{"1g.5gb", 2}, {"2g.10gb", 1}, {"3g.20gb", 1}}), 1);
  EXPECT_EQ(devices({{"1g.5gb+me", 2}}), 2);
  EXPECT_EQ(devices({{"1g.5gb+me", 3}, {"7g.40gb", 1}, {"1g.5gb", 18}}), 4);
}

// The 3,078 fractional pods of Alibaba's openb trace as slices, by two rules of rounding, and with
// the 4,355 whole devices that the other pods ask for. The figures are HiGHS's.
TEST(PackerTest, TheOpenbTrace) {
  const Packer a100 = MakePacker("a100-40gb");
  const auto devices = [&](std::int64_t one, std::int64_t two, std::int64_t three,
                           std::int64_t four, std::int64_t whole) {
    return Checked(a100, Demand(a100.model(), {{"1g.5gb", one},
                                               {"2g.10gb", two},
                                               {"3g.20gb", three},
                                               {"4g.20gb", four},
                                               {"7g.40gb", whole}}));
  };
  EXPECT_EQ(devices(32, 280, 389, 971, 1406), 2377);
  EXPECT_EQ(devices(106, 548, 946, 400, 1078), 1902);
  EXPECT_EQ(devices(32, 280, 389, 971, 1406 + 4355), 6732);
  EXPECT_EQ(devices(106, 548, 946, 400, 1078 + 4355), 6257);
}

TEST(PackerTest, MediaEnginesAreAPool) {
  const Packer rtx = MakePacker("rtx-pro-6000-blackwell-96gb");
  const auto devices = [&](const std::map<std::string, std::int64_t>& counts) {
    return Checked(rtx, Demand(rtx.model(), counts));
  };
  EXPECT_EQ(devices({{"1g.24gb+me.all", 1}, {"1g.24gb", 1}}), 2);
  EXPECT_EQ(devices({{"1g.24gb+me.all", 1}, {"1g.24gb-me", 3}}), 1);
  EXPECT_EQ(devices({{"1g.24gb+gfx", 2}, {"2g.48gb", 1}}), 1);
  EXPECT_EQ(devices({{"4g.96gb", 2}, {"1g.24gb", 5}}), 4);
}

TEST(PackerTest, SaysWhatCannotBeServed) {
  const Packer a30 = MakePacker("a30-24gb");
  const Result<std::int64_t> negative = a30.MinimumDevices(SliceDemand{-1, 0, 0, 0, 0});
  ASSERT_FALSE(negative);
  EXPECT_THAT(negative.error().message, HasSubstr("-1 slices of 1g.6gb"));
  EXPECT_FALSE(a30.MinimumDevices(SliceDemand{1}));
  const Result<Packer> thor = Packer::Make(FindDeviceModel("thor-igpu").value());
  ASSERT_FALSE(thor);
  EXPECT_THAT(thor.error().message, HasSubstr("read them from NVML"));
}

// A driver that makes no 4g+3g on one device, and one that refused 3g+2g+2g.
TEST(PackerTest, PlansAroundWhatTheDriverRefused) {
  const Packer r460 =
      Packer::Make(ForDriver(FindDeviceModel("a100-40gb").value(), 470).value()).value();
  EXPECT_EQ(Checked(r460, Demand(r460.model(), {{"4g.20gb", 3}, {"3g.20gb", 4}})), 5);
  DeviceModel station = FindDeviceModel("gb300").value();
  const SliceDemand demand = Demand(station, {{"3g.139gb", 2}, {"2g.70gb", 4}});
  EXPECT_EQ(Checked(Packer::Make(station).value(), demand), 2);
  station.refused.push_back({"3g.139gb", "2g.70gb", "2g.70gb"});
  EXPECT_EQ(Checked(Packer::Make(station).value(), demand), 3);
}

// Family R8: every multiset of at most 12 slices, against a dynamic programme over the 28
// undominated multisets.
TEST(PackerTest, EveryMultisetOfTwelve) {
  const Packer packer = MakePacker("a100-40gb");
  const DeviceModel& model = packer.model();
  const char* names[] = {"7g.40gb", "4g.20gb", "3g.20gb", "2g.10gb", "1g.10gb", "1g.5gb"};
  std::vector<std::size_t> profiles;
  std::vector<bool> wanted(model.profiles.size());
  for (const char* name : names) {
    profiles.push_back(FindProfile(model, name).value());
    wanted[profiles.back()] = true;
  }
  using Key = std::array<int, 6>;
  std::vector<Key> columns;
  for (const ProfileCounts& counts : UndominatedCounts(Geometry::Make(model, wanted).value())) {
    Key key{};
    for (std::size_t i = 0; i < 6; ++i) key[i] = static_cast<int>(counts[profiles[i]]);
    columns.push_back(key);
  }
  ASSERT_EQ(columns.size(), 28U);
  std::map<Key, int> least;
  std::size_t wrong = 0;
  const std::function<int(const Key&)> solve = [&](const Key& key) -> int {
    if (key == Key{}) return 0;
    const auto known = least.find(key);
    if (known != least.end()) return known->second;
    int best = 99;
    for (const Key& column : columns) {
      Key rest = key;
      for (std::size_t i = 0; i < 6; ++i) rest[i] = std::max(0, key[i] - column[i]);
      if (rest != key) best = std::min(best, 1 + solve(rest));
    }
    return least[key] = best;
  };
  std::size_t tried = 0;
  const std::function<void(Key, std::size_t, int)> each = [&](Key key, std::size_t i, int left) {
    if (i == 6) {
      SliceDemand demand(model.profiles.size());
      for (std::size_t k = 0; k < 6; ++k) demand[profiles[k]] = key[k];
      ++tried;
      wrong += packer.MinimumDevices(demand).value() == solve(key) ? 0 : 1;
      return;
    }
    for (int n = 0; n <= left; ++n) {
      key[i] = n;
      each(key, i + 1, left - n);
    }
  };
  each({}, 0, 12);
  EXPECT_EQ(tried, 18564U);
  EXPECT_EQ(wrong, 0U);
}

// Random demands on every board: legal, exact and proven.
TEST(PackerTest, EveryBoardWithProof) {
  std::mt19937_64 random(7);
  for (const DeviceModel& model : DeviceModels()) {
    if (model.memory_slices == 0) continue;
    const Packer packer = Packer::Make(model).value();
    for (int round = 0; round < 12; ++round) {
      SliceDemand demand;
      const std::int64_t size = std::int64_t{1} << (random() % 20);
      for (std::size_t p = 0; p < model.profiles.size(); ++p) {
        demand.push_back(random() % 3 == 0 ? 0 : static_cast<std::int64_t>(random()) % size);
        demand.back() = std::abs(demand.back());
      }
      Checked(packer, demand);
    }
  }
}

// The checker is no rubber stamp.
TEST(CheckPackingTest, FindsWhatIsWrong) {
  const Packer packer = MakePacker("a100-40gb");
  const SliceDemand demand = Demand(packer.model(), {{"3g.20gb", 3}, {"1g.5gb", 9}});
  const Packing good = packer.Optimum(demand).value();
  ASSERT_TRUE(CheckPacking(packer.model(), demand, good));
  Packing bad = good;
  bad.layouts.pop_back();
  EXPECT_FALSE(CheckPacking(packer.model(), demand, bad));
  bad = good;
  bad.layouts[0].slices[0].span.start = 1;
  EXPECT_FALSE(CheckPacking(packer.model(), demand, bad));
  bad = good;
  for (std::int64_t& weight : bad.certificate.weights) weight *= 2;
  EXPECT_FALSE(CheckPacking(packer.model(), demand, bad));
  bad = good;
  bad.certificate.capacity *= 2;
  EXPECT_FALSE(CheckPacking(packer.model(), demand, bad));
  bad = good;
  bad.layouts.push_back({1, {bad.layouts[0].slices[0]}});
  bad.devices += 1;
  EXPECT_FALSE(CheckPacking(packer.model(), demand, bad));
}

TEST(CheapestFleetTest, BuysWhatIsCheapestInAll) {
  const DeviceModel a100 = FindDeviceModel("a100-80gb").value();
  const DeviceModel a30 = FindDeviceModel("a30-24gb").value();
  const std::vector<DeviceOffer> offers = {{a100, 1.0, 10}, {a30, 0.4, 2}};
  // Nine small slices: seven on an A100, two on an A30, are cheaper than two A100 or three A30.
  const FleetMix mix = CheapestFleet(offers, std::vector<SliceNeed>{{5000, 14, 9}}).value();
  EXPECT_DOUBLE_EQ(mix.price, 1.4);
  EXPECT_DOUBLE_EQ(mix.bound, 1.4);
  std::int64_t served = 0;
  for (const FleetLayout& layout : mix.layouts) {
    EXPECT_TRUE(CheckLayout(offers[layout.offer].model, layout.slices));
    served += layout.devices * std::count(layout.serves.begin(), layout.serves.end(), 0U);
  }
  EXPECT_EQ(served, 9);
  const Result<FleetMix> none = CheapestFleet(offers, std::vector<SliceNeed>{{90000, 1, 1}});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kUnavailable);
}

TEST(CheapestFleetTest, TheCheckerFindsWhatIsWrong) {
  const DeviceModel a100 = FindDeviceModel("a100-80gb").value();
  const DeviceModel a30 = FindDeviceModel("a30-24gb").value();
  const std::vector<DeviceOffer> offers = {{a100, 1.0, 10}, {a30, 0.4, 2}};
  const std::vector<SliceNeed> needs = {{5000, 14, 9}};
  const FleetMix good = CheapestFleet(offers, needs).value();
  const auto checked = [&](const auto& spoil) {
    FleetMix mix = good;
    spoil(mix);
    return CheckFleetMix(offers, needs, mix);
  };
  const Result<double> proven = checked([](FleetMix&) {});
  ASSERT_TRUE(proven) << proven.error().message;
  EXPECT_DOUBLE_EQ(*proven, 1.0);  // the relaxation knows no more than 0.4 + 0.4 + 1/7
  EXPECT_FALSE(checked([](FleetMix& mix) { mix.price = 1.2; }));
  EXPECT_FALSE(checked([](FleetMix& mix) { mix.layouts.pop_back(); }));
  EXPECT_FALSE(checked([](FleetMix& mix) { mix.layouts[0].devices = 11; }));
  EXPECT_FALSE(checked([](FleetMix& mix) { mix.layouts[0].serves[0] = 1; }));
  EXPECT_FALSE(checked([](FleetMix& mix) { mix.layouts[0].slices[0].span.start = 7; }));
  EXPECT_FALSE(checked([](FleetMix& mix) { mix.values[0][0] = -1; }));
  EXPECT_FALSE(checked([](FleetMix& mix) { mix.values.clear(); }));
  // Values that claim too much prove less, not more.
  const auto triple = [](FleetMix& mix) {
    for (std::vector<double>& of_offer : mix.values) {
      for (double& value : of_offer) value *= 3;
    }
  };
  EXPECT_LE(checked(triple).value(), good.price);
}

TEST(CheapestFleetTest, EveryMixPassesTheChecker) {
  std::mt19937_64 random(5);
  const std::vector<DeviceModel> models = {FindDeviceModel("a100-40gb").value(),
                                           FindDeviceModel("h100-sxm-80gb").value(),
                                           FindDeviceModel("a30-24gb").value()};
  int tight = 0, solved = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<DeviceOffer> offers;
    for (const DeviceModel& model : models) {
      offers.push_back({model, 0.5 * static_cast<double>(1 + random() % 6),
                        static_cast<std::int64_t>(random() % 12)});
    }
    std::vector<SliceNeed> needs;
    for (int n = 0; n < 3; ++n) {
      needs.push_back({static_cast<std::int64_t>(2000 + random() % 30'000),
                       static_cast<std::int32_t>(random() % 60),
                       static_cast<std::int64_t>(random() % 20)});
    }
    const Result<FleetMix> mix = CheapestFleet(offers, needs);
    if (!mix) continue;
    ++solved;
    const Result<double> proven = CheckFleetMix(offers, needs, *mix);
    ASSERT_TRUE(proven) << proven.error().message;
    EXPECT_LE(*proven, mix->bound + 1e-9);
    tight += *proven > mix->price - 1e-9 ? 1 : 0;
  }
  EXPECT_GT(solved, 20);
  EXPECT_GT(2 * tight, solved);  // most proofs meet the price
}

}  // namespace
}  // namespace tidegate
