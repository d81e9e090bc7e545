// SPDX-License-Identifier: Apache-2.0
//
// Which replicas have been started again since the last tick: under their name, as a pod's
// container is, or as the successor of one that died, as a process pool does it. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tidegate/observation.h"

namespace tidegate::reporters {

struct Restart {
  const Replica* replica = nullptr;
  std::int32_t times = 0;  ///< since the last tick, as far as can be told: at least once
};

/// Of one workload. What has happened before the first observation is no news.
class RestartWatch {
 public:
  std::vector<Restart> Observe(const Observation& observation) {
    std::map<std::string, std::int32_t> now;
    std::vector<Restart> out;
    for (const Replica& replica : observation.replicas) {
      now[replica.name] = replica.restarts;
      const auto before = seen_.find(replica.name);
      const std::int32_t times = before != seen_.end() ? replica.restarts - before->second
                                                       : (replica.restarts > 0 ? 1 : 0);
      if (started_ && times > 0) out.push_back({&replica, times});
    }
    seen_ = std::move(now);
    started_ = true;
    return out;
  }

 private:
  bool started_ = false;
  std::map<std::string, std::int32_t> seen_;  // restarts by replica
};

}  // namespace tidegate::reporters
