// SPDX-License-Identifier: Apache-2.0
//
// Tidegate's side: peer_promql KIND REPLICAS QUERY MILLISECONDS; see peer/main.go.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "benchmarks/peers/measure.h"
#include "tidegate/promql.h"
#include "tidegate/series_store.h"

namespace tidegate {
namespace {

constexpr int kSeconds = 600;

TimePoint At(int second) { return TimePoint{std::chrono::seconds(second)}; }

template <typename Value>
void Add(SeriesStore& store, const std::string& name, Labels labels, const Value& value) {
  for (int second = 0; second < kSeconds; ++second) {
    if (!store.Ingest(name, labels, value(second), At(second))) std::abort();
  }
}

void AddReplica(SeriesStore& store, int replica) {
  char name[16];
  std::snprintf(name, sizeof name, "r%04d", replica);
  Labels labels = {{"replica", name},
                   {"zone", std::string(1, static_cast<char>('a' + replica % 3))}};
  const double rate = 50 + replica % 7;
  Add(store, "nv_inference_request_success", labels, [rate](int s) { return rate * s; });
  Add(store, "nv_inference_queue_duration_us", labels,
      [rate, replica](int s) { return rate * s * (900 + (s * 7 + replica) % 200); });
  Add(store, "nv_inference_pending_request_count", labels,
      [replica](int s) { return (s * 13 + replica * 5) % 17; });
  Add(store, "nv_gpu_utilization", labels,
      [replica](int s) { return static_cast<double>((s * 31 + replica * 17) % 100) / 100; });
  int i = 1;
  for (const char* le : {"100", "500", "2000", "+Inf"}) {
    labels["le"] = le;
    Add(store, "nv_inference_first_response_histogram_ms_bucket", labels,
        [i, replica](int s) { return s * i * 10 + replica % 5; });
    ++i;
  }
}

double Total(const QueryResult& result) {
  double sum = 0;
  const auto add = [&sum](double value) { sum += std::isfinite(value) ? value : 0; };
  for (const VectorSample& sample : result.vector) add(sample.value);
  for (const MatrixSeries& series : result.matrix) {
    for (const MatrixPoint& point : series.points) add(point.value);
  }
  if (result.type == ValueType::kScalar) add(result.scalar);
  return sum;
}

int Main(char** argv) {
  const std::string kind = argv[1];
  SeriesStore store({.retention = std::chrono::hours(1)});
  for (int replica = 0; replica < std::atoi(argv[2]); ++replica) AddReplica(store, replica);
  const Query query = Query::Compile(argv[3]).value();
  QueryRunner runner(query);
  QueryResult result;
  double first = 0;
  int at = 0;
  peers::Measure(std::atoll(argv[4]), [&] {
    at = (at + 1) % 240;
    const TimePoint start = At(300 + at);
    const Status done = kind == "instant"
                            ? runner.Evaluate(store, start, {}, result)
                            : runner.EvaluateRange(store, start, start + std::chrono::seconds(59),
                                                   std::chrono::seconds(1), {}, result);
    if (!done) std::abort();
    const double total = Total(result);
    if (at == 1) first = total;
    return std::llround(first * 100);
  });
  return 0;
}

}  // namespace
}  // namespace tidegate

int main(int argc, char** argv) { return argc == 5 ? tidegate::Main(argv) : 2; }
