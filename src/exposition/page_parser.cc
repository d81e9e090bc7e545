// SPDX-License-Identifier: Apache-2.0
#include "exposition/page_parser.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#include "exposition/number.h"
#include "exposition/utf8.h"

namespace tidegate {
namespace {

constexpr double kNaN = std::bit_cast<double>(std::uint64_t{0x7ff8000000000001});

enum CharClass : std::uint8_t { kNameStart = 1, kNamePart = 2, kLabelStart = 4, kLabelPart = 8 };

constexpr std::array<std::uint8_t, 256> MakeCharClasses() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool digit = c >= '0' && c <= '9';
    if (letter) classes[c] = kNameStart | kNamePart | kLabelStart | kLabelPart;
    if (digit) classes[c] = kNamePart | kLabelPart;
    if (c == ':') classes[c] = kNameStart | kNamePart;
  }
  return classes;
}

constexpr std::array<std::uint8_t, 256> kCharClasses = MakeCharClasses();

bool Is(char c, CharClass wanted) {
  return (kCharClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}

bool IsBlank(char c) { return c == ' ' || c == '\t'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The byte or word an error message points at, readable and short.
std::string Excerpt(std::string_view page, std::size_t at) {
  if (at >= page.size()) return "end of page";
  const auto byte = static_cast<unsigned char>(page[at]);
  if (byte == '\n') return "end of line";
  if (byte < 0x20 || byte >= 0x7F) {
    constexpr std::string_view kHex = "0123456789abcdef";
    return std::string("byte 0x") + kHex[byte >> 4U] + kHex[byte & 15U];
  }
  return std::string("\"") + page[at] + "\"";
}

std::string Printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 40)) {
    out += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F ? '?' : c;
  }
  return text.size() > 40 ? out + "…" : out;
}

void AppendUnescaped(std::string_view raw, bool quotes, std::string& out) {
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const char next = raw[i] == '\\' && i + 1 < raw.size() ? raw[i + 1] : '\0';
    if (next == 'n') {
      out += '\n';
    } else if (next == '\\' || (quotes && next == '"')) {
      out += next;
    } else {
      out += raw[i];
      continue;
    }
    ++i;
  }
}

std::optional<MetricType> ParseType(std::string_view text) {
  if (text == "counter") return MetricType::kCounter;
  if (text == "gauge") return MetricType::kGauge;
  if (text == "histogram") return MetricType::kHistogram;
  if (text == "summary") return MetricType::kSummary;
  if (text == "untyped") return MetricType::kUnknown;
  return std::nullopt;
}

}  // namespace

bool BelongsToFamily(std::string_view name, std::string_view family, MetricType type) {
  if (name == family) return true;
  if (type != MetricType::kHistogram && type != MetricType::kSummary) return false;
  if (name.size() <= family.size() || name.substr(0, family.size()) != family) return false;
  const std::string_view suffix = name.substr(family.size());
  return suffix == "_count" || suffix == "_sum" ||
         (suffix == "_bucket" && type == MetricType::kHistogram);
}

PageParser::PageParser(std::string_view page) : page_(page) {}

std::string PositionText(std::string_view page, std::size_t offset) {
  const std::string_view before = page.substr(0, std::min(offset, page.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0: the first line
  return "line " + std::to_string(line) + ", column " +
         std::to_string(before.size() - line_begin + 1);
}

Error PageParser::error() const {
  return Error{ErrorCode::kInvalidArgument, PositionText(page_, error_at_) + ": " + error_};
}

PageParser::Event PageParser::Fail(std::size_t at, std::string what) {
  error_at_ = at;
  error_ = std::move(what);
  return Event::kError;
}

PageParser::Event PageParser::FailUnexpected(std::size_t at, std::string_view expected) {
  return Fail(at, "expected " + std::string(expected) + ", got " + Excerpt(page_, at));
}

void PageParser::SkipBlanks() {
  while (!AtEnd() && IsBlank(page_[pos_])) ++pos_;
}

// False if a NUL byte ended the page.
bool PageParser::SkipRestOfLine() {
  const std::size_t end = page_.find('\n', pos_);
  const std::string_view rest = page_.substr(pos_, end - pos_);
  pos_ = end == std::string_view::npos ? page_.size() : end + 1;
  return rest.find('\0') == std::string_view::npos;
}

// At an opening quote: what is between it and its closing one, and the position after that.
std::optional<std::string_view> PageParser::QuotedString() {
  std::size_t i = pos_ + 1;
  while (i < page_.size() && page_[i] != '"') {
    if (page_[i] == '\\') {
      ++i;
      if (i < page_.size() && page_[i] == '\n') return std::nullopt;
    }
    ++i;
  }
  if (i >= page_.size()) return std::nullopt;
  const std::string_view raw = page_.substr(pos_ + 1, i - pos_ - 1);
  pos_ = i + 1;
  return raw;
}

std::string_view PageParser::Unescape(std::string_view raw) {
  if (std::memchr(raw.data(), '\\', raw.size()) == nullptr) return raw;
  if (unescaped_used_ == unescaped_.size()) unescaped_.emplace_back();
  std::string& text = unescaped_[unescaped_used_++];
  text.clear();
  AppendUnescaped(raw, true, text);
  return text;
}

PageParser::Event PageParser::Next() {
  while (true) {
    const std::size_t entry_begin = pos_;
    SkipBlanks();
    if (AtEnd() || page_[pos_] == '\0') {
      pos_ = page_.size();
      return Event::kEnd;
    }
    if (page_[pos_] == '\n') {
      ++pos_;
    } else if (page_[pos_] == '#') {
      bool skipped = false;
      const Event event = Comment(skipped);
      if (!skipped) return event;
    } else {
      return Sample(entry_begin);
    }
  }
}

// At '#'. `skipped`: it was an ordinary comment, and the parser is behind it.
PageParser::Event PageParser::Comment(bool& skipped) {
  const std::size_t hash = pos_++;
  SkipBlanks();
  if (pos_ > hash + 1) {
    const bool is_help = AcceptKeyword("HELP");
    if (is_help || AcceptKeyword("TYPE")) return Metadata(is_help);
  }
  // A comment without a blank after '#' ends at a NUL byte, and so does the page.
  const bool ended = pos_ == hash + 1;
  if (!SkipRestOfLine() && ended) pos_ = page_.size();
  skipped = true;
  return Event::kEnd;
}

// The keyword of a comment and the blanks behind it. Prometheus does not see NUL bytes there.
bool PageParser::AcceptKeyword(std::string_view keyword) {
  std::size_t i = pos_;
  const auto skip_nul = [this, &i] {
    while (i < page_.size() && page_[i] == '\0') ++i;
  };
  for (const char c : keyword) {
    skip_nul();
    if (i >= page_.size() || page_[i++] != c) return false;
  }
  skip_nul();
  if (i >= page_.size() || !IsBlank(page_[i])) return false;
  while (i < page_.size() && IsBlank(page_[i])) ++i;
  pos_ = i;
  return true;
}

PageParser::Event PageParser::Metadata(bool is_help) {
  unescaped_used_ = 0;
  const std::size_t begin = pos_;
  if (Peek() == '"') {
    const std::optional<std::string_view> quoted = QuotedString();
    if (!quoted) return Fail(begin, "unterminated metric name");
    name_ = Unescape(*quoted);
  } else {
    if (!Is(Peek(), kNameStart)) {
      return FailUnexpected(begin, is_help ? "metric name after HELP" : "metric name after TYPE");
    }
    while (!AtEnd() && Is(page_[pos_], kNamePart)) ++pos_;
    name_ = page_.substr(begin, pos_ - begin);
  }
  if (Peek() == '\0') return FailUnexpected(pos_, "a blank after the metric name");
  const std::size_t end = std::min(page_.find('\n', pos_), page_.size());
  const std::size_t text_begin = std::min(pos_ + 1, end);  // one separator, whichever it is
  const std::string_view text = page_.substr(text_begin, end - text_begin);
  pos_ = std::min(end + 1, page_.size());
  if (is_help) {
    if (!IsUtf8(text)) return Fail(text_begin, "the help text is not UTF-8");
    help_.clear();
    AppendUnescaped(text, false, help_);
    return Event::kHelp;
  }
  const std::optional<MetricType> type = ParseType(text);
  if (!type) return Fail(text_begin, "invalid metric type \"" + Printable(text) + "\"");
  family_.assign(name_);
  family_type_ = *type;
  return Event::kType;
}

PageParser::Event PageParser::Sample(std::size_t entry_begin) {
  unescaped_used_ = 0;
  labels_.clear();
  sample_.timestamp_ms.reset();
  const std::size_t series_begin = pos_;
  const bool has_name = Is(page_[pos_], kNameStart);
  if (has_name) {
    while (!AtEnd() && Is(page_[pos_], kNamePart)) ++pos_;
    // Prometheus keeps blanks before a name as part of it.
    sample_.name = page_.substr(entry_begin, pos_ - entry_begin);
    sample_.series = page_.substr(series_begin, pos_ - series_begin);
    SkipBlanks();
  } else if (page_[pos_] == '{') {
    sample_.name = {};
  } else {
    return FailUnexpected(pos_, "a metric name");
  }
  if (Peek() == '{') {
    ++pos_;
    if (!LabelList(has_name)) return Event::kError;
    sample_.series = page_.substr(series_begin, pos_ - series_begin);
    SkipBlanks();
    if (sample_.name.data() == nullptr) return Fail(series_begin, "the metric name is missing");
  }
  sample_.labels = labels_;
  const bool known = BelongsToFamily(sample_.name, family_, family_type_);
  sample_.type = known ? family_type_ : MetricType::kUnknown;
  return ValueAndTimestamp();
}

bool PageParser::LabelList(bool name_known) {
  SkipBlanks();
  while (Peek() != '}') {
    if (!LabelPair(name_known)) return false;
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
bool PageParser::LabelPair(bool name_known) {
  const std::size_t begin = pos_;
  std::string_view label;
  const bool quoted = Peek() == '"';
  if (quoted) {
    const std::optional<std::string_view> raw = QuotedString();
    if (!raw) {
      Fail(begin, "unterminated label name");
      return false;
    }
    label = Unescape(*raw);
  } else {
    if (!Is(Peek(), kLabelStart)) {
      FailUnexpected(begin, "a label name");
      return false;
    }
    while (!AtEnd() && Is(page_[pos_], kLabelPart)) ++pos_;
    label = page_.substr(begin, pos_ - begin);
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
  return LabelValue(label);
}

bool PageParser::LabelValue(std::string_view label) {
  SkipBlanks();
  const std::size_t begin = pos_;
  if (Peek() != '"') {
    FailUnexpected(begin, "a label value in double quotes");
    return false;
  }
  const std::optional<std::string_view> raw = QuotedString();
  if (!raw) {
    Fail(begin, "unterminated label value");
    return false;
  }
  if (!IsUtf8(*raw)) {
    Fail(begin, "the value of label \"" + Printable(label) + "\" is not UTF-8");
    return false;
  }
  std::string_view value = Unescape(*raw);
  const bool bound = (family_type_ == MetricType::kHistogram && label == "le") ||
                     (family_type_ == MetricType::kSummary && label == "quantile");
  double number = 0;
  if (bound && ParseNumber(value, number) == NumberStatus::kOk) {
    if (unescaped_used_ == unescaped_.size()) unescaped_.emplace_back();
    std::string& text = unescaped_[unescaped_used_++];
    text = CanonicalNumber(number);
    value = text;
  }
  labels_.push_back({label, value});
  return true;
}

PageParser::Event PageParser::ValueAndTimestamp() {
  const std::size_t begin = pos_;
  while (!AtEnd() && page_[pos_] != '\n' && page_[pos_] != '{' && page_[pos_] != '\0' &&
         !IsBlank(page_[pos_])) {
    ++pos_;
  }
  const std::string_view text = page_.substr(begin, pos_ - begin);
  if (text.empty()) return FailUnexpected(begin, "a value");
  switch (ParseNumber(text, sample_.value)) {
    case NumberStatus::kOk:
      break;
    case NumberStatus::kSyntax:
      return Fail(begin, "\"" + Printable(text) + "\" is not a number");
    case NumberStatus::kRange:
      return Fail(begin, "\"" + Printable(text) + "\" is out of range");
  }
  if (std::isnan(sample_.value)) sample_.value = kNaN;
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
