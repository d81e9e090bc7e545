// SPDX-License-Identifier: Apache-2.0
//
// The last stage of a tick, over all workloads at once: slices of GPUs for their replicas.
//
//   what is asked for -> moves that are done -> scale-in -> scale-out -> moves at rest
//
// Scale-in takes the replicas whose slices leave the best free space. Scale-out places, never
// moves: first everybody's minReplicas in the order of priorities, then one by one for whoever
// has the smallest share of what it wants. A moldable workload takes the sizes that serve what it
// lacks at the smallest share of a device, of those that have room. What finds no place caps the
// decision, and a step says why. Once everything is at rest, replicas move, a new one first, so
// that what was refused fits or fewer devices are in use.
//
// Thread safety: a stage is used by one thread at a time; its answers depend on the input alone.
#pragma once

#include <memory>
#include <vector>

#include "tidegate/plan.h"

namespace tidegate::core {

class PlaceStage {
 public:
  PlaceStage();

  /// REQUIRES: the decisions of all workloads are in `output`.
  void Run(const TickInput& input, TickOutput& output);

 private:
  // The tables of a device model take long to make: they are kept from tick to tick.
  const Result<Fleet>& EmptyFleet(const Inventory& inventory);

  std::unique_ptr<Placer> placer_;
  std::vector<Device> devices_;         // of empty_
  std::vector<RefusedLayout> refused_;  // likewise
  Result<Fleet> empty_;
};

}  // namespace tidegate::core
