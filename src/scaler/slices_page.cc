// SPDX-License-Identifier: Apache-2.0
#include "scaler/slices_page.h"

#include "tidegate/pack.h"

namespace tidegate::scaler {

std::string SlicesPage(const Inventory& inventory, const HeldSlices& held) {
  const Result<Fleet> fleet = FleetOf(inventory, held);
  if (!fleet) return fleet.error().message + "\n";
  if (fleet->device_count() == 0) return "no GPUs: see spec.devices of the Scaler\n";
  const Result<PackPlan> plan = PlanPack({.fleet = *fleet});
  if (!plan) return plan.error().message + "\n";
  std::string page = DrawText(*plan) + "\n";
  for (const ModelPack& pack : plan->models) {
    const std::string proof = ProofText(*plan->fleet.FindModel(pack.model), pack);
    page += std::to_string(pack.in_use) + " of " + std::to_string(pack.devices) + " " + pack.model +
            " in use, " + std::to_string(pack.optimum.devices) + " would do" +
            (proof.empty() ? "" : " (" + proof + ")") + "\n";
  }
  return page;
}

}  // namespace tidegate::scaler
