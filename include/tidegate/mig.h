// SPDX-License-Identifier: Apache-2.0
//
// MIG: how a GPU (a device) is cut into slices, and how few devices a load needs.
//
// A slice is a GPU instance of some profile ("3g.20gb") at some placement: an interval of the
// device's memory slices. A set of slices can exist together iff their intervals do not overlap,
// no profile exceeds its number, the compute slices fit, and the media engines fit the pool.
// Everything else in these headers follows from that one rule and from the tables of a
// DeviceModel, which come from the catalogue or from what NVML reports.
//
// Thread safety: plain values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate {

/// Where a slice sits, in memory slices: the two fields of nvmlGpuInstancePlacement_t.
struct SliceSpan {
  std::uint8_t start = 0;
  std::uint8_t size = 0;

  friend bool operator==(const SliceSpan&, const SliceSpan&) = default;
};

/// Numbers of engines, of a slice or of a whole device; absent where unknown.
struct Engines {
  std::optional<std::int32_t> copy, nvdec, nvenc, nvjpg, ofa;

  friend bool operator==(const Engines&, const Engines&) = default;
};

/// What a profile has beyond its slices.
struct ProfileAttributes {
  bool media = false;      ///< +me: owns the JPEG and OFA engines
  bool all_media = false;  ///< +me.all: takes every media engine
  bool no_media = false;   ///< -me: has no media engine
  bool graphics = false;   ///< +gfx: graphics APIs are allowed

  friend bool operator==(const ProfileAttributes&, const ProfileAttributes&) = default;
};

/// A kind of slice of one device model.
struct SliceProfile {
  std::string name;                            ///< as the driver spells it: "1g.5gb+me"
  std::vector<std::string> aliases;            ///< what other drivers call the same id
  std::optional<std::uint32_t> gi_profile_id;  ///< what the create call takes; stable over drivers
  std::optional<std::uint32_t> nvml_profile;   ///< NVML_GPU_INSTANCE_PROFILE_*
  std::int32_t compute_slices = 0;
  std::int32_t memory_slices = 0;
  std::optional<std::int64_t> memory_mib;  ///< usable memory in MiB; differs a little by driver
  std::optional<std::int32_t> sm_count;    ///< not proportional to compute_slices
  std::int32_t max_instances = 0;
  std::vector<SliceSpan> placements;  ///< where it may sit; empty: undocumented
  Engines engines;
  ProfileAttributes attributes;
  std::int32_t min_driver = 0;  ///< first driver branch that has it (470 for R470); 0: unknown

  friend bool operator==(const SliceProfile&, const SliceProfile&) = default;
};

/// How far the placements of a model can be trusted.
enum class PlacementSource {
  kMeasured,      ///< read from a device by NVML
  kCaptured,      ///< published output of nvidia-smi, or NVIDIA's guide
  kInferred,      ///< follows from a sister model
  kUndocumented,  ///< nobody says
};

/// "measured", "captured", …
TIDEGATE_EXPORT std::string_view ToString(PlacementSource source) noexcept;

/// A kind of GPU that MIG can partition.
struct DeviceModel {
  std::string id;  ///< the catalogue's name: "a100-40gb"
  std::string architecture;
  std::vector<std::string> products;  ///< NVML's product names
  std::vector<std::string> pci_ids;   ///< as mig-parted's device-filter spells them
  std::int32_t compute_slices = 0;
  std::int32_t memory_slices = 0;
  std::int32_t max_instances = 0;
  Engines engine_pool;
  std::vector<SliceProfile> profiles;
  /// Sets of profiles that the driver refused to make together, each with repetitions. A layout
  /// that contains one of them is illegal: what is learned from a failed create goes here.
  std::vector<std::vector<std::string>> refused;
  PlacementSource placement_source = PlacementSource::kUndocumented;
  std::int32_t min_driver = 0;  ///< first driver branch with MIG on this GPU; 0: unknown

  friend bool operator==(const DeviceModel&, const DeviceModel&) = default;
};

/// Every model of the catalogue.
TIDEGATE_EXPORT std::span<const DeviceModel> DeviceModels();

/// A model by its id, its NVML product name or its PCI id. kNotFound says what is known and what
/// would be needed to go on without the catalogue.
TIDEGATE_EXPORT Result<DeviceModel> FindDeviceModel(std::string_view name);

/// Index into model.profiles of a profile by its name, by an alias, or as Kubernetes
/// ("nvidia.com/mig-1g.5gb.me") or mig-parted spells it. kNotFound lists the model's profiles.
TIDEGATE_EXPORT Result<std::size_t> FindProfile(const DeviceModel& model, std::string_view name);

/// The profile as an extended resource of Kubernetes: "nvidia.com/mig-1g.5gb.me".
TIDEGATE_EXPORT std::string KubernetesResource(const SliceProfile& profile);

/// What NVML says of one profile of one device.
struct ProfileReading {
  std::uint32_t gi_profile_id = 0;
  std::string name;
  std::int32_t compute_slices = 0;
  std::int64_t memory_mib = 0;
  std::int32_t sm_count = 0;
  std::int32_t max_instances = 0;
  std::vector<SliceSpan> placements;
  Engines engines;
};

/// A model with what the driver reports in place of the catalogue's rows. `drift` says in words
/// what differed (renamed profiles, other memory, other placements, profiles that are gone).
struct ModelReading {
  DeviceModel model;
  std::vector<std::string> drift;
};

/// Replaces the rows of `model` by the driver's; the ids tell which is which. A reading without
/// placements keeps the catalogue's. kInvalidArgument if a reading contradicts itself.
TIDEGATE_EXPORT Result<ModelReading> ApplyReadings(const DeviceModel& model,
                                                   std::span<const ProfileReading> readings);

/// The model as a driver branch (470 for R470) makes it: without the profiles that are too new,
/// and on A100 without 4g+3g before R510.
TIDEGATE_EXPORT Result<DeviceModel> ForDriver(const DeviceModel& model, std::int32_t driver_branch);

/// One slice of a layout.
struct PlacedSlice {
  std::size_t profile = 0;  ///< index into the model's profiles
  SliceSpan span;

  friend bool operator==(const PlacedSlice&, const PlacedSlice&) = default;
};

/// Ok if the slices can exist together on one device of the model; else says which rule breaks.
TIDEGATE_EXPORT Status CheckLayout(const DeviceModel& model, std::span<const PlacedSlice> slices);

/// Number of slices wanted of each profile, in the order of model.profiles.
using SliceDemand = std::vector<std::int64_t>;

/// Devices that are laid out alike.
struct LayoutCount {
  std::int64_t devices = 0;
  std::vector<PlacedSlice> slices;

  friend bool operator==(const LayoutCount&, const LayoutCount&) = default;
};

/// Why fewer devices cannot do: no layout of one device weighs more than `capacity`, so
/// ceil(Σ weight·demand / capacity) devices are needed. Anyone can check both.
struct BoundCertificate {
  std::vector<std::int64_t> weights;  ///< by profile
  std::int64_t capacity = 1;
  std::int64_t devices = 0;  ///< the bound

  friend bool operator==(const BoundCertificate&, const BoundCertificate&) = default;
};

/// The fewest devices for a demand, with a layout that does it and the proof that fewer cannot.
struct Packing {
  std::int64_t devices = 0;
  std::vector<LayoutCount> layouts;  ///< exactly the demand, nothing spare
  BoundCertificate certificate;      ///< certificate.devices == devices where proven
  bool proven = false;
};

/// Exact packing of empty devices of one model. Built once (milliseconds for a model with media
/// profiles), then cheap: the tables are shared by copies.
///
/// On boards of seven compute and eight memory slices without media profiles, and on boards
/// whose profiles halve each other, the minimum is a closed form; elsewhere it is the integer
/// programme over the model's undominated layouts (at most some dozens).
class TIDEGATE_EXPORT Packer {
 public:
  /// An Error if the model's placements are not documented.
  static Result<Packer> Make(const DeviceModel& model);

  /// The fewest devices that hold the demand. kInvalidArgument names a demand that no device of
  /// the model can serve.
  Result<std::int64_t> MinimumDevices(std::span<const std::int64_t> demand) const;

  /// The same with layouts and proof.
  Result<Packing> Optimum(std::span<const std::int64_t> demand) const;

  const DeviceModel& model() const;

 private:
  struct Tables;
  explicit Packer(std::shared_ptr<const Tables> tables) : tables_(std::move(tables)) {}
  std::shared_ptr<const Tables> tables_;
};

/// Packer::Make and Packer::Optimum in one, for a single question.
TIDEGATE_EXPORT Result<Packing> Optimum(const DeviceModel& model,
                                        std::span<const std::int64_t> demand);

/// The independent checker: Ok if the layouts are legal, hold the demand on `devices` devices,
/// and the certificate proves that fewer cannot (not asked where `proven` is false).
TIDEGATE_EXPORT Status CheckPacking(const DeviceModel& model, std::span<const std::int64_t> demand,
                                    const Packing& packing);

/// Devices on offer, at a price each (any unit; at most six decimals count).
struct DeviceOffer {
  DeviceModel model;
  double price = 0;
  std::int64_t count = 0;
};

/// What one slice of a profile serves of a moldable need.
struct SliceRate {
  std::string model;    ///< DeviceModel::id
  std::string profile;  ///< as FindProfile() takes it
  MilliValue rate = 0;  ///< thousandths of a request per second, for instance

  friend bool operator==(const SliceRate&, const SliceRate&) = default;
};

/// `count` slices that need at least this much; any profile with that much of both will do, or
/// just the one that is named. Or a moldable need: slices of any sizes that serve `rate` together.
struct SliceNeed {
  std::int64_t memory_mib = 0;
  std::int32_t sm_count = 0;
  std::int64_t count = 0;
  std::string profile = {};           ///< set: no other will do; as FindProfile() takes it
  MilliValue rate = 0;                ///< of a moldable need, which says nothing of the above
  std::vector<SliceRate> rates = {};  ///< not empty: the need is moldable, and of these sizes

  bool moldable() const { return !rates.empty(); }
  friend bool operator==(const SliceNeed&, const SliceNeed&) = default;
};

/// No rate may be larger: 100,000 requests per second of a slice, a thousand times as many of a
/// need.
inline constexpr MilliValue kMostSliceRate = 100'000'000;
inline constexpr MilliValue kMostNeededRate = 1'000 * kMostSliceRate;

/// Devices of one offer that are laid out alike; `serves` names the need of each slice.
struct FleetLayout {
  std::size_t offer = 0;
  std::int64_t devices = 0;
  std::vector<PlacedSlice> slices;
  std::vector<std::optional<std::size_t>> serves;  ///< by slice: index of the need
};

struct FleetMix {
  double price = 0;
  double bound = 0;  ///< no mix costs less, says the search
  std::vector<FleetLayout> layouts;
  std::vector<std::vector<double>> values;  ///< by offer and profile: see CheckFleetMix()
};

/// The cheapest devices that serve all needs, over several models at once; of equally cheap ones
/// those on which moldable needs take the fewest memory slices, as far as a short search tells.
/// Profiles with media or graphics attributes are used only by needs that name them. kUnavailable
/// if the devices on offer cannot serve the needs.
TIDEGATE_EXPORT Result<FleetMix> CheapestFleet(std::span<const DeviceOffer> offers,
                                               std::span<const SliceNeed> needs);

/// The independent checker: the layouts are legal, are on offer, serve all needs and cost what is
/// said. The price that the values prove no mix to go below: a slice of each profile has one, such
/// that no device holds much more than it costs, and each need takes the slices that serve it for
/// the least value.
TIDEGATE_EXPORT Result<double> CheckFleetMix(std::span<const DeviceOffer> offers,
                                             std::span<const SliceNeed> needs, const FleetMix& mix);

}  // namespace tidegate
