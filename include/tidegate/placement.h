// SPDX-License-Identifier: Apache-2.0
//
// Where slices go: a fleet of devices, placement that moves nothing, and repacking with few moves.
//
// A Fleet is a value: what there is. A Placer answers where the next slice goes; it never moves
// a running one. PlanRepack answers which few slices to move so that a request fits, or so that
// fewer devices are in use, and in which order. A plan is a proposal until the driver has
// created every slice of it.
//
// Thread safety: plain values and pure functions; a Fleet may be read concurrently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/mig.h"
#include "tidegate/result.h"

namespace tidegate {

/// What may happen to a device.
enum class DeviceState {
  kOpen,      ///< takes new slices
  kCordoned,  ///< takes none; what runs there stays
  kDraining,  ///< takes none, and a repack empties it
};

/// A GPU in MIG mode.
struct Device {
  std::string id;      ///< unique in the fleet, e.g. the GPU's UUID
  std::string model;   ///< DeviceModel::id
  std::string node;    ///< the machine; may be empty
  std::string domain;  ///< the NVLink domain; may be empty
  DeviceState state = DeviceState::kOpen;

  friend bool operator==(const Device&, const Device&) = default;
};

/// A slice that exists.
struct Slice {
  std::string id;          ///< unique in the fleet
  std::size_t device = 0;  ///< index into the fleet's devices
  PlacedSlice placed;
  std::string group;    ///< what spreads or stays together, e.g. the workload
  bool pinned = false;  ///< never moved

  friend bool operator==(const Slice&, const Slice&) = default;
};

/// What placement on a fleet is for.
enum class FleetGoal {
  kServe,       ///< the devices are what they are, and serve as much as they can
  kFewDevices,  ///< devices are bought and given back: few of them should be in use
};

/// Devices, what runs on them, and indices over both. Copies are independent.
class TIDEGATE_EXPORT Fleet {
 public:
  Fleet();
  Fleet(const Fleet&);
  Fleet(Fleet&&) noexcept;
  Fleet& operator=(const Fleet&);
  Fleet& operator=(Fleet&&) noexcept;
  ~Fleet();

  /// Makes a model known to the fleet: needed before a device of it is added.
  Status AddModel(const DeviceModel& model);

  /// The new device's index. kInvalidArgument: the model is not known, or the id is taken.
  Result<std::size_t> AddDevice(const Device& device);

  /// Cordons, drains or opens a device.
  Status SetDeviceState(std::size_t device, DeviceState state);

  /// Puts a slice where it is said to be. kInvalidArgument says what stands in its way.
  Status AddSlice(const Slice& slice);

  /// How long slices stay is learned from those that go, so one that moves counts as gone and come.
  /// kNotFound: there is no such slice.
  Status RemoveSlice(std::string_view id);

  /// Counts a slice that somebody asked for, placed or not: the mix that placement prepares for.
  /// Old requests fade. kNotFound: no model of the fleet has such a profile.
  Status RecordDemand(std::string_view profile);

  /// Puts requests by profile in place of all that were recorded, and learns from them at once
  /// (milliseconds). Profiles that no model of the fleet has are left out.
  void SetDemand(const std::map<std::string, double>& requests);

  /// kServe unless something else is set. Placement follows with the demand that is recorded then.
  void SetGoal(FleetGoal goal);

  std::size_t device_count() const;
  const Device& device(std::size_t index) const;
  const DeviceModel& model_of(std::size_t device) const;
  /// By DeviceModel::id; null: the fleet does not know it.
  const DeviceModel* FindModel(std::string_view id) const;
  /// What runs on a device, by start.
  std::vector<Slice> slices(std::size_t device) const;
  /// Null: there is no such slice.
  const Slice* FindSlice(std::string_view id) const;
  std::size_t slice_count() const;
  /// Devices with at least one slice.
  std::size_t devices_in_use() const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// How slices of one group may share.
enum class Spread {
  kPack,     ///< anywhere
  kDevices,  ///< no two on one device
  kNodes,    ///< no two on one node
  kDomains,  ///< no two in one NVLink domain
};

/// Where the slices of one gang must be.
enum class Together { kAnywhere, kOneNode, kOneDomain };

/// A slice that is wanted.
struct SliceRequest {
  std::string id;
  std::string profile;            ///< a profile's name; empty: `need` says what will do
  std::optional<SliceNeed> need;  ///< at least so much memory and so many SMs
  std::string group;
  Spread spread = Spread::kPack;
  std::string node;    ///< only on this node; empty: any
  std::string domain;  ///< only in this NVLink domain; empty: any

  friend bool operator==(const SliceRequest&, const SliceRequest&) = default;
};

/// Slices that are placed all or not at all, e.g. a model on four whole devices of one node.
struct Gang {
  std::vector<SliceRequest> members;
  Together together = Together::kAnywhere;

  friend bool operator==(const Gang&, const Gang&) = default;
};

/// Where one slice goes.
struct Spot {
  std::size_t device = 0;
  PlacedSlice placed;

  friend bool operator==(const Spot&, const Spot&) = default;
};

struct PlacementRequest {
  const Fleet& fleet;
  std::span<const Gang> gangs;  ///< placed in this order
};

struct Placement {
  std::string id;  ///< of the request
  Spot spot;

  friend bool operator==(const Placement&, const Placement&) = default;
};

/// A request without a place, and why.
struct Unplaced {
  std::string id;
  std::string reason;

  friend bool operator==(const Unplaced&, const Unplaced&) = default;
};

struct PlacementPlan {
  std::vector<Placement> placed;
  std::vector<Unplaced> unplaced;

  friend bool operator==(const PlacementPlan&, const PlacementPlan&) = default;
};

/// Decides where the next slice goes, judging only by the fleet as it is. Placers are pure: the
/// same fleet and request give the same spot. They never move a slice.
///
/// Thread safety: const, safe to call concurrently.
class TIDEGATE_EXPORT Placer {
 public:
  Placer(const Placer&) = delete;
  Placer& operator=(const Placer&) = delete;
  virtual ~Placer();

  /// The name used in config and reports; stable across releases.
  virtual std::string_view name() const noexcept = 0;

  /// A spot for one slice; none: it does not fit, or is better refused.
  virtual std::optional<Spot> Choose(const Fleet& fleet, const SliceRequest& request) const = 0;

  /// Places gangs one after the other, each all or not at all.
  PlacementPlan Place(const PlacementRequest& request) const;

 protected:
  Placer() = default;
};

struct PlacerOptions {
  /// Refuses a slice that fits when the fleet is expected to lose more by it than it brings, in
  /// compute slices: small ones that would break the last devices that large ones need. For fleets
  /// that turn requests away in any case, and where a request that is refused does not come back.
  bool may_refuse = false;
};

/// Tidegate's own placer: puts a slice where the fleet loses least of what the recorded demand
/// will want next (docs/mig.md). Looks at states of devices, of which there are some hundreds,
/// and never at single devices, so a decision costs the same for ten and for ten thousand.
TIDEGATE_EXPORT std::unique_ptr<Placer> MakePlacer(const PlacerOptions& options = {});

/// Which `count` of the candidates (slices of the fleet, all if there are fewer) leave the best
/// free space when they go: devices that get empty first, then what the fleet gains for the
/// recorded demand, then the order of the candidates.
TIDEGATE_EXPORT std::vector<std::string> ChooseReleases(const Fleet& fleet,
                                                        std::span<const std::string> candidates,
                                                        std::size_t count);

/// The smallest profile of the fleet's models that serves the request. Empty: none does.
TIDEGATE_EXPORT std::string_view SmallestProfile(const Fleet& fleet, const SliceRequest& request);

/// Why a slice does not fit anywhere, in words: what stands in its way on the device that comes
/// nearest, and how many moves would make room.
TIDEGATE_EXPORT std::string ExplainUnplaced(const Fleet& fleet, const SliceRequest& request);

/// One slice goes elsewhere: created at `to` first, then the traffic, then destroyed at `from`.
struct SliceMove {
  std::string slice;
  Spot from;
  Spot to;
  std::int32_t round = 1;      ///< moves of one round can run at once; rounds one after the other
  bool destroy_first = false;  ///< both cannot exist at once: the slice is down while it moves

  friend bool operator==(const SliceMove&, const SliceMove&) = default;
};

/// Devices of one model that may be in use.
struct DeviceLimit {
  std::string model;
  std::int32_t devices = 0;

  friend bool operator==(const DeviceLimit&, const DeviceLimit&) = default;
};

struct RepackRequest {
  std::vector<SliceRequest> admit;        ///< to be placed once the moves are done; by profile
  bool fewest_devices = false;            ///< free as many devices as can be
  std::vector<DeviceLimit> limits;        ///< or get by with so many
  std::optional<std::int64_t> max_moves;  ///< of fewest_devices: free what so few moves can free
};

struct RepackPlan {
  std::vector<SliceMove> moves;     ///< in an order in which each finds its place free
  std::vector<Placement> placed;    ///< the slices to admit, after the moves
  std::int64_t devices_before = 0;  ///< in use
  std::int64_t devices_after = 0;
  std::int64_t least_moves = 0;  ///< no plan has fewer
  std::int32_t rounds = 0;
  std::int32_t spare_devices = 0;  ///< devices that were empty and are again, used in between
  std::string explanation;
};

/// The fewest moves that meet the request. Slices that the plan does not name keep running where
/// they are; pinned ones are never moved. kUnavailable says why it cannot be met.
TIDEGATE_EXPORT Result<RepackPlan> PlanRepack(const Fleet& fleet, const RepackRequest& request);

/// What moves can buy: devices in use against the fewest moves for it, from none to the fewest
/// devices in at most `points` steps.
struct CurvePoint {
  std::int64_t devices = 0;
  std::int64_t moves = 0;

  friend bool operator==(const CurvePoint&, const CurvePoint&) = default;
};
TIDEGATE_EXPORT Result<std::vector<CurvePoint>> RepackCurve(const Fleet& fleet,
                                                            std::string_view model, int points);

/// The independent checker: replays the plan step by step, and compares what it claims.
TIDEGATE_EXPORT Status CheckRepack(const Fleet& fleet, const RepackRequest& request,
                                   const RepackPlan& plan);

}  // namespace tidegate
