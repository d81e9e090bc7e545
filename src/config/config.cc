// SPDX-License-Identifier: Apache-2.0
//
// A file's documents -> Config: which document is what, and which of them belong together.
#include "tidegate/config.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "config/adapter.h"
#include "config/documents.h"
#include "config/hpa_document.h"
#include "config/monitor.h"
#include "config/scalars.h"
#include "config/scaled_object.h"
#include "config/scrape_configs.h"
#include "manifest/scaling_spec.h"
#include "os/whole_file.h"
#include "tidegate/describe.h"

namespace tidegate {

using config::Node;
using config::NodePtr;
using config::Position;
using config::Problem;

namespace {

constexpr std::size_t kProblemsMax = 200;

struct Kind {
  std::string_view kind;
  std::string_view api_version;
};

constexpr std::array<Kind, 7> kKinds{{{"Autoscaler", config::kApiVersion},
                                      {"Scaler", config::kApiVersion},
                                      {"HorizontalPodAutoscaler", "autoscaling/v2 or older"},
                                      {"ScaledObject", config::kKedaVersion},
                                      {"ServiceMonitor", config::kMonitorVersion},
                                      {"PodMonitor", config::kMonitorVersion},
                                      {"ConfigMap", "v1"}}};

/// What an apiVersion has to be for a kind, in words; "": it is that.
std::string WrongVersion(const Kind& kind, const std::string& version) {
  if (kind.kind != "HorizontalPodAutoscaler") {
    return version == kind.api_version ? "" : config::JsonString(kind.api_version);
  }
  const bool known = manifest::VersionOf(version).has_value();
  return known ? "" : "autoscaling/v1, v2beta1, v2beta2 or v2";
}

/// The rules of one ConfigMap, or of one document with bare rules (without a name).
struct RuleSet {
  std::string name;
  std::vector<config::AdapterRule> rules;
};

/// Empty: the one that is worked in.
std::string DirectoryOf(std::string_view file_name) {
  const std::size_t slash = file_name.rfind('/');
  return slash == std::string_view::npos ? "" : std::string(file_name.substr(0, slash));
}

/// DNS-1123 subdomain, as Kubernetes asks of names.
bool ValidName(const std::string& name) {
  const auto word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.empty() || name.size() > 253 || !word(name.front()) || !word(name.back())) return false;
  char before = 'a';
  for (char c : name) {
    if (!word(c) && c != '-' && c != '.') return false;
    if (c == '.' && !word(before)) return false;
    if (before == '.' && !word(c)) return false;
    before = c;
  }
  return true;
}

/// Lines and columns of a text inside a block scalar (`|`) as those of the file around it.
class Embedded {
 public:
  Embedded(std::string_view file, const Node& scalar) : at_(scalar.at) {
    std::vector<std::string_view> lines = Lines(file);
    const auto index = static_cast<std::size_t>(std::max(at_.line, 1));
    if (index > lines.size()) return;
    const std::string_view header = lines[index - 1];
    const auto column = static_cast<std::size_t>(std::max(at_.column, 1));
    literal_ = column <= header.size() && header[column - 1] == '|';
    for (std::size_t i = index; i < lines.size() && literal_; ++i) {
      const std::size_t spaces = lines[i].find_first_not_of(' ');
      if (spaces == std::string_view::npos) continue;
      indent_ = static_cast<int>(spaces);
      return;
    }
  }

  Position Outer(Position inner) const {
    if (!literal_ || inner.line == 0) return at_;
    return {at_.line + inner.line, inner.column + indent_};
  }

 private:
  static std::vector<std::string_view> Lines(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      lines.push_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
  }

  Position at_;
  bool literal_ = false;
  int indent_ = 0;
};

class FileParser {
 public:
  FileParser(std::string_view text, std::string_view file_name, const PolicyRegistry& policies)
      : text_(text),
        directory_(DirectoryOf(file_name)),
        syntax_(config::SyntaxOf(text)),
        policies_(policies) {}

  void Run() {
    config::ParsedText parsed = config::ParseYaml(text_);
    for (const config::SyntaxProblem& problem : parsed.problems) {
      problems_.push_back({problem.at, "", problem.message});
    }
    bool any = false;
    for (NodePtr& root : parsed.documents) {
      if (root->kind == Node::Kind::kNull) continue;
      any = true;
      roots_.push_back(std::move(root));
      Classify(*roots_.back());
    }
    if (!any && problems_.empty()) problems_.push_back({{}, "", "the file has no document"});
    for (auto& [name, documents] : workloads_) ReadWorkload(name, documents);
    ReadMonitors();
    for (const RuleSet& rules : rule_sets_) CheckRules(rules);
  }

  Config TakeConfig() { return std::move(config_); }
  std::vector<Problem>& problems() { return problems_; }

 private:
  void Report(Position at, std::string path, std::string message) {
    problems_.push_back({at, std::move(path), std::move(message)});
  }

  static const Node* Text(const Node& root, std::string_view key) {
    const Node* node = root.Find(key);
    return node != nullptr && node->kind == Node::Kind::kScalar ? node : nullptr;
  }

  void Classify(const Node& root) {
    if (root.kind != Node::Kind::kMap) {
      return Report(root.at, "", "want a document with apiVersion and kind");
    }
    const bool rules = root.Find("rules") != nullptr || root.Find("externalRules") != nullptr ||
                       root.Find("resourceRules") != nullptr;
    if (root.Find("kind") == nullptr && root.Find("apiVersion") == nullptr && rules) {
      rule_sets_.push_back({"", config::ReadAdapterRules(root, "", problems_)});
      return;
    }
    if (config::IsPrometheusConfig(root)) {
      auto jobs = config::ReadScrapeConfigs(root, directory_, problems_);
      std::move(jobs.begin(), jobs.end(), std::back_inserter(config_.scrape_configs));
      return;
    }
    if (const auto items = config::ItemsOf(root, syntax_)) {
      for (const config::HpaDocument& item : *items) ClassifyItem(item);
      return;
    }
    const std::string kind = KindOf(root);
    if (kind == "Autoscaler") {
      AddWorkload(root, NameOf(root), kind, &config::WorkloadDocuments::autoscaler);
    }
    if (kind == "HorizontalPodAutoscaler") AddHpa({&root, std::nullopt, syntax_});
    if (kind == "ScaledObject") {
      AddWorkload(root, NameOf(root), kind, &config::WorkloadDocuments::scaled_object);
    }
    if (kind == "ServiceMonitor" || kind == "PodMonitor") monitors_.push_back(&root);
    if (kind == "Scaler") ReadScaler(root);
    if (kind == "ConfigMap") ReadConfigMap(root);
  }

  /// Empty after a report.
  std::string KindOf(const Node& root) {
    const Node* kind = Text(root, "kind");
    const Node* version = Text(root, "apiVersion");
    if (kind == nullptr) Report(root.at, "kind", "is required");
    if (version == nullptr) Report(root.at, "apiVersion", "is required");
    if (kind == nullptr) return {};
    std::vector<std::string_view> names;
    std::string known;
    for (const Kind& entry : kKinds) {
      names.push_back(entry.kind);
      if (!known.empty()) known += ", ";
      known += std::string(entry.kind) + " (" + std::string(entry.api_version) + ")";
    }
    for (const Kind& entry : kKinds) {
      if (kind->text != entry.kind) continue;
      const std::string want = version == nullptr ? "" : WrongVersion(entry, version->text);
      if (want.empty()) return kind->text;
      Report(version->at, "apiVersion",
             "unsupported value " + config::JsonString(version->text) + ", want " + want +
                 " for kind " + kind->text);
      return {};
    }
    const bool packed = kind->text == "Fleet" || kind->text == "Demand";
    Report(kind->at, "kind",
           packed ? "kind " + kind->text + " is for `tidegate pack`"
                  : "unknown kind " + config::JsonString(kind->text) +
                        config::Nearest(kind->text, names) + "; known are " + known);
    return {};
  }

  /// Empty after a report.
  std::string NameOf(const Node& root) {
    const Node* metadata = root.Find("metadata");
    const Node* name = metadata == nullptr ? nullptr : Text(*metadata, "name");
    if (name == nullptr) {
      const bool typo = metadata != nullptr && metadata->kind == Node::Kind::kMap;
      Report(typo ? metadata->at : root.at, "metadata.name", "is required");
      return {};
    }
    if (ValidName(name->text)) return name->text;
    Report(name->at, "metadata.name",
           "want lower-case letters, digits, '-' and '.', got " + config::JsonString(name->text));
    return {};
  }

  /// An item of a list: any document, or one that needs no kind.
  void ClassifyItem(const config::HpaDocument& item) {
    const bool bare = item.root->Find("kind") == nullptr && item.implied.has_value();
    return bare ? AddHpa(item) : Classify(*item.root);
  }

  /// The name is left to the API server's rules.
  void AddHpa(const config::HpaDocument& document) {
    hpas_[document.root] = document;
    AddWorkload(*document.root, config::HpaName(*document.root, document.syntax),
                "HorizontalPodAutoscaler", &config::WorkloadDocuments::hpa);
  }

  void AddWorkload(const Node& root, std::string name, const std::string& kind,
                   const Node* config::WorkloadDocuments::*member) {
    if (name.empty()) name = " unnamed " + std::to_string(unnamed_++);  // still read for problems
    const Node*& place = workloads_[name].*member;
    if (place != nullptr) {
      Report(root.at, "metadata.name",
             "there is a " + kind + " " + config::JsonString(name) + " already, in line " +
                 std::to_string(place->at.line));
      return;
    }
    place = &root;
  }

  /// The members that all of Tidegate's documents have, and its spec.
  template <typename F>
  void ReadDocument(const Node& root, F describe_spec) {
    config::Reader(&root, "", config::ReadMode::kFile, problems_).Struct([&](FieldVisitor& v) {
      std::string api_version;
      std::string kind;
      v.Field("apiVersion", api_version);
      v.Field("kind", kind);
      std::string name;
      v.Nested("metadata", [&] {
        v.Field("name", name);
        v.Ignored("labels");  // by which monitors select
      });
      v.Nested("spec", [&] { describe_spec(v); }, {.required = true});
    });
  }

  void ReadScaler(const Node& root) {
    if (scaler_ != nullptr) {
      return Report(root.at, "kind",
                    "there is a Scaler already, in line " + std::to_string(scaler_->at.line));
    }
    scaler_ = &root;
    const std::size_t first = problems_.size();
    ReadDocument(root, [&](FieldVisitor& v) { Describe(v, config_.scaler); });
    const config::WorkloadDocuments documents{&root};
    config::Validator(documents, policies_, problems_, first).Check(config_.scaler);
  }

  void ReadConfigMap(const Node& root) {
    const Node* data = root.Find("data");
    const Node* text = data == nullptr ? nullptr : Text(*data, "config.yaml");
    if (text == nullptr) {
      return Report(data == nullptr ? root.at : data->at, "data.config.yaml",
                    "is required: the rules of Prometheus Adapter");
    }
    const Embedded place(text_, *text);
    const std::size_t first = problems_.size();
    RuleSet rules;
    const Node* metadata = root.Find("metadata");
    const Node* name = metadata == nullptr ? nullptr : Text(*metadata, "name");
    if (name != nullptr) rules.name = name->text;
    config::ParsedText parsed = config::ParseYaml(text->text);
    for (const config::SyntaxProblem& problem : parsed.problems) {
      Report(problem.at, "data.config.yaml", problem.message);
    }
    for (NodePtr& inner : parsed.documents) {
      for (auto& rule : config::ReadAdapterRules(*inner, "data.config.yaml", problems_)) {
        rule.at = place.Outer(rule.at);
        rule.query_at = place.Outer(rule.query_at);
        rules.rules.push_back(std::move(rule));
      }
      roots_.push_back(std::move(inner));
    }
    for (std::size_t i = first; i < problems_.size(); ++i) {
      problems_[i].at = place.Outer(problems_[i].at);
    }
    rule_sets_.push_back(std::move(rules));
  }

  void ReadWorkload(const std::string& name, const config::WorkloadDocuments& documents) {
    const std::size_t first = problems_.size();
    Autoscaler autoscaler;
    autoscaler.spec.workload = name;
    std::optional<manifest::DecodedHpa> decoded;
    if (documents.hpa != nullptr) {
      autoscaler.period = std::chrono::seconds(15);  // HPA's sync period and HPA's fills
      autoscaler.spec.missing_data = MissingData::kFill;
      decoded = config::DecodeHpa(hpas_.at(documents.hpa), problems_);
      if (decoded) manifest::FillScalingSpec(decoded->object, autoscaler.spec);
    }
    config::ScaledObjectSource keda;
    if (documents.scaled_object != nullptr) keda = ReadScaledObject(documents, autoscaler);
    if (documents.autoscaler != nullptr) {
      ReadDocument(*documents.autoscaler, [&](FieldVisitor& v) { Describe(v, autoscaler); });
    }
    if (documents.hpa != nullptr) {
      const hpa::Compatibility release = hpa::CompatibilityOf(autoscaler.spec);
      const config::HpaDocument& document = hpas_.at(documents.hpa);
      if (!decoded || !config::ValidateHpa(document, *decoded, release, problems_)) return;
    }
    const bool checked = documents.autoscaler == nullptr || documents.scaled_object != nullptr;
    config::Validator validator(documents, policies_, problems_, first);
    validator.Check(autoscaler, checked);
    validator.CheckSlice(autoscaler, config_.scaler.devices);
    JoinSource(std::move(keda), autoscaler);
    JoinRules(decoded ? decoded->object.metadata.name_space : "", autoscaler);
    validator.ResolveSignals(autoscaler);
    config::Validator::ResolveWindows(autoscaler);
    config_.autoscalers.push_back(std::move(autoscaler));
  }

  void ReadMonitors() {
    std::vector<config::MonitoredWorkload> workloads;
    for (const auto& [name, documents] : workloads_) {
      workloads.push_back(MonitoredOf(name, documents));
    }
    for (const Node* monitor : monitors_) {
      auto jobs = config::ReadMonitor(*monitor, workloads, problems_);
      std::move(jobs.begin(), jobs.end(), std::back_inserter(config_.scrape_configs));
    }
  }

  /// Its pods' labels are taken to be those of its documents and, where these do not say, its name.
  static config::MonitoredWorkload MonitoredOf(const std::string& name,
                                               const config::WorkloadDocuments& documents) {
    config::MonitoredWorkload out{.workload = name, .name_space = {}, .labels = {}};
    for (const Node* root : {documents.autoscaler, documents.hpa, documents.scaled_object}) {
      const Node* metadata = root == nullptr ? nullptr : root->Find("metadata");
      if (metadata == nullptr) continue;
      const Node* name_space = Text(*metadata, "namespace");
      if (name_space != nullptr) out.name_space = name_space->text;
      const Node* labels = metadata->Find("labels");
      if (labels == nullptr) continue;
      for (const config::Member& label : labels->members) {
        out.labels.emplace(label.key, label.value->text);
      }
    }
    out.labels.emplace("app", name);
    out.labels.emplace("app.kubernetes.io/name", name);
    return out;
  }

  config::ScaledObjectSource ReadScaledObject(const config::WorkloadDocuments& documents,
                                              Autoscaler& autoscaler) {
    if (documents.hpa != nullptr) {
      Report(documents.scaled_object->at, "kind",
             "there is a HorizontalPodAutoscaler of this name, in line " +
                 std::to_string(documents.hpa->at.line) + ", and KEDA makes its own");
    }
    bool has_source = false;
    for (const char* source :
         {"spec.prometheus", "spec.scrape", "spec.tritonStats", "spec.process"}) {
      bool found = false;
      config::Locate(documents.autoscaler, source, &found);
      has_source |= found;
    }
    return config::ReadScaledObject(*documents.scaled_object, has_source, autoscaler, problems_);
  }

  /// What the Autoscaler does not say itself.
  static void JoinSource(config::ScaledObjectSource keda, Autoscaler& autoscaler) {
    const bool has_source = autoscaler.prometheus || !config::ReplicaSources(autoscaler).empty();
    if (!has_source) autoscaler.prometheus = keda.prometheus;
    for (MetricQuery& query : keda.queries) {
      MetricQuery& own = config::QueryOf(query.metric, autoscaler);
      if (own.query.empty()) own.query = std::move(query.query);
      own.empty_as_zero |= query.empty_as_zero;
    }
  }

  /// The metric's own query wins, then a rule that names a series, then those that are about many:
  /// whichever of their series there is.
  void JoinRules(const std::string& name_space, Autoscaler& autoscaler) {
    for (const MetricSpec& metric : autoscaler.spec.metrics) {
      std::string query;
      bool named = false;
      for (const config::AdapterRule* rule : RulesOf(autoscaler.spec.workload)) {
        const bool one = config::OnlyMetricOf(*rule).has_value() || !rule->resource.empty();
        const std::string next = QueryBy(*rule, metric, name_space, autoscaler);
        if (next.empty() || named) continue;
        query = one || query.empty() ? next : query + " or " + next;
        named = one;
      }
      if (query.empty()) continue;
      MetricQuery& own = config::QueryOf(metric.name, autoscaler);
      if (own.query.empty()) own.query = std::move(query);
    }
  }

  /// A rule set that has the name of a workload is that workload's; others are everybody's.
  std::vector<const config::AdapterRule*> RulesOf(const std::string& workload) const {
    std::vector<const config::AdapterRule*> all;
    for (const RuleSet& set : rule_sets_) {
      const bool owned = !set.name.empty() && workloads_.count(set.name) > 0;
      if (owned && set.name != workload) continue;
      for (const config::AdapterRule& rule : set.rules) all.push_back(&rule);
    }
    return all;
  }

  /// "": the rule is not about the metric, or a problem was reported.
  std::string QueryBy(const config::AdapterRule& rule, const MetricSpec& metric,
                      const std::string& name_space, const Autoscaler& autoscaler) {
    if (!rule.resource.empty() && !autoscaler.prometheus) return "";  // no replica tells it
    const std::optional<std::string> series = config::SeriesOf(rule, metric);
    if (!series) return "";
    config::AdapterQueryForm form{.type = metric.type,
                                  .selector = metric.selector,
                                  .container = metric.container,
                                  .object = metric.described_object,
                                  .per_replica = !autoscaler.prometheus};
    if (autoscaler.prometheus) form.replica_label = autoscaler.prometheus->replica_label;
    form.name_space = name_space;
    auto query = config::AdapterQuery(rule, *series, form);
    if (!query) {
      ReportRule(rule, query.error().message);
      return "";
    }
    used_rules_.insert(&rule);
    query = config::OfObjectAlone(rule, form, *std::move(query));
    const bool any = autoscaler.prometheus.has_value();  // its feature flags are its own
    if (any && !autoscaler.prometheus->check_queries) return *std::move(query);
    const Status fine =
        config::CompileQuery(*query, {.experimental_functions = any, .fill_modifiers = any});
    if (!fine) ReportRule(rule, fine.error().message);
    return *std::move(query);
  }

  void ReportRule(const config::AdapterRule& rule, const std::string& message) {
    const std::string path =
        rule.path + (rule.resource.empty() ? ".metricsQuery" : ".containerQuery");
    if (reported_rules_.insert(&rule).second) Report(rule.query_at, path, message);
  }

  /// Rules that no metric has used yet are checked as well.
  void CheckRules(const RuleSet& rules) {
    std::map<std::string, Position> seen;
    for (const config::AdapterRule& rule : rules.rules) {
      const std::optional<std::string> metric = config::OnlyMetricOf(rule);
      const auto [other, is_new] =
          seen.emplace((rule.external ? "external " : "") + metric.value_or(rule.path), rule.at);
      if (metric && !is_new) {
        Report(rule.at, rule.path,
               "metric " + config::JsonString(*metric) + " has a rule already, in line " +
                   std::to_string(other->second.line));
      }
      if (used_rules_.count(&rule) == 0) CheckRule(rule);
    }
  }

  void CheckRule(const config::AdapterRule& rule) {
    const auto asks = [](const Autoscaler& autoscaler) {
      return autoscaler.prometheus.has_value();
    };
    const auto& all = config_.autoscalers;
    const bool scraped = !std::all_of(all.begin(), all.end(), asks) || all.empty();
    config::AdapterQueryForm form{.per_replica = scraped && rule.resource.empty(),
                                  .name_space = "any"};  // there will be one
    if (rule.external) form.type = MetricSourceType::kExternal;
    const std::string own = config::SeriesName(rule.series_query);
    const bool any = own.empty() && rule.name && !rule.name->fixed();
    const auto query = config::AdapterQuery(rule, any ? "series" : own, form);
    const Status fine = query ? config::CompileQuery(*query) : Status(query.error());
    if (!fine) ReportRule(rule, fine.error().message);
  }

  std::string_view text_;
  std::string directory_;
  manifest::Syntax syntax_;
  const PolicyRegistry& policies_;
  Config config_;
  std::vector<Problem> problems_;
  std::vector<NodePtr> roots_;  ///< what the pointers below point to
  std::map<std::string, config::WorkloadDocuments> workloads_;
  std::map<const Node*, config::HpaDocument> hpas_;
  std::vector<RuleSet> rule_sets_;
  std::vector<const Node*> monitors_;
  std::set<const config::AdapterRule*> used_rules_;
  std::set<const config::AdapterRule*> reported_rules_;
  const Node* scaler_ = nullptr;
  int unnamed_ = 0;
};

}  // namespace

std::string ConfigProblem::ToString() const {
  std::string out = file;
  if (line > 0) out += ":" + std::to_string(line) + ":" + std::to_string(column);
  if (!object.empty()) out += ": The " + object + " is invalid";
  if (!path.empty()) out += ": " + path;
  return out + ": " + message;
}

ParsedConfig ParseConfig(std::string_view text, std::string_view file_name,
                         const PolicyRegistry& policies) {
  FileParser parser(text, file_name, policies);
  parser.Run();
  ParsedConfig out;
  std::vector<Problem>& problems = parser.problems();
  std::stable_sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
    return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
  });
  for (Problem& problem : problems) {
    if (out.problems.size() == kProblemsMax) break;
    out.problems.push_back({std::string(file_name), problem.at.line, problem.at.column,
                            std::move(problem.path), std::move(problem.message),
                            std::move(problem.object)});
  }
  if (out.problems.empty()) out.config = parser.TakeConfig();
  return out;
}

Result<Config> LoadConfig(const std::string& file, const PolicyRegistry& policies) {
  const Result<std::string> text = ReadWhole(file, config::Limits{}.bytes + 1);
  if (!text) return text.error();
  ParsedConfig parsed = ParseConfig(*text, file, policies);
  if (parsed.problems.empty()) return std::move(parsed.config);
  std::string message;
  for (const ConfigProblem& problem : parsed.problems) {
    message += (message.empty() ? "" : "\n") + problem.ToString();
  }
  return Error{ErrorCode::kInvalidArgument, message};
}

}  // namespace tidegate
