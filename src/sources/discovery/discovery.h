// SPDX-License-Identifier: Apache-2.0
//
// Discovery: where targets come from. The seam behind which there are files, URLs, the replicas of
// workloads, and whatever else knows of targets.
//
// Thread safety: called by one thread at a time.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tidegate/scrape_config.h"
#include "tidegate/source.h"
#include "tidegate/types.h"

namespace tidegate::discovery {

class Discovery {
 public:
  virtual ~Discovery() = default;
  /// Looks again if it is time to. What fails leaves what was found last. Returns by the deadline.
  virtual void Refresh(const CollectRequest& request) = 0;
  /// What was found last.
  virtual const std::vector<TargetGroup>& groups() const = 0;
  /// Counts how often that has changed.
  virtual std::uint64_t version() const = 0;
  /// Why the last look failed; empty: it did not.
  virtual std::string error() const { return {}; }
};

std::unique_ptr<Discovery> MakeStaticDiscovery(std::vector<TargetGroup> groups);
std::unique_ptr<Discovery> MakeFileDiscovery(FileDiscovery options);
std::unique_ptr<Discovery> MakeHttpDiscovery(HttpDiscovery options);
std::unique_ptr<Discovery> MakeReplicaDiscovery(ReplicaDiscovery options);

}  // namespace tidegate::discovery
