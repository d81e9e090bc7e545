// SPDX-License-Identifier: Apache-2.0
//
// Tables in which time or a trace matters: waiting, bought devices, and openb.
#pragma once

#include <cstdint>
#include <string>

namespace tidegate::mig_benchmark {

/// O4: whoever has no place waits.
void Queueing(int seeds, std::int64_t requests);

/// O5: devices are bought for those who wait, and given back when they are empty.
void Autoscaled(int seeds, std::int64_t requests);

/// The openb trace from its folder (alibaba/clusterdata, cluster-trace-gpu-v2023/csv). False: it
/// is not there, and a line says so.
bool Inflate(const std::string& folder, int seeds);  ///< A2: arrivals only, until nothing fits
bool Gangs(const std::string& folder, int seeds);    ///< A4: with pods of many whole devices
bool ReplayTrace(const std::string& folder);         ///< A3: in time, closer together

}  // namespace tidegate::mig_benchmark
