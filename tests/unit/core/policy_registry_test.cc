// SPDX-License-Identifier: Apache-2.0
#include "tidegate/policy_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

TEST(PolicyRegistryTest, EveryFileOfPoliciesIsRegisteredByItsName) {
  EXPECT_THAT(BuiltinPolicies().names(), Contains("target_tracking"));
}

TEST(PolicyRegistryTest, AnUnknownNameListsTheKnownOnes) {
  const auto made = BuiltinPolicies().Make({"target_traking", {}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(made.error().message, HasSubstr("\"target_traking\""));
  EXPECT_THAT(made.error().message, HasSubstr("target_tracking"));
}

TEST(PolicyRegistryTest, AnUnknownOptionIsNamed) {
  const auto made = BuiltinPolicies().Make({"target_tracking", {{"horizon", "30s"}}});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("horizon"));
}

TEST(PolicySetTest, FindsWhatWasAddedBySpec) {
  PolicySet policies;
  const PolicySpec spec{"target_tracking", {}};
  EXPECT_EQ(policies.Find(spec), nullptr);
  EXPECT_TRUE(policies.Add(spec, BuiltinPolicies()).ok());
  EXPECT_NE(policies.Find(spec), nullptr);
}

}  // namespace
}  // namespace tidegate
