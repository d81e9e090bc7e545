// SPDX-License-Identifier: Apache-2.0
//
// PageParser reads a page in Prometheus text format 0.0.4, entry by entry, without copying it.
//
// It accepts and refuses what Prometheus 3 does, oddities included: the final newline may be
// missing, CR may not be there, timestamps are non-negative integers, hex numbers, '_' and 1e400
// are errors, an unknown escape stays as it is, a raw newline in a label value is legal, blanks
// before a metric name become part of it, and a NUL byte where an entry could begin ends the
// page. Names in quotes (`{"my.metric","l.x"="v"}`) are understood. `le` of histograms and
// `quantile` of summaries come in canonical spelling.
//
// It does not check what only matters to storage: that names are not empty, that a label occurs
// once.
//
// Thread safety: one thread per parser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/result.h"

namespace tidegate {

enum class MetricType : std::uint8_t { kUnknown, kCounter, kGauge, kHistogram, kSummary };

struct LabelView {
  std::string_view name;
  std::string_view value;  ///< escapes resolved
};

/// One sample line. Valid until the next call of PageParser::Next().
struct SampleView {
  std::string_view series;            ///< name and labels as they are on the page
  std::string_view name;              ///< escapes resolved
  std::span<const LabelView> labels;  ///< in the order of the page
  double value = 0;                   ///< every NaN is Prometheus's ordinary NaN
  std::optional<std::int64_t> timestamp_ms;
  MetricType type = MetricType::kUnknown;  ///< if it belongs to the family of the last TYPE line
};

/// Whether samples called `name` belong to the family: itself, or `_bucket`, `_count`, `_sum` of
/// a histogram or summary.
bool BelongsToFamily(std::string_view name, std::string_view family, MetricType type);

/// "line 3, column 12": where the byte at `offset` is; the column counts bytes from 1.
std::string PositionText(std::string_view page, std::size_t offset);

class PageParser {
 public:
  enum class Event { kSample, kType, kHelp, kEnd, kError };

  /// `page` must outlive the parser and what it returns.
  explicit PageParser(std::string_view page);

  /// Reads one entry. After kEnd or kError there is nothing more.
  Event Next();

  const SampleView& sample() const { return sample_; }      ///< after kSample
  std::string_view metadata_name() const { return name_; }  ///< after kType and kHelp
  MetricType type() const { return family_type_; }          ///< after kType
  const std::string& help() const { return help_; }         ///< after kHelp, escapes resolved

  /// After kError: kInvalidArgument, `line 3, column 12: …`.
  Error error() const;

 private:
  Event Fail(std::size_t at, std::string what);
  Event FailUnexpected(std::size_t at, std::string_view expected);
  bool AtEnd() const { return pos_ >= page_.size(); }
  char Peek() const { return AtEnd() ? '\n' : page_[pos_]; }
  void SkipBlanks();
  bool SkipRestOfLine();
  std::optional<std::string_view> QuotedString();
  std::string_view Unescape(std::string_view raw);
  Event Comment(bool& skipped);
  bool AcceptKeyword(std::string_view keyword);
  Event Metadata(bool is_help);
  Event Sample(std::size_t entry_begin);
  bool LabelList(bool name_known);
  bool LabelPair(bool name_known);
  bool LabelValue(std::string_view label);
  Event ValueAndTimestamp();

  std::string_view page_;
  std::size_t pos_ = 0;
  SampleView sample_;
  std::vector<LabelView> labels_;
  std::deque<std::string> unescaped_;  // what labels_ points to where an escape was resolved
  std::size_t unescaped_used_ = 0;
  std::string_view name_;
  std::string family_;
  MetricType family_type_ = MetricType::kUnknown;
  std::string help_;
  std::size_t error_at_ = 0;
  std::string error_;
};

}  // namespace tidegate
