// SPDX-License-Identifier: Apache-2.0
//
// Backend: makes a workload have N replicas, and says what really is.
//
// Thread safety: Observe() and Apply() are called by one thread at a time for one workload.
#pragma once

#include "tidegate/decision.h"
#include "tidegate/export.h"
#include "tidegate/observation.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate {

class TIDEGATE_EXPORT Backend {
 public:
  virtual ~Backend();

  /// What there is. kNotFound: no such workload.
  virtual Result<Observation> Observe(const WorkloadId& workload, TimePoint deadline) = 0;

  /// Asks for an absolute count. Idempotent, and quick: it starts what has to be started and
  /// begins to drain the victims; what became of it shows in later observations.
  virtual Status Apply(const ScaleCommand& command, TimePoint deadline) = 0;
};

}  // namespace tidegate
