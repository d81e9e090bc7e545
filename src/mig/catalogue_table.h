// SPDX-License-Identifier: Apache-2.0
//
// What is known of every GPU that can be partitioned: one row a profile, one row a GPU. Facts of
// NVIDIA's MIG user guide, of captures of `nvidia-smi mig -lgip` and `-lgipp`, and, for the H100
// SXM and the H200, of NVML under driver 580.159.04. What the driver of a machine reports goes
// before these rows (ApplyReadings).
#pragma once

#include <cstdint>
#include <span>

namespace tidegate::mig_table {

constexpr int kU = -1;  // unknown: not documented and not measured

constexpr unsigned kPlain = 0;
constexpr unsigned kMe = 1;     // +me: owns the JPEG and OFA engines
constexpr unsigned kAllMe = 2;  // +me.all: takes all media engines
constexpr unsigned kNoMe = 4;   // -me: no media engines
constexpr unsigned kGfx = 8;    // +gfx: graphics APIs

struct EngineRow {
  int copy, nvdec, nvenc, nvjpg, ofa;
};
constexpr EngineRow kUnknownEngines = {kU, kU, kU, kU, kU};

struct ProfileRow {
  const char* name;
  const char* alias;  // another driver's name for the same id, or ""
  int gi_profile_id, nvml_profile;
  int compute_slices, memory_slices, memory_mib, max_instances;
  std::uint32_t starts;  // bit s: may start at memory slice s
  int sm_count;
  EngineRow engines;
  unsigned attributes;
  int min_driver;  // 0: as the GPU's
};

struct DeviceRow {
  const char* id;
  const char* architecture;
  const char* products;  // separated by '|', as NVML names them
  const char* pci_ids;
  int compute_slices, memory_slices, max_instances;
  EngineRow engine_pool;
  const char* confidence;  // of the placements
  int min_driver;          // 0: unknown
  std::span<const ProfileRow> profiles;
};

// clang-format off
constexpr ProfileRow kA10040Gb[] = {
    {"1g.5gb", "", 19, 0, 1, 1, 4864, 7, 0x7F, 14, {1, 0, 0, 0, 0}, kPlain, 0},
    {"1g.5gb+me", "", 20, 7, 1, 1, 4864, 1, 0x7F, 14, {1, 1, 0, 1, 1}, kMe, 470},
    {"1g.10gb", "", 15, 9, 1, 2, 9856, 4, 0x55, 14, {1, 1, 0, 0, 0}, kPlain, 525},
    {"2g.10gb", "", 14, 1, 2, 2, 9856, 3, 0x15, 28, {2, 1, 0, 0, 0}, kPlain, 0},
    {"3g.20gb", "", 9, 2, 3, 4, 19968, 2, 0x11, 42, {3, 2, 0, 0, 0}, kPlain, 0},
    {"4g.20gb", "", 5, 3, 4, 4, 19968, 1, 0x1, 56, {4, 2, 0, 0, 0}, kPlain, 0},
    {"7g.40gb", "", 0, 4, 7, 8, 40192, 1, 0x1, 98, {7, 5, 0, 1, 1}, kPlain, 0},
};
constexpr ProfileRow kA10080Gb[] = {
    {"1g.10gb", "", 19, 0, 1, 1, 9856, 7, 0x7F, 14, {1, 0, 0, 0, 0}, kPlain, 0},
    {"1g.10gb+me", "", 20, 7, 1, 1, 9856, 1, 0x7F, 14, {1, 1, 0, 1, 1}, kMe, 470},
    {"1g.20gb", "", 15, 9, 1, 2, 19968, 4, 0x55, 14, {1, 1, 0, 0, 0}, kPlain, 525},
    {"2g.20gb", "", 14, 1, 2, 2, 19968, 3, 0x15, 28, {2, 1, 0, 0, 0}, kPlain, 0},
    {"3g.40gb", "", 9, 2, 3, 4, 40192, 2, 0x11, 42, {3, 2, 0, 0, 0}, kPlain, 0},
    {"4g.40gb", "", 5, 3, 4, 4, 40192, 1, 0x1, 56, {4, 2, 0, 0, 0}, kPlain, 0},
    {"7g.80gb", "7g.79gb", 0, 4, 7, 8, 80384, 1, 0x1, 98, {7, 5, 0, 1, 1}, kPlain, 0},
};
constexpr ProfileRow kA3024Gb[] = {
    {"1g.6gb", "", 14, 0, 1, 1, 5952, 4, 0xF, 14, {1, 1, 0, 0, 0}, kPlain, 0},
    {"1g.6gb+me", "", 21, 7, 1, 1, 5952, 1, 0xF, 14, {1, 1, 0, 1, 1}, kMe, 470},
    {"2g.12gb", "", 5, 1, 2, 2, 11968, 2, 0x5, 28, {2, 2, 0, 0, 0}, kPlain, 0},
    {"2g.12gb+me", "", 6, 8, 2, 2, 11968, 1, 0x5, 28, {2, 2, 0, 1, 1}, kMe, 525},
    {"4g.24gb", "", 0, 3, 4, 4, 24000, 1, 0x1, 56, {4, 4, 0, 1, 1}, kPlain, 0},
};
constexpr ProfileRow kH100Sxm80Gb[] = {
    {"1g.10gb", "", 19, 0, 1, 1, 9984, 7, 0x7F, 16, {1, 1, 0, 1, 0}, kPlain, 0},
    {"1g.10gb+me", "", 20, 7, 1, 1, 9984, 1, 0x7F, 16, {1, 1, 0, 1, 1}, kMe, 0},
    {"1g.20gb", "", 15, 9, 1, 2, 20096, 4, 0x55, 26, {1, 1, 0, 1, 0}, kPlain, 0},
    {"2g.20gb", "", 14, 1, 2, 2, 20096, 3, 0x15, 32, {2, 2, 0, 2, 0}, kPlain, 0},
    {"3g.40gb", "", 9, 2, 3, 4, 40448, 2, 0x11, 60, {3, 3, 0, 3, 0}, kPlain, 0},
    {"4g.40gb", "", 5, 3, 4, 4, 40448, 1, 0x1, 64, {4, 4, 0, 4, 0}, kPlain, 0},
    {"7g.80gb", "", 0, 4, 7, 8, 81152, 1, 0x1, 132, {8, 7, 0, 7, 1}, kPlain, 0},
};
constexpr ProfileRow kH100Pcie80Gb[] = {
    {"1g.10gb", "", 19, 0, 1, 1, 9984, 7, 0x7F, 14, {1, 1, 0, 1, 0}, kPlain, 0},
    {"1g.10gb+me", "", 20, 7, 1, 1, 9984, 1, 0x7F, 14, {1, 1, 0, 1, 1}, kMe, 0},
    {"1g.20gb", "", 15, 9, 1, 2, 20096, 4, 0x55, 14, {1, 1, 0, 1, 0}, kPlain, 0},
    {"2g.20gb", "", 14, 1, 2, 2, 20096, 3, 0x15, 30, {2, 2, 0, 2, 0}, kPlain, 0},
    {"3g.40gb", "", 9, 2, 3, 4, 40448, 2, 0x11, 46, {3, 3, 0, 3, 0}, kPlain, 0},
    {"4g.40gb", "", 5, 3, 4, 4, 40448, 1, 0x1, 62, {4, 4, 0, 4, 0}, kPlain, 0},
    {"7g.80gb", "", 0, 4, 7, 8, 81152, 1, 0x1, 114, {8, 7, 0, 7, 1}, kPlain, 0},
};
constexpr ProfileRow kH100Nvl94Gb[] = {
    {"1g.12gb", "", 19, 0, 1, 1, 11008, 7, 0x7F, 16, {1, 1, 0, 1, 0}, kPlain, 0},
    {"1g.12gb+me", "", 20, 7, 1, 1, 11008, 1, 0x7F, 16, {1, 1, 0, 1, 1}, kMe, 0},
    {"1g.24gb", "", 15, 9, 1, 2, 22144, 4, 0x55, 26, {1, 1, 0, 1, 0}, kPlain, 0},
    {"2g.24gb", "", 14, 1, 2, 2, 22144, 3, 0x15, 32, {2, 2, 0, 2, 0}, kPlain, 0},
    {"3g.47gb", "", 9, 2, 3, 4, 47488, 2, 0x11, 60, {3, 3, 0, 3, 0}, kPlain, 0},
    {"4g.47gb", "", 5, 3, 4, 4, 47488, 1, 0x1, 64, {4, 4, 0, 4, 0}, kPlain, 0},
    {"7g.94gb", "", 0, 4, 7, 8, 95360, 1, 0x1, 132, {8, 7, 0, 7, 1}, kPlain, 0},
};
constexpr ProfileRow kH10096GbGh200[] = {
    {"1g.12gb", "", 19, 0, 1, 1, 11264, 7, 0x7F, 16, {1, 1, 0, 1, 0}, kPlain, 0},
    {"1g.12gb+me", "", 20, 7, 1, 1, 11264, 1, 0x7F, 16, {1, 1, 0, 1, 1}, kMe, 0},
    {"1g.24gb", "", 15, 9, 1, 2, 23552, 4, 0x55, 26, {1, 1, 0, 1, 0}, kPlain, 0},
    {"2g.24gb", "", 14, 1, 2, 2, 23552, 3, 0x15, 32, {2, 2, 0, 2, 0}, kPlain, 0},
    {"3g.48gb", "", 9, 2, 3, 4, 47616, 2, 0x11, 60, {3, 3, 0, 3, 0}, kPlain, 0},
    {"4g.48gb", "", 5, 3, 4, 4, 47616, 1, 0x1, 64, {4, 4, 0, 4, 0}, kPlain, 0},
    {"7g.96gb", "", 0, 4, 7, 8, 95232, 1, 0x1, 132, {8, 7, 0, 7, 1}, kPlain, 0},
};
constexpr ProfileRow kH2096Gb[] = {
    {"1g.12gb", "", 19, 0, 1, 1, kU, 7, 0x7F, kU, kUnknownEngines, kPlain, 0},
    {"1g.12gb+me", "", 20, 7, 1, 1, kU, 1, 0x7F, kU, kUnknownEngines, kMe, 0},
    {"1g.24gb", "", 15, 9, 1, 2, kU, 4, 0x55, kU, kUnknownEngines, kPlain, 0},
    {"2g.24gb", "", 14, 1, 2, 2, kU, 3, 0x15, kU, kUnknownEngines, kPlain, 0},
    {"3g.48gb", "", 9, 2, 3, 4, kU, 2, 0x11, kU, kUnknownEngines, kPlain, 0},
    {"4g.48gb", "", 5, 3, 4, 4, kU, 1, 0x1, kU, kUnknownEngines, kPlain, 0},
    {"7g.96gb", "", 0, 4, 7, 8, kU, 1, 0x1, kU, kUnknownEngines, kPlain, 0},
};
constexpr ProfileRow kH20141Gb[] = {
    {"1g.18gb", "", 19, 0, 1, 1, kU, 7, 0x7F, kU, kUnknownEngines, kPlain, 0},
    {"1g.18gb+me", "", 20, 7, 1, 1, kU, 1, 0x7F, kU, kUnknownEngines, kMe, 0},
    {"1g.35gb", "", 15, 9, 1, 2, kU, 4, 0x55, kU, kUnknownEngines, kPlain, 0},
    {"2g.35gb", "", 14, 1, 2, 2, kU, 3, 0x15, kU, kUnknownEngines, kPlain, 0},
    {"3g.71gb", "", 9, 2, 3, 4, kU, 2, 0x11, kU, kUnknownEngines, kPlain, 0},
    {"4g.71gb", "", 5, 3, 4, 4, kU, 1, 0x1, kU, kUnknownEngines, kPlain, 0},
    {"7g.141gb", "", 0, 4, 7, 8, kU, 1, 0x1, kU, kUnknownEngines, kPlain, 0},
};
constexpr ProfileRow kH200141Gb[] = {
    {"1g.18gb", "", 19, 0, 1, 1, 16384, 7, 0x7F, 16, {1, 1, 0, 1, 0}, kPlain, 0},
    {"1g.18gb+me", "", 20, 7, 1, 1, 16384, 1, 0x7F, 16, {1, 1, 0, 1, 1}, kMe, 0},
    {"1g.35gb", "", 15, 9, 1, 2, 33280, 4, 0x55, 26, {1, 1, 0, 1, 0}, kPlain, 0},
    {"2g.35gb", "", 14, 1, 2, 2, 33280, 3, 0x15, 32, {2, 2, 0, 2, 0}, kPlain, 0},
    {"3g.71gb", "", 9, 2, 3, 4, 71424, 2, 0x11, 60, {3, 3, 0, 3, 0}, kPlain, 0},
    {"4g.71gb", "", 5, 3, 4, 4, 71424, 1, 0x1, 64, {4, 4, 0, 4, 0}, kPlain, 0},
    {"7g.141gb", "", 0, 4, 7, 8, 143360, 1, 0x1, 132, {8, 7, 0, 7, 1}, kPlain, 0},
};
constexpr ProfileRow kGh200144Gb[] = {
    {"1g.18gb", "", 19, 0, 1, 1, 17920, 7, 0x7F, 16, {1, 1, 0, 1, 0}, kPlain, 0},
    {"1g.18gb+me", "", 20, 7, 1, 1, 17920, 1, 0x7F, 16, {1, 1, 0, 1, 1}, kMe, 0},
    {"1g.36gb", "", 15, 9, 1, 2, 36096, 4, 0x55, 26, {1, 1, 0, 1, 0}, kPlain, 0},
    {"2g.36gb", "", 14, 1, 2, 2, 36096, 3, 0x15, 32, {2, 2, 0, 2, 0}, kPlain, 0},
    {"3g.72gb", "", 9, 2, 3, 4, kU, 2, 0x11, 60, {3, 3, 0, 3, 0}, kPlain, 0},
    {"4g.72gb", "", 5, 3, 4, 4, kU, 1, 0x1, 64, {4, 4, 0, 4, 0}, kPlain, 0},
    {"7g.144gb", "", 0, 4, 7, 8, kU, 1, 0x1, 132, {8, 7, 0, 7, 1}, kPlain, 0},
};
constexpr ProfileRow kB200180Gb[] = {
    {"1g.23gb", "", 19, 0, 1, 1, 22528, 7, 0x7F, 18, {2, 1, 0, 1, 0}, kPlain, 0},
    {"1g.23gb+me", "", 20, 7, 1, 1, 22528, 1, 0x7F, 18, {2, 1, 0, 1, 1}, kMe, 0},
    {"1g.45gb", "", 15, 9, 1, 2, 45312, 4, 0x55, 30, {2, 1, 0, 1, 0}, kPlain, 0},
    {"2g.45gb", "", 14, 1, 2, 2, 45312, 3, 0x15, 36, {4, 2, 0, 2, 0}, kPlain, 0},
    {"3g.90gb", "", 9, 2, 3, 4, kU, 2, 0x11, kU, {6, kU, 0, kU, 0}, kPlain, 0},
    {"4g.90gb", "", 5, 3, 4, 4, kU, 1, 0x1, kU, {8, kU, 0, kU, 0}, kPlain, 0},
    {"7g.180gb", "", 0, 4, 7, 8, kU, 1, 0x1, kU, {16, kU, 0, kU, 1}, kPlain, 0},
};
constexpr ProfileRow kGb200[] = {
    {"1g.23gb", "1g.24gb", 19, 0, 1, 1, 22528, 7, 0x7F, 18, {2, 1, 0, 1, 0}, kPlain, 0},
    {"1g.23gb+me", "", 20, 7, 1, 1, 22528, 1, 0x7F, 18, {2, 1, 0, 1, 1}, kMe, 0},
    {"1g.47gb", "", 15, 9, 1, 2, 46592, 4, 0x55, 32, {2, 1, 0, 1, 0}, kPlain, 0},
    {"2g.47gb", "", 14, 1, 2, 2, 46592, 3, 0x15, 38, {4, 2, 0, 2, 0}, kPlain, 0},
    {"3g.93gb", "3g.95gb", 9, 2, 3, 4, kU, 2, 0x11, kU, {6, kU, 0, kU, 0}, kPlain, 0},
    {"4g.93gb", "4g.95gb", 5, 3, 4, 4, kU, 1, 0x1, kU, {8, kU, 0, kU, 0}, kPlain, 0},
    {"7g.186gb", "7g.189gb", 0, 4, 7, 8, kU, 1, 0x1, kU, {16, kU, 0, kU, 1}, kPlain, 0},
};
constexpr ProfileRow kB300[] = {
    {"1g.34gb", "", 19, 0, 1, 1, 34560, 7, 0x7F, kU, kUnknownEngines, kPlain, 0},
    {"1g.34gb+me", "", 20, 7, 1, 1, 34560, 1, 0x7F, kU, kUnknownEngines, kMe, 0},
    {"1g.67gb", "", 15, 9, 1, 2, kU, 4, 0x55, kU, kUnknownEngines, kPlain, 0},
    {"2g.67gb", "", 14, 1, 2, 2, kU, 3, 0x15, kU, kUnknownEngines, kPlain, 0},
    {"3g.135gb", "", 9, 2, 3, 4, kU, 2, 0x11, kU, kUnknownEngines, kPlain, 0},
    {"4g.135gb", "", 5, 3, 4, 4, kU, 1, 0x1, kU, kUnknownEngines, kPlain, 0},
    {"7g.269gb", "", 0, 4, 7, 8, kU, 1, 0x1, kU, kUnknownEngines, kPlain, 0},
};
constexpr ProfileRow kGb300[] = {
    {"1g.35gb", "1g.31gb", 19, 0, 1, 1, kU, 7, 0x7F, kU, kUnknownEngines, kPlain, 0},
    {"1g.35gb+me", "1g.31gb+me", 20, 7, 1, 1, kU, 1, 0x7F, kU, kUnknownEngines, kMe, 0},
    {"1g.70gb", "", 15, 9, 1, 2, kU, 4, 0x55, kU, kUnknownEngines, kPlain, 0},
    {"2g.70gb", "", 14, 1, 2, 2, kU, 3, 0x15, kU, kUnknownEngines, kPlain, 0},
    {"3g.139gb", "3g.126gb", 9, 2, 3, 4, kU, 2, 0x11, kU, kUnknownEngines, kPlain, 0},
    {"4g.139gb", "4g.126gb", 5, 3, 4, 4, kU, 1, 0x1, kU, kUnknownEngines, kPlain, 0},
    {"7g.278gb", "7g.251gb", 0, 4, 7, 8, kU, 1, 0x1, kU, kUnknownEngines, kPlain, 0},
};
constexpr ProfileRow kRtxPro6000Blackwell96Gb[] = {
    {"1g.24gb", "", 14, 0, 1, 3, 24192, 4, 0x249, 46, {1, 1, 1, 1, 0}, kPlain, 0},
    {"1g.24gb+me", "", 21, 7, 1, 3, 24192, 1, 0x249, 46, {1, 1, 1, 1, 1}, kMe, 0},
    {"1g.24gb+gfx", "", 47, 10, 1, 3, 24192, 4, 0x249, 46, {1, 1, 1, 1, 0}, kGfx, 0},
    {"1g.24gb+me.all", "", 65, 15, 1, 3, 24192, 1, 0x249, 46, {1, 4, 4, 4, 1}, kAllMe, 0},
    {"1g.24gb-me", "", 67, 13, 1, 3, 24192, 4, 0x249, 46, {1, 0, 0, 0, 0}, kNoMe, 0},
    {"2g.48gb", "", 5, 1, 2, 6, 48512, 2, 0x41, 94, {2, 2, 2, 2, 0}, kPlain, 0},
    {"2g.48gb+gfx", "", 35, 11, 2, 6, 48512, 2, 0x41, 94, {2, 2, 2, 2, 0}, kGfx, 0},
    {"2g.48gb+me.all", "", 64, 16, 2, 6, 48512, 1, 0x41, 94, {2, 4, 4, 4, 1}, kAllMe, 0},
    {"2g.48gb-me", "", 66, 14, 2, 6, 48512, 2, 0x41, 94, {2, 0, 0, 0, 0}, kNoMe, 0},
    {"4g.96gb", "", 0, 3, 4, 12, 97408, 1, 0x1, 188, {4, 4, 4, 4, 1}, kPlain, 0},
    {"4g.96gb+gfx", "", 32, 12, 4, 12, 97408, 1, 0x1, 188, {4, 4, 4, 4, 1}, kGfx, 0},
};
constexpr ProfileRow kRtxPro5000Blackwell48Gb[] = {
    {"1g.24gb", "", kU, 0, 1, 1, kU, 2, 0x3, kU, {1, 1, 1, 0, 0}, kPlain, 0},
    {"1g.24gb+me", "", kU, 7, 1, 1, kU, 1, 0x3, kU, {1, 1, 1, 1, 1}, kMe, 0},
    {"1g.24gb+gfx", "", kU, 10, 1, 1, kU, 2, 0x3, kU, {1, 1, 1, 0, 0}, kGfx, 0},
    {"1g.24gb+me.all", "", kU, 15, 1, 1, kU, 1, 0x3, kU, {1, 3, 3, 1, 1}, kAllMe, 0},
    {"1g.24gb-me", "", kU, 13, 1, 1, kU, 2, 0x3, kU, {1, 0, 0, 0, 0}, kNoMe, 0},
    {"2g.48gb", "", kU, 1, 2, 2, kU, 1, 0x1, kU, {4, 3, 3, 1, 1}, kPlain, 0},
    {"2g.48gb+gfx", "", kU, 11, 2, 2, kU, 1, 0x1, kU, {4, 3, 3, 1, 1}, kGfx, 0},
};
constexpr ProfileRow kRtxPro4500Blackwell32Gb[] = {
    {"1g.16gb", "", kU, 0, 1, 1, kU, 2, 0x3, kU, {1, 1, 1, 1, 0}, kPlain, 0},
    {"1g.16gb+gfx", "", kU, 10, 1, 1, kU, 2, 0x3, kU, {1, 1, 1, 1, 0}, kGfx, 0},
    {"1g.16gb+me.all", "", kU, 15, 1, 1, kU, 1, 0x3, kU, {1, 3, 3, 2, 1}, kAllMe, 0},
    {"1g.16gb-me", "", kU, 13, 1, 1, kU, 2, 0x3, kU, {1, 0, 0, 0, 0}, kNoMe, 0},
    {"2g.32gb", "", kU, 1, 2, 2, kU, 1, 0x1, kU, {2, 3, 3, 2, 1}, kPlain, 0},
    {"2g.32gb+gfx", "", kU, 11, 2, 2, kU, 1, 0x1, kU, {2, 3, 3, 2, 1}, kGfx, 0},
};
constexpr ProfileRow kThorIgpu[] = {
    {"1g.0gb+me", "", kU, kU, 1, 0, kU, 1, 0x0, kU, {1, 1, 1, 1, 1}, kMe, 0},
    {"1g.0gb", "", kU, kU, 1, 0, kU, 1, 0x0, kU, {1, 1, 1, 1, 0}, kPlain, 0},
    {"1g.0gb+gfx", "", kU, kU, 1, 0, kU, 1, 0x0, kU, {1, 1, 1, 1, 0}, kGfx, 0},
    {"2g.0gb", "", kU, kU, 2, 0, kU, 1, 0x0, kU, {1, 1, 1, 1, 0}, kPlain, 0},
    {"2g.0gb+gfx", "", kU, kU, 2, 0, kU, 1, 0x0, kU, {1, 1, 1, 1, 0}, kGfx, 0},
    {"3g.0gb", "", kU, kU, 3, 0, kU, 1, 0x0, kU, {1, 2, 2, 2, 1}, kPlain, 0},
    {"3g.0gb+gfx", "", kU, kU, 3, 0, kU, 1, 0x0, kU, {1, 2, 2, 2, 1}, kGfx, 0},
};
constexpr DeviceRow kDevices[] = {
    {"a100-40gb", "Ampere", "NVIDIA A100-SXM4-40GB|NVIDIA A100-PCIE-40GB|NVIDIA A800-SXM4-40GB|NVIDIA A800 40GB Active", "0x20B010DE|0x20B110DE|0x20F110DE|0x20F610DE", 7, 8, 7, {7, 5, 0, 1, 1}, "captured", 450, kA10040Gb},
    {"a100-80gb", "Ampere", "NVIDIA A100-SXM4-80GB|NVIDIA A100 80GB PCIe|NVIDIA A800-SXM4-80GB|NVIDIA A800 80GB PCIe", "0x20B210DE|0x20B510DE|0x20F310DE|0x20F510DE", 7, 8, 7, {7, 5, 0, 1, 1}, "captured", 450, kA10080Gb},
    {"a30-24gb", "Ampere", "NVIDIA A30", "0x20B710DE", 4, 4, 4, {4, 4, 0, 1, 1}, "captured", 460, kA3024Gb},
    {"h100-sxm-80gb", "Hopper", "NVIDIA H100 80GB HBM3|NVIDIA H800", "0x233010DE|0x232410DE", 7, 8, 7, {8, 7, 0, 7, 1}, "measured", 525, kH100Sxm80Gb},
    {"h100-pcie-80gb", "Hopper", "NVIDIA H100 PCIe|NVIDIA H800 PCIe", "0x233110DE|0x232210DE", 7, 8, 7, {8, 7, 0, 7, 1}, "inferred", 525, kH100Pcie80Gb},
    {"h100-nvl-94gb", "Hopper", "NVIDIA H100 NVL|NVIDIA H100 SXM5 94GB|NVIDIA H800 NVL", "0x232110DE|0x233A10DE", 7, 8, 7, {8, 7, 0, 7, 1}, "captured", 525, kH100Nvl94Gb},
    {"h100-96gb-gh200", "Hopper", "NVIDIA GH200 480GB|NVIDIA H100 96GB|PG506-96GB", "0x234210DE|0x233D10DE|0x20B610DE", 7, 8, 7, {8, 7, 0, 7, 1}, "inferred", 0, kH10096GbGh200},
    {"h20-96gb", "Hopper", "NVIDIA H20|NVIDIA H20 96GB", "0x232910DE", 7, 8, 7, kUnknownEngines, "inferred", 535, kH2096Gb},
    {"h20-141gb", "Hopper", "NVIDIA H20-3e|NVIDIA H20 141GB", "", 7, 8, 7, kUnknownEngines, "inferred", 535, kH20141Gb},
    {"h200-141gb", "Hopper", "NVIDIA H200|NVIDIA H200 NVL", "0x233510DE|0x233B10DE", 7, 8, 7, {8, 7, 0, 7, 1}, "measured", 550, kH200141Gb},
    {"gh200-144gb", "Hopper", "NVIDIA GH200 144G HBM3e", "0x234810DE", 7, 8, 7, {8, 7, 0, 7, 1}, "inferred", 0, kGh200144Gb},
    {"b200-180gb", "Blackwell", "NVIDIA B200", "0x290110DE", 7, 8, 7, kUnknownEngines, "inferred", 570, kB200180Gb},
    {"gb200", "Blackwell", "NVIDIA GB200", "0x294110DE", 7, 8, 7, kUnknownEngines, "inferred", 570, kGb200},
    {"b300", "Blackwell Ultra", "NVIDIA B300 SXM6|NVIDIA B300", "0x318210DE", 7, 8, 7, kUnknownEngines, "inferred", 580, kB300},
    {"gb300", "Blackwell Ultra", "NVIDIA GB300", "0x31C210DE", 7, 8, 7, kUnknownEngines, "inferred", 0, kGb300},
    {"rtx-pro-6000-blackwell-96gb", "Blackwell", "NVIDIA RTX PRO 6000 Blackwell Server Edition|NVIDIA RTX PRO 6000 Blackwell Workstation Edition|NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition", "0x2BB510DE", 4, 12, 4, {4, 4, 4, 4, 1}, "captured", 575, kRtxPro6000Blackwell96Gb},
    {"rtx-pro-5000-blackwell-48gb", "Blackwell", "NVIDIA RTX PRO 5000 Blackwell|NVIDIA RTX PRO 5000 Blackwell 48GB", "", 2, 2, 2, {4, 3, 3, 1, 1}, "inferred", 0, kRtxPro5000Blackwell48Gb},
    {"rtx-pro-4500-blackwell-32gb", "Blackwell", "NVIDIA RTX PRO 4500 Blackwell|NVIDIA RTX PRO 4500 Blackwell 32GB", "", 2, 2, 2, {2, 3, 3, 2, 1}, "inferred", 0, kRtxPro4500Blackwell32Gb},
    {"thor-igpu", "Blackwell", "NVIDIA Thor", "", 3, 0, 2, kUnknownEngines, "undocumented", 0, kThorIgpu},
};
// clang-format on

}  // namespace tidegate::mig_table
