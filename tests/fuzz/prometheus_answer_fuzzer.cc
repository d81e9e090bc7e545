// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as what a Prometheus says, with any status. An answer has no two series with the same
// labels, and no errors but those that say something in one line.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

#include "sources/prometheus/answer.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckLine(std::string_view text) {
  Require(std::none_of(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const int status : {200, 204, 302, 400, 401, 422, 503}) {
    const auto answer = tidegate::prometheus::ReadAnswer(status, text);
    if (!answer) {
      Require(!answer.error().message.empty());
      CheckLine(answer.error().message);
      continue;
    }
    Require(status == 200 || status == 204);
    CheckLine(answer->warning);
    std::set<tidegate::Labels> labels;
    for (const auto& series : answer->series) {
      Require(labels.insert(series.labels).second);
      Require(!series.labels.contains("__name__"));
    }
  }
  return 0;
}
