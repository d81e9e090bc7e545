// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a scraped page, in either format. Beside the sanitizers: the fast path reads what
// the grammars read, what the parser returns lies on the page or in its own memory, an error leaves
// the store as it was, and the store never exceeds its limits.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "exposition/page_parser.h"
#include "text/utf8.h"
#include "tidegate/series_store.h"

namespace {

using tidegate::PageFormat;
using tidegate::PageParser;
using Event = tidegate::PageParser::Event;

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckSample(std::string_view page, const tidegate::SampleView& sample) {
  Require(sample.series.data() >= page.data() &&
          sample.series.data() + sample.series.size() <= page.data() + page.size());
  for (const tidegate::LabelView& label : sample.labels) Require(tidegate::IsUtf8(label.value));
}

void RequireSame(const tidegate::SampleView& a, const tidegate::SampleView& b) {
  Require(a.series == b.series && a.name == b.name && a.type == b.type);
  Require(std::bit_cast<std::uint64_t>(a.value) == std::bit_cast<std::uint64_t>(b.value));
  Require(a.timestamp_ms == b.timestamp_ms && a.labels.size() == b.labels.size());
  for (std::size_t i = 0; i < a.labels.size(); ++i) {
    Require(a.labels[i].name == b.labels[i].name && a.labels[i].value == b.labels[i].value);
  }
}

std::size_t CountSamples(std::string_view page, PageFormat format, bool& accepted) {
  PageParser fast(page, format);
  PageParser careful(page, format, PageParser::Effort::kCareful);
  std::size_t samples = 0;
  while (true) {
    const Event event = fast.Next();
    Require(event == careful.Next());
    switch (event) {
      case Event::kSample:
        CheckSample(page, fast.sample());
        RequireSame(fast.sample(), careful.sample());
        ++samples;
        break;
      case Event::kHelp:
        Require(tidegate::IsUtf8(fast.help()));
        break;
      case Event::kType:
      case Event::kUnit:
        break;
      case Event::kError:
        Require(fast.error().message.rfind("line ", 0) == 0);
        Require(fast.error().message == careful.error().message);
        accepted = false;
        return samples;
      case Event::kEnd:
        accepted = true;
        return samples;
    }
  }
}

// With the lines left out that are wrong, the fast path still reads what the grammars read, and
// each such line is one of the page's.
void CheckSkipping(std::string_view page, PageFormat format) {
  PageParser fast(page, format);
  PageParser careful(page, format, PageParser::Effort::kCareful);
  auto lines = std::count(page.begin(), page.end(), '\n');
  while (true) {
    const Event event = fast.Next();
    Require(event == careful.Next());
    if (event == Event::kSample) RequireSame(fast.sample(), careful.sample());
    if (event == Event::kEnd) return;
    if (event != Event::kError) continue;
    const bool skipped = fast.SkipLine();
    Require(skipped == careful.SkipLine() && fast.offset() == careful.offset());
    if (!skipped) return;
    Require(--lines >= 0);
  }
}

// Of a page that is accepted, a filter leaves the samples of its names, whatever their lines hold.
void CheckFilter(std::string_view page, PageFormat format) {
  PageParser all(page, format, PageParser::Effort::kCareful);
  std::string wanted;
  std::size_t count = 0;
  for (Event event = all.Next(); event != Event::kEnd; event = all.Next()) {
    if (event != Event::kSample) continue;
    std::string_view name = all.sample().name;
    while (!name.empty() && (name.front() == ' ' || name.front() == '\t')) name.remove_prefix(1);
    if (count == 0) wanted = name;
    if (name == wanted) ++count;
  }
  if (count == 0) return;
  const tidegate::NameFilter filter({wanted});
  PageParser some(page, format);
  some.KeepOnly(filter);
  for (Event event = some.Next(); event != Event::kEnd; event = some.Next()) {
    Require(event != Event::kError);
    if (event == Event::kSample) --count;
  }
  Require(count == 0);
}

void Ingest(std::string_view page, PageFormat format, bool accepted, std::size_t samples) {
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
    const auto result = store.IngestPage(page, format, target, start + std::chrono::seconds(i));
    const tidegate::SeriesStoreStats stats = store.stats();
    Require(stats.series <= 50 && stats.samples <= 200);
    if (result) {
      Require(accepted && result->samples <= samples);
    } else {
      Require(i > 1 || (stats.series == before.series && stats.samples == before.samples));
    }
  }
  store.MarkStale(target, start + std::chrono::seconds(9));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view page(reinterpret_cast<const char*>(data), size);
  for (const PageFormat format : {PageFormat::kText, PageFormat::kOpenMetrics}) {
    bool accepted = false;
    const std::size_t samples = CountSamples(page, format, accepted);
    if (accepted) CheckFilter(page, format);
    CheckSkipping(page, format);
    Ingest(page, format, accepted, samples);
  }
  return 0;
}
