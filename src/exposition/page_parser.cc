// SPDX-License-Identifier: Apache-2.0
#include "exposition/page_parser.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "exposition/char_class.h"
#include "exposition/hash.h"
#include "exposition/number.h"

namespace tidegate {
namespace {

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

}  // namespace

PageParser::PageParser(std::string_view page, PageFormat format, Effort effort)
    : page_(page),
      format_(format),
      fast_(effort == Effort::kFast && format != PageFormat::kProtobuf),
      index_(page) {}

void PageParser::NextPart(std::string_view part, bool last) {
  page_ = part;
  more_ = !last;
  pos_ = 0;
  index_.Reset(part);
}

PageParser::Event PageParser::Next() {
  while (true) {
    const Event event = AnyEntry();
    if (event != Event::kSample || filter_ == nullptr || Wanted()) return event;
    ++skipped_;
  }
}

// Blanks before a name are no part of it where it is asked for.
bool PageParser::Wanted() const {
  std::string_view name = sample_.name;
  while (!name.empty() && IsBlank(name.front())) name.remove_prefix(1);
  return filter_->Has(name);
}

PageParser::Event PageParser::AnyEntry() {
  if (const std::optional<Event> event = FastEntry()) return *event;
  switch (format_) {
    case PageFormat::kText:
      return TextEntry();
    case PageFormat::kOpenMetrics:
      return OpenMetricsEntry();
    case PageFormat::kProtobuf:
      break;
  }
  return page_.empty() ? Event::kEnd : FailPage(0, "pages in protobuf are not read");
}

bool PageParser::SkipLine() {
  const std::size_t newline = page_.find('\n', entry_begin_);
  if (newline == std::string_view::npos) return false;
  pos_ = newline + 1;
  return true;
}

std::string PositionText(std::string_view page, std::size_t offset, std::size_t lines_before) {
  const std::string_view before = page.substr(0, std::min(offset, page.size()));
  const auto line =
      lines_before + 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0: the first line
  return "line " + std::to_string(line) + ", column " +
         std::to_string(before.size() - line_begin + 1);
}

std::string PageParser::help() const {
  std::string help;
  // OpenMetrics escapes quotes in it too.
  AppendUnescaped(text_, format_ == PageFormat::kOpenMetrics, help);
  return help;
}

Error PageParser::error() const {
  return Error{ErrorCode::kInvalidArgument, PositionText(page_, error_at_) + ": " + error_};
}

PageParser::Event PageParser::Fail(std::size_t at, std::string what) {
  error_at_ = at;
  error_ = std::move(what);
  return Event::kError;
}

// What is wrong is not one line.
PageParser::Event PageParser::FailPage(std::size_t at, std::string what) {
  entry_begin_ = page_.size();
  return Fail(at, std::move(what));
}

PageParser::Event PageParser::FailUnexpected(std::size_t at, std::string_view expected) {
  return Fail(at, "expected " + std::string(expected) + ", got " + Excerpt(page_, at));
}

PageParser::Event PageParser::FailType(std::size_t at) {
  return Fail(at, "invalid metric type \"" + Printable(text_) + "\"");
}

bool PageParser::FailUtf8(std::size_t at, std::string_view label) {
  Fail(at, "the value of label \"" + Printable(label) + "\" is not UTF-8");
  return false;
}

void PageParser::SkipBlanks() {
  while (!AtEnd() && IsBlank(page_[pos_])) ++pos_;
}

void PageParser::SkipNuls() {
  while (!AtEnd() && page_[pos_] == '\0') ++pos_;
}

// At its first character: a metric's name, or without colons a label's.
std::string_view PageParser::Word(bool colons) {
  const std::size_t begin = pos_;
  while (!AtEnd() && Is(page_[pos_], colons ? kNamePart : kLabelPart)) ++pos_;
  return page_.substr(begin, pos_ - begin);
}

// At an opening quote: what is between it and its closing one, and the position after that.
std::optional<std::string_view> PageParser::QuotedName(bool newlines) {
  std::size_t i = pos_ + 1;
  while (i < page_.size() && page_[i] != '"') {
    const bool escape = page_[i] == '\\';
    if (escape && ++i >= page_.size()) return std::nullopt;
    const bool broken = page_[i] == '\n' && (escape || !newlines);
    if (broken || page_[i] == '\0') return std::nullopt;
    ++i;
  }
  if (i >= page_.size()) return std::nullopt;
  const std::string_view raw = page_.substr(pos_ + 1, i - pos_ - 1);
  pos_ = i + 1;
  return raw;
}

// As QuotedName(), but Prometheus's lexer does not see NUL bytes in a value: one may even stand
// between a backslash and what it escapes. Those behind the closing quote count as part of the
// value, of which the last byte is cut off, whichever it is.
std::optional<std::string_view> PageParser::QuotedValue(bool newlines) {
  const std::size_t begin = ++pos_;
  SkipNuls();
  while (!AtEnd() && page_[pos_] != '"') {
    const bool escape = page_[pos_] == '\\';
    if (escape) {
      ++pos_;
      SkipNuls();
    }
    if (AtEnd() || (page_[pos_] == '\n' && (escape || !newlines))) return std::nullopt;
    ++pos_;
    SkipNuls();
  }
  if (AtEnd()) return std::nullopt;
  ++pos_;
  SkipNuls();
  return page_.substr(begin, pos_ - 1 - begin);
}

// A metric's name in a comment, escapes as they are. A name of Prometheus is never null.
std::string_view PageParser::MetadataName() {
  if (Peek() == '"') return QuotedName(true).value_or(std::string_view());
  return Is(Peek(), kNameStart) ? Word(true) : std::string_view();
}

std::string& PageParser::Scratch() {
  if (scratch_used_ == scratch_.size()) scratch_.emplace_back();
  std::string& text = scratch_[scratch_used_++];
  text.clear();
  return text;
}

std::string_view PageParser::Unescape(std::string_view raw) {
  if (raw.empty() || std::memchr(raw.data(), '\\', raw.size()) == nullptr) return raw;
  std::string& text = Scratch();
  AppendUnescaped(raw, true, text);
  return text;
}

void PageParser::AddLabel(std::string_view label, std::string_view raw_value) {
  labels_.push_back({label, CanonicalBound(label, Unescape(raw_value))});
}

// The bounds of buckets and quantiles as OpenMetrics spells them; all else as it is. The same ones
// come again with every series of a family.
std::string_view PageParser::CanonicalBound(std::string_view label, std::string_view value) {
  if (!IsBound(label)) return value;
  if (bounds_.empty()) bounds_.resize(kBounds);
  Bound& bound = bounds_[HashBytes(value) % kBounds];
  if (bound.raw == value) return bound.text;
  double number = 0;
  std::string text(value);
  if (!IsCanonicalNumber(value) && ParseGoNumber(value, number) == NumberStatus::kOk) {
    text = CanonicalNumber(number);
  }
  const bool second = std::any_of(labels_.begin(), labels_.end(),
                                  [this](const LabelView& other) { return IsBound(other.name); });
  if (second) {  // the first may point to what would be overwritten
    return Scratch() = std::move(text);
  }
  bound = {std::string(value), std::move(text)};
  return bound.text;
}

void PageParser::SetFamily(MetricType type) {
  family_ = name_;
  if (name_.find('\\') != std::string_view::npos) {
    family_text_.clear();
    AppendUnescaped(name_, true, family_text_);
    family_ = family_text_;
  }
  family_type_ = type;
  typed_name_ = {};
  bound_label_ = type == MetricType::kHistogram ? "le"
                 : type == MetricType::kSummary ? "quantile"
                                                : "";
}

bool PageParser::ReadNumber(std::size_t begin, std::string_view text, double& value) {
  switch (ParseNumber(text, value)) {
    case NumberStatus::kOk:
      break;
    case NumberStatus::kSyntax:
      Fail(begin, "\"" + Printable(text) + "\" is not a number");
      return false;
    case NumberStatus::kRange:
      Fail(begin, "\"" + Printable(text) + "\" is out of range");
      return false;
  }
  return true;
}

}  // namespace tidegate
