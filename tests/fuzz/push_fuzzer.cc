// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a push: the Content-Type on the first line, the query on the second, then the page.
// Beside the sanitizers: labels are names with UTF-8 in them, a refusal leaves the store as it was,
// and every answer has a status of HTTP and no token.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "serve/push.h"
#include "text/utf8.h"
#include "tidegate/series_store.h"

namespace {

constexpr std::string_view kToken = "canary-of-the-token";

void Require(bool condition) {
  if (!condition) std::abort();
}

std::string_view Line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

void CheckAnswer(const tidegate::serve::PushAnswer& answer) {
  Require(answer.status >= 200 && answer.status < 600 && !answer.text.empty());
  Require(answer.text.find(kToken) == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view page(reinterpret_cast<const char*>(data), size);
  if (page.find(kToken) != std::string_view::npos) return 0;
  const std::string authorization = "Bearer " + std::string(kToken);
  const tidegate::serve::PushHead head{.authorization = authorization,
                                       .content_type = Line(page),
                                       .content_encoding = {},
                                       .query = Line(page)};
  tidegate::SeriesStore store({.max_series = 50});
  const tidegate::serve::Push push({.token = std::string(kToken),
                                    .max_bytes = 4096,
                                    .take = [&](std::string_view text, tidegate::PageFormat format,
                                                const tidegate::Labels& labels) {
                                      return store.IngestPage(
                                          text, format, labels,
                                          tidegate::TimePoint(std::chrono::seconds(60)));
                                    }});
  tidegate::serve::PushTarget target;
  if (const auto refused = push.Refuse(head, target)) {
    CheckAnswer(*refused);
    Require(refused->status >= 400);
    return 0;
  }
  for (const auto& [name, value] : target.labels) {
    Require(!name.empty() && name.substr(0, 2) != "__" && !value.empty());
    Require(tidegate::IsUtf8(name) && tidegate::IsUtf8(value));
  }
  const tidegate::serve::PushAnswer answer = push.Take(target, page);
  CheckAnswer(answer);
  Require(answer.status == 200 || store.stats().series == 0);
  return 0;
}
