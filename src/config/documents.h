// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the parser of configuration files share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/node.h"
#include "config/reader.h"
#include "tidegate/config.h"
#include "tidegate/policy_registry.h"
#include "tidegate/promql.h"

namespace tidegate::config {

inline constexpr std::string_view kApiVersion = "tidegate.dev/v1alpha1";

/// The documents that describe one workload; null: there is none of the kind.
struct WorkloadDocuments {
  const Node* autoscaler = nullptr;
  const Node* hpa = nullptr;
  const Node* scaled_object = nullptr;  ///< KEDA's
};

/// The node at `path` ("spec.metrics[0].pods"), or the innermost part of it that there is.
const Node* NodeAt(const Node* root, std::string_view path, bool* found = nullptr);
/// Where that is written.
Position Locate(const Node* root, std::string_view path, bool* found = nullptr);

/// A key under spec that makes samples.
struct SourceKey {
  std::string path;  ///< "spec.scrape"
  Duration interval{};
  std::string port;  ///< of the replicas; empty: none
};

/// All of them, but for spec.prometheus.
std::vector<SourceKey> ReplicaSources(const Autoscaler& autoscaler);

/// How the metric is read; appended if nothing is said about it yet.
MetricQuery& QueryOf(const std::string& metric, Autoscaler& autoscaler);

/// kInvalidArgument: not a query that Tidegate can evaluate.
Status CompileQuery(const std::string& query, const CompileOptions& options = {});

/// Checks what fields alone cannot know, with HPA's rules and texts where HPA has them.
class Validator {
 public:
  /// All are borrowed. Says nothing about paths that `problems` has something to say about
  /// from `first` on: what could not be read cannot be judged.
  Validator(const WorkloadDocuments& documents, const PolicyRegistry& policies,
            std::vector<Problem>& problems, std::size_t first)
      : documents_(documents), policies_(policies), problems_(problems), first_(first) {}

  /// `hpa_checked`: the bounds, metrics and behavior are those of a valid HorizontalPodAutoscaler.
  void Check(const Autoscaler& autoscaler, bool hpa_checked = false);
  void Check(const ScalerOptions& options);
  /// Whether the devices have what the workload's replicas shall run on.
  void CheckSlice(const Autoscaler& autoscaler, const std::optional<DevicesOptions>& devices);
  /// Gives metrics without a query that of the profile's signal that they are called by, or of the
  /// resource of processes.
  void ResolveSignals(Autoscaler& autoscaler);
  /// Gives windows whose buckets have no length that of the time between two values.
  static void ResolveWindows(Autoscaler& autoscaler);

 private:
  bool Given(std::string_view path) const;
  void Report(const std::string& path, std::string message);
  void CheckBounds(const ScalingSpec& spec);
  void CheckScaleTarget(const ScalingSpec& spec);
  void CheckMetrics(const ScalingSpec& spec);
  void CheckMetric(const MetricSpec& metric, const std::string& path);
  void CheckTarget(const MetricSpec& metric, const std::string& path);
  void CheckBehavior(const ScalingSpec& spec);
  void CheckPolicies(const ScalingSpec& spec);
  void CheckFallbacks(const ScalingSpec& spec);
  void CheckFeatureGates(const ScalingSpec& spec);
  void CheckQueries(const Autoscaler& autoscaler);
  void CheckReading(const Autoscaler& autoscaler, const MetricQuery& query,
                    const std::string& path);
  void CheckPrometheus(const Autoscaler& autoscaler);
  void CheckPool(const Autoscaler& autoscaler);
  void CheckProcess(const Autoscaler& autoscaler);
  void CheckRequests(const Autoscaler& autoscaler);
  void CheckProbe(const HttpProbe& probe, const ProcessPoolOptions& pool, const std::string& path);
  void CheckPort(const std::string& port, const ProcessPoolOptions& pool, const std::string& path);
  void CheckPlaceholders(const std::string& text, const ProcessPoolOptions& pool,
                         const std::string& path);
  void CheckNginx(const NginxOptions& nginx);
  void CheckDevices(const DevicesOptions& devices);
  void CheckSizes(const std::vector<SliceSize>& sizes, const DevicesOptions& devices);
  void CheckMoldable(const ScalingSpec& spec);

  const WorkloadDocuments& documents_;
  const PolicyRegistry& policies_;
  std::vector<Problem>& problems_;
  std::size_t first_;
};

}  // namespace tidegate::config
