// SPDX-License-Identifier: Apache-2.0
#include "hpa/pod_requests.h"

#include <algorithm>
#include <string_view>

namespace tidegate::hpa {

namespace {

Quantity* Find(QuantityList& list, std::string_view resource) {
  for (QuantityRequest& each : list) {
    if (each.resource == resource) return &each.value;
  }
  return nullptr;
}

void Add(QuantityList& sum, const QuantityList& more) {
  for (const QuantityRequest& each : more) {
    Quantity* found = Find(sum, each.resource);
    if (found == nullptr) {
      sum.push_back(each);
    } else if (auto total = found->Plus(each.value)) {
      *found = *std::move(total);
    }
  }
}

void Raise(QuantityList& highest, const QuantityList& other) {
  for (const QuantityRequest& each : other) {
    Quantity* found = Find(highest, each.resource);
    if (found == nullptr) {
      highest.push_back(each);
    } else if (found->Compare(each.value) < 0) {
      *found = each.value;
    }
  }
}

// The only resources that a pod can request as a whole.
bool IsPodLevel(std::string_view resource) {
  constexpr std::string_view kHugePages = "hugepages-";
  return resource == "cpu" || resource == "memory" ||
         resource.substr(0, kHugePages.size()) == kHugePages;
}

// All that run together later, or the most that is needed while starting, if that is more.
QuantityList OfContainers(const PodResources& resources) {
  QuantityList running;
  QuantityList sidecars;
  QuantityList starting;
  for (const QuantityList& each : resources.containers) Add(running, each);
  for (const InitContainerRequests& each : resources.init_containers) {
    QuantityList step = sidecars;
    Add(step, each.requests);
    if (each.restartable) {
      Add(running, each.requests);
      sidecars = step;
    }
    Raise(starting, step);
  }
  Raise(running, starting);
  return running;
}

}  // namespace

std::optional<ResourceList> PodRequests(const PodResources& resources, bool with_overhead) {
  const bool as_a_whole =
      std::any_of(resources.pod.begin(), resources.pod.end(),
                  [](const QuantityRequest& each) { return IsPodLevel(each.resource); });
  if (!as_a_whole) return std::nullopt;
  QuantityList total = OfContainers(resources);
  for (const QuantityRequest& each : resources.pod) {
    if (!IsPodLevel(each.resource)) continue;
    if (Quantity* found = Find(total, each.resource)) {
      *found = each.value;
    } else {
      total.push_back(each);
    }
  }
  if (with_overhead) Add(total, resources.overhead);
  ResourceList requests;
  for (const QuantityRequest& each : total) {
    requests.push_back({each.resource, each.value.Milli()});
  }
  return requests;
}

}  // namespace tidegate::hpa
