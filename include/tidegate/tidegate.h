// SPDX-License-Identifier: Apache-2.0
//
// Everything at once. Start here:
//
//   result.h types.h spec.h observation.h decision.h   the values
//   plan.h                                              Decide(), PlanTick(): the pure core
//   status.h                                            conditions and events in HPA's words
//   policy.h policy_registry.h                          how many, and why
//   series_store.h promql.h                             samples, and queries over them
//   mig.h throughput.h placement.h                      GPUs in slices: how few, and where
//   source.h backend.h balancer.h reporter.h clock.h    the seams with effects
//   controller.h                                        the loop around it all
#pragma once

#include "tidegate/backend.h"
#include "tidegate/balancer.h"
#include "tidegate/clock.h"
#include "tidegate/controller.h"
#include "tidegate/decision.h"
#include "tidegate/export.h"
#include "tidegate/inventory.h"
#include "tidegate/mig.h"
#include "tidegate/mig_parted.h"
#include "tidegate/observation.h"
#include "tidegate/pack.h"
#include "tidegate/placement.h"
#include "tidegate/plan.h"
#include "tidegate/policy.h"
#include "tidegate/policy_registry.h"
#include "tidegate/promql.h"
#include "tidegate/reporter.h"
#include "tidegate/result.h"
#include "tidegate/series_store.h"
#include "tidegate/slice_driver.h"
#include "tidegate/source.h"
#include "tidegate/spec.h"
#include "tidegate/status.h"
#include "tidegate/throughput.h"
#include "tidegate/types.h"
