// SPDX-License-Identifier: Apache-2.0
//
// Whoever places slices on a fleet of one model: Tidegate, or one of the published rules.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/mig/baselines.h"
#include "benchmarks/mig/events.h"
#include "tidegate/placement.h"

namespace tidegate::mig_benchmark {

/// Names and compute slices of the kinds of a mix.
extern const char* const kNames[6];
extern const double kCompute[6];

/// The model that all tables are on, and where the kinds of a mix are in it.
struct Board {
  Board();
  DeviceModel model;
  Geometry geometry;  ///< over the profiles without media attributes
  std::size_t profile[6] = {};
};

/// A fleet of `devices` devices of the board. With `nodes`, device i is on the node of that name.
tidegate::Fleet MakeFleet(const Board& board, std::size_t devices,
                          const std::vector<std::string>& nodes = {});

class Side {
 public:
  virtual ~Side() = default;
  virtual std::string name() const = 0;
  /// The device that took the slice; none: it has no place.
  virtual std::optional<std::size_t> Add(std::int64_t id, int kind) = 0;
  /// The device that had the slice; none: nobody has it.
  virtual std::optional<std::size_t> Remove(std::int64_t id) = 0;
  /// A closed device takes nothing. REQUIRES: it is empty.
  virtual void SetOpen(std::size_t device, bool open) = 0;
  /// `count` whole devices of one node, or nothing.
  virtual bool AddGang(std::int64_t id, int count) = 0;
};

/// The fleet that every side is given.
struct SideOptions {
  const Board* board = nullptr;
  std::size_t devices = 0;
  Mix mix = {};                         ///< for rules that know it
  std::vector<std::string> nodes = {};  ///< by device; empty: no gangs
  FleetGoal goal = FleetGoal::kServe;   ///< of Tidegate's placer
};

/// Every published rule, and Tidegate last.
std::vector<std::unique_ptr<Side>> AllSides(const SideOptions& options);

/// Tidegate's placer when it may refuse what fits.
std::unique_ptr<Side> RefusingSide(const SideOptions& options);

/// Figures of one side over the seeds.
class Sample {
 public:
  void Add(double value) { values_.push_back(value); }
  const std::vector<double>& values() const { return values_; }
  double Mean() const;
  /// Half of a 95 % interval of the mean.
  double Half() const;

 private:
  std::vector<double> values_;
};

enum class Outcome { kWon, kLevel, kLost };  ///< beyond the 95 % interval, or within

/// One side against whichever rule was best in a row, paired by seed.
struct Comparison {
  Sample gain;
  Outcome outcome = Outcome::kLevel;
  std::string text() const;  ///< the mean gain and its interval
};

/// `sides` as of AllSides(): the rules, and one more that is not looked at.
Comparison AgainstBestRule(const std::vector<Sample>& sides, const Sample& ours,
                           bool more_is_better);

class Verdict {
 public:
  void Count(Outcome outcome);
  void Print() const;

 private:
  int won_ = 0, level_ = 0, lost_ = 0;
};

/// One row: the mean of each side, and Tidegate's difference from the best rule.
Outcome PrintRow(const std::string& head, const std::vector<Sample>& sides, bool more_is_better,
                 const std::string& tail = "");
void PrintHead(const std::string& head, const std::vector<std::unique_ptr<Side>>& sides,
               const std::string& tail = "");

}  // namespace tidegate::mig_benchmark
