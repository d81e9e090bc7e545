// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a query. What compiles is evaluated over a small store: at one time, over a range of
// times, and again with what a runner remembers, which must not change the answer.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tidegate/promql.h"
#include "tidegate/series_store.h"

namespace {

constexpr tidegate::TimePoint kStart{std::chrono::hours(1)};

const tidegate::SeriesStore& Store() {
  static const tidegate::SeriesStore& store = []() -> const tidegate::SeriesStore& {
    static tidegate::SeriesStore made;
    for (int second = 0; second < 40; ++second) {
      const std::string value = std::to_string(second * 7 % 31);
      const std::string page = "# TYPE g counter\ng{job=\"api\",i=\"0\"} " + value +
                               "\ng{job=\"web\",i=\"1\"} 1\nh{job=\"api\"} NaN\nsum 3\n"
                               "# TYPE b histogram\nb_bucket{le=\"1\"} " +
                               value +
                               "\nb_bucket{le=\"+Inf\"} 40\nb_sum 9\nb_count 40\n"
                               "# TYPE target_info gauge\ntarget_info{job=\"api\",x=\"y\"} 1\n";
      if (!made.IngestPage(page, {{"replica", "a"}}, kStart + std::chrono::seconds(second))) {
        std::abort();
      }
    }
    return made;
  }();
  return store;
}

bool SameAnswer(const tidegate::QueryResult& a, const tidegate::QueryResult& b) {
  if (a.type != b.type || a.vector.size() != b.vector.size()) return false;
  if (a.matrix.size() != b.matrix.size()) return false;
  for (std::size_t i = 0; i < a.vector.size(); ++i) {
    const double x = a.vector[i].value;
    const double y = b.vector[i].value;
    if (a.vector[i].labels != b.vector[i].labels || (x != y && (x == x || y == y))) return false;
  }
  for (std::size_t i = 0; i < a.matrix.size(); ++i) {
    if (a.matrix[i].labels != b.matrix[i].labels) return false;
    if (a.matrix[i].points.size() != b.matrix[i].points.size()) return false;
  }
  return true;
}

void EvaluateAll(const tidegate::Query& query) {
  tidegate::EvaluateOptions options;
  options.max_samples = 20'000;
  options.annotate = true;
  const tidegate::TimePoint end = kStart + std::chrono::seconds(39);
  const auto fresh = query.Evaluate(Store(), end, options);
  if (fresh && fresh->quality.min_coverage > 1) std::abort();
  tidegate::QueryRunner runner(query);
  tidegate::QueryResult result;
  (void)runner.EvaluateRange(Store(), kStart, end, std::chrono::seconds(5), options, result);
  const tidegate::Status again = runner.Evaluate(Store(), end, options, result);
  if (again.ok() != fresh.has_value()) std::abort();
  if (fresh && !SameAnswer(*fresh, result)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const tidegate::CompileOptions all{.experimental_functions = true, .fill_modifiers = true};
  const auto query = tidegate::Query::Compile(text, all);
  if (!query) {
    if (query.error().message.find(": parse error: ") == std::string::npos) std::abort();
    return 0;
  }
  (void)query->longest_range();
  EvaluateAll(*query);
  return 0;
}
