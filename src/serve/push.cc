// SPDX-License-Identifier: Apache-2.0
#include "serve/push.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "exposition/char_class.h"
#include "exposition/content_type.h"
#include "text/utf8.h"

namespace tidegate::serve {
namespace {

/// Takes as long for any two texts of one length, so that a token cannot be guessed by timing.
bool SameSecret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

bool HasToken(std::string_view authorization, std::string_view token) {
  constexpr std::string_view kScheme = "Bearer ";
  return EqualIgnoringCase(authorization.substr(0, kScheme.size()), kScheme) &&
         SameSecret(authorization.substr(kScheme.size()), token);
}

/// `__…` are Prometheus's own.
bool IsLabelName(std::string_view name) {
  return IsLegacyName(name, kLabelPart) && name.substr(0, 2) != "__";
}

/// %XX and '+' decoded; absent: a broken escape.
std::optional<std::string> Decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    unsigned value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) return std::nullopt;
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

/// Unlike a target, a person with curl may leave the type out, or send curl's own.
Result<PageFormat> PushedFormat(std::string_view content_type) {
  if (content_type.empty() || content_type == "application/x-www-form-urlencoded") {
    return PageFormat::kText;
  }
  return FormatOf(content_type);
}

Error Invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

int StatusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return 400;
    case ErrorCode::kNotFound:
      return 404;
    default:
      return 503;
  }
}

}  // namespace

Result<Labels> LabelsOfQuery(std::string_view query) {
  Labels labels;
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
    if (parameter.empty()) continue;
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) {
      return Invalid("parameter \"" + std::string(parameter) + "\": want NAME=VALUE");
    }
    const std::string name(parameter.substr(0, equals));
    if (!IsLabelName(name)) return Invalid("parameter \"" + name + "\": not the name of a label");
    const std::optional<std::string> value = Decoded(parameter.substr(equals + 1));
    if (!value) return Invalid("parameter \"" + name + "\": broken %-escape");
    if (!IsUtf8(*value)) return Invalid("parameter \"" + name + "\": the value is not UTF-8");
    if (value->empty()) return Invalid("parameter \"" + name + "\": must not be empty");
    if (!labels.emplace(name, *value).second) {
      return Invalid("parameter \"" + name + "\" is there twice");
    }
  }
  return labels;
}

std::optional<PushAnswer> Push::Refuse(const PushHead& head, PushTarget& target) const {
  if (!HasToken(head.authorization, options_.token)) {
    return PushAnswer{401, "want the header Authorization: Bearer TOKEN, with the right token"};
  }
  if (head.content_length > 0 &&
      static_cast<std::uint64_t>(head.content_length) > options_.max_bytes) {
    return PushAnswer{413, "the page is too large: " + std::to_string(head.content_length) +
                               " bytes, at most " + std::to_string(options_.max_bytes)};
  }
  if (!head.content_encoding.empty() && !EqualIgnoringCase(head.content_encoding, "identity")) {
    return PushAnswer{415, "Content-Encoding: only identity"};
  }
  const Result<PageFormat> format = PushedFormat(head.content_type);
  if (!format || *format == PageFormat::kProtobuf) {
    return PushAnswer{415, "Content-Type: want text/plain or application/openmetrics-text"};
  }
  Result<Labels> labels = LabelsOfQuery(head.query);
  if (!labels) return PushAnswer{400, labels.error().message};
  target = {.labels = *std::move(labels), .format = *format};
  return std::nullopt;
}

PushAnswer Push::Take(const PushTarget& target, std::string_view page) const {
  const Result<PageSummary> summary = options_.take(page, target.format, target.labels);
  if (!summary) return {StatusOf(summary.error().code), summary.error().message};
  std::string said = std::to_string(summary->samples) + " samples, " +
                     std::to_string(summary->series_added) + " new series";
  if (summary->skipped > 0) {
    said += ", " + std::to_string(summary->skipped) + " that no query asks for";
  }
  if (summary->skipped_lines > 0) {
    said += "; " + std::to_string(summary->skipped_lines) +
            (summary->skipped_lines == 1 ? " line" : " lines") +
            " skipped, the first: " + summary->first_skipped;
  }
  return {200, std::move(said)};
}

}  // namespace tidegate::serve
