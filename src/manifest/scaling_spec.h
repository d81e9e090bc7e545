// SPDX-License-Identifier: Apache-2.0
//
// What a HorizontalPodAutoscaler asks for, as the spec that decisions are made from.
#pragma once

#include "hpa/api.h"
#include "tidegate/spec.h"

namespace tidegate::manifest {

/// Fills bounds, target, metrics and behavior, with what the API server fills in when it reads an
/// object. Whether it is valid is for ValidateCreate() to say.
void FillScalingSpec(const hpa::api::HorizontalPodAutoscaler& hpa, ScalingSpec& spec);

}  // namespace tidegate::manifest
