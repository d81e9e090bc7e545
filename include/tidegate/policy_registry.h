// SPDX-License-Identifier: Apache-2.0
//
// Names -> policies. The policies of the folder policies/ are in BuiltinPolicies(); a program
// adds its own with Add().
//
// Thread safety: const members are safe to call concurrently.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/policy.h"
#include "tidegate/result.h"
#include "tidegate/spec.h"

namespace tidegate {

using PolicyOptions = std::map<std::string, std::string>;

/// Makes a policy from its options; kInvalidArgument names the option and its value.
using PolicyFactory = std::function<Result<std::unique_ptr<Policy>>(const PolicyOptions&)>;

class TIDEGATE_EXPORT PolicyRegistry {
 public:
  /// Later additions of the same name replace earlier ones.
  void Add(std::string name, PolicyFactory factory);

  /// kNotFound lists the names that there are.
  Result<std::unique_ptr<Policy>> Make(const PolicySpec& spec) const;

  std::vector<std::string> names() const;

 private:
  std::map<std::string, PolicyFactory, std::less<>> factories_;
};

/// The policies that a spec names; target_tracking alone where it names none.
TIDEGATE_EXPORT std::span<const PolicySpec> PoliciesOf(const ScalingSpec& spec);

/// The policies that Tidegate ships.
TIDEGATE_EXPORT PolicyRegistry BuiltinPolicies();

/// The policies that a set of workloads uses, made once and then only looked up.
class TIDEGATE_EXPORT PolicySet {
 public:
  PolicySet();
  PolicySet(PolicySet&&) noexcept;
  PolicySet& operator=(PolicySet&&) noexcept;
  ~PolicySet();

  /// Makes the policy if the set lacks it.
  Status Add(const PolicySpec& spec, const PolicyRegistry& registry);
  /// Adds every policy of PoliciesOf(spec).
  Status AddAll(const ScalingSpec& spec, const PolicyRegistry& registry);

  /// Null if it was not added.
  const Policy* Find(const PolicySpec& spec) const;

 private:
  std::map<PolicySpec, std::unique_ptr<Policy>> policies_;
  const Policy* default_ = nullptr;  ///< what most workloads use, found without a look-up
};

}  // namespace tidegate
