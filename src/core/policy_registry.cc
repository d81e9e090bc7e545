// SPDX-License-Identifier: Apache-2.0
#include "tidegate/policy_registry.h"

#include <array>
#include <utility>

namespace tidegate {

namespace {
const std::array<PolicySpec, 1> kDefault = {{{.name = "target_tracking", .options = {}}}};
}  // namespace

std::span<const PolicySpec> PoliciesOf(const ScalingSpec& spec) {
  return spec.policies.empty() ? std::span<const PolicySpec>(kDefault) : spec.policies;
}

void PolicyRegistry::Add(std::string name, PolicyFactory factory) {
  factories_.insert_or_assign(std::move(name), std::move(factory));
}

Result<std::unique_ptr<Policy>> PolicyRegistry::Make(const PolicySpec& spec) const {
  const auto found = factories_.find(spec.name);
  if (found != factories_.end()) return found->second(spec.options);
  std::string known;
  for (const auto& [name, unused] : factories_) known += (known.empty() ? "" : ", ") + name;
  return Error{ErrorCode::kNotFound, "no policy named \"" + spec.name + "\"; there are: " + known};
}

std::vector<std::string> PolicyRegistry::names() const {
  std::vector<std::string> names;
  for (const auto& [name, unused] : factories_) names.push_back(name);
  return names;
}

PolicySet::PolicySet() = default;
PolicySet::PolicySet(PolicySet&&) noexcept = default;
PolicySet& PolicySet::operator=(PolicySet&&) noexcept = default;
PolicySet::~PolicySet() = default;

Status PolicySet::Add(const PolicySpec& spec, const PolicyRegistry& registry) {
  if (policies_.contains(spec)) return {};
  auto policy = registry.Make(spec);
  if (!policy) return policy.error();
  const auto added = policies_.emplace(spec, *std::move(policy)).first;
  if (spec == kDefault.front()) default_ = added->second.get();
  return {};
}

Status PolicySet::AddAll(const ScalingSpec& spec, const PolicyRegistry& registry) {
  for (const PolicySpec& policy : PoliciesOf(spec)) {
    if (Status added = Add(policy, registry); !added) return added;
  }
  return {};
}

const Policy* PolicySet::Find(const PolicySpec& spec) const {
  if (&spec == &kDefault.front()) return default_;
  const auto found = policies_.find(spec);
  return found == policies_.end() ? nullptr : found->second.get();
}

}  // namespace tidegate
