// SPDX-License-Identifier: Apache-2.0
//
// What Kubernetes and NVIDIA's tools call a layout: configurations of mig-parted (v1), labels and
// extended resources of a node, claims of dynamic resource allocation, and what has to be
// destroyed and created to get from one layout to another.
//
// mig-parted counts slices and does not say where they sit, and it applies a configuration by
// clearing the GPU. So a configuration is what a plan is handed over as, and what a state is read
// from; the difference is what to do where other slices keep running.
//
// Thread safety: plain values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/mig.h"
#include "tidegate/placement.h"
#include "tidegate/result.h"

namespace tidegate {

/// What some GPUs of a node shall have.
struct MigPartedEntry {
  std::vector<std::string> device_filter;  ///< PCI ids ("0x233010DE"); empty: any
  bool all_devices = false;
  std::vector<std::int64_t> devices;  ///< indices of the node's GPUs, unless all
  bool mig_enabled = true;
  std::map<std::string, std::int64_t> mig_devices;  ///< slices by profile

  friend bool operator==(const MigPartedEntry&, const MigPartedEntry&) = default;
};

/// `mig-configs` of a file: by name, which is what the node label `nvidia.com/mig.config` says.
using MigPartedConfigs = std::map<std::string, std::vector<MigPartedEntry>>;

/// A configuration for each node, called as the node; "default" for devices without one. The
/// devices of a node are numbered in the order of the fleet. What the profiles are called is the
/// model's affair.
TIDEGATE_EXPORT MigPartedConfigs ToMigParted(const Fleet& fleet);

/// The file.
TIDEGATE_EXPORT std::string MigPartedYaml(const MigPartedConfigs& configs);

/// Gives the node's devices what an entry says. What can stay as it is stays; where new slices sit
/// is a guess, as the entry only counts them. kNotFound: no such device or profile.
/// kInvalidArgument: the model cannot have these slices together. kUnavailable: a pinned slice
/// would go.
TIDEGATE_EXPORT Status ApplyMigParted(Fleet& fleet, std::string_view node,
                                      const MigPartedEntry& entry);

/// What happens to one device between two layouts.
struct DeviceChange {
  std::size_t device = 0;  ///< of `after`
  std::vector<PlacedSlice> keep, destroy, create;

  friend bool operator==(const DeviceChange&, const DeviceChange&) = default;
};

/// Devices are matched by their id, slices by profile and place; devices without a change are left
/// out. Each is done by itself: destroy, then create, while what is kept runs on.
TIDEGATE_EXPORT std::vector<DeviceChange> LayoutChanges(const Fleet& before, const Fleet& after);

/// Extended resources that a node has under the device plugin's strategy "mixed":
/// "nvidia.com/mig-1g.5gb.me" -> how many.
TIDEGATE_EXPORT std::map<std::string, std::int64_t> NodeResources(const Fleet& fleet,
                                                                  std::string_view node);

/// Labels of the node under that strategy: nvidia.com/mig.config, which asks mig-manager for the
/// configuration, and what feature discovery will say of each profile: .count, .memory (MiB),
/// .multiprocessors, .slices.gi and .slices.ci.
TIDEGATE_EXPORT std::map<std::string, std::string> NodeLabels(const Fleet& fleet,
                                                              std::string_view node);

/// Which slices a workload claims under dynamic resource allocation.
struct SliceClaim {
  std::string name;  ///< of the ResourceClaimTemplate: "llama-3g.20gb" as a name of Kubernetes
  std::string workload;
  std::string profile;
  std::int64_t count = 0;  ///< slices of the fleet that are so

  friend bool operator==(const SliceClaim&, const SliceClaim&) = default;
};

/// One for each workload and profile in the fleet, by name; slices of no workload are left out.
TIDEGATE_EXPORT std::vector<SliceClaim> SliceClaims(const Fleet& fleet);

/// A ResourceClaimTemplate (resource.k8s.io/v1) for each claim: one slice of the class
/// mig.nvidia.com whose profile is the planned one. Where it sits is left to NVIDIA's driver.
TIDEGATE_EXPORT std::string SliceClaimsYaml(const std::vector<SliceClaim>& claims);

}  // namespace tidegate
