// SPDX-License-Identifier: Apache-2.0
#include "tidegate/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <stdexcept>

#include "tests/support/random_tick.h"

namespace tidegate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr TimePoint kNow{std::chrono::hours(1)};

class FixedPolicy final : public Policy {
 public:
  explicit FixedPolicy(std::int32_t replicas) : replicas_(replicas) {}
  std::string_view name() const noexcept override { return "fixed"; }
  Status Propose(const PolicyInput& /*input*/, Proposal& proposal) const override {
    if (replicas_ < 0) throw std::runtime_error("out of luck");
    proposal = {.replicas = replicas_, .reason = "fixed"};
    return {};
  }

 private:
  std::int32_t replicas_;
};

PolicySet Policies(const ScalingSpec& spec) {
  PolicyRegistry registry = BuiltinPolicies();
  registry.Add("fixed", [](const PolicyOptions& options) -> Result<std::unique_ptr<Policy>> {
    return std::unique_ptr<Policy>(
        std::make_unique<FixedPolicy>(std::stoi(options.at("replicas"))));
  });
  PolicySet policies;
  EXPECT_TRUE(policies.AddAll(spec, registry).ok());
  return policies;
}

WorkloadInput Web(std::int32_t replicas, std::vector<PolicySpec> policies) {
  WorkloadInput input;
  input.spec.workload = "web";
  input.spec.max_replicas = 10;
  input.spec.behavior = DefaultBehavior();
  input.spec.behavior->scale_down.stabilization_window = Duration::zero();
  input.spec.policies = std::move(policies);
  input.observation.spec_replicas = input.observation.status_replicas = replicas;
  for (std::int32_t i = 0; i < replicas; ++i) {
    input.observation.replicas.push_back({.name = "web-" + std::to_string(i),
                                          .phase = ReplicaPhase::kRunning,
                                          .ready = ConditionStatus::kTrue,
                                          .start_time = kNow - std::chrono::minutes(10 - i)});
  }
  return input;
}

PolicySpec Fixed(int replicas) { return {"fixed", {{"replicas", std::to_string(replicas)}}}; }

TEST(DecideTest, TheLargestProposalWins) {
  const WorkloadInput input = Web(2, {Fixed(3), Fixed(5), Fixed(1)});
  const WorkloadOutput output = Decide(input, Policies(input.spec), kNow);
  EXPECT_EQ(output.decision.desired, 5);
  ASSERT_TRUE(output.command);
  EXPECT_EQ(output.command->replicas, 5);
  EXPECT_TRUE(output.command->victims.empty());
}

TEST(DecideTest, APolicyThatThrowsBlocksTheWayDownOnly) {
  const WorkloadInput down = Web(4, {Fixed(2), Fixed(-1)});
  const WorkloadOutput held = Decide(down, Policies(down.spec), kNow);
  EXPECT_EQ(held.decision.desired, 4);
  ASSERT_TRUE(held.decision.error);
  EXPECT_THAT(held.decision.error->message, HasSubstr("policy fixed threw: out of luck"));
  EXPECT_THAT(held.decision.steps.back().reason, HasSubstr("holds 4"));

  const WorkloadInput up = Web(4, {Fixed(6), Fixed(-1)});
  EXPECT_EQ(Decide(up, Policies(up.spec), kNow).decision.desired, 6);
}

TEST(DecideTest, AnUnknownPolicyHolds) {
  const WorkloadInput input = Web(4, {{"no_such", {}}});
  const WorkloadOutput output = Decide(input, PolicySet(), kNow);
  EXPECT_EQ(output.decision.desired, 4);
  EXPECT_EQ(output.decision.error->code, ErrorCode::kNotFound);
}

TEST(DecideTest, WhatCannotBeObservedHoldsAndForgetsNothing) {
  WorkloadInput input = Web(4, {Fixed(1)});
  input.history.recommendations = {{{.replicas = 4, .time = kNow}}};
  input.error = Error{ErrorCode::kUnavailable, "connection refused"};
  const WorkloadOutput output = Decide(input, Policies(input.spec), kNow);
  EXPECT_FALSE(output.command);
  EXPECT_EQ(output.next, input.history);
  EXPECT_THAT(output.decision.steps.back().reason, HasSubstr("connection refused"));
}

// Those that serve nobody go first, then the newest; what is going already is not counted twice.
TEST(DecideTest, NamesItsVictims) {
  WorkloadInput input = Web(5, {Fixed(2)});
  input.observation.replicas[1].ready = ConditionStatus::kFalse;
  input.observation.replicas[3].terminating = true;
  const WorkloadOutput output = Decide(input, Policies(input.spec), kNow);
  ASSERT_TRUE(output.command);
  EXPECT_THAT(output.command->victims, ElementsAre("web-1", "web-4"));
}

TEST(DecideTest, AWorkloadAtZeroStaysThereUnlessWeScaledIt) {
  WorkloadInput input = Web(0, {Fixed(3)});
  EXPECT_FALSE(Decide(input, Policies(input.spec), kNow).command);
  input.history.scaled_to_zero = true;
  EXPECT_EQ(Decide(input, Policies(input.spec), kNow).decision.desired, 3);
}

// The invariants of every decision, over random worlds.
TEST(PlanTickTest, KeepsItsInvariants) {
  testing::RandomTicks random(11);
  const PolicySet policies = testing::RandomTickPolicies();
  int commands = 0;
  for (int round = 0; round < 5000; ++round) {
    const TickInput input = random.Next();
    const TickOutput output = PlanTick(input, policies);
    ASSERT_EQ(output.workloads.size(), input.workloads.size());
    for (std::size_t i = 0; i < input.workloads.size(); ++i) {
      const WorkloadInput& in = input.workloads[i];
      const Decision& decision = output.workloads[i].decision;
      const std::int32_t current = in.observation.spec_replicas;
      if (output.workloads[i].command) {
        ++commands;
        EXPECT_GE(decision.desired, in.spec.min_replicas);
        EXPECT_LE(decision.desired, in.spec.max_replicas);
        EXPECT_FALSE(decision.steps.empty());
      } else {
        EXPECT_EQ(decision.desired, current);
      }
      const bool doubtful = std::any_of(
          in.readings.begin(), in.readings.end(),
          [](const Reading& reading) { return reading.error || !reading.doubts.empty(); });
      const bool leaves_out =
          std::any_of(decision.steps.begin(), decision.steps.end(),
                      [](const Step& step) { return step.cause == StepCause::kMissingReplicas; });
      if (doubtful && !leaves_out && in.spec.missing_data == MissingData::kHold &&
          current <= in.spec.max_replicas) {
        EXPECT_GE(decision.desired, current);
      }
    }
  }
  EXPECT_GT(commands, 1000);
}

// A planner that has seen other ticks answers as a new one does.
TEST(PlannerTest, BuffersLeaveNoTrace) {
  testing::RandomTicks random(13);
  const PolicySet policies = testing::RandomTickPolicies();
  Planner planner;
  TickOutput output;
  for (int round = 0; round < 2000; ++round) {
    const TickInput input = random.Next();
    planner.PlanTick(input, policies, output);
    for (std::size_t i = 0; i < input.workloads.size(); ++i) {
      Explain(input.workloads[i], output.workloads[i].decision);
    }
    ASSERT_EQ(output, PlanTick(input, policies)) << "round " << round;
  }
}

// Which metric or replica comes first says nothing about how many are needed.
TEST(PlanTickTest, OrderOfMetricsAndReplicasIsIrrelevant) {
  testing::RandomTicks random(14);
  std::mt19937_64 shuffle(15);
  const PolicySet policies = testing::RandomTickPolicies();
  for (int round = 0; round < 2000; ++round) {
    const TickInput input = random.Next();
    for (const WorkloadInput& in : input.workloads) {
      WorkloadInput other = in;
      std::shuffle(other.observation.replicas.begin(), other.observation.replicas.end(), shuffle);
      for (Reading& reading : other.readings) {
        std::shuffle(reading.replicas.begin(), reading.replicas.end(), shuffle);
      }
      std::reverse(other.spec.metrics.begin(), other.spec.metrics.end());
      std::reverse(other.readings.begin(), other.readings.end());
      const Decision once = Decide(in, policies, input.now).decision;
      const Decision again = Decide(other, policies, input.now).decision;
      EXPECT_EQ(again.desired, once.desired);
      EXPECT_EQ(again.proposed, once.proposed);
    }
  }
}

// More load never leads to fewer replicas, whatever the windows and limits, while all of them
// are ready and have a value.
TEST(PlanTickTest, IsMonotoneInUsage) {
  testing::RandomTicks random(16);
  const PolicySet policies = testing::RandomTickPolicies();
  int compared = 0;
  for (int round = 0; round < 3000; ++round) {
    TickInput input = random.Next();
    for (WorkloadInput& in : input.workloads) {
      Observation& seen = in.observation;
      seen.replicas.clear();
      for (std::int32_t i = 0; i < seen.spec_replicas; ++i) {
        seen.replicas.push_back({.name = "web-" + std::to_string(i),
                                 .phase = ReplicaPhase::kRunning,
                                 .ready = ConditionStatus::kTrue,
                                 .start_time = input.now - std::chrono::hours(1)});
      }
      seen.status_replicas = seen.spec_replicas;
      WorkloadInput more = in;
      for (std::size_t m = 0; m < in.readings.size(); ++m) {
        // HPA takes a sum below zero for an overflow.
        for (MilliValue& value : in.readings[m].values) value = std::max(value, MilliValue{0});
        more.readings[m].values = in.readings[m].values;
        for (MilliValue& value : more.readings[m].values) value += 5'000;
        in.readings[m].replicas.clear();
        more.readings[m].replicas.clear();
        for (std::int32_t i = 0; i < seen.spec_replicas; ++i) {
          const std::string name = "web-" + std::to_string(i);
          const MilliValue value = (i + 1) * 7'000 + static_cast<MilliValue>(m) * 500;
          in.readings[m].replicas.push_back({.replica = name, .value = value});
          more.readings[m].replicas.push_back({.replica = name, .value = value + 9'000});
        }
      }
      const Decision before = Decide(in, policies, input.now).decision;
      const Decision after = Decide(more, policies, input.now).decision;
      EXPECT_GE(after.desired, before.desired) << before.reason << " / " << after.reason;
      compared += before.proposed && after.proposed ? 1 : 0;
    }
  }
  EXPECT_GT(compared, 1000);
}

TEST(PlanTickTest, IsAPureFunctionOfItsInput) {
  testing::RandomTicks random(12);
  const PolicySet policies = testing::RandomTickPolicies();
  for (int round = 0; round < 500; ++round) {
    TickInput input = random.Next();
    const TickOutput once = PlanTick(input, policies);
    EXPECT_EQ(PlanTick(input, policies), once);
    std::reverse(input.workloads.begin(), input.workloads.end());
    TickOutput reversed = PlanTick(input, policies);
    std::reverse(reversed.workloads.begin(), reversed.workloads.end());
    EXPECT_EQ(reversed, once);
  }
}

}  // namespace
}  // namespace tidegate
