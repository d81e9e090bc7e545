// SPDX-License-Identifier: Apache-2.0
//
// PageParser reads a page in Prometheus text format 0.0.4 or OpenMetrics 1.0, entry by entry,
// without copying it.
//
// It accepts and refuses what Prometheus 3 does, oddities included; text_grammar.cc and
// open_metrics_grammar.cc say which. It does not check what only matters to storage: that names are
// not empty, that a label occurs once.
//
// A line of the shape that nearly all have is read by fast_line.cc, guided by a CharIndex; whatever
// else there is goes to the grammars, which read byte by byte. Both read the same; the fuzzer
// compares them.
//
// Thread safety: one thread per parser.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exposition/char_index.h"
#include "exposition/metric_type.h"
#include "exposition/name_filter.h"
#include "tidegate/export.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate {

struct LabelView {
  std::string_view name;
  std::string_view value;  ///< escapes resolved
};

/// OpenMetrics only. Names and values are as they are on the page, as in Prometheus.
struct ExemplarView {
  std::span<const LabelView> labels;
  double value = 0;
  std::optional<std::int64_t> timestamp_ms;
};

/// One sample line. Valid until the next call of PageParser::Next().
struct SampleView {
  std::string_view series;            ///< name and labels as they are on the page
  std::string_view name;              ///< escapes resolved
  std::span<const LabelView> labels;  ///< in the order of the page
  std::size_t number_at = 0;          ///< where on the page the value is
  double value = 0;                   ///< every NaN is Prometheus's ordinary NaN
  std::optional<std::int64_t> timestamp_ms;
  MetricType type = MetricType::kUnknown;  ///< see TypeOfSample()
  std::optional<ExemplarView> exemplar;
};

/// "line 3, column 12": where the byte at `offset` is, of a page with `lines_before` lines more;
/// the column counts bytes from 1.
std::string PositionText(std::string_view page, std::size_t offset, std::size_t lines_before = 0);

class TIDEGATE_EXPORT PageParser {
 public:
  enum class Event { kSample, kType, kHelp, kUnit, kEnd, kError };

  /// kCareful leaves everything to the grammars: what the fast path is compared with.
  enum class Effort { kFast, kCareful };

  /// `page` must outlive the parser and what it returns.
  explicit PageParser(std::string_view page, PageFormat format = PageFormat::kText,
                      Effort effort = Effort::kFast);

  /// Leaves out the samples of other names. The labels of their lines are not looked at, so that
  /// what is wrong there may go unnoticed. `filter` must outlive the parser.
  void KeepOnly(const NameFilter& filter) { filter_ = &filter; }

  /// Goes on with the next part of the page, after kEnd. A part begins and ends where an entry does
  /// and has no NUL byte, which may mean the page's end; unless it is the `last`, more follows it.
  void NextPart(std::string_view part, bool last);

  /// Reads one entry. After kEnd there is nothing more; after kError only if SkipLine() says so.
  Event Next();

  /// After kError: leaves the line out in which the entry began that is wrong, and goes on behind
  /// it. False: there is no next line, or what is wrong is the page: then it is at its end. A
  /// label's value over several lines makes several entries if the first of them is left out.
  bool SkipLine();

  std::size_t offset() const { return pos_; }               ///< what has been read
  std::size_t skipped() const { return skipped_; }          ///< samples that KeepOnly() left out
  const SampleView& sample() const { return sample_; }      ///< after kSample
  std::string_view metadata_name() const { return name_; }  ///< after kType, kHelp, kUnit; raw
  MetricType type() const { return family_type_; }          ///< after kType
  std::string help() const;                                 ///< after kHelp, escapes resolved
  std::string_view unit() const { return text_; }           ///< after kUnit

  /// After kError: kInvalidArgument, `line 3, column 12: …`.
  Error error() const;

 private:
  // fast_line.cc
  std::optional<Event> FastEntry();
  std::optional<Event> FastWanted(const char* begin);
  std::optional<Event> FastMetadata(const char* begin);
  bool FastSample(const char* begin);
  bool FastSkip(const char* begin);
  bool FastLabels(const char*& at, const char* line_end);
  bool FastValue(const char* at, const char* line_end);

  bool Wanted() const;
  Event AnyEntry();

  // text_grammar.cc
  Event TextEntry();
  std::optional<Event> TextComment();
  bool TextKeyword(std::string_view keyword);
  Event TextMetadata(bool is_help);
  Event TextSample();
  bool TextLabels(bool name_known);
  bool TextLabel(bool name_known);
  bool TextLabelValue(std::string_view label);
  Event TextValueAndTimestamp();

  // open_metrics_grammar.cc
  Event OpenMetricsEntry();
  Event OpenMetricsComment();
  bool OpenMetricsKeyword(std::string_view keyword);
  Event OpenMetricsMetadata(Event kind);
  Event OpenMetricsSample();
  bool OpenMetricsLabels(bool in_exemplar, bool name_known);
  bool OpenMetricsLabelValue(std::string_view label, bool in_exemplar);
  bool OpenMetricsNumber(std::string_view expected, double& value);
  bool OpenMetricsTime(std::optional<std::int64_t>& time_ms);
  Event OpenMetricsEndOfSample();
  bool OpenMetricsExemplar();

  // What the grammars share: page_parser.cc
  Event Fail(std::size_t at, std::string what);
  Event FailPage(std::size_t at, std::string what);
  Event FailUnexpected(std::size_t at, std::string_view expected);
  Event FailType(std::size_t at);
  bool FailUtf8(std::size_t at, std::string_view label);
  bool AtEnd() const { return pos_ >= page_.size(); }
  char Peek() const { return AtEnd() ? '\n' : page_[pos_]; }
  bool PeekIs(std::string_view text) const { return page_.substr(pos_, text.size()) == text; }
  void SkipBlanks();
  void SkipNuls();
  std::string_view Word(bool colons);
  std::optional<std::string_view> QuotedName(bool newlines);
  std::optional<std::string_view> QuotedValue(bool newlines);
  std::string_view MetadataName();
  std::string_view Unescape(std::string_view raw);
  std::string& Scratch();
  void BeginSample() {
    scratch_used_ = 0;
    labels_.clear();
    sample_.timestamp_ms.reset();
    sample_.exemplar.reset();
  }
  // The name and the labels are known.
  void EndSeries() {
    sample_.labels = labels_;
    sample_.type = TypeOfSample(sample_.name, family_, family_type_, format_);
    typed_name_ = {};
  }
  // The same where the name is on the page: then the next one is looked at only if it differs.
  void EndSeriesOnPage() {
    const std::string_view typed = typed_name_;
    if (sample_.name != typed) {
      EndSeries();
      typed_name_ = sample_.name;
    } else {
      sample_.labels = labels_;
    }
  }
  bool IsBound(std::string_view label) const {
    return label.size() == bound_label_.size() && !label.empty() && label == bound_label_;
  }
  void AddLabel(std::string_view label, std::string_view raw_value);
  std::string_view CanonicalBound(std::string_view label, std::string_view value);
  void SetFamily(MetricType type);
  bool ReadNumber(std::size_t begin, std::string_view text, double& value);

  static constexpr std::size_t kBounds = 256;
  struct Bound {
    std::string raw{};
    std::string text{};
  };

  std::string_view page_;
  PageFormat format_;
  bool fast_;
  const NameFilter* filter_ = nullptr;  // null: all samples
  std::size_t skipped_ = 0;
  bool more_ = false;  // parts follow
  std::size_t pos_ = 0;
  CharIndex index_;
  SampleView sample_;
  std::vector<LabelView> labels_;
  std::vector<LabelView> exemplar_labels_;
  std::deque<std::string> scratch_;  // what labels_ points to where it is not on the page
  std::size_t scratch_used_ = 0;
  std::string_view name_;
  std::string_view family_;
  std::string family_text_;  // where its name has escapes
  MetricType family_type_ = MetricType::kUnknown;
  std::string_view typed_name_;   // of the sample before, if sample_.type holds for it still
  std::vector<Bound> bounds_;     // some that came, by hash; empty before the first
  std::string_view bound_label_;  // `le` or `quantile` in a family that has bounds
  std::string_view text_;         // of HELP and UNIT, as it is on the page
  std::size_t entry_begin_ = 0;   // of what the grammars are reading
  std::size_t error_at_ = 0;
  std::string error_;
};

}  // namespace tidegate
