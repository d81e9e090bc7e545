// SPDX-License-Identifier: Apache-2.0
//
// Controller: the imperative shell around PlanTick.
//
//   gather (backends and sources, in parallel, until a deadline)
//     -> plan (pure) -> apply (balancer first, then backend) -> report
//
// A host process may call Run() in a thread of its own, or just Tick() from its own loop.
//
// Thread safety: Ingest() and state() from any thread; Tick() and Run() from one at a time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/backend.h"
#include "tidegate/balancer.h"
#include "tidegate/clock.h"
#include "tidegate/export.h"
#include "tidegate/inventory.h"
#include "tidegate/metric_query.h"
#include "tidegate/plan.h"
#include "tidegate/policy_registry.h"
#include "tidegate/reporter.h"
#include "tidegate/result.h"
#include "tidegate/series_store.h"
#include "tidegate/slice_driver.h"
#include "tidegate/source.h"
#include "tidegate/spec.h"

namespace tidegate {

/// One workload and the parts that observe and change it. Absent parts are left out of the loop.
struct Workload {
  ScalingSpec spec;
  std::vector<MetricQuery> queries;  ///< a metric without one is the instant selector of its name
  Duration period = std::chrono::seconds(1);
  Duration max_sample_age = std::chrono::seconds(10);  ///< older is stale
  double min_window_coverage = 0.8;    ///< below it a reading is kPartial: no scale-down
  std::string balancer_port = "http";  ///< the replica's port that requests are sent to
  std::unique_ptr<Backend> backend;    ///< absent: replicas are those given to SetReplicas()
  std::unique_ptr<Source> source;
  std::unique_ptr<Balancer> balancer;
  /// In Replace(): the backend of the running workload of the same name goes on.
  bool keep_backend = false;
};

struct ControllerOptions {
  Duration gather_timeout = std::chrono::milliseconds(900);  ///< then a workload holds
  Duration apply_wait = std::chrono::milliseconds(900);      ///< then its outcome is told next tick
  Duration apply_timeout = std::chrono::seconds(10);         ///< the deadline handed to the seams
  Duration source_timeout = std::chrono::seconds(10);        ///< likewise, to Components::sources
  SeriesStoreOptions series;  ///< its `metrics`: kept beside those that queries select
  /// The series of a page that no query of a workload selects are kept, too: for a host that looks
  /// into store() itself. Otherwise they are skipped (SeriesStoreStats::skipped_total), unless a
  /// query selects by a pattern of names or without one.
  bool keep_all_series = false;
  bool dry_run = false;  ///< decide and report, change nothing
};

/// What a Controller owns. The clock is borrowed and must outlive it.
struct Components {
  Clock* clock = nullptr;  ///< null: the system clock
  PolicyRegistry policies = BuiltinPolicies();
  std::vector<std::unique_ptr<Reporter>> reporters;
  std::map<WorkloadId, History> histories;  ///< from a journal, after a restart
  Inventory inventory = {};                 ///< for workloads whose replicas run on slices
  /// Says what devices and slices there are, in place of those of `inventory`, and makes slices.
  std::unique_ptr<SliceDriver> slice_driver = {};
  /// Of no one workload, such as discovered targets. Each is called at every tick once the replicas
  /// are known, unless its last call has not come back yet; no tick waits for it, so what it stores
  /// is read at the next one.
  std::vector<std::unique_ptr<Source>> sources = {};
};

class TIDEGATE_EXPORT Controller {
 public:
  static Result<std::unique_ptr<Controller>> Create(std::vector<Workload> workloads,
                                                    Components components = {},
                                                    ControllerOptions options = {});
  ~Controller();
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  /// One pass over the workloads whose period is due (all of them at the first call).
  TickOutput Tick();

  /// Observes the backends and collects from all sources once, and decides nothing. Unlike a tick
  /// it waits for Components::sources, until their deadline: what a first Tick() is to decide on.
  void CollectOnce();

  /// Ticks until a stop is requested. A late tick is skipped, never caught up with.
  void Run(const std::stop_token& stop);

  /// Pushes a sample from the host process; same meaning as SeriesStore::Ingest.
  Status Ingest(std::string_view metric, const Labels& labels, double value);
  Status Ingest(std::string_view metric, const Labels& labels, double value, TimePoint at);

  /// Tells what replicas a workload without a backend has. kNotFound: no such workload.
  Status SetReplicas(const WorkloadId& workload, const Observation& observation);

  /// Replaces the specs and parts of all workloads between two ticks; histories of workloads
  /// that stay are kept. On error nothing changes.
  Status Replace(std::vector<Workload> workloads);

  /// Replaces Components::sources between two ticks.
  void ReplaceSources(std::vector<std::unique_ptr<Source>> sources);

  SeriesStore& store();

 private:
  class Impl;
  explicit Controller(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate
