// SPDX-License-Identifier: Apache-2.0
#include "config/reader.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "config/scalars.h"

namespace tidegate::config {
namespace {

constexpr double kMaxSeconds = 2147483647;  // an int32 in HPA's API

std::string Quoted(std::string_view text) { return JsonString(text); }

std::string Number(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) {
    return std::to_string(static_cast<std::int64_t>(value));
  }
  return FormatDouble(value);
}

std::string Join(std::span<const std::string_view> names) {
  std::string out;
  for (std::string_view name : names) {
    if (!out.empty()) out += ", ";
    out += Quoted(name);
  }
  return out;
}

/// In lower case, and without the marks of snake_case and kebab-case.
std::string Flat(std::string_view word) {
  std::string out;
  for (char c : word) {
    if (c == '_' || c == '-') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

/// Empty if none is near.
std::string_view NearestWord(std::string_view word, const std::vector<std::string_view>& words) {
  std::string_view best;
  if (word.size() > 64) return best;
  std::size_t limit = std::max<std::size_t>(1, std::min<std::size_t>(3, word.size() / 3));
  for (std::string_view candidate : words) {
    const std::size_t distance = EditDistance(Flat(word), Flat(candidate));
    if (distance > limit || (distance == limit && !best.empty())) continue;
    best = candidate;
    limit = distance;
  }
  return best;
}

bool SecondsBound(const FieldInfo& info, double seconds, std::string& text) {
  if (seconds < info.min) {
    text = "must be at least " +
           FormatDuration(Duration(static_cast<std::int64_t>(std::llround(info.min * 1e9))));
    return false;
  }
  if (seconds > info.max) {
    text = "must be at most " +
           FormatDuration(Duration(static_cast<std::int64_t>(std::llround(info.max * 1e9))));
    return false;
  }
  return true;
}

/// FormatMilli()'s text, exactly; Kubernetes' own arithmetic would let large ones wrap.
std::optional<MilliValue> CanonicalMilli(std::string_view text) {
  constexpr std::string_view kSuffixes = "kMGTPE";
  std::int64_t factor = 1000;
  if (!text.empty() && text.back() == 'm') {
    factor = 1;
    text.remove_suffix(1);
  } else if (!text.empty() && kSuffixes.find(text.back()) != std::string_view::npos) {
    for (std::size_t i = 0; i <= kSuffixes.find(text.back()); ++i) {
      if (__builtin_mul_overflow(factor, std::int64_t{1000}, &factor)) return std::nullopt;
    }
    text.remove_suffix(1);
  }
  const std::optional<std::int64_t> mantissa = ParseInt(text);
  std::int64_t value = 0;
  if (!mantissa || __builtin_mul_overflow(*mantissa, factor, &value)) return std::nullopt;
  return value;
}

}  // namespace

std::string Nearest(std::string_view word, const std::vector<std::string_view>& words) {
  const std::string_view best = NearestWord(word, words);
  return best.empty() ? std::string() : "; did you mean " + Quoted(best) + "?";
}

Reader::Reader(const Node* root, std::string path, ReadMode mode, std::vector<Problem>& problems)
    : mode_(mode), problems_(problems), node_(root), path_(std::move(path)) {}

const Member* Reader::FindMember(std::string_view key) const {
  const Node* node = objects_.back().node;
  if (node == nullptr) return nullptr;
  for (const Member& member : node->members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

void Reader::GoTo(const Node* node, std::string_view key, bool secret) {
  places_.push_back({node_, path_.size(), secret_});
  node_ = node;
  secret_ = secret_ || secret;
  if (!path_.empty() && (key.empty() || key[0] != '[')) path_ += '.';
  path_ += key;
}

void Reader::Report(Position at, std::string message) {
  problems_.push_back({at, path_, std::move(message)});
}

void Reader::ReportKey(Position at, std::string_view key, std::string message) {
  std::string path = path_;
  if (!path.empty()) path += '.';
  problems_.push_back({at, path.append(key), std::move(message)});
}

std::string Reader::Shown(const Node& node) const {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "nothing";
    case Node::Kind::kList:
      return "a list";
    case Node::Kind::kMap:
      return "a map";
    case Node::Kind::kScalar:
      break;
  }
  if (secret_) return "a secret";
  return Quoted(node.text.size() > 80 ? node.text.substr(0, 77) + "..." : node.text);
}

void Reader::WrongType(std::string_view want) {
  Report(node_->at, "want " + std::string(want) + ", got " + Shown(*node_));
}

const Node* Reader::Scalar(std::string_view want, bool& absent) {
  absent = node_ == nullptr;
  if (absent) return nullptr;
  if (node_->kind == Node::Kind::kScalar) return node_;
  WrongType(want);
  return nullptr;
}

bool Reader::Enter(std::string_view key, const FieldInfo& info) {
  if (info.hidden && mode_ != ReadMode::kRecord) return false;
  Object& object = objects_.back();
  object.keys.push_back(key);
  const Member* member = FindMember(key);
  const bool null =
      mode_ == ReadMode::kForeign && member != nullptr && member->value->kind == Node::Kind::kNull;
  if (member == nullptr || null) {
    if (mode_ == ReadMode::kRecord) {
      GoTo(nullptr, key, false);
      return true;
    }
    if (info.required && object.node != nullptr) {
      object.type_unknown = true;
      object.missing.push_back(
          {object.node->at, std::string(key),
           info.missing.empty() ? std::string("is required") : std::string(info.missing)});
    }
    return false;
  }
  GoTo(member->value.get(), key, info.secret);
  return true;
}

bool Reader::EnterAlternative(std::string_view key, bool active, const FieldInfo& info) {
  if (mode_ == ReadMode::kRecord) return active && Enter(key, info);
  Object& object = objects_.back();
  const Member* member = FindMember(key);
  if (member == nullptr) {
    object.keys.push_back(key);
    if (active && !object.type_unknown && object.node != nullptr) {
      object.missing.push_back({object.node->at, std::string(key), std::string(info.missing)});
    }
    return false;
  }
  if (active || object.type_unknown) return Enter(key, info);
  object.keys.push_back(key);
  ReportKey(member->at, key, "must populate the given metric source only");
  return false;
}

void Reader::Leave() {
  const Place place = places_.back();
  places_.pop_back();
  node_ = place.node;
  path_.resize(place.path_size);
  secret_ = place.secret;
}

void Reader::Ignored(std::string_view key) { objects_.back().passed_over.emplace(key); }

void Reader::Refused(std::string_view key, std::string_view why) {
  objects_.back().passed_over.emplace(key);
  const Member* member = FindMember(key);
  if (member != nullptr) ReportKey(member->at, key, std::string(why));
}

bool Reader::CheckNumber(double value, const std::string& shown, const FieldInfo& info) {
  if (value < info.min) {
    const std::string text = info.below.empty()
                                 ? "must be greater than or equal to " + Number(info.min)
                                 : std::string(info.below);
    Report(node_->at, text + ", got " + shown);
    return false;
  }
  if (value > info.max) {
    Report(node_->at, "must be less than or equal to " + Number(info.max) + ", got " + shown);
    return false;
  }
  return true;
}

void Reader::Value(bool& value, const FieldInfo& /*info*/) {
  bool absent = false;
  const Node* node = Scalar("true or false", absent);
  if (absent) value = false;
  if (node == nullptr) return;
  if (node->quoted || (node->text != "true" && node->text != "false")) {
    return WrongType("true or false");
  }
  value = node->text == "true";
}

void Reader::Value(std::int64_t& value, const FieldInfo& info) {
  bool absent = false;
  const Node* node = Scalar("an integer", absent);
  if (absent) value = 0;
  if (node == nullptr) return;
  const std::optional<std::int64_t> parsed = ParseInt(node->text);
  if (!parsed) return WrongType("an integer");
  if (node->quoted) return WrongType("an integer without quotes");
  // Records hold whatever was computed, so only the type's own range counts for them.
  FieldInfo range = info;
  if (mode_ == ReadMode::kRecord) range = {.min = info.type_min, .max = info.type_max};
  if (CheckNumber(static_cast<double>(*parsed), node->text, range)) value = *parsed;
}

void Reader::Value(double& value, const FieldInfo& info) {
  bool absent = false;
  const Node* node = Scalar("a number", absent);
  if (absent) value = 0;
  if (node == nullptr) return;
  if (mode_ == ReadMode::kRecord && node->quoted) {
    if (node->text == "NaN") value = std::numeric_limits<double>::quiet_NaN();
    if (node->text == "+Inf") value = std::numeric_limits<double>::infinity();
    if (node->text == "-Inf") value = -std::numeric_limits<double>::infinity();
    if (node->text != "NaN" && node->text != "+Inf" && node->text != "-Inf") WrongType("a number");
    return;
  }
  const std::optional<double> parsed = ParseDouble(node->text);
  if (!parsed || !std::isfinite(*parsed)) return WrongType("a finite number");
  if (node->quoted) return WrongType("a number without quotes");
  if (mode_ == ReadMode::kRecord || CheckNumber(*parsed, node->text, info)) value = *parsed;
}

void Reader::Value(std::string& value, const FieldInfo& info) {
  bool absent = false;
  const Node* node = Scalar("a string", absent);
  if (absent) value.clear();
  if (node == nullptr) return;
  const auto& choices = info.choices;
  if (!choices.empty() && std::find(choices.begin(), choices.end(), node->text) == choices.end()) {
    Report(node->at, "unsupported value " + Shown(*node) + ", want one of " + Join(choices) +
                         Nearest(node->text, {choices.begin(), choices.end()}));
    return;
  }
  value = node->text;
}

void Reader::Value(Duration& value, const FieldInfo& info) {
  constexpr std::string_view kWant = "a duration such as \"30s\"";
  bool absent = false;
  const Node* node = Scalar(kWant, absent);
  if (absent) value = {};
  if (node == nullptr) return;
  const std::optional<Duration> parsed = ParseDuration(node->text);
  if (!parsed) return WrongType(kWant);
  std::string text;
  const double seconds = static_cast<double>(parsed->count()) / 1e9;
  if (mode_ == ReadMode::kRecord || SecondsBound(info, seconds, text)) {
    value = *parsed;
  } else {
    Report(node->at, text + ", got " + node->text);
  }
}

void Reader::Value(TimePoint& value, const FieldInfo& /*info*/) {
  constexpr std::string_view kWant = "an instant such as \"2026-01-02T03:04:05Z\"";
  bool absent = false;
  const Node* node = Scalar(kWant, absent);
  if (absent) value = {};
  if (node == nullptr) return;
  const std::optional<TimePoint> parsed = ParseTime(node->text);
  if (!parsed) return WrongType(kWant);
  value = *parsed;
}

void Reader::QuantityValue(MilliValue& value, const FieldInfo& info) {
  constexpr std::string_view kWant = "a quantity such as 50, \"1500m\" or \"2k\"";
  bool absent = false;
  const Node* node = Scalar(kWant, absent);
  if (absent) value = 0;
  if (node == nullptr) return;
  if (mode_ == ReadMode::kRecord) {
    const std::optional<MilliValue> exact = CanonicalMilli(node->text);
    if (!exact) return WrongType(kWant);
    value = *exact;
    return;
  }
  const Result<MilliValue> parsed = ParseMilli(node->text);
  if (!parsed) return Report(node->at, parsed.error().message + ", got " + Shown(*node));
  if (CheckNumber(static_cast<double>(*parsed) / 1000, node->text, info)) value = *parsed;
}

void Reader::SecondsValue(Duration& value, const FieldInfo& info) {
  constexpr std::string_view kWant = "a whole number of seconds";
  bool absent = false;
  const Node* node = Scalar(kWant, absent);
  if (absent) value = {};
  if (node == nullptr) return;
  if (mode_ == ReadMode::kRecord && node->quoted) return Value(value, info);
  const std::optional<std::int64_t> parsed = node->quoted ? std::nullopt : ParseInt(node->text);
  if (!parsed) return WrongType(kWant);
  FieldInfo bounded = info;
  if (mode_ == ReadMode::kRecord) bounded = {};
  bounded.max = std::min(bounded.max, mode_ == ReadMode::kRecord ? 9.2e9 : kMaxSeconds);
  bounded.min = std::max(bounded.min, mode_ == ReadMode::kRecord ? -9.2e9 : -kMaxSeconds);
  if (CheckNumber(static_cast<double>(*parsed), node->text, bounded)) {
    value = std::chrono::seconds(*parsed);
  }
}

void Reader::RatioValue(double& value, const FieldInfo& info) {
  if (mode_ == ReadMode::kRecord) return Value(value, info);
  constexpr std::string_view kWant = "a number or a quantity such as \"50m\"";
  bool absent = false;
  const Node* node = Scalar(kWant, absent);
  if (node == nullptr) return;
  const Result<double> parsed = ParseRatio(node->text);
  if (!parsed || !std::isfinite(*parsed)) return WrongType(kWant);
  if (CheckNumber(*parsed, node->text, info)) value = *parsed;
}

void Reader::EnumValue(std::size_t& index, std::span<const std::string_view> names,
                       const FieldInfo& info) {
  if (!info.choices.empty() && mode_ != ReadMode::kRecord) names = info.choices;
  const std::string want = "one of " + Join(names);
  bool absent = false;
  const Node* node = Scalar(want, absent);
  if (absent) index = 0;
  if (node == nullptr) {
    if (!absent) objects_.back().type_unknown = true;
    return;
  }
  const auto found = std::find(names.begin(), names.end(), node->text);
  if (found == names.end()) {
    objects_.back().type_unknown = true;
    Report(node->at, "unsupported value " + Shown(*node) + ", want " + want +
                         Nearest(node->text, {names.begin(), names.end()}));
    return;
  }
  index = static_cast<std::size_t>(found - names.begin());
}

void Reader::BeginStruct() {
  Object object;
  if (node_ != nullptr && node_->kind == Node::Kind::kMap) {
    object.node = node_;
  } else if (node_ != nullptr) {
    WrongType("a map");
  }
  objects_.push_back(std::move(object));
}

void Reader::UnknownKeys(const Object& object) {
  std::set<std::string_view> explained;
  for (const Member& member : object.node->members) {
    if (object.passed_over.find(member.key) != object.passed_over.end()) continue;
    const auto& keys = object.keys;
    if (std::find(keys.begin(), keys.end(), member.key) != keys.end()) continue;
    const std::string_view near = NearestWord(member.key, keys);
    if (!near.empty()) explained.insert(near);
    std::string message = "unknown key " + Quoted(member.key);
    if (member.key == "<<") {
      message += "; YAML's merge keys are not supported";
    } else if (!near.empty()) {
      message += "; did you mean " + Quoted(near) + "?";
    } else if (!keys.empty()) {
      message += "; known keys are " + Join(keys);
    }
    Report(member.at, std::move(message));
  }
  for (const Problem& missing : object.missing) {
    if (explained.count(missing.path) > 0) continue;
    ReportKey(missing.at, missing.path, missing.message);
  }
}

void Reader::EndStruct() {
  const Object object = std::move(objects_.back());
  objects_.pop_back();
  if (object.node != nullptr) UnknownKeys(object);
}

void Reader::BeginOptional(bool& present) {
  const bool null = node_ != nullptr && node_->kind == Node::Kind::kNull;
  present = node_ != nullptr && !(null && mode_ != ReadMode::kFile);
}

void Reader::BeginList(std::size_t& size) {
  size = 0;
  if (node_ != nullptr && node_->kind != Node::Kind::kList) WrongType("a list");
  if (node_ != nullptr && node_->kind == Node::Kind::kList) size = node_->items.size();
  places_.push_back({node_, path_.size(), secret_});
}

void Reader::Element(std::size_t index) {
  const Place& list = places_.back();
  path_.resize(list.path_size);
  path_ += "[" + std::to_string(index) + "]";
  node_ = list.node->items[index].get();
}

void Reader::EndList() { Leave(); }

void Reader::BeginMap(std::vector<std::string>& keys) {
  keys.clear();
  if (node_ != nullptr && node_->kind != Node::Kind::kMap) WrongType("a map");
  if (node_ != nullptr && node_->kind == Node::Kind::kMap) {
    for (const Member& member : node_->members) keys.push_back(member.key);
  }
  places_.push_back({node_, path_.size(), secret_});
}

void Reader::Entry(const std::string& key) {
  Place& map = places_.back();
  path_.resize(map.path_size);
  path_ += "." + key;
  node_ = map.node->members[map.entries++].value.get();  // keys come in BeginMap()'s order
}

void Reader::EndMap() { Leave(); }

}  // namespace tidegate::config
