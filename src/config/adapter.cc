// SPDX-License-Identifier: Apache-2.0
//
// Prometheus Adapter's rules -> queries. The Adapter asks Prometheus about all pods at once and
// groups by pod; here a query sees the series of one replica only, so that the grouping and the
// matchers that the templates ask for have nothing left to do and are taken out.
#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include "config/documents.h"
#include "config/name_pattern.h"
#include "config/scalars.h"
#include "tidegate/fields.h"

namespace tidegate::config {
namespace {

struct Override {
  std::string group;
  std::string resource;
};

struct Resources {
  std::map<std::string, Override> overrides;
  std::string name_template;
  bool namespaced = true;
};

struct RuleName {
  std::string matches;
  std::string as;
};

struct Rule {
  std::string series_query;
  Resources resources;
  RuleName name;
  std::string metrics_query;
};

struct RuleFile {
  std::vector<Rule> rules;
  std::vector<Rule> external_rules;
};

void Describe(FieldVisitor& v, Override& s) {
  v.Field("group", s.group);
  v.Field("resource", s.resource, {.required = true});
}

void Describe(FieldVisitor& v, Resources& s) {
  v.Field("overrides", s.overrides);
  v.Field("template", s.name_template);
  v.Field("namespaced", s.namespaced);
}

void Describe(FieldVisitor& v, RuleName& s) {
  v.Field("matches", s.matches);
  v.Field("as", s.as);
}

void Describe(FieldVisitor& v, Rule& s) {
  v.Field("seriesQuery", s.series_query, {.required = true});
  v.Refused("seriesFilters", "has no counterpart; name the series in seriesQuery");
  v.Field("resources", s.resources);
  v.Field("name", s.name);
  v.Field("metricsQuery", s.metrics_query, {.required = true});
}

void Describe(FieldVisitor& v, RuleFile& s) {
  v.Field("rules", s.rules);
  v.Field("externalRules", s.external_rules);
  v.Refused("resourceRules", "has no counterpart; Tidegate does not serve cpu and memory");
}

bool IsWord(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == ':';
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return std::string(text);
}

/// The metric name of `name{…}`; empty if the query names none.
std::string SeriesName(const std::string& query) {
  const std::string text = Trim(query);
  std::size_t end = 0;
  while (end < text.size() && IsWord(text[end])) ++end;
  const std::string rest = Trim(text.substr(end));
  return rest.empty() || rest[0] == '{' ? text.substr(0, end) : std::string();
}

/// `<< .Series >>` -> `<<.Series>>`, so that placeholders can be looked for as text.
std::string NormalizePlaceholders(const std::string& text) {
  std::string out;
  std::size_t at = 0;
  while (true) {
    const std::size_t open = text.find("<<", at);
    const std::size_t close = open == std::string::npos ? open : text.find(">>", open);
    if (close == std::string::npos) return out + text.substr(at);
    out += text.substr(at, open - at) + "<<" + Trim(text.substr(open + 2, close - open - 2)) + ">>";
    at = close + 2;
  }
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
      if (begin > 1 && IsWord(text[begin - 2])) text.erase(begin - 1, 2);
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

class Resolver {
 public:
  Resolver(const Node& root, std::vector<Problem>& problems) : root_(root), problems_(problems) {}

  /// Appends the rule's query, or says what it has no counterpart for.
  void Resolve(const Rule& rule, const std::string& path, std::vector<AdapterQuery>& out) {
    const std::size_t before = problems_.size();
    const std::string series = SeriesName(rule.series_query);
    CheckResources(rule.resources, path);
    MetricQuery query;
    query.metric = MetricName(rule, series, path);
    if (query.metric.empty()) return;
    std::string grouped;
    query.query = QueryText(rule, series, path, grouped);
    if (problems_.size() > before) return;
    out.push_back({std::move(query), std::move(grouped), Locate(&root_, path), path});
  }

 private:
  void Report(const std::string& path, std::string message) {
    problems_.push_back({Locate(&root_, path), path, std::move(message)});
  }

  void CheckResources(const Resources& resources, const std::string& path) {
    for (const auto& [label, target] : resources.overrides) {
      const bool known = target.resource == "pod" || target.resource == "pods" ||
                         target.resource == "namespace" || target.resource == "namespaces";
      if (known) continue;
      Report(path + ".resources.overrides." + label,
             "resource " + JsonString(target.resource) +
                 " has no counterpart; only pod and namespace have");
    }
  }

  std::string MetricName(const Rule& rule, const std::string& series, const std::string& path) {
    const std::string& as = rule.name.as;
    if (!as.empty() && as.find('$') == std::string::npos) return as;
    if (series.empty()) {
      Report(path + ".seriesQuery",
             "names no series, which has no counterpart; name one, or give name.as");
      return {};
    }
    if (rule.name.matches.empty() || rule.name.matches == ".*") {
      return as.empty() || as == "$0" || as == "${0}" ? series : BadName(rule, path);
    }
    return MatchName(rule, series, path);
  }

  std::string BadName(const Rule& rule, const std::string& path) {
    Report(path + ".name.as",
           JsonString(rule.name.as) + " refers to a group that name.matches does not have");
    return {};
  }

  std::string MatchName(const Rule& rule, const std::string& series, const std::string& path) {
    const std::optional<NamePattern> pattern = NamePattern::Compile(rule.name.matches);
    if (!pattern) {
      Report(path + ".name.matches",
             "is not understood: " + JsonString(rule.name.matches) + "; give the name in name.as");
      return {};
    }
    const std::optional<std::vector<std::string>> groups = pattern->Match(series);
    if (!groups) {
      Report(path + ".name.matches", "does not match the series " + JsonString(series));
      return {};
    }
    if (rule.name.as.empty()) return (*groups)[groups->size() == 2 ? 1 : 0];
    return Expand(rule, *groups, path);
  }

  /// `${1}_per_second` with the groups of the match.
  std::string Expand(const Rule& rule, const std::vector<std::string>& groups,
                     const std::string& path) {
    const std::string& as = rule.name.as;
    std::string out;
    for (std::size_t i = 0; i < as.size(); ++i) {
      if (as[i] != '$') {
        out += as[i];
        continue;
      }
      const bool braces = i + 1 < as.size() && as[i + 1] == '{';
      const std::size_t digit = i + (braces ? 2 : 1);
      const bool closed = !braces || (digit + 1 < as.size() && as[digit + 1] == '}');
      if (digit >= as.size() || as[digit] < '0' || as[digit] > '9' || !closed ||
          static_cast<std::size_t>(as[digit] - '0') >= groups.size()) {
        return BadName(rule, path);
      }
      out += groups[static_cast<std::size_t>(as[digit] - '0')];
      i = digit + (braces ? 1 : 0);
    }
    return out;
  }

  std::string QueryText(const Rule& rule, const std::string& series, const std::string& path,
                        std::string& grouped) {
    constexpr std::string_view kSeries = "<<.Series>>";
    std::string text = NormalizePlaceholders(rule.metrics_query);
    const std::string at = path + ".metricsQuery";
    std::size_t found = 0;
    while ((found = text.find(kSeries)) != std::string::npos) {
      if (series.empty()) {
        Report(path + ".seriesQuery", "names no series for <<.Series>>");
        return {};
      }
      text.replace(found, kSeries.size(), series);
    }
    DropLabelMatchers(text);
    grouped = Trim(text);
    if (!DropGroupBy(text)) {
      Report(at, "<<.GroupBy>> has a counterpart only as \"by (<<.GroupBy>>)\"");
      return {};
    }
    const std::size_t open = text.find("<<");
    if (open != std::string::npos) {
      const std::size_t close = text.find(">>", open);
      Report(at, text.substr(open, close == std::string::npos ? close : close + 2 - open) +
                     " has no counterpart");
      return {};
    }
    return Trim(text);
  }

  const Node& root_;
  std::vector<Problem>& problems_;
};

}  // namespace

MetricQuery GroupedBy(const AdapterQuery& rule, const std::string& label) {
  constexpr std::string_view kPlaceholder = "<<.GroupBy>>";
  MetricQuery query{rule.query.metric, rule.grouped};
  std::size_t at = 0;
  while ((at = query.query.find(kPlaceholder, at)) != std::string::npos) {
    query.query.replace(at, kPlaceholder.size(), label);
  }
  return query;
}

std::vector<AdapterQuery> ReadAdapterRules(const Node& root, const std::string& path,
                                           std::vector<Problem>& problems) {
  std::vector<Problem> own;
  RuleFile file;
  Reader(&root, "", ReadMode::kFile, own).Struct([&](FieldVisitor& v) { Describe(v, file); });
  std::vector<AdapterQuery> out;
  Resolver resolver(root, own);
  const auto resolve = [&](const std::vector<Rule>& rules, const std::string& key) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (rules[i].metrics_query.empty() || rules[i].series_query.empty()) continue;  // reported
      resolver.Resolve(rules[i], key + "[" + std::to_string(i) + "]", out);
    }
  };
  resolve(file.rules, "rules");
  resolve(file.external_rules, "externalRules");
  const std::string prefix = path.empty() ? "" : path + ".";
  for (Problem& problem : own) {
    problem.path = prefix + problem.path;
    problems.push_back(std::move(problem));
  }
  for (AdapterQuery& query : out) query.path = prefix + query.path;
  return out;
}

}  // namespace tidegate::config
