// SPDX-License-Identifier: Apache-2.0
//
// Tidegate's side of peer/main.go:
//
//   peer_parse KIND FILE MILLISECONDS
//
// KIND is prometheus (or victoria; on this side the same): the page parsed as a new one, labels
// decoded and validated, bounds spelled as Prometheus spells them, each series hashed. KIND again:
// a page that differs from the last one in its numbers only. Answer: samples and labels.
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "benchmarks/peers/measure.h"
#include "exposition/hash.h"
#include "exposition/page_layout.h"
#include "exposition/page_parser.h"

namespace tidegate::peers {
namespace {

constexpr std::int64_t kOneSample = 1'000'000;

std::int64_t ParsePage(const std::string& page) {
  static std::uint64_t sink = 0;
  PageParser parser(page);
  std::int64_t answer = 0;
  for (auto event = parser.Next(); event != PageParser::Event::kEnd; event = parser.Next()) {
    if (event == PageParser::Event::kError) return -1;
    if (event != PageParser::Event::kSample) continue;
    const SampleView& sample = parser.sample();
    std::uint64_t hash = HashBytes(sample.name);
    for (const LabelView& label : sample.labels) {
      hash = HashBytes(label.value, HashBytes(label.name, hash));
    }
    sink += hash;
    answer += kOneSample + static_cast<std::int64_t>(sample.labels.size());
  }
  return answer;
}

PageLayout LayoutOf(const std::string& page) {
  PageLayout layout(PageFormat::kText);
  PageParser parser(page);
  for (auto event = parser.Next(); event != PageParser::Event::kEnd; event = parser.Next()) {
    if (event == PageParser::Event::kSample) {
      layout.Add(page, parser.sample().number_at, parser.offset());
    }
  }
  layout.Finish(page);
  return layout;
}

int Main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::ifstream in(argv[2], std::ios::binary);
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  std::int64_t span_ms = 0;
  std::from_chars(argv[3], argv[3] + std::strlen(argv[3]), span_ms);
  if (std::string_view(argv[1]) != "again") {
    Measure(span_ms, [&] { return ParsePage(page); });
    return 0;
  }
  const PageLayout layout = LayoutOf(page);
  const std::int64_t answer = ParsePage(page);
  std::vector<double> values;
  Measure(span_ms,
          [&] { return layout.Read(page, PageFormat::kText, values) ? answer : std::int64_t{-1}; });
  return 0;
}

}  // namespace
}  // namespace tidegate::peers

int main(int argc, char** argv) { return tidegate::peers::Main(argc, argv); }
