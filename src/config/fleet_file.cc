// SPDX-License-Identifier: Apache-2.0
//
// Files of GPUs and of what is wanted of them -> Fleet and demand.
#include "tidegate/fleet_file.h"

#include <algorithm>
#include <set>
#include <utility>

#include "config/devices.h"
#include "config/documents.h"
#include "config/fleet_entries.h"
#include "config/mig_parted.h"
#include "config/scalars.h"
#include "config/throughput_csv.h"
#include "tidegate/throughput.h"

namespace tidegate {
namespace {

using config::DemandEntry;
using config::DeviceEntry;
using config::FleetEntry;
using config::kMostDevices;
using config::kMostSlices;
using config::Node;
using config::NodePtr;
using config::Position;
using config::Problem;
using config::ProfileNames;
using config::SliceEntry;
using config::Suggest;
using config::TableEntry;
using config::ThroughputEntry;
using config::UnknownModel;
using config::WorkloadEntry;

constexpr std::size_t kProblemsMax = 200;
/// Every slice of a large fleet may be written down.
constexpr config::Limits kLimits{.bytes = 16u << 20, .nodes = 2'000'000};
constexpr MilliValue kMib = MilliValue{1000} << 20;
constexpr std::string_view kMigParted = "mig-configs";  // the member that no other kind has

std::string At(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

/// The profiles of all the fleet's models.
std::vector<std::string_view> ProfileNames(const Fleet& fleet) {
  std::vector<std::string_view> names;
  std::set<const DeviceModel*> seen;
  for (std::size_t d = 0; d < fleet.device_count(); ++d) {
    if (!seen.insert(&fleet.model_of(d)).second) continue;
    for (const std::string_view name : ProfileNames(fleet.model_of(d))) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

bool AnyHas(const Fleet& fleet, const std::string& profile) {
  std::set<const DeviceModel*> seen;
  for (std::size_t d = 0; d < fleet.device_count(); ++d) {
    const DeviceModel& model = fleet.model_of(d);
    if (seen.insert(&model).second && FindProfile(model, profile)) return true;
  }
  return false;
}

class FilesParser {
 public:
  explicit FilesParser(std::span<const FileText> files) : texts_(files) {}

  ParsedFleetFiles Run() {
    for (const FileText& file : texts_) ReadTrees(file);
    for (const Document& document : documents_) {
      if (document.kind == "Fleet") ReadFleet(document);
    }
    for (const Document& document : documents_) {
      if (document.kind == kMigParted) ReadMigParted(document);
    }
    for (const Document& document : documents_) {
      if (document.kind == "ThroughputTable") ReadTable(document);
    }
    for (const Document& document : documents_) {
      if (document.kind == "Demand") ReadDemand(document);
    }
    const bool any = std::any_of(documents_.begin(), documents_.end(),
                                 [](const Document& document) { return document.kind == "Fleet"; });
    if (!any && out_.problems.empty()) {
      out_.problems.push_back({texts_.empty() ? "" : texts_.front().name, 0, 0, "",
                               "no document has kind: Fleet, which says what GPUs there are", ""});
    }
    return std::move(out_);
  }

 private:
  struct Document {
    const FileText* file = nullptr;
    NodePtr root;
    std::string kind;
  };

  static config::ParsedText Parse(const FileText& file) {
    constexpr std::string_view kCsv = ".csv";
    std::string_view name = file.name;
    if (name.size() <= kCsv.size() || name.substr(name.size() - kCsv.size()) != kCsv) {
      return config::ParseYaml(file.text, kLimits);
    }
    name.remove_suffix(kCsv.size());
    return config::ParseThroughputCsv(file.text, name.substr(name.find_last_of('/') + 1), kLimits);
  }

  void ReadTrees(const FileText& file) {
    config::ParsedText parsed = Parse(file);
    for (const config::SyntaxProblem& problem : parsed.problems) {
      Report(file, problem.at, "", problem.message);
    }
    bool any = !parsed.problems.empty();
    for (NodePtr& root : parsed.documents) {
      if (root->kind == Node::Kind::kNull) continue;
      any = true;
      const std::string kind = KindOf(file, *root);
      documents_.push_back({&file, std::move(root), kind});
    }
    if (!any) Report(file, {}, "", "the file has no document");
  }

  /// Empty after a report.
  std::string KindOf(const FileText& file, const Node& root) {
    if (root.Find(kMigParted) != nullptr) return std::string(kMigParted);
    const auto text = [&](std::string_view key) -> const Node* {
      const Node* node = root.Find(key);
      if (node != nullptr && node->kind == Node::Kind::kScalar) return node;
      Report(file, root.at, std::string(key), "is required");
      return nullptr;
    };
    const Node* version = text("apiVersion");
    const Node* kind = text("kind");
    if (version == nullptr || kind == nullptr) return {};
    const std::vector<std::string_view> kinds = {"Fleet", "Demand", "ThroughputTable"};
    if (std::find(kinds.begin(), kinds.end(), kind->text) == kinds.end()) {
      Report(file, kind->at, "kind",
             "unknown kind " + config::JsonString(kind->text) + Suggest(kind->text, kinds));
      return {};
    }
    if (version->text == config::kApiVersion) return kind->text;
    Report(file, version->at, "apiVersion",
           "unsupported value " + config::JsonString(version->text) + ", want " +
               config::JsonString(config::kApiVersion));
    return {};
  }

  void Report(const FileText& file, Position at, std::string path, std::string message) {
    if (out_.problems.size() >= kProblemsMax) return;
    out_.problems.push_back(
        {file.name, at.line, at.column, std::move(path), std::move(message), ""});
  }

  void Report(const Document& document, const std::string& path, std::string message) {
    Report(*document.file, config::Locate(document.root.get(), path), path, std::move(message));
  }

  /// False: some of it could not be read.
  template <typename T>
  bool Read(const Document& document, T& spec) {
    std::string name;
    return Read(document, spec, name);
  }

  template <typename T>
  bool Read(const Document& document, T& spec, std::string& name) {
    std::vector<Problem> problems;
    config::Reader(document.root.get(), "", config::ReadMode::kFile, problems)
        .Struct([&](FieldVisitor& v) {
          std::string text;
          v.Field("apiVersion", text);
          v.Field("kind", text);
          v.Nested("metadata", [&] { v.Field("name", name); });
          v.Field("spec", spec, {.required = true});
        });
    for (Problem& problem : problems) {
      Report(*document.file, problem.at, std::move(problem.path), std::move(problem.message));
    }
    return problems.empty();
  }

  void ReadFleet(const Document& document) {
    FleetEntry spec;
    if (!Read(document, spec)) return;
    for (std::size_t i = 0; i < spec.devices.size(); ++i) {
      AddDevices(document, spec, i);
    }
    for (const auto& [name, price] : spec.prices) {
      const Result<DeviceModel> model = FindDeviceModel(name);
      if (model) {
        out_.files.prices[model->id] = price;
      } else {
        Report(document, "spec.prices." + name, UnknownModel(name));
      }
    }
  }

  /// Makes the model of an entry known; null after a report.
  const DeviceModel* ModelOf(const Document& document, const FleetEntry& spec, std::size_t entry) {
    const std::string path = At("spec.devices", entry) + ".model";
    Result<DeviceModel> model = FindDeviceModel(spec.devices[entry].model);
    if (!model) {
      Report(document, path, UnknownModel(spec.devices[entry].model));
      return nullptr;
    }
    if (spec.driver != 0) model = ForDriver(*model, static_cast<std::int32_t>(spec.driver));
    if (!model) {
      Report(document, "spec.driver", model.error().message);
      return nullptr;
    }
    const auto [known, is_new] = models_.emplace(model->id, *model);
    if (!is_new) return &known->second;
    if (const Status added = out_.files.fleet.AddModel(*model); !added) {
      Report(document, path, added.error().message);
      models_.erase(known);
      return nullptr;
    }
    return &known->second;
  }

  void AddDevices(const Document& document, const FleetEntry& spec, std::size_t index) {
    const std::string path = At("spec.devices", index);
    DeviceEntry entry = spec.devices[index];
    const DeviceModel* model = ModelOf(document, spec, index);
    if (model == nullptr) return;
    if (entry.nodes.empty()) entry.nodes.emplace_back();
    const auto total = entry.count * static_cast<std::int64_t>(entry.nodes.size());
    if (total + static_cast<std::int64_t>(out_.files.fleet.device_count()) > kMostDevices) {
      return Report(document, path + ".count",
                    "makes more than " + std::to_string(kMostDevices) + " devices");
    }
    if (!entry.id.empty() && total != 1) {
      return Report(document, path + ".id",
                    "names one device, and there are " + std::to_string(total));
    }
    for (const std::string& node : entry.nodes) {
      for (std::int64_t i = 0; i < entry.count; ++i) {
        if (!AddDevice(document, path, entry, *model, node)) return;  // the others are alike
      }
    }
  }

  bool AddDevice(const Document& document, const std::string& path, const DeviceEntry& entry,
                 const DeviceModel& model, const std::string& node) {
    const std::string number = "gpu-" + std::to_string(next_[node]++);
    const Device device{.id = !entry.id.empty() ? entry.id
                              : node.empty()    ? number
                                                : node + "/" + number,
                        .model = model.id,
                        .node = node,
                        .domain = entry.domain,
                        .state = entry.state};
    const Result<std::size_t> added = out_.files.fleet.AddDevice(device);
    if (!added) {
      Report(document, path + (entry.id.empty() ? ".nodes" : ".id"), added.error().message);
      return false;
    }
    bool all = true;
    for (std::size_t s = 0; s < entry.slices.size(); ++s) {
      all = AddSlice(document, At(path + ".slices", s), entry.slices[s], model, *added) && all;
    }
    return all;
  }

  bool AddSlice(const Document& document, const std::string& path, const SliceEntry& entry,
                const DeviceModel& model, std::size_t device) {
    const Result<std::size_t> profile = FindProfile(model, entry.profile);
    if (!profile) {
      Report(document, path + ".profile",
             model.id + " has no profile " + config::JsonString(entry.profile) +
                 Suggest(entry.profile, ProfileNames(model)));
      return false;
    }
    const std::optional<SliceSpan> span = SpanOf(document, path, entry, model.profiles[*profile]);
    if (!span) return false;
    const std::string& on = out_.files.fleet.device(device).id;
    const std::string id = entry.id.empty() ? on + "@" + std::to_string(span->start) : entry.id;
    const Status added = out_.files.fleet.AddSlice({.id = id,
                                                    .device = device,
                                                    .placed = {*profile, *span},
                                                    .group = entry.workload,
                                                    .pinned = entry.pinned});
    if (!added) Report(document, path, added.error().message);
    return added.ok();
  }

  std::optional<SliceSpan> SpanOf(const Document& document, const std::string& path,
                                  const SliceEntry& entry, const SliceProfile& profile) {
    std::string starts;
    for (const SliceSpan& span : profile.placements) {
      if (entry.start && span.start == *entry.start) return span;
      starts += (starts.empty() ? "" : ", ") + std::to_string(span.start);
    }
    if (!entry.start && profile.placements.size() == 1) return profile.placements.front();
    Report(document, path + ".start",
           (entry.start ? "got " + std::to_string(*entry.start) + ": " : "is required: ") +
               profile.name + " can start at " + starts);
    return std::nullopt;
  }

  // A configuration is of the node that has its name; an only one, of an only node.
  void ReadMigParted(const Document& document) {
    std::vector<Problem> problems;
    const std::vector<config::MigPartedDocument> configs =
        config::ReadMigParted(*document.root, problems);
    for (Problem& problem : problems) {
      Report(*document.file, problem.at, std::move(problem.path), std::move(problem.message));
    }
    const std::set<std::string> nodes = Nodes();
    for (const config::MigPartedDocument& config : configs) {
      const bool only = configs.size() == 1 && nodes.size() == 1;
      const std::string node = only ? *nodes.begin() : config.name;
      if (nodes.count(node) == 0) {
        Report(*document.file, config.at, config.path,
               "no node of the fleet has this name" +
                   Suggest(config.name, {nodes.begin(), nodes.end()}));
        continue;
      }
      for (const auto& [entry, at, path] : config.entries) {
        const Status applied = ApplyMigParted(out_.files.fleet, node, entry);
        if (!applied) Report(*document.file, at, path, applied.error().message);
      }
    }
  }

  std::set<std::string> Nodes() const {
    std::set<std::string> nodes;
    const Fleet& fleet = out_.files.fleet;
    for (std::size_t d = 0; d < fleet.device_count(); ++d) nodes.insert(fleet.device(d).node);
    return nodes;
  }

  void ReadTable(const Document& document) {
    TableEntry spec;
    std::string name;
    if (!Read(document, spec, name)) return;
    if (name.empty()) return Report(document, "metadata.name", "must not be empty");
    if (tables_.count(name) > 0) {
      return Report(document, "metadata.name", config::JsonString(name) + " is there already");
    }
    std::vector<ThroughputRow>& rows = tables_[name];
    for (std::size_t i = 0; i < spec.rows.size(); ++i) {
      const ThroughputEntry& entry = spec.rows[i];
      const bool own = !entry.model.empty();
      AddRow(document, At("spec.rows", i), own ? At("spec.rows", i) + ".model" : "spec.model",
             own ? entry.model : spec.model, entry, rows);
    }
  }

  void AddRow(const Document& document, const std::string& path, const std::string& model_path,
              const std::string& model_name, const ThroughputEntry& entry,
              std::vector<ThroughputRow>& rows) {
    const Result<DeviceModel> model = FindDeviceModel(model_name);
    if (!model) return Report(document, model_path, UnknownModel(model_name));
    const Result<std::size_t> profile = FindProfile(*model, entry.profile);
    if (!profile) {
      return Report(document, path + ".profile",
                    model->id + " has no profile " + config::JsonString(entry.profile) +
                        Suggest(entry.profile, ProfileNames(*model)));
    }
    const SliceProfile& of = model->profiles[*profile];
    if (of.memory_mib && entry.memory > *of.memory_mib * kMib) {
      return Report(document, path + ".memory",
                    "is more than the " + std::to_string(*of.memory_mib) + "Mi of " + of.name);
    }
    rows.push_back({model->id, of.name, entry.rate, entry.latency, entry.memory});
  }

  void ReadDemand(const Document& document) {
    DemandEntry spec;
    if (!Read(document, spec)) return;
    std::set<std::string> names;
    for (std::size_t i = 0; i < spec.workloads.size(); ++i) {
      const WorkloadEntry& entry = spec.workloads[i];
      const std::string path = At("spec.workloads", i);
      slices_ += entry.count;
      if (entry.name.empty()) Report(document, path + ".name", "must not be empty");
      if (!names.insert(entry.name).second) {
        Report(document, path + ".name", config::JsonString(entry.name) + " is there already");
      }
      if (slices_ > kMostSlices) {
        return Report(document, path + ".count",
                      "makes more than " + std::to_string(kMostSlices) + " slices");
      }
      AddWorkload(document, path, entry);
    }
  }

  void AddWorkload(const Document& document, const std::string& path, const WorkloadEntry& entry) {
    const bool needs = entry.memory > 0 || entry.sm_count > 0;
    if (entry.rate > 0 || !entry.table.empty()) {
      if (needs || !entry.profile.empty()) {
        return Report(document, path + ".rate",
                      "is given, so profile, memory and smCount say nothing");
      }
      return AddMoldable(document, path, entry);
    }
    if (entry.profile.empty() && !needs) {
      return Report(document, path, "want a profile, or memory and smCount, or a rate and a table");
    }
    if (!entry.profile.empty() && needs) {
      return Report(document, path + ".profile", "is given, so memory and smCount say nothing");
    }
    const Fleet& fleet = out_.files.fleet;
    if (!entry.profile.empty() && fleet.device_count() > 0 && !AnyHas(fleet, entry.profile)) {
      return Report(document, path + ".profile",
                    "no GPU of the fleet has a profile " + config::JsonString(entry.profile) +
                        Suggest(entry.profile, ProfileNames(fleet)));
    }
    out_.files.demand.push_back({entry.name,
                                 {.memory_mib = (entry.memory + kMib - 1) / kMib,
                                  .sm_count = entry.sm_count,
                                  .count = entry.count,
                                  .profile = entry.profile}});
  }

  void AddMoldable(const Document& document, const std::string& path, const WorkloadEntry& entry) {
    if (entry.table.empty()) return Report(document, path + ".table", "is required with a rate");
    if (entry.rate == 0) return Report(document, path + ".rate", "is required with a table");
    const auto table = tables_.find(entry.table);
    if (table == tables_.end()) {
      std::vector<std::string_view> names;
      for (const auto& [name, rows] : tables_) names.push_back(name);
      return Report(document, path + ".table",
                    "no ThroughputTable is called " + config::JsonString(entry.table) +
                        (names.empty() ? "" : Suggest(entry.table, names)));
    }
    std::vector<ThroughputRow> rows = table->second;
    std::erase_if(rows, [&](const ThroughputRow& row) {
      return out_.files.fleet.FindModel(row.model) == nullptr;
    });
    if (rows.empty() && out_.files.fleet.device_count() > 0) {
      return Report(document, path + ".table",
                    config::JsonString(entry.table) + " has no row of a GPU of the fleet");
    }
    std::vector<SliceRate> rates = RatesAt(rows, entry.slo);
    if (rates.empty()) return ReportTooSlow(document, path, entry, rows);
    out_.files.demand.push_back({entry.name, {.rate = entry.rate, .rates = std::move(rates)}});
  }

  void ReportTooSlow(const Document& document, const std::string& path, const WorkloadEntry& entry,
                     const std::vector<ThroughputRow>& rows) {
    if (rows.empty()) return;  // there are no GPUs, which has been said
    const auto fastest = std::min_element(
        rows.begin(), rows.end(),
        [](const ThroughputRow& a, const ThroughputRow& b) { return a.latency < b.latency; });
    Report(document, path + ".slo",
           "got " + config::FormatDuration(entry.slo) + ", and the fastest row of " +
               config::JsonString(entry.table) + " takes " +
               config::FormatDuration(fastest->latency) + " (" + fastest->profile + ")");
  }

  std::span<const FileText> texts_;
  std::vector<Document> documents_;
  std::map<std::string, std::vector<ThroughputRow>> tables_;
  std::map<std::string, DeviceModel> models_;
  std::map<std::string, std::int64_t> next_;  // by node: the number of its next device
  std::int64_t slices_ = 0;                   // that are wanted
  ParsedFleetFiles out_;
};

std::vector<std::string_view> Words(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

}  // namespace

ParsedFleetFiles ParseFleetFiles(std::span<const FileText> files) {
  return FilesParser(files).Run();
}

Result<std::vector<WorkloadDemand>> ParseWhatIf(std::string_view text, const Fleet& fleet) {
  const auto wrong = [&](const std::string& why) {
    return Error{ErrorCode::kInvalidArgument, config::JsonString(text) + ": " + why};
  };
  std::vector<WorkloadDemand> demand;
  for (const std::string_view part : Words(text, ",")) {
    std::vector<std::string_view> words = Words(part, " ");
    if (!words.empty() && words.front() == "add") words.erase(words.begin());
    if (words.size() != 2) return wrong("want \"add 3 3g.20gb, 2 1g.5gb\"");
    const std::optional<std::int64_t> count = config::ParseInt(words[0]);
    if (!count || *count < 1 || *count > kMostSlices) {
      return wrong("want a number of slices, got " + config::JsonString(words[0]));
    }
    const std::string profile(words[1]);
    if (!AnyHas(fleet, profile)) {
      return wrong("no GPU of the fleet has a profile " + config::JsonString(profile) +
                   Suggest(profile, ProfileNames(fleet)));
    }
    demand.push_back({"what-if " + profile, {.count = *count, .profile = profile}});
  }
  if (demand.empty()) return wrong("want \"add 3 3g.20gb, 2 1g.5gb\"");
  return demand;
}

}  // namespace tidegate
