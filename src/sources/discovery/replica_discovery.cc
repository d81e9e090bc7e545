// SPDX-License-Identifier: Apache-2.0
//
// The replicas of workloads as targets, with the labels that Kubernetes' discovery gives pods; and
// groups that never change.
#include <utility>

#include "net/http_client.h"
#include "sources/discovery/discovery.h"

namespace tidegate::discovery {
namespace {

constexpr const char* kPod = "__meta_kubernetes_pod_";

class StaticDiscovery final : public Discovery {
 public:
  explicit StaticDiscovery(std::vector<TargetGroup> groups) : groups_(std::move(groups)) {}

  void Refresh(const CollectRequest& /*request*/) override {}
  const std::vector<TargetGroup>& groups() const override { return groups_; }
  std::uint64_t version() const override { return 0; }

 private:
  const std::vector<TargetGroup> groups_;
};

const char* PhaseName(ReplicaPhase phase) {
  switch (phase) {
    case ReplicaPhase::kPending:
      return "Pending";
    case ReplicaPhase::kRunning:
      return "Running";
    case ReplicaPhase::kSucceeded:
      return "Succeeded";
    case ReplicaPhase::kFailed:
      return "Failed";
    case ReplicaPhase::kUnknown:
      return "Unknown";
  }
  return "";
}

const char* ReadyName(const Replica& replica) {
  if (!replica.ready) return "unknown";
  return *replica.ready == ConditionStatus::kTrue ? "true" : "false";
}

class ReplicasDiscovery final : public Discovery {
 public:
  explicit ReplicasDiscovery(ReplicaDiscovery options) : options_(std::move(options)) {}

  void Refresh(const CollectRequest& request) override {
    std::vector<TargetGroup> groups;
    for (const WorkloadReplicas& each : request.fleet) {
      if (each.workload != options_.workload) continue;
      for (const Replica& replica : each.replicas) {
        if (!replica.host.empty() && replica.Alive()) groups.push_back(GroupOf(replica));
      }
    }
    if (groups == groups_) return;
    groups_ = std::move(groups);
    ++version_;
  }

  const std::vector<TargetGroup>& groups() const override { return groups_; }
  std::uint64_t version() const override { return version_; }

 private:
  TargetGroup GroupOf(const Replica& replica) const {
    const std::string pod = kPod;
    TargetGroup group;
    group.labels = {{pod + "name", replica.name},
                    {pod + "ip", replica.host},
                    {pod + "phase", PhaseName(replica.phase)},
                    {pod + "ready", ReadyName(replica)},
                    {"__meta_kubernetes_namespace", options_.name_space}};
    for (const auto& [name, number] : replica.ports) {
      if (!options_.port.empty() && name != options_.port) continue;
      group.targets.push_back({{"__address__", net::HostPort(replica.host, number)},
                               {pod + "container_port_name", name},
                               {pod + "container_port_number", std::to_string(number)},
                               {pod + "container_port_protocol", "TCP"}});
    }
    return group;
  }

  const ReplicaDiscovery options_;
  std::vector<TargetGroup> groups_;
  std::uint64_t version_ = 0;
};

}  // namespace

std::unique_ptr<Discovery> MakeStaticDiscovery(std::vector<TargetGroup> groups) {
  return std::make_unique<StaticDiscovery>(std::move(groups));
}

std::unique_ptr<Discovery> MakeReplicaDiscovery(ReplicaDiscovery options) {
  return std::make_unique<ReplicasDiscovery>(std::move(options));
}

}  // namespace tidegate::discovery
