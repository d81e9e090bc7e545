// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a query. What compiles is evaluated over a small store.
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
                               "\ng{job=\"web\",i=\"1\"} 1\nh{job=\"api\"} NaN\nsum 3\n";
      if (!made.IngestPage(page, {{"replica", "a"}}, kStart + std::chrono::seconds(second))) {
        std::abort();
      }
    }
    return made;
  }();
  return store;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto query = tidegate::Query::Compile(text);
  if (!query) {
    if (query.error().message.find(": parse error: ") == std::string::npos) std::abort();
    return 0;
  }
  (void)query->longest_range();
  const auto result = query->Evaluate(Store(), kStart + std::chrono::seconds(39));
  if (result && result->quality.min_coverage > 1) std::abort();
  return 0;
}
