// SPDX-License-Identifier: Apache-2.0
#include "runtime/readings.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/window_average.h"
#include "exposition/char_class.h"
#include "promql/reach.h"

namespace tidegate::runtime {

namespace {

std::string Format(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// Quoted as PromQL wants it.
std::string Quote(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '\\' || c == '"') quoted += '\\';
    if (c == '\n') {
      quoted += "\\n";
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

// `a|b` with every character that means something to a regular expression escaped.
std::string Alternatives(const std::vector<std::string>& values) {
  std::string pattern;
  for (const std::string& value : values) {
    if (&value != &values.front()) pattern += '|';
    for (const char c : value) {
      if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) pattern += '\\';
      pattern += c;
    }
  }
  return pattern;
}

// The most that one of `count` values may be. Beyond it the sums and the replica counts of HPA's
// arithmetic wrap around, so that the heaviest load would ask for the fewest replicas.
double LargestMilli(const MetricSpec& metric, std::size_t count) {
  constexpr double kMostReplicas = 2e9;
  constexpr double kLargestSum = 9e16;  // a percentage is a hundred times as much
  const MetricTarget& target = metric.target;
  const MilliValue wanted = target.average_value ? *target.average_value : target.value.value_or(0);
  const double sum = wanted > 0 ? static_cast<double>(wanted) * kMostReplicas : kLargestSum;
  return std::min(sum, kLargestSum) / static_cast<double>(std::max<std::size_t>(count, 1));
}

// Thousandths, cut towards zero like Prometheus Adapter; what does not fit saturates.
MilliValue ToMilli(double value, double largest) {
  return static_cast<MilliValue>(std::clamp(value * 1000, -largest, largest));
}

}  // namespace

// Evaluates and judges; the values are those that may be used.
class MetricReader::Judge {
 public:
  Judge(const SeriesStore& store, const ReadOptions& options, const MetricSpec& metric,
        std::size_t replicas, std::span<const TargetState> targets, TimePoint now,
        QueryResult& result, QueryResult& past)
      : store_(store),
        options_(options),
        metric_(metric),
        replicas_(std::max<std::size_t>(replicas, 1)),
        targets_(targets),
        now_(now),
        result_(result),
        past_(past) {}

  std::vector<MilliValue> Values(QueryRunner& runner, const Labels& matchers,
                                 const std::string& replica, Reading& reading) {
    if (Status done = runner.Evaluate(store_, now_, {.matchers = matchers}, result_); !done) {
      reading.error = done.error();
      return {};
    }
    const EvaluateQuality& quality = result_.quality;
    const auto doubt = [&](DoubtKind kind, std::string detail) {
      reading.doubts.push_back({kind, replica, std::move(detail)});
    };
    newest_ = quality.newest;
    if (quality.newest && now_ - *quality.newest > options_.max_sample_age) {
      doubt(DoubtKind::kStale,
            "newest sample is " + Format("%.1f s old", Seconds(now_ - *quality.newest)));
      return {};
    }
    // Its last samples are good for a while, but not as a reason to shrink.
    if (quality.ended_series) doubt(DoubtKind::kStale, "its last scrape failed");
    if (quality.counter_reset) {
      doubt(DoubtKind::kReset, "a counter was reset inside the window");
      return {};
    }
    const bool averages = options_.window.average != Averaging::kLatest;
    std::vector<MilliValue> values =
        averages ? Averages(runner, matchers, replica, reading, doubt) : Finite(doubt);
    if (reading.error) return {};
    if (values.empty() && !quality.newest && options_.empty_as_zero && Answered(replica)) {
      values.push_back(0);
    }
    if (values.empty() && reading.doubts.empty()) {
      doubt(DoubtKind::kMissing,
            quality.no_series ? "no samples of its series" : "too few samples in the window");
    }
    if (!values.empty() && quality.min_coverage < options_.min_window_coverage) {
      doubt(DoubtKind::kPartial,
            "samples cover " + Format("%.0f %%", quality.min_coverage * 100) + " of the window");
    }
    if (!values.empty() && quality.newest) {
      reading.age = std::max(reading.age, now_ - *quality.newest);
    }
    return values;
  }

  TimePoint newest() const { return newest_.value_or(now_); }

 private:
  // Whoever knows about the replica, or about all of them, has answered since the series are kept.
  bool Answered(const std::string& replica) const {
    bool any = false;
    for (const TargetState& target : targets_) {
      const bool asked = target.metric.empty() || target.metric == metric_.name;
      if (!asked || !(replica.empty() || target.replica.empty() || target.replica == replica)) {
        continue;
      }
      // What was on a line that was skipped is not known.
      if (!target.up || target.skipped_lines > 0 || target.last_success <= options_.since) {
        return false;
      }
      any = true;
    }
    return any;
  }

  // Of the series that there are now; with gaps as zeros also of those that there were.
  template <typename F>
  std::vector<MilliValue> Averages(QueryRunner& runner, const Labels& matchers,
                                   const std::string& replica, Reading& reading, F doubt) {
    const AveragingWindow& window = options_.window;
    const bool finer = options_.step > Duration::zero() && options_.step < window.bucket;
    const Duration step = finer ? options_.step : window.bucket;
    const Duration length =
        core::BucketCount(window) * (options_.empty_as_zero ? 2 : 1) * window.bucket;
    const EvaluateOptions evaluate{.matchers = matchers, .lookback = step};
    if (Status done =
            runner.EvaluateRange(store_, now_ - length + step, now_, step, evaluate, past_);
        !done) {
      reading.error = done.error();
      return {};
    }
    const bool answered = options_.empty_as_zero && Answered(replica);
    const bool only_live = !answered || (!replica.empty() && !result_.vector.empty());
    const double largest = LargestMilli(metric_, past_.matrix.size() * replicas_);
    std::vector<MilliValue> values;
    for (const MatrixSeries& series : past_.matrix) {
      if (only_live && !IsThere(series.labels)) continue;
      const core::WindowAverage average = AverageOf(series, answered);
      if (average.value) values.push_back(ToMilli(*average.value, largest));
      if (!average.value || answered || average.coverage >= options_.min_window_coverage) continue;
      doubt(DoubtKind::kPartial, "values cover " + Format("%.0f %%", average.coverage * 100) +
                                     " of the averaging window");
    }
    return values;
  }

  bool IsThere(const Labels& labels) const {
    return result_.type == ValueType::kScalar ||
           std::any_of(result_.vector.begin(), result_.vector.end(),
                       [&](const VectorSample& sample) { return sample.labels == labels; });
  }

  core::WindowAverage AverageOf(const MatrixSeries& series, bool gaps_are_zero) const {
    std::vector<core::TimedValue> values;
    for (const MatrixPoint& point : series.points) {
      if (point.time <= options_.since || !std::isfinite(point.value)) continue;
      values.push_back({point.time, point.value});
    }
    return core::Average(values, now_, options_.window, gaps_are_zero);
  }

  template <typename F>
  std::vector<MilliValue> Finite(F doubt) const {
    const double largest = LargestMilli(metric_, result_.vector.size() * replicas_);
    std::vector<MilliValue> values;
    const auto take = [&](double value) {
      if (std::isfinite(value)) {
        values.push_back(ToMilli(value, largest));
      } else {
        doubt(DoubtKind::kInvalid, Format("the value is %g", value));
      }
    };
    if (result_.type == ValueType::kScalar) take(result_.scalar);
    for (const VectorSample& sample : result_.vector) take(sample.value);
    return values;
  }

  const SeriesStore& store_;
  const ReadOptions& options_;
  const MetricSpec& metric_;
  const std::size_t replicas_;
  const std::span<const TargetState> targets_;
  const TimePoint now_;
  QueryResult& result_;
  QueryResult& past_;
  std::optional<TimePoint> newest_;
};

namespace {

Error TooMany(const Query& query, std::size_t count, const std::string& what) {
  return {ErrorCode::kInvalidArgument, "query `" + query.text() + "` gives " +
                                           std::to_string(count) + " values for " + what +
                                           ", one is needed: aggregate them"};
}

Duration WindowOf(const Query& query, const ReadOptions& options) {
  if (options.window.average == Averaging::kLatest) return query.longest_range();
  return std::max(query.longest_range(), options.window.length);
}

// A replica that runs must have a value; one that is still starting or going need not.
bool MustReport(const Replica& replica) {
  return replica.phase == ReplicaPhase::kRunning && !replica.terminating;
}

// What a backend says about a replica that is not running, such as why it could not be started.
std::string WhyNobodyReports(const Observation& observation) {
  for (const Replica& replica : observation.replicas) {
    if (!MustReport(replica) && !replica.message.empty()) {
      return ": " + replica.name + ": " + replica.message;
    }
  }
  return "";
}

// No replica has a value: the first reason that is known.
Error NobodyReports(const MetricSpec& metric, const Observation& observation,
                    const Reading& reading) {
  const std::string why = reading.doubts.empty() ? WhyNobodyReports(observation)
                                                 : ": " + reading.doubts.front().replica + " " +
                                                       reading.doubts.front().detail;
  return {ErrorCode::kNoData, "no replica has a value of " + metric.name + why};
}

}  // namespace

std::string SelectorText(const std::optional<LabelSelector>& selector, std::string matchers) {
  const auto add = [&](const std::string& name, const char* op, const std::string& value) {
    matchers += (matchers.empty() ? "" : ",") + name + op + Quote(value);
  };
  const LabelSelector given = selector.value_or(LabelSelector());
  for (const auto& [name, value] : given.match_labels) add(name, "=", value);
  for (const LabelSelectorRequirement& each : given.match_expressions) {
    const bool negative = each.op == "NotIn" || each.op == "DoesNotExist";
    const bool listed = each.op == "In" || each.op == "NotIn";
    add(each.key, negative ? "!~" : "=~", listed ? Alternatives(each.values) : ".+");
  }
  return matchers.empty() ? "" : "{" + matchers + "}";
}

std::string DefaultQuery(const MetricSpec& metric) {
  // Kubernetes' names may hold what would be an operator here, such as `queue-length`.
  if (IsLegacyName(metric.name, kNamePart)) return metric.name + SelectorText(metric.selector);
  return SelectorText(metric.selector, Quote(metric.name));
}

std::string AnswerQuery(const std::string& metric, const WorkloadId& workload) {
  return "{" + Quote(metric) + ",workload=" + Quote(workload) + "}";
}

void MetricReader::ForgetOthers(const Observation& observation) {
  if (runners_.size() <= observation.replicas.size()) return;
  std::set<std::string_view> names;
  for (const Replica& replica : observation.replicas) names.insert(replica.name);
  std::erase_if(runners_, [&](const auto& entry) { return names.count(entry.first) == 0; });
}

Reading MetricReader::Read(const MetricSpec& metric, const Observation& observation,
                           const SeriesStore& store, const ReadOptions& options, TimePoint now,
                           std::span<const TargetState> targets) {
  Judge judge(store, options, metric, observation.replicas.size(), targets, now, result_, past_);
  return metric.PerReplica() ? ReadReplicas(metric, observation, options, judge)
                             : ReadTotal(metric, judge);
}

Reading MetricReader::ReadReplicas(const MetricSpec& metric, const Observation& observation,
                                   const ReadOptions& options, Judge& judge) {
  ForgetOthers(observation);
  Reading reading;
  for (const Replica& replica : observation.replicas) {
    if (!MustReport(replica)) continue;
    const Labels matchers = {{"workload", options.workload}, {"replica", replica.name}};
    QueryRunner& runner = runners_.try_emplace(replica.name, query_).first->second;
    // Doubts are judged for each replica alone.
    Reading one;
    const std::vector<MilliValue> values = judge.Values(runner, matchers, replica.name, one);
    if (one.error || values.size() > 1) {
      reading.error = one.error ? *one.error : TooMany(query_, values.size(), replica.name);
      return reading;
    }
    std::move(one.doubts.begin(), one.doubts.end(), std::back_inserter(reading.doubts));
    reading.age = std::max(reading.age, one.age);
    if (values.empty()) continue;
    reading.replicas.push_back({.replica = replica.name,
                                .value = values.front(),
                                .timestamp = judge.newest(),
                                .window = WindowOf(query_, options)});
  }
  if (reading.replicas.empty()) reading.error = NobodyReports(metric, observation, reading);
  return reading;
}

Reading MetricReader::ReadTotal(const MetricSpec& metric, Judge& judge) {
  Reading reading;
  reading.values = judge.Values(runners_.try_emplace("", query_).first->second, {}, "", reading);
  if (reading.error) return reading;
  if (reading.values.empty()) {
    const std::string detail = reading.doubts.empty() ? "" : ": " + reading.doubts.front().detail;
    reading.error = Error{ErrorCode::kNoData, "no value of " + metric.name + detail};
  } else if (metric.type == MetricSourceType::kObject && reading.values.size() > 1) {
    reading.error = TooMany(query_, reading.values.size(), metric.name);
  }
  return reading;
}

void MetricReader::DoubtSkipped(const MetricSpec& metric, const WorkloadId& workload,
                                std::span<const TargetState> targets,
                                std::span<const TargetState> fleet, Reading& reading) const {
  for (const TargetState& target : targets) {
    if (target.skipped_lines == 0 || !(target.metric.empty() || target.metric == metric.name)) {
      continue;
    }
    reading.doubts.push_back({DoubtKind::kPartial, target.replica, target.warning});
  }
  if (metric.PerReplica()) return;  // made of the workload's own targets only
  for (const TargetState& target : fleet) {
    if (target.skipped_lines == 0 || target.workload == workload) continue;
    if (!MayReach(query_, target.labels)) continue;
    reading.doubts.push_back(
        {DoubtKind::kPartial, "", "of " + target.target + ": " + target.warning});
  }
}

void Qualify(const std::string& metric, const std::vector<TargetState>& targets, Reading& reading) {
  for (const TargetState& target : targets) {
    if (target.metric != metric || metric.empty()) continue;
    if (!target.error.empty()) {
      reading = {};
      reading.error = Error{ErrorCode::kNoData, "no value of " + metric + ": " + target.error};
    }
    if (!target.warning.empty())
      reading.doubts.push_back({DoubtKind::kPartial, "", target.warning});
  }
}

}  // namespace tidegate::runtime
