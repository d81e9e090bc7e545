// SPDX-License-Identifier: Apache-2.0
//
// The table of profiles. Sources of names and units: Triton's src/metric_model_reporter.cc, its
// statistics extension and tensorrtllm_backend's README; vLLM's vllm/v1/metrics/loggers.py;
// SGLang's, TGI's and Ray Serve's lists of metrics; the Gateway API inference extension's
// model-server protocol; dcgm-exporter's etc/default-counters.csv.
#pragma once

#include "config/profiles.h"

namespace tidegate::config {

using K = SignalKind;

inline constexpr double kPerMicro = 1e-6;
inline constexpr double kPerMilli = 1e-3;
inline constexpr double kPercent = 0.01;
inline constexpr double kMebi = 1048576;
inline constexpr double kPerNano = 1e-9;
inline constexpr double kNano = 1e9;
inline constexpr std::string_view kOfMetrics = "of /metrics: needs spec.scrape, too";
inline constexpr std::string_view kPending =
    "accepted and not yet handed to an instance; about 0 for ensembles and for backends that take "
    "everything at once, as those of LLMs do";

// clang-format off
inline constexpr Signal kTriton[] = {
    {"waiting", "requests", K::kTotal, {"nv_inference_pending_request_count"}, {}, 1, kPending},
    {"running", "requests", K::kBusy,
     {"nv_inference_compute_input_duration_us", "nv_inference_compute_infer_duration_us",
      "nv_inference_compute_output_duration_us"}, {}, kPerMicro},
    {"concurrency", "requests", K::kSignals, {"waiting", "running"}},
    {"queue_time", "s", K::kPerRequest,
     {"nv_inference_queue_duration_us"}, {"nv_inference_request_success"}, kPerMicro},
    {"latency", "s", K::kPerRequest,
     {"nv_inference_request_duration_us"}, {"nv_inference_request_success"}, kPerMicro},
    {"request_rate", "requests/s", K::kRate, {"nv_inference_request_success"}},
    {"failure_rate", "requests/s", K::kRate, {"nv_inference_request_failure"}, {}, 1,
     "without those that a full queue refuses"},
    {"batch_size", "inferences", K::kPerRequest,
     {"nv_inference_count"}, {"nv_inference_exec_count"}},
    {"gpu_utilization", "0-1", K::kMean, {"nv_gpu_utilization"}, {}, 1, "absent on MIG"},
};

inline constexpr Signal kTritonStats[] = {
    {"waiting", "requests", K::kTotal, {"nv_inference_pending_request_count"}, {}, 1, kOfMetrics},
    {"running", "requests", K::kBusy,
     {"triton_inference_stats_compute_input_ns", "triton_inference_stats_compute_infer_ns",
      "triton_inference_stats_compute_output_ns"}, {}, kPerNano},
    {"concurrency", "requests", K::kSignals, {"waiting", "running"}, {}, 1, kOfMetrics},
    {"busy", "instances", K::kBusy,
     {"triton_batch_stats_compute_input_ns", "triton_batch_stats_compute_infer_ns",
      "triton_batch_stats_compute_output_ns"}, {}, kPerNano,
     "divided by how many instances a replica has it is their utilization"},
    {"execution_time", "s", K::kBusyEach,
     {"triton_batch_stats_compute_input_ns", "triton_batch_stats_compute_infer_ns",
      "triton_batch_stats_compute_output_ns"}, {"triton_batch_stats_compute_infer_count"}, kPerNano},
    {"capacity", "inferences/s", K::kBest,
     {"triton_batch_stats_compute_input_ns", "triton_batch_stats_compute_infer_ns",
      "triton_batch_stats_compute_output_ns"}, {"triton_batch_stats_inference_count"}, kNano,
     "of one instance, at the best of the batch sizes that there were"},
    {"queue_time", "s", K::kPerRequest,
     {"triton_inference_stats_queue_ns"}, {"triton_inference_stats_success_count"}, kPerNano},
    {"latency", "s", K::kPerRequest,
     {"triton_inference_stats_success_ns"}, {"triton_inference_stats_success_count"}, kPerNano},
    {"request_rate", "requests/s", K::kRate, {"triton_inference_stats_success_count"}},
    {"failure_rate", "requests/s", K::kRate, {"triton_inference_stats_fail_count"}, {}, 1,
     "without those that a full queue refuses"},
    {"inference_rate", "inferences/s", K::kRate, {"triton_inference_count"}},
    {"batch_size", "inferences", K::kPerRequest,
     {"triton_inference_count"}, {"triton_execution_count"}},
};

inline constexpr Signal kTritonTrtllm[] = {
    {"waiting", "requests", K::kTotal, {"nv_trt_llm_request_metrics{request_type=\"waiting\"}"}},
    {"running", "requests", K::kTotal, {"nv_trt_llm_request_metrics{request_type=\"scheduled\"}"}},
    {"concurrency", "requests", K::kSignals, {"waiting", "running"}},
    {"kv_cache_usage", "0-1", K::kLargest,
     {"nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=\"fraction\"}"}},
};

inline constexpr Signal kVllm[] = {
    {"waiting", "requests", K::kTotal, {"vllm:num_requests_waiting"}},
    {"running", "requests", K::kTotal, {"vllm:num_requests_running"}},
    {"concurrency", "requests", K::kSignals, {"waiting", "running"}},
    {"kv_cache_usage", "0-1", K::kLargest,
     {"vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"}},
    {"queue_time", "s", K::kPerRequest,
     {"vllm:request_queue_time_seconds_sum"}, {"vllm:request_queue_time_seconds_count"}},
    {"ttft", "s", K::kPerRequest,
     {"vllm:time_to_first_token_seconds_sum"}, {"vllm:time_to_first_token_seconds_count"}},
    {"ttft_p95", "s", K::kP95, {"vllm:time_to_first_token_seconds"}},
    {"tpot", "s", K::kPerRequest,
     {"vllm:inter_token_latency_seconds_sum", "vllm:time_per_output_token_seconds_sum"},
     {"vllm:inter_token_latency_seconds_count", "vllm:time_per_output_token_seconds_count"}},
    {"latency", "s", K::kPerRequest,
     {"vllm:e2e_request_latency_seconds_sum"}, {"vllm:e2e_request_latency_seconds_count"}},
    {"latency_p95", "s", K::kP95, {"vllm:e2e_request_latency_seconds"}},
    {"request_rate", "requests/s", K::kRate, {"vllm:e2e_request_latency_seconds_count"}},
    {"token_rate", "tokens/s", K::kRate, {"vllm:generation_tokens_total"}},
    {"preemption_rate", "1/s", K::kRate, {"vllm:num_preemptions_total"}},
};

inline constexpr Signal kSglang[] = {
    {"waiting", "requests", K::kTotal, {"sglang:num_queue_reqs"}},
    {"running", "requests", K::kTotal, {"sglang:num_running_reqs"}},
    {"concurrency", "requests", K::kSignals, {"waiting", "running"}},
    {"kv_cache_usage", "0-1", K::kLargest, {"sglang:token_usage"}},
    {"ttft", "s", K::kPerRequest,
     {"sglang:time_to_first_token_seconds_sum"}, {"sglang:time_to_first_token_seconds_count"}},
    {"ttft_p95", "s", K::kP95, {"sglang:time_to_first_token_seconds"}},
    {"tpot", "s", K::kPerRequest,
     {"sglang:inter_token_latency_seconds_sum"}, {"sglang:inter_token_latency_seconds_count"}},
    {"latency", "s", K::kPerRequest,
     {"sglang:e2e_request_latency_seconds_sum"}, {"sglang:e2e_request_latency_seconds_count"}},
    {"latency_p95", "s", K::kP95, {"sglang:e2e_request_latency_seconds"}},
    {"request_rate", "requests/s", K::kRate, {"sglang:e2e_request_latency_seconds_count"}},
    {"token_rate", "tokens/s", K::kTotal, {"sglang:gen_throughput"}},
};

inline constexpr Signal kTgi[] = {
    {"waiting", "requests", K::kTotal, {"tgi_queue_size"}},
    {"running", "requests", K::kTotal, {"tgi_batch_current_size"}},
    {"concurrency", "requests", K::kSignals, {"waiting", "running"}},
    {"queue_time", "s", K::kPerRequest,
     {"tgi_request_queue_duration_sum"}, {"tgi_request_queue_duration_count"}},
    {"tpot", "s", K::kPerRequest,
     {"tgi_request_mean_time_per_token_duration_sum"},
     {"tgi_request_mean_time_per_token_duration_count"}},
    {"latency", "s", K::kPerRequest,
     {"tgi_request_duration_sum"}, {"tgi_request_duration_count"}},
    {"latency_p95", "s", K::kP95, {"tgi_request_duration"}},
    {"request_rate", "requests/s", K::kRate, {"tgi_request_duration_count"}},
    {"token_rate", "tokens/s", K::kRate, {"tgi_request_generated_tokens_sum"}},
};

inline constexpr Signal kTrtllm[] = {
    {"waiting", "requests", K::kTotal, {"trtllm_num_requests_waiting"}},
    {"running", "requests", K::kTotal, {"trtllm_num_requests_running"}},
    {"concurrency", "requests", K::kSignals, {"waiting", "running"}},
    {"kv_cache_usage", "0-1", K::kLargest, {"trtllm_kv_cache_utilization"}},
    {"queue_time", "s", K::kPerRequest,
     {"trtllm_request_queue_time_seconds_sum"}, {"trtllm_request_queue_time_seconds_count"}},
    {"ttft", "s", K::kPerRequest,
     {"trtllm_time_to_first_token_seconds_sum"}, {"trtllm_time_to_first_token_seconds_count"}},
    {"tpot", "s", K::kPerRequest,
     {"trtllm_time_per_output_token_seconds_sum"}, {"trtllm_time_per_output_token_seconds_count"}},
    {"latency", "s", K::kPerRequest,
     {"trtllm_e2e_request_latency_seconds_sum"}, {"trtllm_e2e_request_latency_seconds_count"}},
};

inline constexpr Signal kRayServe[] = {
    {"waiting", "requests", K::kTotal, {"ray_serve_deployment_queued_queries"}, {}, 1,
     "counted where requests come in, not by replica: for External metrics"},
    {"running", "requests", K::kTotal, {"ray_serve_replica_processing_queries"}},
    {"latency", "s", K::kPerRequest,
     {"ray_serve_deployment_processing_latency_ms_sum"},
     {"ray_serve_deployment_processing_latency_ms_count"}, kPerMilli},
    {"request_rate", "requests/s", K::kRate,
     {"ray_serve_deployment_request_counter_total", "ray_serve_deployment_request_counter"}},
    {"failure_rate", "requests/s", K::kRate,
     {"ray_serve_deployment_error_counter_total", "ray_serve_deployment_error_counter"}},
};

inline constexpr Signal kDcgm[] = {
    {"engine_active", "0-1", K::kMean, {"DCGM_FI_PROF_GR_ENGINE_ACTIVE"}, {}, 1,
     "on MIG, whether of the slice or of the GPU depends on DCGM's version"},
    {"tensor_active", "0-1", K::kMean, {"DCGM_FI_PROF_PIPE_TENSOR_ACTIVE"}},
    {"memory_active", "0-1", K::kMean, {"DCGM_FI_PROF_DRAM_ACTIVE"}},
    {"gpu_utilization", "0-1", K::kMean, {"DCGM_FI_DEV_GPU_UTIL"}, {}, kPercent,
     "absent or 0 on MIG"},
    {"memory_used", "bytes", K::kTotal, {"DCGM_FI_DEV_FB_USED"}, {}, kMebi},
};

inline constexpr Profile kProfiles[] = {
    {"dcgm", "DCGM exporter; its default interval of 30 s is too long to scale by", kDcgm},
    {"ray_serve", "Ray Serve", kRayServe, "running"},
    {"sglang", "SGLang with --enable-metrics", kSglang, "concurrency"},
    {"tgi", "Text Generation Inference", kTgi, "concurrency"},
    {"triton", "Triton Inference Server", kTriton, "waiting"},
    {"triton_stats",
     "Triton Inference Server, read by spec.tritonStats ([sources.md](sources.md)); what is per "
     "request or execution is 0 while idle only if /metrics is scraped, too",
     kTritonStats, "waiting"},
    {"triton_trtllm", "Triton with the TensorRT-LLM backend", kTritonTrtllm},
    {"trtllm", "trtllm-serve", kTrtllm, "concurrency"},
    {"vllm", "vLLM", kVllm, "concurrency"},
};
// clang-format on

}  // namespace tidegate::config
