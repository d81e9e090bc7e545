// SPDX-License-Identifier: Apache-2.0
//
// target_tracking: HPA's R = ceil(CR * CV / DV) for each metric, and the largest of the answers.
//
// With several metrics of which some fail, the others may raise the count but not lower it.
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/register_policy.h"
#include "hpa/replica_calculator.h"
#include "tidegate/policy.h"

namespace tidegate {

namespace {

[[gnu::noinline, gnu::cold]] Error InvalidMetrics(const ScalingSpec& spec,
                                                  const std::vector<MetricTrace>& traces) {
  std::size_t failed = 0;
  std::string first;
  for (std::size_t i = 0; i < traces.size(); ++i) {
    if (!traces[i].error) continue;
    if (failed++ == 0) first = hpa::LayeredError(spec.metrics[i], traces[i].error->message);
  }
  return {ErrorCode::kNoData, "invalid metrics (" + std::to_string(failed) + " invalid out of " +
                                  std::to_string(traces.size()) + "), first error is: " + first};
}

class TargetTrackingPolicy final : public Policy {
 public:
  static Result<std::unique_ptr<Policy>> Make(const PolicyOptions& options) {
    if (!options.empty()) {
      return Error{ErrorCode::kInvalidArgument,
                   "target_tracking has no options, got \"" + options.begin()->first + "\""};
    }
    return std::unique_ptr<Policy>(std::make_unique<TargetTrackingPolicy>());
  }

  std::string_view name() const noexcept override { return "target_tracking"; }

  Status Propose(const PolicyInput& input, Proposal& proposal) const override {
    const std::vector<MetricSpec>& metrics = input.spec.metrics;
    if (input.readings.size() != metrics.size()) [[unlikely]]
      return Error{ErrorCode::kInternal, "readings do not match the spec's metrics"};
    if (metrics.empty()) [[unlikely]]
      return Error{ErrorCode::kInvalidArgument, "the workload has no metrics"};
    if (input.scratch == nullptr) [[unlikely]]
      return ProposeAlone(input, proposal);
    Scratch& scratch = *input.scratch;
    const hpa::Compatibility& compatibility =
        hpa::CompatibilityOf(input.spec, scratch.compatibility);
    const hpa::MetricContext context{
        .observation = input.observation,
        .now = input.now,
        .spec = input.spec,
        .compatibility = compatibility,
        .tolerance = hpa::ToleranceOf(input.spec, compatibility),
        .scratch = scratch,
    };
    proposal.traces.swap(scratch.traces);
    proposal.traces.resize(input.readings.size());
    bool failed = false;
    for (std::size_t i = 0; i < input.readings.size(); ++i) {
      MetricTrace& trace = proposal.traces[i];
      hpa::ComputeMetric(input.spec.metrics[i], input.readings[i], context, trace);
      const auto place = static_cast<std::int32_t>(i);
      trace.spec_metric = place;
      if (trace.error) [[unlikely]] {
        failed = true;
      } else if (proposal.replicas.value_or(0) == 0 || trace.proposal > *proposal.replicas) {
        proposal.replicas = trace.proposal;
        proposal.decided_by = place;
      }
    }
    if (failed) [[unlikely]]
      proposal.error = InvalidMetrics(input.spec, proposal.traces);
    return {};
  }

 private:
  // For a caller that has no buffers.
  [[gnu::noinline, gnu::cold]] Status ProposeAlone(PolicyInput input, Proposal& proposal) const {
    Scratch scratch;
    input.scratch = &scratch;
    return Propose(input, proposal);
  }
};

}  // namespace

TIDEGATE_REGISTER_POLICY(target_tracking, TargetTrackingPolicy)

}  // namespace tidegate
