// SPDX-License-Identifier: Apache-2.0
#include "tidegate/relabel.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "regex/regex.h"
#include "relabel/letter_case.h"
#include "relabel/md5.h"
#include "text/utf8.h"

namespace tidegate {

std::string_view ToString(RelabelAction action) noexcept {
  switch (action) {
    case RelabelAction::kReplace:
      return "replace";
    case RelabelAction::kKeep:
      return "keep";
    case RelabelAction::kDrop:
      return "drop";
    case RelabelAction::kKeepEqual:
      return "keepequal";
    case RelabelAction::kDropEqual:
      return "dropequal";
    case RelabelAction::kHashMod:
      return "hashmod";
    case RelabelAction::kLabelMap:
      return "labelmap";
    case RelabelAction::kLabelDrop:
      return "labeldrop";
    case RelabelAction::kLabelKeep:
      return "labelkeep";
    case RelabelAction::kLowercase:
      return "lowercase";
    case RelabelAction::kUppercase:
      return "uppercase";
  }
  return "";
}

namespace {

constexpr std::string_view kAnything = "(.*)";

const RelabelConfig& Defaults() {
  static const RelabelConfig kDefaults;
  return kDefaults;
}

Error Invalid(std::string message) {
  return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

bool IsLabelName(std::string_view name) { return !name.empty() && IsUtf8(name); }

bool ComparesTwo(RelabelAction action) {
  return action == RelabelAction::kKeepEqual || action == RelabelAction::kDropEqual;
}

bool ChangesCase(RelabelAction action) {
  return action == RelabelAction::kLowercase || action == RelabelAction::kUppercase;
}

bool FiltersNames(RelabelAction action) {
  return action == RelabelAction::kLabelDrop || action == RelabelAction::kLabelKeep;
}

/// Rules that say more than their action looks at.
Status CheckNothingElse(const RelabelConfig& config) {
  const RelabelConfig& defaults = Defaults();
  const std::string action(ToString(config.action));
  const bool others = config.modulus != defaults.modulus ||
                      config.separator != defaults.separator ||
                      config.replacement != defaults.replacement;
  if (ComparesTwo(config.action) && (others || config.regex)) {
    return Invalid(action +
                   " action requires only 'source_labels' and `target_label`, and no other fields");
  }
  if (FiltersNames(config.action) &&
      (others || !config.source_labels.empty() || !config.target_label.empty())) {
    return Invalid(action + " action requires only 'regex', and no other fields");
  }
  return {};
}

/// The labels while rules run. Names are visited as Prometheus does: those that are as they came,
/// by name, then those that were set, in the order in which they were.
class LabelEditor {
 public:
  explicit LabelEditor(const Labels& base) {
    for (const auto& [name, value] : base) {
      if (!value.empty()) labels_.push_back({name, value});
    }
    base_ = labels_.size();
  }

  std::string_view Get(std::string_view name) const {
    const auto found = Find(name);
    return found == labels_.end() ? std::string_view{} : std::string_view(found->second);
  }

  void Set(const std::string& name, std::string value) {
    if (value.empty()) return Remove(name);
    const auto found = Find(name);
    if (IsSet(found)) {
      found->second = std::move(value);
      return;
    }
    if (found != labels_.end()) Erase(found);
    labels_.emplace_back(name, std::move(value));
  }

  void Remove(std::string_view name) {
    if (const auto found = Find(name); found != labels_.end()) Erase(found);
  }

  std::vector<std::pair<std::string, std::string>> All() const { return labels_; }

  Labels Take() && {
    Labels out;
    for (auto& [name, value] : labels_) out.emplace(std::move(name), std::move(value));
    return out;
  }

 private:
  using List = std::vector<std::pair<std::string, std::string>>;

  List::iterator Find(std::string_view name) {
    return std::find_if(labels_.begin(), labels_.end(),
                        [name](const auto& label) { return label.first == name; });
  }
  List::const_iterator Find(std::string_view name) const {
    return std::find_if(labels_.begin(), labels_.end(),
                        [name](const auto& label) { return label.first == name; });
  }
  bool IsSet(List::iterator at) const {
    return at != labels_.end() && static_cast<std::size_t>(at - labels_.begin()) >= base_;
  }
  void Erase(List::iterator at) {
    if (!IsSet(at)) --base_;
    labels_.erase(at);
  }

  List labels_;
  std::size_t base_ = 0;  ///< so many are as they came
};

std::string HashModulo(std::string_view source, std::uint64_t modulus) {
  const std::array<std::uint8_t, 16> digest = Md5(source);
  std::uint64_t hash = 0;
  for (std::size_t i = 8; i < 16; ++i) hash = hash << 8U | digest[i];
  return std::to_string(hash % modulus);
}

}  // namespace

Status CheckRelabelConfig(const RelabelConfig& config) {
  const std::string action(ToString(config.action));
  const bool has_target = config.action == RelabelAction::kReplace ||
                          config.action == RelabelAction::kHashMod || ChangesCase(config.action) ||
                          ComparesTwo(config.action);
  if (config.action == RelabelAction::kHashMod && config.modulus == 0) {
    return Invalid("relabel configuration for hashmod requires non-zero modulus");
  }
  if (has_target && config.target_label.empty()) {
    return Invalid("relabel configuration for " + action + " action requires 'target_label' value");
  }
  if (has_target && !IsLabelName(config.target_label)) {
    return Invalid("\"" + config.target_label + "\" is invalid 'target_label' for " + action +
                   " action");
  }
  if ((ChangesCase(config.action) || ComparesTwo(config.action)) &&
      config.replacement != Defaults().replacement) {
    return Invalid("'replacement' can not be set for " + action + " action");
  }
  if (config.action == RelabelAction::kLabelMap && !IsLabelName(config.replacement)) {
    return Invalid("\"" + config.replacement + "\" is invalid 'replacement' for " + action +
                   " action");
  }
  if (Status alone = CheckNothingElse(config); !alone) return alone;
  const auto regex = Regex::Compile(config.regex.value_or(std::string(kAnything)));
  return regex ? Status() : regex.error();
}

struct RelabelRules::Rule {
  RelabelConfig config;
  Regex regex;

  std::string Source(const LabelEditor& labels) const {
    std::string source;
    for (std::size_t i = 0; i < config.source_labels.size(); ++i) {
      if (i > 0) source += config.separator;
      source += labels.Get(config.source_labels[i]);
    }
    return source;
  }

  /// False: dropped.
  bool Apply(LabelEditor& labels) const {
    const std::string source = Source(labels);
    switch (config.action) {
      case RelabelAction::kDrop:
        return !regex.FullMatch(source);
      case RelabelAction::kKeep:
        return regex.FullMatch(source);
      case RelabelAction::kDropEqual:
        return labels.Get(config.target_label) != source;
      case RelabelAction::kKeepEqual:
        return labels.Get(config.target_label) == source;
      case RelabelAction::kReplace:
        Replace(source, labels);
        break;
      case RelabelAction::kLowercase:
        labels.Set(config.target_label, ToLower(source));
        break;
      case RelabelAction::kUppercase:
        labels.Set(config.target_label, ToUpper(source));
        break;
      case RelabelAction::kHashMod:
        labels.Set(config.target_label, HashModulo(source, config.modulus));
        break;
      case RelabelAction::kLabelMap:
        MapNames(labels);
        break;
      case RelabelAction::kLabelDrop:
        RemoveNames(labels, true);
        break;
      case RelabelAction::kLabelKeep:
        RemoveNames(labels, false);
        break;
    }
    return true;
  }

  void Replace(std::string_view source, LabelEditor& labels) const {
    const auto groups = regex.Groups(source);
    if (!groups) return;
    const std::string target = regex.Expand(config.target_label, *groups);
    if (!IsLabelName(target)) return;
    labels.Set(target, regex.Expand(config.replacement, *groups));
  }

  void MapNames(LabelEditor& labels) const {
    for (const auto& [name, value] : labels.All()) {
      if (const auto groups = regex.Groups(name)) {
        labels.Set(regex.Expand(config.replacement, *groups), value);
      }
    }
  }

  void RemoveNames(LabelEditor& labels, bool matching) const {
    for (const auto& [name, value] : labels.All()) {
      if (regex.FullMatch(name) == matching) labels.Remove(name);
    }
  }
};

Result<RelabelRules> RelabelRules::Compile(const std::vector<RelabelConfig>& configs) {
  auto rules = std::make_shared<std::vector<Rule>>();
  for (std::size_t i = 0; i < configs.size(); ++i) {
    if (Status checked = CheckRelabelConfig(configs[i]); !checked) {
      return Invalid("[" + std::to_string(i) + "]: " + checked.error().message);
    }
    auto regex = Regex::Compile(configs[i].regex.value_or(std::string(kAnything)));
    rules->push_back({configs[i], *std::move(regex)});
  }
  RelabelRules out;
  if (!rules->empty()) out.rules_ = std::move(rules);
  return out;
}

bool RelabelRules::Apply(Labels& labels) const {
  if (empty()) return true;
  LabelEditor editor(labels);
  for (const Rule& rule : *rules_) {
    if (!rule.Apply(editor)) return false;
  }
  labels = std::move(editor).Take();
  return true;
}

}  // namespace tidegate
