// SPDX-License-Identifier: Apache-2.0
//
// Triton statistics source: GETs `/v2/models/stats` from every replica of a workload. It is the
// only place where a Triton tells of its executions, by batch size: what its /metrics charges to
// each request of a batch is here counted once.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "tidegate/export.h"
#include "tidegate/source.h"
#include "tidegate/types.h"

namespace tidegate {

struct TritonStatsOptions {
  std::string port = "http";                          ///< the name of the replica's port
  std::string model{};                                ///< only this one; empty: all
  Duration interval = std::chrono::seconds(1);        ///< per target; due targets only are read
  Duration timeout = std::chrono::milliseconds(700);  ///< total, from connect to last byte
  std::size_t body_size_limit = 16u << 20;            ///< bytes; more fails the reading
  std::map<std::string, std::string> headers{};       ///< sent with each request; may be secret
};

/// A field of the answer becomes a series that is called by its path: `inference_stats.queue.ns` is
/// `triton_inference_stats_queue_ns`, with the labels `model`, `version`, `replica`, `workload` and
/// `source="triton_stats"`; what is in `batch_stats` has `batch_size`, too. All but
/// `triton_last_inference_ms` and `triton_memory_usage_byte_size` are counters; a model that is
/// loaded again begins anew. `triton_batch_stats_inference_count` is what batches of the size have
/// come to: the size times its `compute_infer.count`.
///
/// An answer that lacks something, or has something where a count should be, is discarded as a
/// whole, and its target's error names path and value. Otherwise as MakeScrapeSource().
TIDEGATE_EXPORT std::unique_ptr<Source> MakeTritonStatsSource(TritonStatsOptions options);

}  // namespace tidegate
