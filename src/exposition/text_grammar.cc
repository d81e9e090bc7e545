// SPDX-License-Identifier: Apache-2.0
//
// Text format 0.0.4 as Prometheus 3 reads it. Its oddities: the final newline may be missing; CR
// may not be there; timestamps are non-negative integers; an unknown escape stays as it is; a raw
// newline in a label value is legal; commas between labels may be missing; blanks before a metric's
// name become part of it; a NUL byte where an entry could begin ends the page, and is not seen in
// label values and in what follows '#' and a blank.
#include <algorithm>
#include <charconv>

#include "exposition/char_class.h"
#include "exposition/page_parser.h"
#include "text/utf8.h"

namespace tidegate {

PageParser::Event PageParser::TextEntry() {
  while (true) {
    entry_begin_ = pos_;
    SkipBlanks();
    if (AtEnd() || page_[pos_] == '\0') {
      pos_ = page_.size();
      return Event::kEnd;
    }
    if (page_[pos_] == '\n') {
      ++pos_;
    } else if (page_[pos_] != '#') {
      return TextSample();
    } else if (const std::optional<Event> event = TextComment()) {
      return *event;
    }
  }
}

// At '#'. Nothing: it was an ordinary comment, and the parser is behind it.
std::optional<PageParser::Event> PageParser::TextComment() {
  ++pos_;
  const bool bare = !IsBlank(Peek());  // then a NUL byte anywhere in the line ends the page
  SkipBlanks();
  if (!bare) {
    const bool is_help = TextKeyword("HELP");
    if (is_help || TextKeyword("TYPE")) return TextMetadata(is_help);
  }
  const std::size_t end = std::min(page_.find('\n', pos_), page_.size());
  const std::string_view rest = page_.substr(pos_, bare ? end - pos_ : 1);
  pos_ = rest.find('\0') == std::string_view::npos ? std::min(end + 1, page_.size()) : page_.size();
  return std::nullopt;
}

// The keyword of a comment and the blanks behind it.
bool PageParser::TextKeyword(std::string_view keyword) {
  const std::size_t begin = pos_;
  for (const char c : keyword) {
    if (AtEnd() || page_[pos_] != c) {
      pos_ = begin;
      return false;
    }
    ++pos_;
    SkipNuls();
  }
  if (!IsBlank(Peek())) {
    pos_ = begin;
    return false;
  }
  while (!AtEnd() && (IsBlank(page_[pos_]) || page_[pos_] == '\0')) ++pos_;
  return true;
}

PageParser::Event PageParser::TextMetadata(bool is_help) {
  const std::size_t begin = pos_;
  name_ = MetadataName();
  if (name_.data() == nullptr) {
    return FailUnexpected(begin, is_help ? "metric name after HELP" : "metric name after TYPE");
  }
  if (Peek() == '\0') return FailUnexpected(pos_, "a blank after the metric name");
  const std::size_t end = std::min(page_.find('\n', pos_), page_.size());
  const std::size_t text_begin = std::min(pos_ + 1, end);  // one separator, whichever it is
  text_ = page_.substr(text_begin, end - text_begin);
  const auto unseen = [](char c) { return IsBlank(c) || c == '\0'; };
  if (IsBlank(Peek()) && std::all_of(text_.begin(), text_.end(), unseen)) text_ = {};
  pos_ = std::min(end + 1, page_.size());
  if (is_help) {
    if (!IsUtf8(text_)) return Fail(text_begin, "the help text is not UTF-8");
    return Event::kHelp;
  }
  const std::optional<MetricType> type = TypeFromName(text_, format_);
  if (!type) return FailType(text_begin);
  SetFamily(*type);
  return Event::kType;
}

PageParser::Event PageParser::TextSample() {
  BeginSample();
  const std::size_t series_begin = pos_;
  const bool has_name = Is(page_[pos_], kNameStart);
  sample_.name = {};
  if (has_name) {
    Word(true);
    sample_.name = page_.substr(entry_begin_, pos_ - entry_begin_);
    sample_.series = page_.substr(series_begin, pos_ - series_begin);
    SkipBlanks();
  } else if (page_[pos_] != '{') {
    return FailUnexpected(pos_, "a metric name");
  }
  if (Peek() == '{') {
    ++pos_;
    if (!TextLabels(has_name)) return Event::kError;
    sample_.series = page_.substr(series_begin, pos_ - series_begin);
    SkipBlanks();
    if (sample_.name.data() == nullptr) return Fail(series_begin, "the metric name is missing");
  }
  EndSeries();
  return TextValueAndTimestamp();
}

bool PageParser::TextLabels(bool name_known) {
  SkipBlanks();
  while (Peek() != '}') {
    if (!TextLabel(name_known)) return false;
    name_known = name_known || sample_.name.data() != nullptr;
    SkipBlanks();
    if (Peek() == ',') {  // one comma between pairs and behind the last, or none
      ++pos_;
      SkipBlanks();
    }
  }
  ++pos_;
  return true;
}

// A `name="value"` or, in quotes and alone, the metric's name.
bool PageParser::TextLabel(bool name_known) {
  const std::size_t begin = pos_;
  std::string_view label;
  const bool quoted = Peek() == '"';
  if (quoted) {
    const std::optional<std::string_view> raw = QuotedName(true);
    if (!raw) {
      Fail(begin, "unterminated label name");
      return false;
    }
    label = Unescape(*raw);
  } else if (Is(Peek(), kLabelStart)) {
    label = Word(false);
  } else {
    FailUnexpected(begin, "a label name");
    return false;
  }
  SkipBlanks();
  if (quoted && (Peek() == ',' || Peek() == '}')) {
    if (name_known) {
      Fail(begin, "a second metric name");
      return false;
    }
    sample_.name = label;
    return true;
  }
  if (Peek() != '=') {
    FailUnexpected(pos_, "'='");
    return false;
  }
  ++pos_;
  return TextLabelValue(label);
}

bool PageParser::TextLabelValue(std::string_view label) {
  while (IsBlank(Peek())) {
    SkipBlanks();
    SkipNuls();
  }
  const std::size_t begin = pos_;
  if (Peek() != '"') {
    FailUnexpected(begin, "a label value in double quotes");
    return false;
  }
  const std::optional<std::string_view> raw = QuotedValue(true);
  if (!raw) {
    Fail(begin, "unterminated label value");
    return false;
  }
  if (!IsUtf8(*raw)) return FailUtf8(begin, label);
  AddLabel(label, *raw);
  return true;
}

PageParser::Event PageParser::TextValueAndTimestamp() {
  const std::size_t begin = pos_;
  while (!AtEnd() && page_[pos_] != '\n' && page_[pos_] != '{' && page_[pos_] != '\0' &&
         !IsBlank(page_[pos_])) {
    ++pos_;
  }
  if (pos_ == begin) return FailUnexpected(begin, "a value");
  sample_.number_at = begin;
  if (!ReadNumber(begin, page_.substr(begin, pos_ - begin), sample_.value)) return Event::kError;
  SkipBlanks();
  if (Peek() != '\n') {
    const std::size_t time_begin = pos_;
    while (!AtEnd() && IsDigit(page_[pos_])) ++pos_;
    if (pos_ == time_begin) return FailUnexpected(pos_, "a timestamp or the end of the line");
    std::int64_t time = 0;
    const auto read = std::from_chars(page_.data() + time_begin, page_.data() + pos_, time);
    if (read.ec != std::errc()) return Fail(time_begin, "the timestamp is out of range");
    sample_.timestamp_ms = time;
    SkipBlanks();
    if (Peek() != '\n') return FailUnexpected(pos_, "the end of the line after the timestamp");
  }
  if (!AtEnd()) ++pos_;
  return Event::kSample;
}

}  // namespace tidegate
