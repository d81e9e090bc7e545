// SPDX-License-Identifier: Apache-2.0
//
// OpenMetrics 1.0 as Prometheus 3 reads it. Nothing is optional: one blank between tokens, a
// newline behind every line, `# EOF` at the end and nothing behind it, no other comment, no empty
// line. It checks neither that the samples of a family are together nor that names, values and
// labels suit its type. Its oddities: a NUL byte is not seen in label values and in what follows
// "# "; exemplars may be anywhere, and their escapes stay as they are.
#include <algorithm>
#include <cmath>

#include "exposition/char_class.h"
#include "exposition/page_parser.h"
#include "text/utf8.h"

namespace tidegate {
namespace {

constexpr std::string_view kExemplarMark = " # {";

// Seconds to milliseconds, cut off; what does not fit is the least integer, as Go converts.
std::int64_t ToMilliseconds(double seconds) {
  const double ms = seconds * 1000;
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  if (!(ms >= -kLimit && ms < kLimit)) return INT64_MIN;
  return static_cast<std::int64_t>(ms);
}

}  // namespace

PageParser::Event PageParser::OpenMetricsEntry() {
  entry_begin_ = pos_;
  if (AtEnd()) return more_ ? Event::kEnd : Fail(pos_, "the page does not end with # EOF");
  if (page_[pos_] == '#') return OpenMetricsComment();
  if (page_[pos_] == '{' || Is(page_[pos_], kNameStart)) return OpenMetricsSample();
  return FailUnexpected(pos_, "a metric name or a comment");
}

PageParser::Event PageParser::OpenMetricsComment() {
  const std::size_t begin = pos_;
  if (!PeekIs("# ")) return FailUnexpected(pos_ + 1, "a blank");
  pos_ += 2;
  if (OpenMetricsKeyword("HELP ")) return OpenMetricsMetadata(Event::kHelp);
  if (OpenMetricsKeyword("TYPE ")) return OpenMetricsMetadata(Event::kType);
  if (OpenMetricsKeyword("UNIT ")) return OpenMetricsMetadata(Event::kUnit);
  if (!OpenMetricsKeyword("EOF")) return Fail(begin, "a comment is HELP, TYPE, UNIT or EOF");
  if (!AtEnd() && page_[pos_] == '\n') ++pos_;
  SkipNuls();
  return AtEnd() ? Event::kEnd : FailPage(pos_, "data after # EOF");
}

bool PageParser::OpenMetricsKeyword(std::string_view keyword) {
  const std::size_t begin = pos_;
  for (const char c : keyword) {
    if (AtEnd() || page_[pos_] != c) {
      pos_ = begin;
      return false;
    }
    ++pos_;
    SkipNuls();
  }
  return true;
}

PageParser::Event PageParser::OpenMetricsMetadata(Event kind) {
  const std::size_t begin = pos_;
  name_ = MetadataName();
  if (name_.data() == nullptr) return FailUnexpected(begin, "a metric name");
  const std::size_t newline = page_.find('\n', pos_);
  if (AtEnd() || page_[pos_] != ' ' || newline == std::string_view::npos) {
    return FailUnexpected(pos_, "a blank and a text up to the end of the line");
  }
  const std::size_t text_begin = pos_ + 1;
  pos_ = newline + 1;
  SkipNuls();  // they count as part of the text
  text_ = page_.substr(text_begin, pos_ - 1 - text_begin);
  if (kind == Event::kHelp && !IsUtf8(text_)) return Fail(text_begin, "the help is not UTF-8");
  if (kind == Event::kType) {
    const std::optional<MetricType> type = TypeFromName(text_, format_);
    if (!type) return FailType(text_begin);
    SetFamily(*type);
  }
  if (kind == Event::kUnit && !text_.empty()) {
    const bool suffix = name_.size() > text_.size() &&
                        name_.substr(name_.size() - text_.size()) == text_ &&
                        name_[name_.size() - text_.size() - 1] == '_';
    if (!suffix) return Fail(text_begin, "the unit is no suffix of the metric's name");
  }
  return kind;
}

PageParser::Event PageParser::OpenMetricsSample() {
  BeginSample();
  const std::size_t begin = pos_;
  const bool has_name = page_[pos_] != '{';
  sample_.name = has_name ? Word(true) : std::string_view();
  if (Peek() == '{') {
    ++pos_;
    if (!OpenMetricsLabels(false, has_name)) return Event::kError;
    if (sample_.name.data() == nullptr) return Fail(begin, "the metric name is missing");
  }
  sample_.series = page_.substr(begin, pos_ - begin);
  EndSeries();
  sample_.number_at = pos_ + 1;
  if (!OpenMetricsNumber("a blank and a value", sample_.value)) return Event::kError;
  return OpenMetricsEndOfSample();
}

// Behind the opening brace, up to behind the closing one.
bool PageParser::OpenMetricsLabels(bool in_exemplar, bool name_known) {
  while (Peek() != '}') {
    const std::size_t begin = pos_;
    std::optional<std::string_view> label;
    const bool quoted = Peek() == '"';
    if (quoted) {
      label = QuotedName(!in_exemplar);
    } else if (Is(Peek(), kLabelStart)) {
      label = Word(false);
    }
    if (!label) {
      FailUnexpected(begin, "a label name");
      return false;
    }
    if (quoted && !in_exemplar && (Peek() == ',' || Peek() == '}')) {
      if (name_known) {
        Fail(begin, "a second metric name");
        return false;
      }
      name_known = true;
      sample_.name = Unescape(*label);
    } else if (!OpenMetricsLabelValue(*label, in_exemplar)) {
      return false;
    }
    if (Peek() == ',') {
      ++pos_;
    } else if (Peek() != '}') {
      FailUnexpected(pos_, "',' or '}'");
      return false;
    }
  }
  ++pos_;
  return true;
}

bool PageParser::OpenMetricsLabelValue(std::string_view label, bool in_exemplar) {
  if (!PeekIs("=\"")) {
    FailUnexpected(Peek() == '=' ? pos_ + 1 : pos_, "'=' and a label value in double quotes");
    return false;
  }
  const std::size_t begin = ++pos_;
  const std::optional<std::string_view> raw = in_exemplar ? QuotedName(false) : QuotedValue(false);
  if (!raw) {
    Fail(begin, "unterminated label value");
    return false;
  }
  if (!IsUtf8(*raw)) return FailUtf8(begin, label);
  if (in_exemplar) {
    exemplar_labels_.push_back({label, *raw});
  } else {
    AddLabel(Unescape(label), *raw);
  }
  return true;
}

// A blank, and everything up to the next blank or the end of the line.
bool PageParser::OpenMetricsNumber(std::string_view expected, double& value) {
  const std::size_t begin = pos_ + 1;
  if (AtEnd() || page_[pos_] != ' ') {
    FailUnexpected(pos_, expected);
    return false;
  }
  constexpr std::string_view kStops("\n \0", 3);
  const std::size_t end = std::min(page_.find_first_of(kStops, begin), page_.size());
  pos_ = end;
  if (end <= begin) {
    FailUnexpected(std::min(begin, page_.size()), expected);
    return false;
  }
  return ReadNumber(begin, page_.substr(begin, end - begin), value);
}

bool PageParser::OpenMetricsTime(std::optional<std::int64_t>& time_ms) {
  const std::size_t begin = pos_ + 1;
  double seconds = 0;
  if (!OpenMetricsNumber("a timestamp or the end of the line", seconds)) return false;
  if (!std::isfinite(seconds)) {
    Fail(begin, "the timestamp is not finite");
    return false;
  }
  time_ms = ToMilliseconds(seconds);
  return true;
}

// Behind the value: a timestamp and an exemplar if they are there, and the newline.
PageParser::Event PageParser::OpenMetricsEndOfSample() {
  const auto at_time = [this] { return Peek() == ' ' && !PeekIs(kExemplarMark); };
  if (at_time() && !OpenMetricsTime(sample_.timestamp_ms)) return Event::kError;
  if (PeekIs(kExemplarMark) && !OpenMetricsExemplar()) return Event::kError;
  if (AtEnd()) return Fail(pos_, "the page does not end with # EOF");
  if (page_[pos_] != '\n') return FailUnexpected(pos_, "the end of the line");
  ++pos_;
  return Event::kSample;
}

bool PageParser::OpenMetricsExemplar() {
  pos_ += kExemplarMark.size();
  exemplar_labels_.clear();
  if (!OpenMetricsLabels(true, true)) return false;
  ExemplarView& exemplar = sample_.exemplar.emplace();
  exemplar.labels = exemplar_labels_;
  if (!OpenMetricsNumber("a blank and the exemplar's value", exemplar.value)) return false;
  return Peek() != ' ' || OpenMetricsTime(exemplar.timestamp_ms);
}

}  // namespace tidegate
