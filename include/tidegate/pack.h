// SPDX-License-Identifier: Apache-2.0
//
// Packing as one question: what runs, what is wanted beside it, how much may be moved; and the
// answer with its proof. What `tidegate pack` prints, drawn or as data.
//
// Thread safety: plain values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/mig.h"
#include "tidegate/placement.h"
#include "tidegate/result.h"

namespace tidegate {

/// Slices that a workload wants beside those that it has, or, moldable, a rate that they serve.
struct WorkloadDemand {
  std::string workload;
  SliceNeed need;

  friend bool operator==(const WorkloadDemand&, const WorkloadDemand&) = default;
};

/// What may happen to slices that run.
enum class PackMoves {
  kNone,     ///< all stay where they are
  kToAdmit,  ///< as few as possible move, so that what is wanted has room
  kRepack,   ///< as few as possible move to get by with the fewest devices; draining ones are
             ///< emptied
};

struct PackRequest {
  const Fleet& fleet;
  std::span<const WorkloadDemand> demand = {};
  PackMoves moves = PackMoves::kNone;
  std::optional<std::int64_t> max_moves = {};  ///< of kRepack: what so few moves can free
  std::map<std::string, double> prices = {};   ///< by DeviceModel::id; a model without costs 1
};

/// How many slices of a profile could be added to the open devices.
struct ProfileRoom {
  std::size_t profile = 0;
  std::int64_t now = 0;       ///< as things are
  std::int64_t repacked = 0;  ///< if everything on them could be moved

  friend bool operator==(const ProfileRoom&, const ProfileRoom&) = default;
};

/// What is lost to the way in which slices lie. Compute and memory are counted in slices of the
/// devices in use; `structural` is what is unused on the fewest devices for the same load, too.
struct Fragmentation {
  std::int64_t unused_compute = 0, structural_compute = 0;
  std::int64_t unused_memory = 0, structural_memory = 0;
  std::vector<ProfileRoom> room;  ///< by profile
  /// 1 - Σ share·now / Σ share·repacked over the profiles of the load, each by its share of it;
  /// 0: nothing is lost, 1: nothing fits that would fit after a repack.
  double index = 0;
};

/// kNotFound: the fleet has no such model.
TIDEGATE_EXPORT Result<Fragmentation> MeasureFragmentation(const Fleet& fleet,
                                                           const std::string& model);

/// The answer for the devices of one model.
struct ModelPack {
  std::string model;
  std::int64_t devices = 0;        ///< in the fleet, added ones included
  std::int64_t added = 0;          ///< devices that the fleet lacks
  std::int64_t in_use_before = 0;  ///< of them
  std::int64_t in_use = 0;
  SliceDemand load;        ///< slices by profile, in the end
  Packing optimum;         ///< the fewest empty devices for the load, with the proof
  std::int64_t moves = 0;  ///< of PackPlan::moves
  std::int64_t least_moves = 0;
  std::int32_t rounds = 0;
  std::int32_t spare_devices = 0;  ///< used in between and given back
  std::string explanation;         ///< of the moves
  Fragmentation fragmentation;
  double price = 0;        ///< of the devices in use
  double price_bound = 0;  ///< of the fewest devices for the load
};

/// What the new slices of a moldable workload serve, in the unit of its need.
struct ServedRate {
  struct Part {
    std::string model, profile;
    std::int64_t slices = 0;
    MilliValue rate = 0;  ///< of each

    friend bool operator==(const Part&, const Part&) = default;
  };
  std::string workload;
  MilliValue wanted = 0, served = 0;
  std::vector<Part> parts;  ///< in the order of the need's rates

  friend bool operator==(const ServedRate&, const ServedRate&) = default;
};

struct PackPlan {
  Fleet fleet;                    ///< with what is wanted in place, and everything moved
  std::size_t first_added = 0;    ///< devices from this index on are to be bought
  std::vector<SliceMove> moves;   ///< in an order in which each finds its place free
  std::vector<Placement> placed;  ///< what is new
  std::vector<ModelPack> models;  ///< in the order of the fleet's devices
  std::vector<ServedRate> rates;  ///< of the moldable workloads
  double price = 0;
  double price_bound = 0;   ///< no devices that serve the demand cost less: found by search …
  double price_proven = 0;  ///< … and what a certificate shows by itself
};

/// Places all that is wanted; devices that it takes beyond the fleet's are added to the plan. A
/// need that several profiles serve gets those that make the devices cheapest where nothing runs
/// yet; else the smallest with room, or, moldable, sizes that take the smallest shares of devices.
/// Everything has been checked by the independent checkers. kNotFound: no model of the fleet can
/// serve a workload. kUnavailable: slices cannot be moved as asked, and why.
TIDEGATE_EXPORT Result<PackPlan> PlanPack(const PackRequest& request);

/// "1·12 1g.5gb + 3·4 3g.20gb = 24, and no GPU holds more than 7: at least 4 GPUs"; empty: no load.
TIDEGATE_EXPORT std::string ProofText(const DeviceModel& model, const ModelPack& pack);

/// "bert: 220.5/s of 200/s, with 2 x 1g.10gb of a100-80gb (74.4/s each), …"
TIDEGATE_EXPORT std::string RateText(const ServedRate& rate);

/// Devices that look alike: same model, state and slices.
struct DeviceRow {
  struct Cell {
    PlacedSlice placed;
    std::string workload;
    bool is_new = false, is_moved = false, pinned = false;

    friend bool operator==(const Cell&, const Cell&) = default;
  };
  std::vector<std::size_t> devices;  ///< of the plan's fleet
  bool added = false;
  std::vector<Cell> cells;  ///< by start
};

/// The devices of a model in the plan, alike ones together but for those that a move touches; those
/// with slices first.
TIDEGATE_EXPORT std::vector<DeviceRow> FoldDevices(const PackPlan& plan, const std::string& model);

struct PictureOptions {
  std::size_t rows = 20;  ///< of a model, at most; the rest is counted
};

/// The slices of each device as text, one column a memory slice.
TIDEGATE_EXPORT std::string DrawText(const PackPlan& plan, const PictureOptions& options = {});

/// The same as an SVG document, with an arrow for each move.
TIDEGATE_EXPORT std::string DrawSvg(const PackPlan& plan, const PictureOptions& options = {});

/// An HTML page with the picture, the proof, the cost and the moves; it needs nothing else.
TIDEGATE_EXPORT std::string DrawHtml(const PackPlan& plan, const PictureOptions& options = {});

}  // namespace tidegate
