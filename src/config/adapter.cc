// SPDX-License-Identifier: Apache-2.0
#include "config/adapter.h"

#include <utility>

#include "config/documents.h"
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

struct Filter {
  std::string is;
  std::string is_not;
};

struct Rule {
  std::string series_query;
  std::vector<Filter> series_filters;
  Resources resources;
  RuleName name;
  std::string metrics_query;
};

struct ResourceRule {
  std::string container_query;
  std::string node_query;
  Resources resources;
  std::string container_label;
};

struct ResourceRules {
  std::optional<ResourceRule> cpu;
  std::optional<ResourceRule> memory;
  std::string window;
};

struct RuleFile {
  std::vector<Rule> rules;
  std::vector<Rule> external_rules;
  ResourceRules resource_rules;
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

void Describe(FieldVisitor& v, Filter& s) {
  v.Field("is", s.is);
  v.Field("isNot", s.is_not);
}

void Describe(FieldVisitor& v, Rule& s) {
  v.Field("seriesQuery", s.series_query, {.required = true});
  v.Field("seriesFilters", s.series_filters);
  v.Field("resources", s.resources);
  v.Field("name", s.name);
  v.Field("metricsQuery", s.metrics_query, {.required = true});
}

void Describe(FieldVisitor& v, ResourceRule& s) {
  v.Field("containerQuery", s.container_query, {.required = true});
  v.Field("nodeQuery", s.node_query);  // nothing here asks for nodes
  v.Field("resources", s.resources);
  v.Field("containerLabel", s.container_label, {.required = true});
}

void Describe(FieldVisitor& v, ResourceRules& s) {
  v.Field("cpu", s.cpu);
  v.Field("memory", s.memory);
  v.Field("window", s.window);  // of the API's answers, which are not served here
}

void Describe(FieldVisitor& v, RuleFile& s) {
  v.Field("rules", s.rules);
  v.Field("externalRules", s.external_rules);
  v.Field("resourceRules", s.resource_rules);
}

AdapterResources ResourcesOf(const Resources& from) {
  AdapterResources to{.name_template = from.name_template, .namespaced = from.namespaced};
  for (const auto& [label, each] : from.overrides) to.overrides[label] = each.resource;
  return to;
}

/// Rules as they are written -> rules that can be asked.
class Compiler {
 public:
  Compiler(const Node& root, std::vector<Problem>& problems) : root_(root), problems_(problems) {}

  AdapterRule Compile(const Rule& rule, const std::string& path) {
    AdapterRule out;
    out.series_query = rule.series_query;
    out.metrics_query = rule.metrics_query;
    out.resources = ResourcesOf(rule.resources);
    out.path = path;
    out.at = Locate(&root_, path);
    out.query_at = Locate(&root_, path + ".metricsQuery");
    for (std::size_t i = 0; i < rule.series_filters.size(); ++i) {
      AddFilter(rule.series_filters[i], path + ".seriesFilters[" + std::to_string(i) + "]", out);
    }
    auto name = NameMapping::Compile(rule.name.matches, rule.name.as);
    if (name) {
      out.name = *std::move(name);
      CheckSeries(out, rule);
    } else {
      const bool as = name.error().code == ErrorCode::kNotFound;
      Report(path + (as ? ".name.as" : ".name.matches"), name.error().message);
    }
    return out;
  }

  AdapterRule Compile(const ResourceRule& rule, const std::string& resource,
                      const std::string& path) {
    AdapterRule out;
    out.resource = resource;
    out.container_label = rule.container_label;
    out.metrics_query = rule.container_query;
    out.resources = ResourcesOf(rule.resources);
    out.path = path;
    out.at = Locate(&root_, path);
    out.query_at = Locate(&root_, path + ".containerQuery");
    return out;
  }

 private:
  void Report(const std::string& path, std::string message) {
    problems_.push_back({Locate(&root_, path), path, std::move(message)});
  }

  void AddFilter(const Filter& filter, const std::string& path, AdapterRule& out) {
    if (filter.is.empty() == filter.is_not.empty()) {
      return Report(path, "must have either is or isNot");
    }
    const std::string& pattern = filter.is.empty() ? filter.is_not : filter.is;
    auto regex = Regex::Compile(pattern);
    if (regex) regex = Regex::Compile(".*(?:" + pattern + ").*");
    if (!regex) return Report(path + (filter.is.empty() ? ".isNot" : ".is"), regex.error().message);
    out.filters.emplace_back(*std::move(regex), !filter.is.empty());
  }

  /// The Adapter lists the series that there are; here they follow from the metrics' names.
  void CheckSeries(const AdapterRule& rule, const Rule& written) {
    const std::string series = SeriesName(written.series_query);
    if (!series.empty() && !rule.name->NameOf(series)) {
      Report(rule.path + ".name.matches", "does not match the series " + JsonString(series));
    }
    if (!series.empty() || rule.name->fixed() || rule.name->is_reversible()) return;
    Report(rule.path + ".name.matches",
           "does not tell which series a metric is of; name the series in seriesQuery");
  }

  const Node& root_;
  std::vector<Problem>& problems_;
};

}  // namespace

std::vector<AdapterRule> ReadAdapterRules(const Node& root, const std::string& path,
                                          std::vector<Problem>& problems) {
  std::vector<Problem> own;
  RuleFile file;
  Reader(&root, "", ReadMode::kFile, own).Struct([&](FieldVisitor& v) { Describe(v, file); });
  std::vector<AdapterRule> out;
  Compiler compiler(root, own);
  const auto compile = [&](const std::vector<Rule>& rules, const std::string& key, bool external) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (rules[i].metrics_query.empty() || rules[i].series_query.empty()) continue;  // reported
      out.push_back(compiler.Compile(rules[i], key + "[" + std::to_string(i) + "]"));
      out.back().external = external;
    }
  };
  compile(file.rules, "rules", false);
  compile(file.external_rules, "externalRules", true);
  const ResourceRules& resources = file.resource_rules;
  for (const auto& [rule, name] :
       {std::pair(&resources.cpu, "cpu"), std::pair(&resources.memory, "memory")}) {
    if (!*rule || (*rule)->container_query.empty()) continue;  // reported
    out.push_back(compiler.Compile(**rule, name, std::string("resourceRules.") + name));
  }
  const std::string prefix = path.empty() ? "" : path + ".";
  for (Problem& problem : own) {
    problem.path = prefix + problem.path;
    problems.push_back(std::move(problem));
  }
  for (AdapterRule& rule : out) rule.path = prefix + rule.path;
  return out;
}

}  // namespace tidegate::config
