// SPDX-License-Identifier: Apache-2.0
#include <cctype>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "tidegate/mig_parted.h"

namespace tidegate {
namespace {

constexpr std::size_t kLongestName = 63;

// A DNS-1123 label: what is none of its characters becomes '-'.
std::string NameOf(const std::string& workload, const std::string& profile) {
  std::string name;
  for (const char c : workload + "-" + profile) {
    const auto byte = static_cast<unsigned char>(c);
    name += byte < 0x80 && std::isalnum(byte) != 0 ? static_cast<char>(std::tolower(byte)) : '-';
  }
  name.erase(0, name.find_first_not_of('-'));
  if (name.size() > kLongestName) name.erase(0, name.size() - kLongestName);
  name.erase(0, name.find_first_not_of('-'));
  return name;
}

// Different workloads may come to the same name.
std::string Unique(const std::string& name, std::set<std::string>& taken) {
  std::string unique = name;
  for (int number = 2; !taken.insert(unique).second; ++number) {
    const std::string suffix = "-" + std::to_string(number);
    unique = name.substr(0, kLongestName - suffix.size()) + suffix;
  }
  return unique;
}

}  // namespace

std::vector<SliceClaim> SliceClaims(const Fleet& fleet) {
  std::map<std::pair<std::string, std::string>, std::int64_t> counts;
  for (std::size_t d = 0; d < fleet.device_count(); ++d) {
    for (const Slice& slice : fleet.slices(d)) {
      if (slice.group.empty()) continue;
      ++counts[{slice.group, fleet.model_of(d).profiles[slice.placed.profile].name}];
    }
  }
  std::vector<SliceClaim> claims;
  std::set<std::string> taken;
  for (const auto& [what, count] : counts) {
    const auto& [workload, profile] = what;
    claims.push_back({Unique(NameOf(workload, profile), taken), workload, profile, count});
  }
  return claims;
}

std::string SliceClaimsYaml(const std::vector<SliceClaim>& claims) {
  std::string out;
  for (const SliceClaim& claim : claims) {
    out += (out.empty() ? "" : "---\n") +
           ("apiVersion: resource.k8s.io/v1\n"
            "kind: ResourceClaimTemplate\n"
            "metadata:\n"
            "  name: " +
            claim.name +
            "\n"
            "spec:\n"
            "  spec:\n"
            "    devices:\n"
            "      requests:\n"
            "      - name: slice\n"
            "        exactly:\n"
            "          deviceClassName: mig.nvidia.com\n"
            "          selectors:\n"
            "          - cel:\n"
            "              expression: device.attributes['gpu.nvidia.com'].profile == '" +
            claim.profile + "'\n");
  }
  return out;
}

}  // namespace tidegate
