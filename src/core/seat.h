// SPDX-License-Identifier: Apache-2.0
//
// One workload on slices at one tick: the slices that it has, gets and gives up. PlaceStage says
// which; a Seat keeps the books and writes them into the decision and the command.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/capacity.h"
#include "tidegate/plan.h"
#include "tidegate/throughput.h"

namespace tidegate::core {

class Seat {
 public:
  Seat(const WorkloadInput& input, WorkloadOutput& output);

  const WorkloadId& workload() const { return input_.spec.workload; }
  std::int32_t priority() const { return input_.spec.slice->priority; }
  bool moldable() const { return input_.spec.slice->moldable(); }
  /// Thousandths of a replica: of what is wanted, of minReplicas at most, and of what slices are
  /// there for; those that move have one. Each slice is worth a replica, but of a moldable
  /// workload.
  MilliValue wanted() const { return MilliValue{1000} * output_.decision.desired; }
  MilliValue least() const {
    return std::min(wanted(), MilliValue{1000} * input_.spec.min_replicas);
  }
  MilliValue seated() const;
  MilliValue WorthOf(const ReplicaSlice& slice) const {
    return CapacityOf(*input_.spec.slice, slice.profile);
  }
  /// Slices that keep their replica, and new ones.
  const std::vector<ReplicaSlice>& kept() const { return kept_; }
  /// Slices of replicas that are going: taken until they are gone.
  const std::vector<ReplicaSlice>& leaving() const { return leaving_; }
  /// As a request for one slice more; of a moldable workload, of its first choice.
  SliceRequest Request() const;
  /// The size that a moldable workload takes next, to have `goal`: the largest of those that serve
  /// what it lacks most cheaply. Absent: none is left that has room.
  std::optional<std::size_t> NextSize(MilliValue goal) const;
  SliceRequest Request(std::size_t size) const;
  /// There is no room for another slice of that size.
  void Close(std::size_t size) { sizes_[size].serves = 0; }
  /// What one slice of each size costs, as shares of a device, for a moldable workload.
  void Price(const Fleet& fleet);

  /// Remembers the slices that have not been asked for at an earlier tick.
  void Record(const Result<Fleet>& fleet);
  /// All that it has asked for, by profile.
  const std::map<std::string, double>& asked() const { return output_.next.slices->asked; }

  void Take(ReplicaSlice slice) { kept_.push_back(std::move(slice)); }
  void Drop(std::string_view slice_id);
  /// The names in a fleet of the slices that could go, those that serve nobody apart; the newest
  /// replicas first.
  std::vector<std::string> GoingFirst(bool serving) const;
  /// Null: none of the kept slices is called so in a fleet.
  const ReplicaSlice* Find(std::string_view fleet_id) const;

  /// No slice more, and why.
  void Refuse(StepCause cause, std::string reason);
  bool refused() const { return refusal_.has_value(); }
  bool lacks_room() const { return refusal_ && refusal_->cause == StepCause::kNoRoom; }

  /// A new replica on `to` takes the place of that on `from`.
  void Move(const ReplicaSlice& from, ReplicaSlice to, const std::string& why);
  /// Lets those go whose successor serves.
  void FinishMoves();
  /// Gives up the moves that are under way.
  void CancelMoves();

  /// Lets those go whose slice is not there any more, unless they serve all the same.
  void DropLost(const DriverSlices& driver);

  /// Nothing is changing, and nothing has since then.
  bool AtRest(TimePoint since) const;
  /// Wants no more and no fewer slices than it has, and no move is under way.
  bool Settled() const;
  /// Slices worth so much could go.
  MilliValue Surplus() const { return std::max<MilliValue>(0, seated() - wanted()); }

  /// Caps the decision at what has a slice; writes the command.
  void Write();

 private:
  struct Refusal {
    StepCause cause;
    std::string reason;
  };

  const Replica* ReplicaOf(const ReplicaSlice& slice) const;
  bool Serving(const ReplicaSlice& slice) const;
  bool IsTarget(const ReplicaSlice& slice) const;
  bool Unchanged() const;
  void AddRequests(const Fleet& fleet, std::int32_t replicas, std::map<std::string, double>& to);
  void Cap();
  void Append(StepCause cause, std::int32_t wanted, std::string reason);

  const WorkloadInput& input_;
  WorkloadOutput& output_;
  std::map<std::string_view, const Replica*> replicas_;
  std::vector<ReplicaSlice> kept_;
  std::vector<ReplicaSlice> leaving_;
  std::vector<std::string> before_;  // ids of what was kept so far
  std::vector<std::string> bare_;    // replicas without a slice, from before there was a need
  std::vector<std::string> victims_;
  std::optional<Refusal> refusal_;
  std::size_t first_choice_ = 0;   // of the sizes
  std::vector<SizeOption> sizes_;  // of a moldable workload; those without room serve nothing
  std::string moves_;              // in words
};

}  // namespace tidegate::core
