// SPDX-License-Identifier: Apache-2.0
//
// POST /api/v1/push, without the HTTP around it: who may push, what a request's page is, and what
// it is answered.
//
// Thread safety: const members may be called from several threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "tidegate/result.h"
#include "tidegate/series_store.h"
#include "tidegate/types.h"

namespace tidegate::serve {

inline constexpr std::string_view kPushPath = "/api/v1/push";

/// What of a request is known before its body is read.
struct PushHead {
  std::string_view authorization;
  std::string_view content_type;
  std::string_view content_encoding;
  std::string_view query;            ///< of the URL, as it was sent
  std::int64_t content_length = -1;  ///< negative: not told
};

struct PushTarget {
  Labels labels;
  PageFormat format = PageFormat::kText;
};

/// A status of HTTP and one line of text.
struct PushAnswer {
  int status = 200;
  std::string text;

  friend bool operator==(const PushAnswer&, const PushAnswer&) = default;
};

struct PushOptions {
  std::string token;
  std::size_t max_bytes = 0;
  std::function<Result<PageSummary>(std::string_view, PageFormat, const Labels&)> take;
};

class Push {
 public:
  explicit Push(PushOptions options) : options_(std::move(options)) {}

  bool enabled() const { return !options_.token.empty() && options_.take; }
  std::size_t max_bytes() const { return options_.max_bytes; }

  /// Fills `target`, or says why the request is not taken. No answer has the token or what was
  /// sent as one.
  std::optional<PushAnswer> Refuse(const PushHead& head, PushTarget& target) const;
  /// Hands the page over.
  PushAnswer Take(const PushTarget& target, std::string_view page) const;

 private:
  PushOptions options_;
};

/// `a=b&c=d%20e` as labels: names once, and valid without quotes.
Result<Labels> LabelsOfQuery(std::string_view query);

}  // namespace tidegate::serve
