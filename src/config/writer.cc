// SPDX-License-Identifier: Apache-2.0
#include "config/writer.h"

#include <cmath>
#include <utility>

#include "config/scalars.h"

namespace tidegate::config {

bool JsonWriter::Enter(std::string_view key, const FieldInfo& info) {
  if (info.hidden && mode_ != WriteMode::kRecord) return false;
  fields_.push_back({out_.size(), containers_.back().empty, secret_});
  secret_ = secret_ || info.secret;
  Separate();
  out_ += JsonString(key);
  out_ += ':';
  force_ = false;
  return true;
}

void JsonWriter::Leave() {
  const OpenField field = fields_.back();
  fields_.pop_back();
  secret_ = field.secret;
  if (std::exchange(omit_, false)) {
    out_.resize(field.start);
    containers_.back().empty = field.was_empty;
  }
}

void JsonWriter::Separate() {
  if (!std::exchange(containers_.back().empty, false)) out_ += ',';
}

void JsonWriter::Emit(std::string_view text, bool zero) {
  const bool force = std::exchange(force_, false);
  if (zero && !force && mode_ == WriteMode::kRecord) {
    omit_ = true;
  } else {
    out_ += text;
  }
}

void JsonWriter::Open(char bracket) {
  containers_.push_back({true, std::exchange(force_, false)});
  out_ += bracket;
}

void JsonWriter::Close(char bracket) {
  const OpenValue done = containers_.back();
  containers_.pop_back();
  out_ += bracket;
  omit_ = done.empty && !done.force && mode_ == WriteMode::kRecord;
}

void JsonWriter::Value(bool& value, const FieldInfo& /*info*/) {
  Emit(value ? "true" : "false", !value);
}

void JsonWriter::Value(std::int64_t& value, const FieldInfo& /*info*/) {
  Emit(std::to_string(value), value == 0);
}

void JsonWriter::Value(double& value, const FieldInfo& /*info*/) {
  if (std::isfinite(value)) return Emit(FormatDouble(value), value == 0 && !std::signbit(value));
  Emit(std::isnan(value) ? "\"NaN\"" : value > 0 ? "\"+Inf\"" : "\"-Inf\"", false);
}

void JsonWriter::Value(std::string& value, const FieldInfo& /*info*/) {
  const bool hide = secret_ && mode_ == WriteMode::kFull && !value.empty();
  Emit(hide ? "\"***\"" : JsonString(value), value.empty());
}

void JsonWriter::Value(Duration& value, const FieldInfo& /*info*/) {
  Emit(JsonString(FormatDuration(value)), value == Duration{});
}

void JsonWriter::Value(TimePoint& value, const FieldInfo& /*info*/) {
  Emit(JsonString(FormatTime(value)), value == TimePoint{});
}

void JsonWriter::QuantityValue(MilliValue& value, const FieldInfo& /*info*/) {
  Emit(JsonString(FormatMilli(value)), value == 0);
}

void JsonWriter::SecondsValue(Duration& value, const FieldInfo& info) {
  constexpr std::int64_t kLargest = 9'200'000'000;
  const std::int64_t seconds = value.count() / 1'000'000'000;
  if (std::chrono::seconds(seconds) != value || seconds > kLargest || seconds < -kLargest) {
    return Value(value, info);
  }
  Emit(std::to_string(seconds), seconds == 0);
}

void JsonWriter::RatioValue(double& value, const FieldInfo& info) {
  if (mode_ == WriteMode::kRecord || !std::isfinite(value)) return Value(value, info);
  Emit(FormatRatio(value), false);
}

void JsonWriter::EnumValue(std::size_t& index, std::span<const std::string_view> names,
                           const FieldInfo& /*info*/) {
  Emit(JsonString(index < names.size() ? names[index] : "?"), index == 0);
}

void JsonWriter::BeginOptional(bool& present) {
  if (present) {
    force_ = true;
  } else {
    omit_ = true;
  }
}

void JsonWriter::BeginList(std::size_t& /*size*/) { Open('['); }

void JsonWriter::Element(std::size_t /*index*/) {
  Separate();
  force_ = true;
}

void JsonWriter::BeginMap(std::vector<std::string>& /*keys*/) { Open('{'); }

void JsonWriter::Entry(const std::string& key) {
  Separate();
  out_ += JsonString(key);
  out_ += ':';
  force_ = true;
}

}  // namespace tidegate::config
