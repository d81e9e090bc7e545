// SPDX-License-Identifier: Apache-2.0
#include "config/mig_parted.h"

#include <array>
#include <utility>

#include "config/scalars.h"

namespace tidegate::config {
namespace {

constexpr std::array<std::string_view, 4> kKeys{"device-filter", "devices", "mig-enabled",
                                                "mig-devices"};

class MigPartedReader {
 public:
  explicit MigPartedReader(std::vector<Problem>& problems) : problems_(problems) {}

  std::vector<MigPartedDocument> Read(const Node& root) {
    const Node* version = root.Find("version");
    if (version == nullptr) {
      Report(root.at, "version", "is required: v1");
    } else if (version->text != "v1") {
      Report(version->at, "version", "want v1, got " + JsonString(version->text));
    }
    for (const Member& member : root.members) {
      if (member.key == "version" || member.key == "mig-configs") continue;
      Report(member.at, member.key,
             "unknown key" + Nearest(member.key, {"version", "mig-configs"}));
    }
    const Node& configs = *root.Find("mig-configs");
    if (configs.kind != Node::Kind::kMap || configs.members.empty()) {
      Report(configs.at, "mig-configs", "want a map of configurations by name");
    }
    for (const Member& member : configs.members) ReadConfig(member);
    return std::move(out_);
  }

 private:
  void Report(Position at, std::string path, std::string message) {
    problems_.push_back({at, std::move(path), std::move(message)});
  }

  void ReadConfig(const Member& member) {
    MigPartedDocument document{member.key, member.at, "mig-configs." + member.key, {}};
    if (member.value->kind != Node::Kind::kList || member.value->items.empty()) {
      return Report(member.value->at, document.path, "want a list of what devices get");
    }
    for (std::size_t i = 0; i < member.value->items.size(); ++i) {
      const Node& item = *member.value->items[i];
      const std::string path = document.path + "[" + std::to_string(i) + "]";
      const std::size_t before = problems_.size();
      MigPartedEntry entry = ReadEntry(item, path);
      if (problems_.size() > before) continue;
      const Node* devices = item.Find("mig-devices");
      const bool named = devices != nullptr;
      document.entries.push_back(
          {std::move(entry), named ? devices->at : item.at, named ? path + ".mig-devices" : path});
    }
    out_.push_back(std::move(document));
  }

  MigPartedEntry ReadEntry(const Node& node, const std::string& path) {
    MigPartedEntry entry;
    if (node.kind != Node::Kind::kMap) {
      Report(node.at, path, "want a map");
      return entry;
    }
    for (const Member& member : node.members) {
      const std::string at = path + "." + member.key;
      const Node& value = *member.value;
      if (member.key == "device-filter") {
        entry.device_filter = Strings(value, at);
      } else if (member.key == "devices") {
        ReadDevices(value, at, entry);
      } else if (member.key == "mig-enabled") {
        if (value.quoted || (value.text != "true" && value.text != "false")) {
          Report(value.at, at, "want true or false, got " + JsonString(value.text));
        }
        entry.mig_enabled = value.text == "true";
      } else if (member.key == "mig-devices") {
        ReadCounts(value, at, entry);
      } else {
        Report(member.at, at, "unknown key" + Nearest(member.key, {kKeys.begin(), kKeys.end()}));
      }
    }
    CheckEntry(node, path, entry);
    return entry;
  }

  void CheckEntry(const Node& node, const std::string& path, const MigPartedEntry& entry) {
    for (const std::string_view key : {"devices", "mig-enabled"}) {
      if (node.Find(key) == nullptr) Report(node.at, path + "." + std::string(key), "is required");
    }
    const Node* devices = node.Find("mig-devices");
    if (entry.mig_enabled && devices == nullptr) {
      Report(node.at, path + ".mig-devices", "is required when mig-enabled is true");
    }
    if (!entry.mig_enabled && !entry.mig_devices.empty()) {
      Report(devices->at, path + ".mig-devices", "must be empty when mig-enabled is false");
    }
  }

  std::vector<std::string> Strings(const Node& node, const std::string& path) {
    std::vector<std::string> out;
    if (node.kind == Node::Kind::kScalar) out.push_back(node.text);
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      if (node.items[i]->kind == Node::Kind::kScalar) {
        out.push_back(node.items[i]->text);
      } else {
        Report(node.items[i]->at, path + "[" + std::to_string(i) + "]", "want a PCI id");
      }
    }
    if (node.kind == Node::Kind::kMap) Report(node.at, path, "want a PCI id or a list of such");
    return out;
  }

  void ReadDevices(const Node& node, const std::string& path, MigPartedEntry& entry) {
    entry.all_devices = node.kind == Node::Kind::kScalar && node.text == "all";
    if (entry.all_devices) return;
    if (node.kind != Node::Kind::kList) {
      return Report(node.at, path, "want all or a list of indices");
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const std::optional<std::int64_t> index = Number(*node.items[i]);
      if (!index) {
        Report(node.items[i]->at, path + "[" + std::to_string(i) + "]",
               "want an index, got " + JsonString(node.items[i]->text));
        continue;
      }
      entry.devices.push_back(*index);
    }
  }

  void ReadCounts(const Node& node, const std::string& path, MigPartedEntry& entry) {
    if (node.kind == Node::Kind::kList || node.kind == Node::Kind::kScalar) {
      return Report(node.at, path, "want a number for each profile");
    }
    for (const Member& member : node.members) {
      const std::optional<std::int64_t> count = Number(*member.value);
      if (!count) {
        Report(member.value->at, path + "." + member.key,
               "want a number of slices, got " + JsonString(member.value->text));
        continue;
      }
      if (*count > 0) entry.mig_devices[member.key] = *count;
    }
  }

  /// None: not a number from 0 to a million.
  static std::optional<std::int64_t> Number(const Node& node) {
    if (node.kind != Node::Kind::kScalar || node.quoted) return std::nullopt;
    const std::optional<std::int64_t> number = ParseInt(node.text);
    return number && *number >= 0 && *number <= 1'000'000 ? number : std::nullopt;
  }

  std::vector<Problem>& problems_;
  std::vector<MigPartedDocument> out_;
};

}  // namespace

std::vector<MigPartedDocument> ReadMigParted(const Node& root, std::vector<Problem>& problems) {
  return MigPartedReader(problems).Read(root);
}

}  // namespace tidegate::config
