// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a Triton's statistics. What is taken makes a page that the parser takes whole, with
// no series twice; what is not says why in one line.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "exposition/page_parser.h"
#include "sources/triton_stats/stats_page.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Event = tidegate::PageParser::Event;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto page = tidegate::triton_stats::StatsPage(text);
  if (!page) {
    Require(!page.error().message.empty());
    Require(page.error().message.find_first_of("\r\n") == std::string::npos);
    return 0;
  }
  tidegate::PageParser parser(*page);
  std::set<std::string> series;
  for (Event event = parser.Next(); event != Event::kEnd; event = parser.Next()) {
    Require(event != Event::kError);
    if (event != Event::kSample) continue;
    std::string name(parser.sample().name);
    for (const auto& label : parser.sample().labels) {
      name += '\0' + std::string(label.name) + '\0' + std::string(label.value);
    }
    Require(series.insert(name).second);
    Require(parser.sample().value >= 0);
  }
  Require(!series.empty());
  return 0;
}
