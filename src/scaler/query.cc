// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/process_pool/state_file.h"
#include "core/text.h"
#include "scaler/commands.h"
#include "tidegate/config.h"
#include "tidegate/promql.h"
#include "tidegate/reporters/journal.h"
#include "tidegate/series_store.h"
#include "tidegate/sources/scrape.h"

namespace tidegate::scaler {

namespace {

constexpr Duration kDefaultInterval = std::chrono::seconds(1);
constexpr int kPlotWidth = 60;

Error Wrong(std::string message) { return Error{ErrorCode::kInvalidArgument, std::move(message)}; }

// "30s", as PromQL spells durations.
Result<Duration> ParseSpan(const std::string& text, const char* flag) {
  const auto query = Query::Compile(text);
  const bool number = query && query->longest_range() == Duration{} && !text.empty();
  const auto value = number ? query->Evaluate(SeriesStore(), TimePoint{})
                            : Result<QueryResult>(Wrong("no duration"));
  if (value && value->type == ValueType::kScalar && value->scalar > 0 && value->scalar < 1e9) {
    return Duration(static_cast<std::int64_t>(value->scalar * 1e9));
  }
  return Wrong(std::string(flag) + ": want a duration such as 30s, got \"" + text + "\"");
}

/// Replicas that are scraped together.
struct Scraped {
  WorkloadId workload;
  std::vector<Replica> replicas;
  std::unique_ptr<Source> source;
};

Result<Replica> ToReplica(const std::string& target, const std::string& port) {
  const std::size_t colon = target.rfind(':');
  const int number = colon == std::string::npos ? 0 : std::atoi(target.c_str() + colon + 1);
  if (number <= 0 || number > 65535) {
    return Wrong("--target: want host:port, got \"" + target + "\"");
  }
  Replica replica;
  replica.name = target;
  replica.phase = ReplicaPhase::kRunning;
  replica.host = target.substr(0, colon);
  replica.ports[port] = static_cast<std::uint16_t>(number);
  return replica;
}

// The replicas of a running pool, as it has written them down.
Result<std::vector<Replica>> PoolReplicas(const Autoscaler& autoscaler) {
  const std::string& workload = autoscaler.spec.workload;
  if (!autoscaler.process_pool || autoscaler.process_pool->state_file.empty()) {
    return Wrong(workload +
                 ": has no backend.processPool.stateFile that says where its replicas "
                 "are; give each as --target host:port");
  }
  const auto state = ReadPoolState(autoscaler.process_pool->state_file);
  if (!state) return Error{state.error().code, workload + ": " + state.error().message};
  std::vector<Replica> replicas;
  for (const ReplicaState& each : state->replicas) {
    Replica replica;
    replica.name = each.name;
    replica.phase = ReplicaPhase::kRunning;
    replica.host = "127.0.0.1";
    replica.ports = each.ports;
    replicas.push_back(std::move(replica));
  }
  return replicas;
}

Result<std::vector<Scraped>> FindTargets(const QueryOptions& options, Duration& interval) {
  std::vector<Scraped> all;
  ScrapeOptions scrape;
  if (!options.config.empty()) {
    auto config = LoadConfig(options.config);
    if (!config) return config.error();
    for (Autoscaler& autoscaler : config->autoscalers) {
      if (!autoscaler.scrape) continue;
      scrape = *autoscaler.scrape;
      interval = scrape.interval;
      if (!options.targets.empty()) break;
      auto replicas = PoolReplicas(autoscaler);
      if (!replicas) return replicas.error();
      all.push_back({autoscaler.spec.workload, *std::move(replicas), MakeScrapeSource(scrape)});
    }
  }
  if (!options.targets.empty()) {
    Scraped targets{"", {}, MakeScrapeSource(scrape)};
    for (const std::string& target : options.targets) {
      auto replica = ToReplica(target, scrape.port);
      if (!replica) return replica.error();
      targets.replicas.push_back(*std::move(replica));
    }
    all.push_back(std::move(targets));
  }
  if (all.empty()) return Wrong("give -f FILE with a scraped workload, --target or --journal");
  return all;
}

std::string Show(const Labels& labels) {
  std::string name;
  std::string text;
  for (const auto& [label, value] : labels) {
    if (label == "__name__") {
      name = value;
    } else {
      text += (text.empty() ? "" : ", ") + label + "=\"" + value + "\"";
    }
  }
  return name + (text.empty() && !name.empty() ? "" : "{" + text + "}");
}

std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

// One character for each column, from the lowest to the highest value.
std::string Plot(const std::vector<MatrixPoint>& points, TimePoint start, Duration step) {
  static constexpr const char* kBars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const auto by_value = [](const MatrixPoint& a, const MatrixPoint& b) {
    return a.value < b.value;
  };
  const auto [low, high] = std::minmax_element(points.begin(), points.end(), by_value);
  const double span = high->value - low->value;
  std::string text;
  std::size_t next = 0;
  for (int column = 0; column <= kPlotWidth && next < points.size(); ++column) {
    if (points[next].time != start + column * step) {
      text += " ";
      continue;
    }
    const double height = span > 0 ? (points[next].value - low->value) / span : 0;
    text += kBars[std::clamp(static_cast<int>(height * 8), 0, 7)];
    ++next;
  }
  return text;
}

void PrintSeries(const MatrixSeries& series, TimePoint start, Duration step) {
  const auto by_value = [](const MatrixPoint& a, const MatrixPoint& b) {
    return a.value < b.value;
  };
  const auto [low, high] =
      std::minmax_element(series.points.begin(), series.points.end(), by_value);
  std::printf("%s\n  %s\n  lowest %s, highest %s, last %s\n", Show(series.labels).c_str(),
              Plot(series.points, start, step).c_str(), Number(low->value).c_str(),
              Number(high->value).c_str(), Number(series.points.back().value).c_str());
}

void PrintTable(const QueryResult& result) {
  std::size_t width = 0;
  for (const VectorSample& sample : result.vector) {
    width = std::max(width, Show(sample.labels).size());
  }
  for (const VectorSample& sample : result.vector) {
    std::printf("%-*s  %s\n", static_cast<int>(width), Show(sample.labels).c_str(),
                Number(sample.value).c_str());
  }
  for (const MatrixSeries& series : result.matrix) {
    std::printf("%s\n", Show(series.labels).c_str());
    for (const MatrixPoint& point : series.points) {
      const auto ms = std::chrono::floor<std::chrono::milliseconds>(point.time).time_since_epoch();
      std::printf("  %.3f  %s\n", static_cast<double>(ms.count()) / 1000,
                  Number(point.value).c_str());
    }
  }
  if (result.type == ValueType::kScalar) std::printf("%s\n", Number(result.scalar).c_str());
  if (result.type == ValueType::kString) std::printf("%s\n", result.text.c_str());
  const bool nothing = result.vector.empty() && result.matrix.empty() &&
                       result.type != ValueType::kScalar && result.type != ValueType::kString;
  if (nothing) std::printf("no series\n");
}

/// A query over a store: live samples go in, answers are printed.
class Session {
 public:
  Session(const QueryOptions& options, Query query)
      : options_(options), query_(std::move(query)), runner_(query_), clock_(MakeSystemClock()) {
    evaluate_.annotate = true;
  }

  Status Run() {
    if (!options_.range.empty()) {
      auto range = ParseSpan(options_.range, "--range");
      if (!range) return range.error();
      range_ = *range;
    }
    return options_.journal.empty() ? Live() : Recorded();
  }

 private:
  Status Live() {
    auto targets = FindTargets(options_, interval_);
    if (!targets) return targets.error();
    targets_ = *std::move(targets);
    Duration span = query_.longest_range() + range_;
    if (!options_.span.empty()) {
      auto asked = ParseSpan(options_.span, "--for");
      if (!asked) return asked.error();
      span = *asked;
    }
    if (span > Duration{}) {
      std::fprintf(stderr, "scraping for %s\n", FormatDuration(span).c_str());
    }
    const TimePoint end = clock_->Now() + span;
    TimePoint now = Collect();
    while (now + interval_ <= end) now = Next(now);
    if (Status answered = Answer(now); !answered) return answered;
    for (int answers = 1; options_.watch && answers != options_.count; ++answers) {
      now = Next(now);
      std::printf("\n");
      if (Status answered = Answer(now); !answered) return answered;
    }
    return {};
  }

  TimePoint Next(TimePoint last) {
    clock_->WaitUntil(last + interval_, {});
    return Collect();
  }

  TimePoint Collect() {
    const TimePoint now = clock_->Now();
    for (Scraped& scraped : targets_) {
      (void)scraped.source->Collect(
          {scraped.workload, scraped.replicas, now, now + std::chrono::seconds(5)}, store_);
      for (const TargetState& target : scraped.source->targets()) {
        if (!target.up) {
          std::fprintf(stderr, "%s: %s\n", target.target.c_str(), target.error.c_str());
        }
      }
    }
    return now;
  }

  // What a run has recorded, as series.
  Status Recorded() {
    std::optional<TimePoint> last;
    Status read = ReadJournal(options_.journal, [&](const TickRecord& record) {
      last = record.input.now;
      for (std::size_t i = 0; i < record.input.workloads.size(); ++i) {
        Ingest(record.input.workloads[i], record.output.workloads[i].decision, *last);
      }
      return Status();
    });
    if (!read) return read;
    if (!last) return Wrong(options_.journal + " has no tick");
    return Answer(*last);
  }

  void Ingest(const WorkloadInput& input, const Decision& decision, TimePoint now) {
    const Labels labels = {{"workload", input.spec.workload}};
    (void)store_.Ingest("tidegate_current_replicas", labels, decision.current, now);
    (void)store_.Ingest("tidegate_desired_replicas", labels, decision.desired, now);
    for (std::size_t i = 0; i < std::min(input.readings.size(), input.spec.metrics.size()); ++i) {
      const std::string& name = input.spec.metrics[i].name;
      for (const ReplicaReading& reading : input.readings[i].replicas) {
        Labels of_replica = labels;
        of_replica["replica"] = reading.replica;
        (void)store_.Ingest(name, of_replica, static_cast<double>(reading.value) / 1000, now);
      }
      if (input.readings[i].values.size() != 1) continue;
      const auto value = static_cast<double>(input.readings[i].values.front()) / 1000;
      (void)store_.Ingest(name, labels, value, now);
    }
  }

  Status Answer(TimePoint now) {
    // Samples and steps lie on whole milliseconds.
    const Duration step =
        std::max(std::chrono::floor<std::chrono::milliseconds>(range_ / kPlotWidth),
                 std::chrono::milliseconds(1));
    const TimePoint start = std::chrono::floor<std::chrono::milliseconds>(now) - kPlotWidth * step;
    Status done = range_ > Duration{}
                      ? runner_.EvaluateRange(store_, start, now, step, evaluate_, result_)
                      : runner_.Evaluate(store_, now, evaluate_, result_);
    if (!done) return done;
    if (range_ > Duration{}) {
      for (const MatrixSeries& series : result_.matrix) PrintSeries(series, start, step);
      if (result_.matrix.empty()) std::printf("no series\n");
    } else {
      PrintTable(result_);
    }
    std::fflush(stdout);
    for (const auto* notes : {&result_.warnings, &result_.infos}) {
      for (const std::string& note : *notes) std::fprintf(stderr, "%s\n", note.c_str());
    }
    return {};
  }

  const QueryOptions& options_;
  Query query_;
  QueryRunner runner_;
  std::unique_ptr<Clock> clock_;
  EvaluateOptions evaluate_;
  QueryResult result_;
  SeriesStore store_{{.retention = std::chrono::hours(24 * 365)}};
  std::vector<Scraped> targets_;
  Duration interval_ = kDefaultInterval;
  Duration range_{};
};

}  // namespace

int QueryOnce(const QueryOptions& options) {
  const CompileOptions everything{.experimental_functions = true, .fill_modifiers = true};
  auto query = Query::Compile(options.query, everything);
  const Status status = query ? Session(options, *std::move(query)).Run() : Status(query.error());
  if (status) return 0;
  std::fprintf(stderr, "tidegate: %s\n", status.error().message.c_str());
  return 1;
}

}  // namespace tidegate::scaler
