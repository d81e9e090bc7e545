// SPDX-License-Identifier: Apache-2.0
//
// The shape that nearly every line has, in both formats:
//
//   # TYPE name type
//   name{label="value",label="value"} number [timestamp]
//
// with single blanks, no escape and nothing but ASCII. Whatever differs, and whatever is wrong, is
// left to the grammars: then false is returned and nothing has happened.
#include <bit>
#include <cmath>

#include "exposition/char_class.h"
#include "exposition/number.h"
#include "exposition/page_parser.h"

namespace tidegate {

std::optional<PageParser::Event> PageParser::FastEntry() {
  if (!fast_ || AtEnd()) return std::nullopt;
  const char* const begin = page_.data() + pos_;
  if (*begin == '#') return FastMetadata(begin);
  while (filter_ != nullptr && FastSkip(page_.data() + pos_)) {
    if (AtEnd()) return std::nullopt;
  }
  return FastWanted(page_.data() + pos_);
}

std::optional<PageParser::Event> PageParser::FastWanted(const char* begin) {
  if (!Is(*begin, kNameStart) || !FastSample(begin)) return std::nullopt;
  return Event::kSample;
}

std::optional<PageParser::Event> PageParser::FastMetadata(const char* begin) {
  constexpr std::string_view kHelp = "# HELP ";
  const bool is_help = PeekIs(kHelp);
  if (!is_help && !PeekIs("# TYPE ")) return std::nullopt;
  const char* const line_end = index_.LineEnd(begin);
  if (line_end == nullptr || index_.HasOdd(begin, line_end)) return std::nullopt;
  const bool last = line_end + 1 == page_.data() + page_.size();
  if (!last && line_end[1] == '\0') return std::nullopt;  // to OpenMetrics it is part of the text
  const char* const name = begin + kHelp.size();
  const char* at = index_.WordEnd(name);
  while (*at == ':') at = index_.WordEnd(at + 1);
  if (!Is(*name, kNameStart) || *at != ' ' || IsBlank(at[1])) return std::nullopt;
  const std::string_view text(at + 1, static_cast<std::size_t>(line_end - at - 1));
  const std::optional<MetricType> type = is_help ? family_type_ : TypeFromName(text, format_);
  if (!type) return std::nullopt;
  name_ = std::string_view(name, static_cast<std::size_t>(at - name));
  text_ = text;
  if (!is_help) SetFamily(*type);
  pos_ = static_cast<std::size_t>(line_end + 1 - page_.data());
  return is_help ? Event::kHelp : Event::kType;
}

// A line that is whole (a newline may be part of a label's value) and not asked for.
bool PageParser::FastSkip(const char* begin) {
  if (!Is(*begin, kNameStart)) return false;
  const char* const line_end = index_.LineEnd(begin);
  if (line_end == nullptr) return false;
  const char* at = index_.WordEnd(begin);
  while (*at == ':') at = index_.WordEnd(at + 1);
  if (*at != '{' && *at != ' ') return false;
  if (filter_->Has(std::string_view(begin, static_cast<std::size_t>(at - begin)))) return false;
  if (!index_.IsPlain(begin, line_end)) return false;
  ++skipped_;
  pos_ = static_cast<std::size_t>(line_end + 1 - page_.data());
  return true;
}

bool PageParser::FastSample(const char* begin) {
  const char* const line_end = index_.LineEnd(begin);
  if (line_end == nullptr || index_.HasOdd(begin, line_end)) return false;
  const char* at = index_.WordEnd(begin);
  while (*at == ':') at = index_.WordEnd(at + 1);
  BeginSample();
  sample_.name = std::string_view(begin, static_cast<std::size_t>(at - begin));
  if (*at == '{' && !FastLabels(++at, line_end)) return false;
  sample_.series = std::string_view(begin, static_cast<std::size_t>(at - begin));
  if (*at != ' ' || !FastValue(at + 1, line_end)) return false;
  EndSeriesOnPage();
  sample_.number_at = static_cast<std::size_t>(at + 1 - page_.data());
  pos_ = static_cast<std::size_t>(line_end + 1 - page_.data());
  return true;
}

// Behind the opening brace, up to behind the closing one.
bool PageParser::FastLabels(const char*& at, const char* line_end) {
  while (*at != '}') {
    const char* const name_end = index_.WordEnd(at);
    if (!Is(*at, kLabelStart) || *name_end != '=' || name_end[1] != '"') return false;
    const char* const value = name_end + 2;
    const char* const value_end = index_.Quote(value);
    if (value_end >= line_end) return false;
    const std::string_view label(at, static_cast<std::size_t>(name_end - at));
    const std::string_view text(value, static_cast<std::size_t>(value_end - value));
    if (IsBound(label)) {
      labels_.push_back({label, CanonicalBound(label, text)});
    } else {  // not one expression with both: that would stall on a store of two halves
      labels_.push_back({label, text});
    }
    at = value_end + 1;
    if (*at == ',') {
      ++at;
    } else if (*at != '}') {
      return false;
    }
  }
  ++at;
  return true;
}

// The number, and in text format a timestamp. OpenMetrics has them in seconds, mostly with more.
bool PageParser::FastValue(const char* at, const char* line_end) {
  const NumberEnd number = ParseNumberPrefix(at, sample_.value);
  if (number.status != NumberStatus::kOk) return false;
  at = number.end;
  if (at == line_end) return true;
  if (format_ != PageFormat::kText) return false;
  constexpr std::ptrdiff_t kMostDigits = 18;  // they fit into 63 bits
  const char* const digits = ++at;
  const std::uint64_t time = internal::TakeDigits(at, 0);
  if (at != line_end || at == digits || at - digits > kMostDigits) return false;
  sample_.timestamp_ms = static_cast<std::int64_t>(time);
  return true;
}

}  // namespace tidegate
