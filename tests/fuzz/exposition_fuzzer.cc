// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a scraped page. Beside the sanitizers: what the parser returns lies on the page or
// in its own memory, an error leaves the store as it was, and the store never exceeds its limits.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "exposition/page_parser.h"
#include "exposition/utf8.h"
#include "tidegate/series_store.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

std::size_t CountSamples(std::string_view page, bool& accepted) {
  tidegate::PageParser parser(page);
  std::size_t samples = 0;
  while (true) {
    switch (parser.Next()) {
      case tidegate::PageParser::Event::kSample: {
        const tidegate::SampleView& sample = parser.sample();
        Require(sample.series.data() >= page.data() &&
                sample.series.data() + sample.series.size() <= page.data() + page.size());
        Require(sample.timestamp_ms.value_or(0) >= 0);
        for (const tidegate::LabelView& label : sample.labels) {
          Require(tidegate::IsUtf8(label.value));
        }
        ++samples;
        break;
      }
      case tidegate::PageParser::Event::kType:
      case tidegate::PageParser::Event::kHelp:
        Require(tidegate::IsUtf8(parser.help()));
        break;
      case tidegate::PageParser::Event::kError:
        Require(parser.error().message.rfind("line ", 0) == 0);
        accepted = false;
        return samples;
      case tidegate::PageParser::Event::kEnd:
        accepted = true;
        return samples;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view page(reinterpret_cast<const char*>(data), size);
  bool accepted = false;
  const std::size_t samples = CountSamples(page, accepted);

  tidegate::SeriesStore store({.retention = std::chrono::seconds(5),
                               .max_series = 50,
                               .max_samples_per_series = 4,
                               .max_samples_per_page = 100,
                               .max_labels = 8,
                               .max_label_name_length = 40,
                               .max_label_value_length = 60});
  const tidegate::Labels target = {{"replica", "a"}};
  const tidegate::TimePoint start{std::chrono::hours(1)};
  Require(store.IngestPage("a 1\nb{c=\"d\"} 2\n", target, start).has_value());
  const tidegate::SeriesStoreStats before = store.stats();
  for (int i = 1; i <= 3; ++i) {
    const auto result = store.IngestPage(page, target, start + std::chrono::seconds(i));
    const tidegate::SeriesStoreStats stats = store.stats();
    Require(stats.series <= 50 && stats.samples <= 200);
    if (result) {
      Require(accepted && result->samples <= samples);
    } else {
      Require(i > 1 || (stats.series == before.series && stats.samples == before.samples));
    }
  }
  store.MarkStale(target, start + std::chrono::seconds(9));
  return 0;
}
