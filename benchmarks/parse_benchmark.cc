// SPDX-License-Identifier: Apache-2.0
//
// The metrics path: reading a page, putting it into the store, evaluating over many replicas.
#include <benchmark/benchmark.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "exposition/page_parser.h"
#include "tidegate/promql.h"
#include "tidegate/series_store.h"

namespace tidegate {
namespace {

constexpr TimePoint kStart{std::chrono::hours(490'000)};
constexpr const char* kThePost =
    "avg(delta(nv_inference_queue_duration_us[30s])/(1+delta(nv_inference_request_success[30s])))";

std::string TritonPage() {
  std::ifstream in(TIDEGATE_SOURCE_DIR "/tests/golden/triton/metrics-all-families.txt");
  return {std::istreambuf_iterator<char>(in), {}};
}

// As many models as make about 190 kB.
std::string GeneratedPage() {
  std::string page;
  for (int family = 0; page.size() < 190'000; ++family) {
    const std::string name = "nv_inference_generated_" + std::to_string(family) + "_duration_us";
    page +=
        "# HELP " + name + " Cumulative duration in microseconds\n# TYPE " + name + " counter\n";
    for (int model = 0; model < 12; ++model) {
      page += name + "{model=\"classifier_" + std::to_string(model) + "\",version=\"1\"} " +
              std::to_string(1'000'003LL * (model + 1) * (family + 1)) + "\n";
    }
  }
  return page;
}

std::size_t Parse(const std::string& page) {
  PageParser parser(page);
  std::size_t samples = 0;
  while (true) {
    const PageParser::Event event = parser.Next();
    if (event == PageParser::Event::kEnd || event == PageParser::Event::kError) return samples;
    if (event == PageParser::Event::kSample) {
      ++samples;
      benchmark::DoNotOptimize(parser.sample().value);
    }
  }
}

void SetRates(benchmark::State& state, const std::string& page, std::size_t samples) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(page.size()));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(samples));
}

void ParsePage(benchmark::State& state, const std::string& page) {
  std::size_t samples = 0;
  for (auto _ : state) benchmark::DoNotOptimize(samples = Parse(page));
  SetRates(state, page, samples);
}

// A target that is scraped again and again: after the first page every series is known.
void IngestPage(benchmark::State& state, const std::string& page) {
  SeriesStore store({.retention = std::chrono::minutes(2)});
  const Labels target = {{"replica", "flower-0"}, {"workload", "flower"}};
  TimePoint now = kStart;
  for (auto _ : state) {
    if (!store.IngestPage(page, target, now)) state.SkipWithError("the page was refused");
    now += std::chrono::seconds(1);
  }
  SetRates(state, page, Parse(page));
}

// The same where only a share of the families is kept, in percent. Rules that count all samples
// have every line read, as a page has of which enough is kept.
void IngestSome(benchmark::State& state, bool read_all) {
  const std::string page = GeneratedPage();
  std::vector<std::string> kept;
  for (int family = 0; family < 10'000; ++family) {
    if (family % 100 >= state.range(0)) continue;
    kept.push_back("nv_inference_generated_" + std::to_string(family) + "_duration_us");
  }
  SeriesStore store({.retention = std::chrono::minutes(2), .metrics = std::move(kept)});
  const PageRules rules{.sample_limit = read_all ? 1'000'000U : 0U};
  TimePoint now = kStart;
  for (auto _ : state) {
    if (!store.IngestPage(page, PageFormat::kText, {{"replica", "flower-0"}}, now, rules)) {
      state.SkipWithError("the page was refused");
    }
    now += std::chrono::seconds(1);
  }
  SetRates(state, page, Parse(page));
}

void FillFleet(SeriesStore& store, std::int64_t replicas) {
  for (std::int64_t i = 0; i < replicas; ++i) {
    const Labels labels = {{"model", "flower"},
                           {"replica", "flower-" + std::to_string(i)},
                           {"version", "1"},
                           {"workload", "flower"}};
    for (int second = 0; second < 60; ++second) {
      const TimePoint at = kStart + std::chrono::seconds(second);
      (void)store.Ingest("nv_inference_queue_duration_us", labels, 1e5 * second, at);
      (void)store.Ingest("nv_inference_request_success", labels, 10.0 * second, at);
    }
  }
}

void EvaluateFleet(benchmark::State& state) {
  SeriesStore store;
  FillFleet(store, state.range(0));
  const Query query = Query::Compile(kThePost).value();
  QueryRunner runner(query);
  QueryResult result;
  for (auto _ : state) {
    const Status done = runner.Evaluate(store, kStart + std::chrono::seconds(59), {}, result);
    benchmark::DoNotOptimize(done.ok());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// As for a Pods metric: the query once for each replica.
void EvaluateEachReplica(benchmark::State& state) {
  SeriesStore store;
  FillFleet(store, state.range(0));
  const Query query = Query::Compile(kThePost).value();
  std::vector<QueryRunner> runners;
  std::vector<EvaluateOptions> options;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    runners.emplace_back(query);
    options.push_back(
        {.matchers = {{"replica", "flower-" + std::to_string(i)}, {"workload", "flower"}}});
  }
  QueryResult result;
  for (auto _ : state) {
    for (std::size_t i = 0; i < runners.size(); ++i) {
      const Status done =
          runners[i].Evaluate(store, kStart + std::chrono::seconds(59), options[i], result);
      benchmark::DoNotOptimize(done.ok());
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void CompileThePost(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Query::Compile(kThePost));
}

BENCHMARK_CAPTURE(ParsePage, triton_16kB, TritonPage());
BENCHMARK_CAPTURE(ParsePage, generated_190kB, GeneratedPage());
BENCHMARK_CAPTURE(IngestPage, triton_16kB, TritonPage());
BENCHMARK_CAPTURE(IngestPage, generated_190kB, GeneratedPage());
BENCHMARK_CAPTURE(IngestSome, as_it_is, false)->Arg(1)->Arg(10)->Arg(20)->Arg(30)->Arg(50);
BENCHMARK_CAPTURE(IngestSome, every_line, true)->Arg(1)->Arg(10)->Arg(20)->Arg(30)->Arg(50);
BENCHMARK(CompileThePost);
BENCHMARK(EvaluateFleet)->Arg(7)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK(EvaluateEachReplica)->Arg(7)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tidegate
