// SPDX-License-Identifier: Apache-2.0
#include "tidegate/reporters/prometheus.h"

#include <prometheus/histogram.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "reporters/holds.h"
#include "reporters/prometheus/families.h"
#include "reporters/restarts.h"
#include "tidegate/version.h"

namespace tidegate {

PrometheusReporter::~PrometheusReporter() = default;

namespace {

using prometheus::ClientMetric;
using prometheus::Histogram;
using prometheus::MetricFamily;
using reporters::AddSeries;
using reporters::MakeCounter;
using reporters::MakeFamily;
using reporters::MakeGauge;
using reporters::PageLabels;

const Histogram::BucketBoundaries kScrapeBuckets = {.001, .0025, .005, .01, .025, .05, .1,
                                                    .25,  .5,    .75,  1,   2.5,  5,   10};
const Histogram::BucketBoundaries kDecisionBuckets = {
    1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, .05, .1, .5};
const Histogram::BucketBoundaries kLatenessBuckets = {.001, .0025, .005, .01, .025, .05, .1,
                                                      .25,  .5,    1,    2.5, 5,    10};

double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// What is known of one workload.
struct WorkloadMetrics {
  std::int32_t min_replicas = 0;
  std::int32_t max_replicas = 0;
  std::optional<std::int32_t> desired;
  std::optional<std::int32_t> current;
  std::optional<std::int32_t> ready;
  std::optional<std::int32_t> fallbacks;                                 // absent: none is set
  std::optional<std::int32_t> without_missing;                           // likewise
  std::map<std::string, std::int32_t> recommendations;                   // by metric
  std::map<std::string, Duration> signal_ages;                           // by metric
  std::map<std::string, bool> held;                                      // by reason
  std::map<std::pair<std::string, std::string>, std::uint64_t> actions;  // direction, result
  std::optional<reporters::Change> last_change;
  reporters::RestartWatch restart_watch;
  std::uint64_t restarts = 0;
  struct TargetMetrics {
    bool up = false;
    TimePoint last_attempt{};
  };
  /// By replica and target: several sources may ask one replica.
  std::map<std::pair<std::string, std::string>, TargetMetrics> targets;
  std::size_t stale_targets = 0;
  Histogram scrape_duration{kScrapeBuckets};
};

void TakeCounts(const WorkloadInput& input, const Decision& decision, WorkloadMetrics& metrics) {
  metrics.min_replicas = input.spec.min_replicas;
  metrics.max_replicas = input.spec.max_replicas;
  if (input.error) {  // not seen: neither zero nor what it was
    metrics.current.reset();
    metrics.ready.reset();
    return;
  }
  metrics.desired = decision.desired;
  metrics.current = input.observation.status_replicas;
  metrics.ready = 0;
  for (const Replica& replica : input.observation.replicas) {
    if (replica.Serving()) ++*metrics.ready;
  }
  for (const reporters::Restart& restart : metrics.restart_watch.Observe(input.observation)) {
    metrics.restarts += static_cast<std::uint64_t>(restart.times);
  }
}

void TakeSignals(const WorkloadInput& input, const Decision& decision, WorkloadMetrics& metrics) {
  metrics.recommendations.clear();
  for (const MetricTrace& trace : decision.metrics) {
    if (trace.error) continue;
    const auto [entry, added] = metrics.recommendations.try_emplace(trace.metric, trace.proposal);
    if (!added) entry->second = std::max(entry->second, trace.proposal);
  }
  const auto steps = [&](StepCause cause) {
    return static_cast<std::int32_t>(
        std::count_if(decision.steps.begin(), decision.steps.end(),
                      [cause](const Step& step) { return step.cause == cause; }));
  };
  metrics.fallbacks.reset();
  metrics.without_missing.reset();
  if (!input.spec.fallbacks.empty()) metrics.fallbacks = steps(StepCause::kFallback);
  if (input.spec.missing_replicas) metrics.without_missing = steps(StepCause::kMissingReplicas);
  metrics.signal_ages.clear();
  for (std::size_t i = 0; i < input.readings.size() && i < input.spec.metrics.size(); ++i) {
    if (input.readings[i].error) continue;
    metrics.signal_ages[input.spec.metrics[i].name] = input.readings[i].age;
  }
  for (auto& [reason, held] : metrics.held) held = false;
  if (const auto hold = reporters::HoldOf(input, decision)) {
    for (const std::string& kind : hold->kinds) metrics.held[kind] = true;
  }
}

/// The backend may accept a change some ticks after it was decided, so the last one is kept.
void TakeApplied(const Decision& decision, const Applied& applied, WorkloadMetrics& metrics) {
  const std::optional<reporters::Change> change = reporters::ChangeOf(decision);
  if (change) metrics.last_change = change;
  const bool failed = applied.error && change;
  if (!metrics.last_change || (!applied.scaled && !failed)) return;
  const bool up = metrics.last_change->to > metrics.last_change->from;
  ++metrics.actions[{up ? "up" : "down", applied.scaled ? "success" : "failure"}];
}

void TakeTargets(const std::vector<TargetState>& states, WorkloadMetrics& metrics) {
  decltype(metrics.targets) targets;
  metrics.stale_targets = 0;
  for (const TargetState& state : states) {
    const std::pair name(state.replica.empty() ? state.target : state.replica, state.target);
    const auto before = metrics.targets.find(name);
    const bool is_new =
        before == metrics.targets.end() || before->second.last_attempt != state.last_attempt;
    const bool attempted = state.last_attempt != TimePoint{};
    if (is_new && attempted) metrics.scrape_duration.Observe(Seconds(state.last_duration));
    if (!state.up) ++metrics.stale_targets;
    targets[name] = {state.up, state.last_attempt};
  }
  metrics.targets = std::move(targets);
}

using WorkloadMap = std::map<WorkloadId, WorkloadMetrics>;

/// What is known of one job of scrape_configs.
struct JobMetrics {
  std::size_t targets = 0;
  std::size_t up = 0;
};
using JobMap = std::map<std::string, JobMetrics>;

/// A job that finds no target says why, and so is there.
JobMap JobsOf(std::span<const TargetState> states) {
  JobMap jobs;
  for (const TargetState& state : states) {
    if (state.job.empty()) continue;
    JobMetrics& job = jobs[state.job];
    if (state.labels.empty()) continue;  // it is discovery itself
    ++job.targets;
    if (state.up) ++job.up;
  }
  return jobs;
}

void AddJobs(const JobMap& jobs, std::vector<MetricFamily>& page) {
  MetricFamily targets = MakeGauge("tidegate_job_targets", "Targets that a scrape job has found.");
  MetricFamily up =
      MakeGauge("tidegate_job_targets_up", "Those of them whose last scrape succeeded.");
  for (const auto& [name, job] : jobs) {
    AddSeries(targets, {{"job", name}}, static_cast<double>(job.targets));
    AddSeries(up, {{"job", name}}, static_cast<double>(job.up));
  }
  page.push_back(std::move(targets));
  page.push_back(std::move(up));
}

/// A gauge with one optional value for each workload.
template <typename Get>
MetricFamily PerWorkload(const WorkloadMap& workloads, std::string name, std::string help,
                         const Get& get) {
  MetricFamily family = MakeGauge(std::move(name), std::move(help));
  for (const auto& [id, metrics] : workloads) {
    const std::optional<double> value = get(metrics);
    if (value) AddSeries(family, {{"workload", id}}, *value);
  }
  return family;
}

void AddCounts(const WorkloadMap& workloads, std::vector<MetricFamily>& page) {
  using Value = std::optional<double>;
  page.push_back(PerWorkload(workloads, "tidegate_desired_replicas",
                             "Replicas that are wanted now.",
                             [](const WorkloadMetrics& m) { return Value(m.desired); }));
  page.push_back(PerWorkload(workloads, "tidegate_current_replicas",
                             "Replicas that there are; absent while they cannot be observed.",
                             [](const WorkloadMetrics& m) { return Value(m.current); }));
  page.push_back(PerWorkload(workloads, "tidegate_ready_replicas",
                             "Replicas that may be sent requests.",
                             [](const WorkloadMetrics& m) { return Value(m.ready); }));
  page.push_back(PerWorkload(workloads, "tidegate_min_replicas", "Lower bound of the replicas.",
                             [](const WorkloadMetrics& m) { return Value(m.min_replicas); }));
  page.push_back(PerWorkload(workloads, "tidegate_max_replicas", "Upper bound of the replicas.",
                             [](const WorkloadMetrics& m) { return Value(m.max_replicas); }));
  page.push_back(PerWorkload(workloads, "tidegate_fallbacks",
                             "Metrics without a reading for which something stands in.",
                             [](const WorkloadMetrics& m) { return Value(m.fallbacks); }));
  page.push_back(PerWorkload(workloads, "tidegate_metrics_without_missing_replicas",
                             "Metrics that some replicas without a value are left out of.",
                             [](const WorkloadMetrics& m) { return Value(m.without_missing); }));
  page.push_back(PerWorkload(
      workloads, "tidegate_stale_targets", "Targets whose last scrape failed.",
      [](const WorkloadMetrics& m) { return Value(static_cast<double>(m.stale_targets)); }));
}

void AddSignals(const WorkloadMap& workloads, std::vector<MetricFamily>& page) {
  MetricFamily recommendation =
      MakeGauge("tidegate_recommendation", "Replicas that one metric alone asks for.");
  MetricFamily age = MakeGauge("tidegate_signal_age_seconds",
                               "Age of the oldest sample that a metric's reading relied on.");
  MetricFamily held =
      MakeGauge("tidegate_held", "1 while the count is held for this reason, else 0.");
  MetricFamily actions =
      MakeCounter("tidegate_scale_actions_total", "Changes of scale handed to the backend.");
  MetricFamily restarts =
      MakeCounter("tidegate_replica_restarts_total",
                  "Replicas that were started again, or had a successor, after they had died.");
  MetricFamily up = MakeGauge("tidegate_scrape_up", "1 if the last scrape succeeded, else 0.");
  MetricFamily duration =
      MakeFamily("tidegate_scrape_duration_seconds",
                 "Time from connecting to the last byte of a scrape, or to its failure.",
                 prometheus::MetricType::Histogram);
  for (const auto& [id, metrics] : workloads) {
    for (const auto& [metric, replicas] : metrics.recommendations) {
      AddSeries(recommendation, {{"workload", id}, {"metric", metric}}, replicas);
    }
    for (const auto& [metric, value] : metrics.signal_ages) {
      AddSeries(age, {{"workload", id}, {"metric", metric}}, Seconds(value));
    }
    for (const auto& [reason, is_held] : metrics.held) {
      AddSeries(held, {{"workload", id}, {"reason", reason}}, is_held ? 1 : 0);
    }
    for (const auto& [key, count] : metrics.actions) {
      AddSeries(actions, {{"workload", id}, {"direction", key.first}, {"result", key.second}},
                static_cast<double>(count));
    }
    AddSeries(restarts, {{"workload", id}}, static_cast<double>(metrics.restarts));
    std::map<std::string, bool> all_up;
    for (const auto& [name, target] : metrics.targets) {
      all_up.emplace(name.first, true).first->second &= target.up;
    }
    for (const auto& [replica, is_up] : all_up) {
      AddSeries(up, {{"workload", id}, {"replica", replica}}, is_up ? 1 : 0);
    }
    ClientMetric histogram = metrics.scrape_duration.Collect();
    histogram.label = {{"workload", id}};
    if (histogram.histogram.sample_count > 0) duration.metric.push_back(std::move(histogram));
  }
  for (MetricFamily* family : {&recommendation, &age, &held, &actions, &restarts, &up, &duration}) {
    page.push_back(std::move(*family));
  }
}

void AddStore(const SeriesStoreStats& stats, std::vector<MetricFamily>& page) {
  const auto add = [&page](MetricFamily family, auto value) {
    AddSeries(family, {}, static_cast<double>(value));
    page.push_back(std::move(family));
  };
  add(MakeGauge("tidegate_series", "Series kept in memory."), stats.series);
  add(MakeGauge("tidegate_series_samples", "Samples kept in memory."), stats.samples);
  add(MakeGauge("tidegate_series_memory_bytes", "Memory that they take, about."), stats.bytes);
  add(MakeCounter("tidegate_ingested_samples_total", "Samples taken in."), stats.ingested_total);
  add(MakeCounter("tidegate_ingested_pages_total", "Scraped pages taken in."), stats.pages_total);
  add(MakeCounter("tidegate_page_parse_errors_total", "Scraped pages refused as malformed."),
      stats.parse_errors_total);
  add(MakeCounter("tidegate_skipped_samples_total", "Samples of pages that no query asks for."),
      stats.skipped_total);
  add(MakeCounter("tidegate_skipped_lines_total", "Lines of scraped pages skipped as malformed."),
      stats.skipped_lines_total);
  MetricFamily refused =
      MakeCounter("tidegate_refused_total", "What the store refused to take in, by reason.");
  const std::pair<const char*, std::uint64_t> reasons[] = {
      {"series_limit", stats.refused_series_total},
      {"page_samples_limit", stats.refused_page_samples_total},
      {"labels_limit", stats.refused_labels_total},
      {"label_length_limit", stats.refused_label_length_total},
      {"out_of_order", stats.out_of_order_total},
      {"too_far_ahead", stats.too_far_ahead_total},
      {"duplicate", stats.duplicate_total}};
  for (const auto& [reason, count] : reasons) {
    AddSeries(refused, {{"reason", reason}}, static_cast<double>(count));
  }
  page.push_back(std::move(refused));
}

MetricFamily HistogramFamily(std::string name, std::string help, const Histogram& histogram) {
  MetricFamily family =
      MakeFamily(std::move(name), std::move(help), prometheus::MetricType::Histogram);
  family.metric.push_back(histogram.Collect());
  return family;
}

class PageReporter final : public PrometheusReporter {
 public:
  void OnTick(const TickReport& report) override;
  void OnReplace(const std::set<WorkloadId>& workloads) override;
  std::string Page() const override;

  void SetConfigReload(bool successful) override {
    const std::lock_guard lock(mutex_);
    reload_successful_ = successful;
  }
  void SetStoreStats(const SeriesStoreStats& stats) override {
    const std::lock_guard lock(mutex_);
    store_stats_ = stats;
  }

 private:
  void AddGlobals(std::vector<MetricFamily>& page) const;

  mutable std::mutex mutex_;  // of everything below
  WorkloadMap workloads_;
  JobMap jobs_;
  std::uint64_t ticks_ = 0;
  std::optional<bool> reload_successful_;
  std::optional<SeriesStoreStats> store_stats_;
  Histogram decision_duration_{kDecisionBuckets};
  Histogram lateness_{kLatenessBuckets};
};

void PageReporter::OnTick(const TickReport& report) {
  const std::lock_guard lock(mutex_);
  ++ticks_;
  decision_duration_.Observe(Seconds(report.plan_duration));
  lateness_.Observe(Seconds(report.lateness));
  jobs_ = JobsOf(report.fleet_targets);
  for (std::size_t i = 0; i < report.output.workloads.size(); ++i) {
    const WorkloadInput& input = report.input.workloads[i];
    const Decision& decision = report.output.workloads[i].decision;
    WorkloadMetrics& metrics = workloads_[decision.workload];
    TakeCounts(input, decision, metrics);
    TakeSignals(input, decision, metrics);
    if (i < report.applied.size()) TakeApplied(decision, report.applied[i], metrics);
    // A workload that was not observed has no targets in the report, not even the old ones.
    if (i < report.targets.size() && !input.error) TakeTargets(report.targets[i], metrics);
  }
}

void PageReporter::OnReplace(const std::set<WorkloadId>& workloads) {
  const std::lock_guard lock(mutex_);
  std::erase_if(workloads_, [&](const auto& entry) { return !workloads.contains(entry.first); });
}

void PageReporter::AddGlobals(std::vector<MetricFamily>& page) const {
  MetricFamily build = MakeGauge("tidegate_build_info", "Always 1; its labels say what runs.");
  AddSeries(build, {{"version", std::string(kVersion)}}, 1);
  page.push_back(std::move(build));
  MetricFamily ticks = MakeCounter("tidegate_ticks_total", "Passes of the loop.");
  AddSeries(ticks, {}, static_cast<double>(ticks_));
  page.push_back(std::move(ticks));
  page.push_back(HistogramFamily("tidegate_tick_lateness_seconds",
                                 "How late a tick began, compared with its schedule.", lateness_));
  page.push_back(HistogramFamily("tidegate_decision_duration_seconds",
                                 "Time to decide for all workloads of a tick.",
                                 decision_duration_));
  MetricFamily reload = MakeGauge("tidegate_config_last_reload_successful",
                                  "1 if the last reload of the configuration succeeded, else 0.");
  if (reload_successful_) AddSeries(reload, {}, *reload_successful_ ? 1 : 0);
  page.push_back(std::move(reload));
}

std::string PageReporter::Page() const {
  std::vector<MetricFamily> page;
  {
    const std::lock_guard lock(mutex_);
    AddGlobals(page);
    AddCounts(workloads_, page);
    AddSignals(workloads_, page);
    AddJobs(jobs_, page);
    if (store_stats_) AddStore(*store_stats_, page);
  }
  for (MetricFamily& family : reporters::ProcessFamilies()) page.push_back(std::move(family));
  std::erase_if(page, [](const MetricFamily& family) { return family.metric.empty(); });
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, page);
  return text.str();
}

}  // namespace

std::unique_ptr<PrometheusReporter> MakePrometheusReporter() {
  return std::make_unique<PageReporter>();
}

}  // namespace tidegate
