// SPDX-License-Identifier: Apache-2.0
//
// target_tracking: HPA's R = ceil(CR * CV / DV) for each metric, and the largest of the answers.
//
// With several metrics of which some fail, the others may raise the count but not lower it.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/register_policy.h"
#include "hpa/replica_calculator.h"
#include "tidegate/policy.h"

namespace tidegate {

namespace {

std::string Number(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

// "pods metric queue: 21000 / target 10000 = 2.1, 3 ready"
std::string Explain(const MetricTrace& trace) {
  const auto value = [&](MilliValue milli) {
    return Number("%.6g", static_cast<double>(milli) / 1000) + (trace.utilization ? "%" : "");
  };
  const MilliValue usage = trace.utilization ? MilliValue{*trace.utilization} * 1000 : trace.usage;
  std::string text = trace.metric + ": " + value(usage) + " / target " + value(trace.target) +
                     " = " + Number("%.4g", trace.ratio);
  const auto count = [&](std::string_view what, const std::vector<std::string>& names) {
    if (!names.empty()) text += ", " + std::to_string(names.size()) + " " + std::string(what);
  };
  count("ready", trace.ready);
  count("unready", trace.unready);
  count("missing", trace.missing);
  count("ignored", trace.ignored);
  return text;
}

// The controller's prefix of an error, by kind of metric.
std::string FailurePrefix(const MetricSpec& metric) {
  switch (metric.type) {
    case MetricSourceType::kResource:
      return "failed to get " + metric.name + " resource metric value: ";
    case MetricSourceType::kContainerResource:
      return "failed to get " + metric.name + " container metric value: ";
    case MetricSourceType::kPods:
      return "failed to get pods metric value: ";
    case MetricSourceType::kObject:
      return "failed to get object metric value: ";
    case MetricSourceType::kExternal:
      break;
  }
  return "failed to get " + metric.name + " external metric value: ";
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

  Result<Proposal> Propose(const PolicyInput& input) const override {
    if (input.readings.size() != input.spec.metrics.size()) {
      return Error{ErrorCode::kInternal, "readings do not match the spec's metrics"};
    }
    Proposal proposal;
    std::size_t failed = 0;
    std::string first_error;
    const MetricTrace* winner = nullptr;
    proposal.traces.reserve(input.readings.size());
    for (std::size_t i = 0; i < input.readings.size(); ++i) {
      const MetricSpec& metric = input.spec.metrics[i];
      proposal.traces.push_back(
          hpa::ComputeMetric(metric, input.readings[i], input.spec, input.observation, input.now));
      const MetricTrace& trace = proposal.traces.back();
      if (trace.error) {
        if (failed++ == 0) first_error = FailurePrefix(metric) + trace.error->message;
      } else if (winner == nullptr || winner->proposal == 0 || trace.proposal > winner->proposal) {
        winner = &trace;
      }
    }
    if (failed > 0) {
      proposal.error =
          Error{ErrorCode::kNoData, "invalid metrics (" + std::to_string(failed) +
                                        " invalid out of " + std::to_string(input.readings.size()) +
                                        "), first error is: " + first_error};
    }
    if (winner != nullptr) {
      proposal.replicas = winner->proposal;
      proposal.metric = winner->metric;
      proposal.reason = Explain(*winner);
    } else if (!proposal.error) {
      proposal.error = Error{ErrorCode::kInvalidArgument, "the workload has no metrics"};
    }
    return proposal;
  }
};

}  // namespace

TIDEGATE_REGISTER_POLICY(target_tracking, TargetTrackingPolicy)

}  // namespace tidegate
