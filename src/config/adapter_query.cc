// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <utility>

#include "config/adapter.h"
#include "config/scalars.h"
#include "hpa/names.h"
#include "series/matcher.h"

namespace tidegate::config {
namespace {

bool IsWord(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == ':';
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return std::string(text);
}

std::string Join(const std::vector<std::string>& parts, std::string_view between) {
  std::string joined;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) joined += between;
    joined += part;
  }
  return joined;
}

/// Takes `<<.LabelMatchers>>` out, with the comma beside it and braces that become empty.
void DropLabelMatchers(std::string& text) {
  constexpr std::string_view kPlaceholder = "<<.LabelMatchers>>";
  std::size_t at = 0;
  while ((at = text.find(kPlaceholder)) != std::string::npos) {
    std::size_t begin = at;
    std::size_t end = at + kPlaceholder.size();
    while (begin > 0 && IsSpace(text[begin - 1])) --begin;
    while (end < text.size() && IsSpace(text[end])) ++end;
    if (begin > 0 && text[begin - 1] == ',') {
      --begin;
    } else if (end < text.size() && text[end] == ',') {
      ++end;
    }
    text.erase(begin, end - begin);
    if (begin > 0 && begin < text.size() && text[begin - 1] == '{' && text[begin] == '}') {
      const char before = begin > 1 ? text[begin - 2] : ' ';
      if (IsWord(before) || before == '>') text.erase(begin - 1, 2);  // behind a name
    }
  }
}

/// `by (<<.GroupBy>>, model)` -> `by (model)`; `by (<<.GroupBy>>)` goes altogether. False: it
/// stands somewhere else.
bool DropGroupBy(std::string& text) {
  constexpr std::string_view kPlaceholder = "<<.GroupBy>>";
  std::size_t at = 0;
  while ((at = text.find(kPlaceholder)) != std::string::npos) {
    const std::size_t open = text.rfind('(', at);
    const std::size_t close = text.find(')', at);
    if (open == std::string::npos || close == std::string::npos) return false;
    std::size_t word = open;
    while (word > 0 && IsSpace(text[word - 1])) --word;
    if (word < 2 || text.substr(word - 2, 2) != "by" || (word > 2 && IsWord(text[word - 3]))) {
      return false;
    }
    std::string kept;
    std::string_view list = std::string_view(text).substr(open + 1, close - open - 1);
    while (!list.empty()) {
      const std::size_t comma = std::min(list.find(','), list.size());
      const std::string label = Trim(list.substr(0, comma));
      list.remove_prefix(std::min(comma + 1, list.size()));
      if (label == kPlaceholder || label.empty()) continue;
      if (label.find(kPlaceholder) != std::string::npos) return false;
      kept += (kept.empty() ? "" : ", ") + label;
    }
    std::size_t begin = word - 2;
    if (kept.empty()) {
      if (begin > 0 && IsSpace(text[begin - 1])) --begin;
      text.erase(begin, close + 1 - begin);
    } else {
      text.replace(begin, close + 1 - begin, "by (" + kept + ")");
    }
  }
  return true;
}

/// "Deployment" or "deployments" -> "deployment"; enough for what labels are called by.
std::string Singular(std::string name) {
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const bool es = name.ends_with("sses") || name.ends_with("ches");
  if (name.ends_with("ies")) return name.substr(0, name.size() - 3) + "y";
  if (es) return name.substr(0, name.size() - 2);
  if (name.ends_with("s") && !name.ends_with("ss")) name.pop_back();
  return name;
}

/// The label that names objects of a resource; "": nothing says.
std::string LabelOf(const AdapterResources& resources, const std::string& resource,
                    const std::string& group) {
  for (const auto& [label, of] : resources.overrides) {
    if (Singular(of) == resource) return label;
  }
  std::string label;
  std::string_view rest = resources.name_template;
  while (!rest.empty()) {
    const std::size_t open = std::min(rest.find("<<"), rest.size());
    label += rest.substr(0, open);
    rest.remove_prefix(open);
    const std::size_t close = rest.find(">>");
    if (close == std::string_view::npos) break;
    const std::string action = Trim(rest.substr(2, close - 2));
    std::string sanitized = group;
    std::replace_if(
        sanitized.begin(), sanitized.end(), [](char c) { return c == '.' || c == '-'; }, '_');
    label += action == ".Resource" ? resource : action == ".Group" ? sanitized : "";
    rest.remove_prefix(close + 2);
  }
  return label;
}

/// An object that is in no namespace; a namespace is not in itself.
bool IsRootScoped(const ObjectReference& object) {
  const bool core = object.api_version.find('/') == std::string::npos;
  return core &&
         (object.kind == "Namespace" || object.kind == "Node" || object.kind == "PersistentVolume");
}

/// What the Adapter puts into a template for one metric.
class Arguments {
 public:
  Arguments(const AdapterRule& rule, const AdapterQueryForm& form) : rule_(rule), form_(form) {
    AddSelector();
    const bool scoped = form.type == MetricSourceType::kExternal ? rule.resources.namespaced
                        : form.type == MetricSourceType::kObject ? !IsRootScoped(form.object)
                                                                 : true;
    const std::string in = LabelOf(rule.resources, "namespace", "");
    if (!form.per_replica && scoped && !form.name_space.empty()) {
      Add(in.empty() ? "namespace" : in, "=", {form.name_space});
    }
    AddObjects();
  }

  const std::vector<std::string>& matchers() const { return matchers_; }
  const std::vector<std::string>& group_by() const { return group_by_; }
  /// "": the replicas are not told apart by a label of the series.
  const std::string& pod_label() const { return pod_label_; }

  std::optional<std::string> ValueOf(const std::string& label) const {
    const auto found = values_.find(label);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  void Add(const std::string& label, const char* op, const std::vector<std::string>& values) {
    const std::string joined = Join(values, "|");
    matchers_.push_back(label + op + hpa::GoQuote(joined));
    values_[label] = joined;
  }

  // In the order of the labels, as Kubernetes has requirements.
  void AddSelector() {
    if (!form_.selector) return;
    std::vector<LabelSelectorRequirement> all = form_.selector->match_expressions;
    for (const auto& [key, value] : form_.selector->match_labels) {
      all.push_back({key, "=", {value}});
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.key < b.key; });
    for (LabelSelectorRequirement& each : all) {
      std::sort(each.values.begin(), each.values.end());
      const bool negative = each.op == "NotIn";
      const char* op = negative ? "!~" : each.op == "In" ? "=~" : "=";
      if (each.op == "Exists") op = "!=";
      Add(each.key, op, each.values);
    }
  }

  void AddObjects() {
    const bool object = form_.type == MetricSourceType::kObject;
    if (form_.type == MetricSourceType::kExternal) return;
    if (object) {
      const std::string& version = form_.object.api_version;
      const std::size_t slash = version.find('/');
      const std::string group = slash == std::string::npos ? "" : version.substr(0, slash);
      std::string label = LabelOf(rule_.resources, Singular(form_.object.kind), group);
      if (label.empty()) label = Singular(form_.object.kind);
      Add(label, "=", {form_.object.name});
      group_by_ = {label};
    } else if (!form_.per_replica) {
      pod_label_ = LabelOf(rule_.resources, "pod", "");
      if (pod_label_.empty()) pod_label_ = form_.replica_label;
      if (!form_.names.empty()) Add(pod_label_, form_.names.size() > 1 ? "=~" : "=", form_.names);
      group_by_ = {pod_label_};
    }
    if (!form_.container.empty()) Add(rule_.container_label, "=", {form_.container});
    if (!rule_.resource.empty()) group_by_.push_back(rule_.container_label);
  }

  const AdapterRule& rule_;
  const AdapterQueryForm& form_;
  std::vector<std::string> matchers_;
  std::vector<std::string> group_by_;
  std::string pod_label_;
  std::map<std::string, std::string> values_;
};

/// `<< index .LabelValuesByName "x" >>` -> x
std::optional<std::string> IndexedLabel(const std::string& action) {
  constexpr std::string_view kIndex = "index .LabelValuesByName ";
  constexpr std::string_view kField = ".LabelValuesByName.";
  if (action.starts_with(kField)) return action.substr(kField.size());
  if (!action.starts_with(kIndex)) return std::nullopt;
  const std::string label = Trim(action.substr(kIndex.size()));
  const bool quoted = label.size() > 2 && label.front() == label.back() &&
                      (label.front() == '"' || label.front() == '`');
  return quoted ? std::optional(label.substr(1, label.size() - 2)) : std::nullopt;
}

/// Puts the arguments in; actions are written without blanks by now.
Result<std::string> Fill(const std::string& text, const std::string& series,
                         const Arguments& arguments) {
  std::string out;
  std::string_view rest = text;
  while (true) {
    const std::size_t open = rest.find("<<");
    const std::size_t close = open == std::string_view::npos ? open : rest.find(">>", open);
    if (close == std::string_view::npos) return Trim(out + std::string(rest));
    out += rest.substr(0, open);
    const std::string action(rest.substr(open + 2, close - open - 2));
    rest.remove_prefix(close + 2);
    const std::optional<std::string> label = IndexedLabel(action);
    const std::optional<std::string> value = label ? arguments.ValueOf(*label) : std::nullopt;
    if (action == ".Series") {
      out += series;
    } else if (action == ".LabelMatchers") {
      out += Join(arguments.matchers(), ",");
    } else if (action == ".GroupBy") {
      out += Join(arguments.group_by(), ",");
    } else if (value) {
      out += *value;
    } else {
      return Error{ErrorCode::kInvalidArgument, "<<" + action + ">> has no counterpart"};
    }
  }
}

/// `<< .Series >>` -> `<<.Series>>`, so that placeholders can be looked for as text. The labels to
/// group by are one, but for resource and external rules.
std::string NormalizePlaceholders(const AdapterRule& rule) {
  const std::string& text = rule.metrics_query;
  const bool one_label = rule.resource.empty() && !rule.external;
  std::string out;
  std::size_t at = 0;
  while (true) {
    const std::size_t open = text.find("<<", at);
    const std::size_t close = open == std::string::npos ? open : text.find(">>", open);
    if (close == std::string::npos) return out + text.substr(at);
    const std::string action = Trim(text.substr(open + 2, close - open - 2));
    const bool first = one_label && action == "index .GroupBySlice 0";
    out += text.substr(at, open - at) + "<<" + (first ? ".GroupBy" : action) + ">>";
    at = close + 2;
  }
}

bool Passes(const AdapterRule& rule, const std::string& series) {
  return std::all_of(rule.filters.begin(), rule.filters.end(), [&](const auto& filter) {
    return filter.first.FullMatch(series) == filter.second;
  });
}

/// `=~"^nv_.*"`, behind a label's name, taken off the front; absent: it is none.
std::optional<std::pair<MatchOp, std::string>> TakeMatcher(std::string_view& text) {
  constexpr std::pair<std::string_view, MatchOp> kOps[] = {{"=~", MatchOp::kMatch},
                                                           {"!~", MatchOp::kNoMatch},
                                                           {"!=", MatchOp::kNotEqual},
                                                           {"=", MatchOp::kEqual}};
  for (const auto& [op, match] : kOps) {
    if (!text.starts_with(op) || text.size() <= op.size()) continue;
    const char quote = text[op.size()];
    const std::size_t end = text.find(quote, op.size() + 1);
    if ((quote != '"' && quote != '\'') || end == std::string_view::npos) return std::nullopt;
    std::string value(text.substr(op.size() + 1, end - op.size() - 1));
    text.remove_prefix(end + 1);
    return std::pair(match, std::move(value));
  }
  return std::nullopt;
}

/// Whether the name is one that `seriesQuery` asks for, as far as the query speaks of names.
bool Selects(const std::string& query, const std::string& series) {
  const std::string own = SeriesName(query);
  if (!own.empty()) return own == series;
  std::string_view rest = query;
  for (std::size_t at = 0; (at = rest.find(kMetricNameLabel)) != std::string_view::npos;) {
    rest.remove_prefix(at + kMetricNameLabel.size());
    auto found = TakeMatcher(rest);
    if (!found) continue;
    const auto matcher = Matcher::Make("", found->first, std::move(found->second));
    if (matcher && !matcher->Matches(series)) return false;
  }
  return true;
}

}  // namespace

std::string SeriesName(const std::string& query) {
  const std::string text = Trim(query);
  std::size_t end = 0;
  while (end < text.size() && IsWord(text[end])) ++end;
  const std::string rest = Trim(text.substr(end));
  if (end > 0) return rest.empty() || rest[0] == '{' ? text.substr(0, end) : std::string();
  constexpr std::string_view kName = "__name__=\"";
  const std::size_t at = text.find(kName);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + kName.size();
  return text.substr(begin, text.find('"', begin) - begin);
}

std::optional<std::string> OnlyMetricOf(const AdapterRule& rule) {
  if (!rule.name) return std::nullopt;
  const std::string own = SeriesName(rule.series_query);
  return own.empty() ? rule.name->fixed() : rule.name->NameOf(own);
}

std::optional<std::string> SeriesOf(const AdapterRule& rule, const MetricSpec& metric) {
  const bool resource = metric.type == MetricSourceType::kResource ||
                        metric.type == MetricSourceType::kContainerResource;
  if (resource != !rule.resource.empty()) return std::nullopt;
  if (resource) return rule.resource == metric.name ? std::optional<std::string>("") : std::nullopt;
  if (rule.external != (metric.type == MetricSourceType::kExternal) || !rule.name) {
    return std::nullopt;
  }
  const std::string own = SeriesName(rule.series_query);
  if (own.empty() && rule.name->fixed()) {
    return rule.name->fixed() == metric.name ? std::optional(own) : std::nullopt;
  }
  const std::optional<std::string> series =
      own.empty() ? rule.name->SeriesOf(metric.name) : std::optional(own);
  if (!series || rule.name->NameOf(*series) != metric.name) return std::nullopt;
  return Passes(rule, *series) && Selects(rule.series_query, *series) ? series : std::nullopt;
}

Result<std::string> AdapterQuery(const AdapterRule& rule, const std::string& series,
                                 const AdapterQueryForm& form) {
  std::string text = NormalizePlaceholders(rule);
  if (series.empty() && text.find("<<.Series>>") != std::string::npos) {
    return Error{ErrorCode::kInvalidArgument, "<<.Series>> has no counterpart: no series is named"};
  }
  const Arguments arguments(rule, form);
  if (arguments.matchers().empty()) DropLabelMatchers(text);
  if (form.per_replica && arguments.group_by().empty() &&
      form.type != MetricSourceType::kExternal && !DropGroupBy(text)) {
    return Error{ErrorCode::kInvalidArgument,
                 "<<.GroupBy>> has a counterpart only as \"by (<<.GroupBy>>)\""};
  }
  auto query = Fill(text, series, arguments);
  if (!query) return query;
  const std::string& label = arguments.pod_label();
  // Of a resource the containers are summed, as the HorizontalPodAutoscaler does.
  if (!rule.resource.empty()) {
    query = "sum" + (label.empty() ? "" : " by (" + label + ") ") + "(" + *query + ")";
  }
  if (label.empty() || label == form.replica_label) return query;
  return "label_replace(" + *query + ", " + hpa::GoQuote(form.replica_label) + ", \"$1\", " +
         hpa::GoQuote(label) + ", \"(.*)\")";
}

std::string OfObjectAlone(const AdapterRule& rule, const AdapterQueryForm& form,
                          std::string query) {
  const std::string text = NormalizePlaceholders(rule);
  const auto has = [&](const char* what) { return text.find(what) != std::string::npos; };
  const bool object = form.type == MetricSourceType::kObject && !form.per_replica;
  if (!object || has("<<.LabelMatchers>>") || !has("<<.GroupBy>>")) return query;
  const Arguments arguments(rule, form);
  const std::string& label = arguments.group_by().front();
  return "(" + query + ") and on (" + label + ") label_replace(vector(1), " + hpa::GoQuote(label) +
         ", " + hpa::GoQuote(form.object.name) + ", \"\", \"\")";
}

}  // namespace tidegate::config
