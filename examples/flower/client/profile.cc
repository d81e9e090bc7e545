// SPDX-License-Identifier: Apache-2.0
#include "examples/flower/client/profile.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace flower {
namespace {

using tidegate::Error;
using tidegate::ErrorCode;
using tidegate::Result;

constexpr double kMaxSeconds = 24 * 3600;
constexpr double kMaxPerSecond = 1e6;

struct Word {
  std::string_view text;
  std::size_t column = 0;  // from 1
};

std::vector<Word> SplitWords(std::string_view line) {
  line = line.substr(0, line.find('#'));
  std::vector<Word> words;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(" \t\r", at)) != std::string_view::npos) {
    const std::size_t end = std::min(line.find_first_of(" \t\r", at), line.size());
    words.push_back({line.substr(at, end - at), at + 1});
    at = end;
  }
  return words;
}

// A plain decimal followed by `unit`-text; nullopt if there is none.
std::optional<double> ParseNumber(std::string_view text, std::string_view& unit) {
  if (text.empty() || ((text[0] < '0' || text[0] > '9') && text[0] != '.')) return std::nullopt;
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc()) return std::nullopt;
  unit = text.substr(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<double> ParseSeconds(std::string_view text) {
  std::string_view unit;
  const std::optional<double> number = ParseNumber(text, unit);
  if (!number) return std::nullopt;
  double scale = 0;
  if (unit == "ms") scale = 1e-3;
  if (unit == "s") scale = 1;
  if (unit == "m") scale = 60;
  if (unit == "h") scale = 3600;
  const double seconds = *number * scale;
  if (!(seconds > 0 && seconds <= kMaxSeconds)) return std::nullopt;
  return seconds;
}

std::optional<double> ParseRate(std::string_view text) {
  std::string_view unit;
  const std::optional<double> number = ParseNumber(text, unit);
  if (!number || unit != "/s" || *number > kMaxPerSecond) return std::nullopt;
  return number;
}

// Reads one profile; knows where it is, for the messages.
class Parser {
 public:
  Parser(std::string_view text, std::string_view name) : text_(text), name_(name) {}

  Result<Profile> Parse() {
    for (std::size_t at = 0; at < text_.size() && !error_;) {
      const std::size_t end = std::min(text_.find('\n', at), text_.size());
      ++line_;
      ParseLine(SplitWords(text_.substr(at, end - at)));
      at = end + 1;
    }
    if (!error_ && profile_.segments.empty()) Fail({}, "the profile is empty: want hold or ramp");
    if (error_) return *error_;
    return profile_;
  }

 private:
  void ParseLine(const std::vector<Word>& words) {
    if (words.empty()) return;
    const std::string_view verb = words[0].text;
    if (verb == "step") {
      if (CheckCount(words, 2, 2)) Rate(words[1]);
    } else if (verb == "hold") {
      if (!CheckCount(words, 2, 3)) return;
      const double seconds = Seconds(words[1]);
      if (words.size() == 3) Rate(words[2]);
      Add(words[0], seconds, rate_);
    } else if (verb == "ramp") {
      if (!CheckCount(words, 3, 4)) return;
      const double seconds = Seconds(words[1]);
      if (words.size() == 4) Rate(words[2]);
      const std::optional<double> from = rate_;
      Rate(words.back());
      Add(words[0], seconds, from);
    } else {
      Fail(words[0], "expected hold, ramp or step, got '" + std::string(verb) + "'");
    }
  }

  bool CheckCount(const std::vector<Word>& words, std::size_t min, std::size_t max) {
    if (words.size() > max) {
      Fail(words[max], "unexpected '" + std::string(words[max].text) + "'");
    } else if (words.size() < min) {
      const Word& last = words.back();
      Fail({last.text, last.column + last.text.size()},
           "'" + std::string(words[0].text) + "' needs " +
               (words[0].text == "step" ? "a rate such as 80/s"
                : words.size() == 1     ? "a duration such as 10s"
                                        : "a rate such as 80/s"));
    }
    return words.size() >= min && words.size() <= max;
  }

  double Seconds(const Word& word) {
    const std::optional<double> seconds = ParseSeconds(word.text);
    if (!seconds) {
      Fail(word, "expected a duration such as 10s (more than 0, at most 24h), got '" +
                     std::string(word.text) + "'");
    }
    return seconds.value_or(0);
  }

  void Rate(const Word& word) {
    rate_ = ParseRate(word.text);
    if (!rate_) {
      Fail(word, "expected a rate such as 80/s (at most 1000000/s), got '" +
                     std::string(word.text) + "'");
    }
  }

  void Add(const Word& verb, double seconds, std::optional<double> from) {
    if (!error_ && !from) Fail(verb, "no rate yet: give one, such as 80/s");
    if (!error_) profile_.segments.push_back({seconds, *from, *rate_});
  }

  void Fail(const Word& word, const std::string& what) {
    if (error_) return;
    error_ = Error{ErrorCode::kInvalidArgument,
                   std::string(name_) + ":" + std::to_string(std::max<std::size_t>(line_, 1)) +
                       ":" + std::to_string(std::max<std::size_t>(word.column, 1)) + ": " + what};
  }

  std::string_view text_;
  std::string_view name_;
  std::size_t line_ = 0;
  std::optional<double> rate_;
  std::optional<Error> error_;
  Profile profile_;
};

}  // namespace

double Profile::seconds() const {
  double sum = 0;
  for (const Segment& segment : segments) sum += segment.seconds;
  return sum;
}

double Profile::CountUntil(double t) const {
  double count = 0;
  for (const Segment& segment : segments) {
    const double s = std::clamp(t, 0.0, segment.seconds);
    const double slope = (segment.to_per_s - segment.from_per_s) / segment.seconds;
    count += s * (segment.from_per_s + slope * s / 2);
    t -= segment.seconds;
  }
  return count;
}

Result<Profile> ParseProfile(std::string_view text, std::string_view name) {
  return Parser(text, name).Parse();
}

}  // namespace flower
