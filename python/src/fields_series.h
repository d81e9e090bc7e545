// SPDX-License-Identifier: Apache-2.0
//
// The fields of samples and queries.
#pragma once

#include <string_view>
#include <tuple>

#include "tidegate/promql.h"
#include "tidegate/series_store.h"
#include "value_class.h"

namespace tidegate::python {

template <>
struct Fields<SeriesStoreOptions> {
  static constexpr std::string_view kName = "SeriesStoreOptions";
  static constexpr std::string_view kRoot = "series";
  static constexpr std::string_view kDoc = "Limits; what exceeds them is refused and counted.";
  static constexpr auto kList = std::make_tuple(
      F("retention", &SeriesStoreOptions::retention, "Older samples are overwritten."),
      F("max_series", &SeriesStoreOptions::max_series, "In the store."),
      F("max_samples_per_series", &SeriesStoreOptions::max_samples_per_series, "Ring size."),
      F("max_samples_per_page", &SeriesStoreOptions::max_samples_per_page, "More fails the page."),
      F("max_labels", &SeriesStoreOptions::max_labels, "Of one series."),
      F("max_label_name_length", &SeriesStoreOptions::max_label_name_length, "In bytes."),
      F("max_label_value_length", &SeriesStoreOptions::max_label_value_length, "In bytes."),
      F("metrics", &SeriesStoreOptions::metrics, "Of pages, only these are kept; empty: all."),
      F("max_bytes", &SeriesStoreOptions::max_bytes, "Then nothing new."),
      F("legacy_names", &SeriesStoreOptions::legacy_names, "Refuse names that need quotes."));
};

template <>
struct Fields<SeriesStoreStats> {
  static constexpr std::string_view kName = "SeriesStoreStats";
  static constexpr std::string_view kRoot = "stats";
  static constexpr std::string_view kDoc = "What a store holds and has refused.";
  static constexpr auto kList = std::make_tuple(
      F("series", &SeriesStoreStats::series, "Now."),
      F("samples", &SeriesStoreStats::samples, "Now."),
      F("bytes", &SeriesStoreStats::bytes, "Memory kept, about."),
      F("ingested_total", &SeriesStoreStats::ingested_total, "Samples taken."),
      F("pages_total", &SeriesStoreStats::pages_total, "Pages taken."),
      F("refused_series_total", &SeriesStoreStats::refused_series_total, "Over max_series."),
      F("refused_page_samples_total", &SeriesStoreStats::refused_page_samples_total,
        "Over max_samples_per_page."),
      F("refused_labels_total", &SeriesStoreStats::refused_labels_total, "Over max_labels."),
      F("refused_label_length_total", &SeriesStoreStats::refused_label_length_total,
        "Too long a name or value."),
      F("out_of_order_total", &SeriesStoreStats::out_of_order_total, "Older than the newest."),
      F("too_far_ahead_total", &SeriesStoreStats::too_far_ahead_total,
        "Timestamps of a page more than 10 minutes after its scrape."),
      F("duplicate_total", &SeriesStoreStats::duplicate_total, "As old as the newest."),
      F("skipped_total", &SeriesStoreStats::skipped_total, "Samples of metrics that are not kept."),
      F("parse_errors_total", &SeriesStoreStats::parse_errors_total, "Pages refused."),
      F("skipped_lines_total", &SeriesStoreStats::skipped_lines_total, "By lenient rules."));
};

template <>
struct Fields<PageSummary> {
  static constexpr std::string_view kName = "PageSummary";
  static constexpr std::string_view kRoot = "summary";
  static constexpr std::string_view kDoc = "What a page held.";
  static constexpr auto kList =
      std::make_tuple(F("samples", &PageSummary::samples, "Samples taken."),
                      F("left_out", &PageSummary::left_out, "Not newer, or too far ahead."),
                      F("series_added", &PageSummary::series_added, "Series that were new."),
                      F("dropped", &PageSummary::dropped, "Samples that rules left out."),
                      F("skipped", &PageSummary::skipped, "Of metrics that are not kept."),
                      F("skipped_lines", &PageSummary::skipped_lines, "By lenient rules."),
                      F("first_skipped", &PageSummary::first_skipped, "What is wrong with it."));
};

template <>
struct Fields<VectorSample> {
  static constexpr std::string_view kName = "VectorSample";
  static constexpr std::string_view kRoot = "sample";
  static constexpr std::string_view kDoc = "One element of a query's answer.";
  static constexpr auto kList = std::make_tuple(F("labels", &VectorSample::labels, "Its labels."),
                                                F("value", &VectorSample::value, "Its value."));
};

template <>
struct Fields<MatrixPoint> {
  static constexpr std::string_view kName = "MatrixPoint";
  static constexpr std::string_view kRoot = "point";
  static constexpr std::string_view kDoc = "One value of a series.";
  static constexpr auto kList = std::make_tuple(F("time", &MatrixPoint::time, "When it was."),
                                                F("value", &MatrixPoint::value, "What it was."));
};

template <>
struct Fields<MatrixSeries> {
  static constexpr std::string_view kName = "MatrixSeries";
  static constexpr std::string_view kRoot = "series";
  static constexpr std::string_view kDoc = "One series of a query's answer over time.";
  static constexpr auto kList =
      std::make_tuple(F("labels", &MatrixSeries::labels, "Its labels."),
                      F("points", &MatrixSeries::points, "Times and values, in time order."));
};

template <>
struct Fields<EvaluateQuality> {
  static constexpr std::string_view kName = "EvaluateQuality";
  static constexpr std::string_view kRoot = "quality";
  static constexpr std::string_view kDoc = "What a scaler has to know about an answer.";
  static constexpr auto kList = std::make_tuple(
      F("newest", &EvaluateQuality::newest, "Newest sample of the oldest series used."),
      F("min_coverage", &EvaluateQuality::min_coverage, "Smallest share of a window covered."),
      F("counter_reset", &EvaluateQuality::counter_reset, "A counter fell inside a window."),
      F("no_series", &EvaluateQuality::no_series, "Some selector matched nothing."),
      F("ended_series", &EvaluateQuality::ended_series, "A series in a window has ended."),
      F("non_finite", &EvaluateQuality::non_finite, "A sample is NaN or infinite."));
};

template <>
struct Fields<QueryResult> {
  static constexpr std::string_view kName = "QueryResult";
  static constexpr std::string_view kRoot = "result";
  static constexpr std::string_view kDoc = "A query's answer.";
  static constexpr auto kList =
      std::make_tuple(F("type", &QueryResult::type, "Which of the four it is."),
                      F("scalar", &QueryResult::scalar, "Where it is a scalar."),
                      F("text", &QueryResult::text, "Where it is a string."),
                      F("vector", &QueryResult::vector, "Where it is a vector."),
                      F("matrix", &QueryResult::matrix, "Where it is a matrix; sorted by labels."),
                      F("quality", &QueryResult::quality, "How far to trust it."),
                      F("warnings", &QueryResult::warnings, "PromQL's warnings."),
                      F("infos", &QueryResult::infos, "PromQL's infos."));
};

}  // namespace tidegate::python
