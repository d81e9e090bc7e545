// SPDX-License-Identifier: Apache-2.0
#include "tidegate/nvml_slices.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "nvml/slice_table.h"
#include "os/proc.h"
#include "os/whole_file.h"

namespace tidegate {
namespace {

using nvml::KnownSlice;
using nvml::MadeSlice;
using nvml::SliceState;

// A slice in use holds up whoever wants its room for so long; then the plan is made anew.
constexpr NvmlPatience kPatience{.retry = std::chrono::milliseconds(200),
                                 .retry_max = std::chrono::seconds(1),
                                 .total = std::chrono::seconds(3)};

constexpr Duration kFirstPause = std::chrono::seconds(1);
constexpr Duration kLongestPause = std::chrono::minutes(1);

std::string BootId() {
  std::string id = ReadSmallFile("/proc/sys/kernel/random/boot_id").value_or("");
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

bool SamePlace(const ReplicaSlice& a, const ReplicaSlice& b) {
  return a.device == b.device && a.profile == b.profile && a.start == b.start;
}

bool SameLayout(const std::vector<NvmlSlice>& a, const std::vector<NvmlSlice>& b) {
  const auto contains = [](const std::vector<NvmlSlice>& slices, const NvmlSlice& wanted) {
    return std::any_of(slices.begin(), slices.end(), [&](const NvmlSlice& each) {
      return each.gi_profile_id == wanted.gi_profile_id && each.span == wanted.span;
    });
  };
  return a.size() == b.size() &&
         std::all_of(a.begin(), a.end(), [&](const NvmlSlice& each) { return contains(b, each); });
}

class NvmlSlices final : public SliceDriver {
 public:
  NvmlSlices(NvmlSlicesOptions options, Clock& clock)
      : options_(std::move(options)), clock_(clock) {
    rules_.node = options_.node;
    rules_.gpus.insert(options_.gpus.begin(), options_.gpus.end());
    rules_.reserved.insert(options_.reserved.begin(), options_.reserved.end());
    rules_.expendable.insert(options_.expendable.begin(), options_.expendable.end());
    rules_.reconfigure = options_.reconfigure;
    if (options_.boot_id.empty()) options_.boot_id = BootId();
  }

  Status Start() {
    const std::lock_guard lock(mutex_);
    Result<SliceState> state = OpenState();
    if (!state) return state.error();
    if (Status looked = Look(); !looked) return looked;
    next_look_ = clock_.Now() + options_.interval;
    if (state->boot_id == options_.boot_id) {
      made_ = std::move(state->made);
      Reconcile();
    } else {
      for (const MadeSlice& each : state->made) Remake(each);
    }
    Publish();
    return Save();
  }

  Inventory inventory() const override {
    const std::lock_guard lock(published_mutex_);
    return published_;
  }

  Status Refresh(TimePoint now) override {
    const std::lock_guard lock(mutex_);
    if (now < next_look_) return {};
    next_look_ = now + options_.interval;
    Status looked = Look();
    if (looked) Reconcile();
    Publish();
    return looked;
  }

  SliceSupply Make(std::span<const ReplicaSlice> wanted, std::span<const ReplicaSlice> held,
                   TimePoint deadline) override {
    const std::lock_guard lock(mutex_);
    SliceSupply supply;
    bool looked = false;
    for (const ReplicaSlice& slice : wanted) {
      if (!slice.replica.empty()) {
        supply.slices.push_back(slice);
        continue;
      }
      Status possible = MayTry(slice.device);
      if (possible && !looked) possible = Look();
      looked = looked || possible.ok();
      Result<ReplicaSlice> made =
          possible ? Obtain(slice, held, deadline) : Result<ReplicaSlice>(possible.error());
      if (possible) NoteOutcome(slice.device, made ? std::nullopt : std::optional(made.error()));
      if (made) {
        supply.slices.push_back(*std::move(made));
      } else {
        supply.error =
            Error{made.error().code, slice.profile + "@" + std::to_string(slice.start) + " of " +
                                         slice.device + ": " + made.error().message};
      }
    }
    if (looked) Publish();
    return supply;
  }

 private:
  // --- what there is ---

  // A driver that does not answer is loaded anew at the next look.
  Status Look() {
    if (driver_ == nullptr) {
      auto driver = NvmlDriver::Open(options_.nvml);
      if (!driver) return Fault(driver.error());
      driver_ = *std::move(driver);
    }
    Result<NvmlInventory> now = driver_->Read();
    if (!now) {
      driver_.reset();
      return Fault(now.error());
    }
    fault_.clear();
    for (NvmlDevice& device : now->devices) KeepIfUnreadable(device);
    seen_ = *std::move(now);
    return {};
  }

  Status Fault(const Error& error) {
    fault_ = "the driver does not answer: " + error.message;
    return error;
  }

  // Slices that cannot be read for a while are not gone.
  void KeepIfUnreadable(NvmlDevice& device) const {
    if (!device.slices_error) return;
    const NvmlDevice* before = FindGpu(device.uuid);
    if (before == nullptr || before->slices_error) return;
    device.slices = before->slices;
    device.slices_error.reset();
  }

  const NvmlDevice* FindGpu(const std::string& uuid) const {
    for (const NvmlDevice& device : seen_.devices) {
      if (device.uuid == uuid) return &device;
    }
    return nullptr;
  }

  void Publish() {
    Inventory now = nvml::InventoryOf(seen_, made_, refused_, rules_);
    if (!fault_.empty()) now.driver->notes.push_back(fault_);
    for (const std::string& note : now.driver->notes) {
      const auto& before = published_.driver ? published_.driver->notes : kNoNotes;
      if (std::find(before.begin(), before.end(), note) == before.end()) Tell(note);
    }
    const std::lock_guard lock(published_mutex_);
    published_ = std::move(now);
  }

  void Tell(const std::string& event) const {
    if (options_.on_event) options_.on_event(event);
  }

  // --- what was made ---

  Result<SliceState> OpenState() {
    if (options_.state_file.empty()) {
      if (!options_.reconfigure) return SliceState{};
      return Error{ErrorCode::kInvalidArgument,
                   "stateFile: is needed to know again which slices were made"};
    }
    options_.state_file =
        std::filesystem::absolute(options_.state_file).lexically_normal().string();
    Result<UniqueFd> lock = LockFile(options_.state_file);
    if (!lock) return Error{lock.error().code, "stateFile: " + lock.error().message};
    lock_ = *std::move(lock);
    constexpr std::size_t kSizeLimit = 16u << 20;
    const auto text = ReadSmallFile(options_.state_file, kSizeLimit);
    if (!text) return SliceState{.boot_id = options_.boot_id, .made = {}};
    Result<SliceState> state = nvml::DecodeSliceState(*text);
    if (state) return state;
    return Error{ErrorCode::kInvalidArgument,
                 "stateFile: " + options_.state_file + ": " + state.error().message};
  }

  Status Save() const {
    if (options_.state_file.empty()) return {};
    return WriteWhole(options_.state_file,
                      nvml::EncodeSliceState({.boot_id = options_.boot_id, .made = made_}));
  }

  // Finds again what was made; what was only begun may have come to be.
  void Reconcile() {
    const std::vector<MadeSlice> before = made_;
    std::erase_if(made_, [&](MadeSlice& each) {
      const NvmlDevice* device = FindGpu(each.gpu);
      if (device == nullptr) return false;  // it may come back
      for (const NvmlSlice& slice : device->slices) {
        if (slice.gi_profile_id != each.slice.gi_profile_id || slice.span != each.slice.span) {
          continue;
        }
        if (!each.begun && slice.gpu_instance != each.slice.gpu_instance) continue;
        each = {.gpu = each.gpu, .slice = slice, .begun = false};
        each.slice.processes.clear();
        return false;
      }
      if (!each.begun) {
        Tell(ToString(StepOf(each.gpu, each.slice, false)) + ": somebody else has done it");
      }
      return true;
    });
    if (made_ != before) (void)Save();
  }

  // After a reboot, if there is room for it.
  void Remake(const MadeSlice& lost) {
    const NvmlDevice* device = FindGpu(lost.gpu);
    if (device == nullptr || !options_.reconfigure) return;
    const Result<DeviceModel> model = nvml::DriverModel(*device, seen_.driver_version);
    const std::optional<PlacedSlice> placed =
        model ? nvml::PlacedOf(*model, lost.slice) : std::optional<PlacedSlice>();
    const auto slices = model ? nvml::KnownSlices(*device, *model, made_, rules_)
                              : Result<std::vector<KnownSlice>>(model.error());
    if (!placed || !slices) return;
    const auto in_the_way = nvml::InTheWay(*model, *placed, *slices);
    if (!in_the_way || !in_the_way->empty()) return;
    const Result<NvmlSlice> made = Create(lost.gpu, lost.slice);
    if (!made) Tell(ToString(StepOf(lost.gpu, lost.slice, true)) + ": " + made.error().message);
  }

  // --- making ---

  /// A GPU that is left alone for a while, since it was of no use to try.
  struct Pause {
    Duration length{};
    TimePoint end{};
    Error error;
  };

  Status MayTry(const std::string& gpu) const {
    const auto pause = pauses_.find(gpu);
    if (pause == pauses_.end() || clock_.Now() >= pause->second.end) return {};
    return pause->second.error;
  }

  // Another plan may do at once where a slice does not fit; what is in use or forbidden will be so
  // for a while.
  void NoteOutcome(const std::string& gpu, const std::optional<Error>& error) {
    if (!error) {
      pauses_.erase(gpu);
      return;
    }
    if (error->code != ErrorCode::kUnavailable && error->code != ErrorCode::kPermissionDenied) {
      return;
    }
    Pause& pause = pauses_[gpu];
    pause.length = std::clamp<Duration>(2 * pause.length, kFirstPause, kLongestPause);
    pause.end = clock_.Now() + pause.length;
    pause.error = *error;
  }

  // One slice: that which is there, or a new one in the place of what nobody uses.
  Result<ReplicaSlice> Obtain(ReplicaSlice slice, std::span<const ReplicaSlice> held,
                              TimePoint deadline) {
    const NvmlDevice* device = FindGpu(slice.device);
    if (device == nullptr) return Error{ErrorCode::kNotFound, "the GPU is gone"};
    const Result<DeviceModel> model = nvml::DriverModel(*device, seen_.driver_version);
    if (!model) return model.error();
    const Result<PlacedSlice> wanted = PlacedOf(*model, slice);
    if (!wanted) return wanted.error();
    Result<std::vector<KnownSlice>> slices = nvml::KnownSlices(*device, *model, made_, rules_);
    if (!slices) return slices.error();
    for (KnownSlice& known : *slices) {
      // One that was planned by its name may have its replica's process by now.
      const bool named = nvml::SliceId(device->uuid, known.slice) == slice.id;
      if (known.placed == *wanted && known.slice.uuids.size() == 1 && (known.usable || named)) {
        slice.id = known.slice.uuids.front();
        return slice;
      }
      known.removable = known.removable && !Held(*device, *model, known, held);
    }
    if (!options_.reconfigure) return Error{ErrorCode::kNotFound, "it is not free any more"};
    const auto going = nvml::InTheWay(*model, *wanted, *slices);
    if (!going) return going.error();
    const std::string gpu = device->uuid;  // another look moves the device
    for (const NvmlSlice& each : *going) {
      if (const Status gone = Destroy(gpu, each, deadline); !gone) return gone.error();
    }
    const std::vector<NvmlSlice> believed = FindGpu(gpu)->slices;
    const Result<NvmlSlice> made =
        Create(gpu, {.gpu_instance = 0,
                     .gi_profile_id = *model->profiles[wanted->profile].gi_profile_id,
                     .span = wanted->span,
                     .uuids = {},
                     .processes = {}});
    if (!made) {
      if (made.error().code == ErrorCode::kConflict) Learn(gpu, *model, *wanted, believed);
      return made.error();
    }
    slice.id = made->uuids.front();
    return slice;
  }

  static Result<PlacedSlice> PlacedOf(const DeviceModel& model, const ReplicaSlice& slice) {
    const Result<std::size_t> profile = FindProfile(model, slice.profile);
    if (!profile) return profile.error();
    for (const SliceSpan& span : model.profiles[*profile].placements) {
      if (span.start == slice.start && model.profiles[*profile].gi_profile_id) {
        return PlacedSlice{*profile, span};
      }
    }
    return Error{ErrorCode::kInvalidArgument, "no slice of this profile can be there"};
  }

  static bool Held(const NvmlDevice& device, const DeviceModel& model, const KnownSlice& known,
                   std::span<const ReplicaSlice> held) {
    const ReplicaSlice here{.id = nvml::SliceId(device.uuid, known.slice),
                            .device = device.uuid,
                            .profile = model.profiles[known.placed.profile].name,
                            .start = known.placed.span.start,
                            .replica = {}};
    return std::any_of(held.begin(), held.end(), [&](const ReplicaSlice& each) {
      return each.id == here.id || SamePlace(each, here);
    });
  }

  NvmlStep StepOf(const std::string& gpu, const NvmlSlice& slice, bool create) const {
    const NvmlDevice* device = FindGpu(gpu);
    const auto model = device == nullptr ? Result<DeviceModel>(Error{ErrorCode::kNotFound, gpu})
                                         : nvml::DriverModel(*device, seen_.driver_version);
    const auto placed = model ? nvml::PlacedOf(*model, slice) : std::optional<PlacedSlice>();
    return {.create = create,
            .gpu = gpu,
            .profile = placed ? model->profiles[placed->profile].name
                              : "profile " + std::to_string(slice.gi_profile_id),
            .slice = slice};
  }

  Status Destroy(const std::string& gpu, const NvmlSlice& slice, TimePoint deadline) {
    if (driver_ == nullptr) return Error{ErrorCode::kUnavailable, fault_};
    const NvmlStep step = StepOf(gpu, slice, false);
    NvmlPatience patience = kPatience;
    patience.total = std::min(patience.total, deadline - clock_.Now());
    const NvmlOutcome outcome = CarryOut({&step, 1}, *driver_, clock_, patience);
    if (outcome.error) {
      (void)Look();  // its compute instance may be gone already
      return Error{outcome.error->code, ToString(step) + ": " + outcome.error->message};
    }
    Tell("done: " + ToString(step));
    std::erase_if(made_, [&](const MadeSlice& each) {
      return each.gpu == gpu && each.slice.gpu_instance == slice.gpu_instance;
    });
    for (NvmlDevice& device : seen_.devices) {
      if (device.uuid == gpu) std::erase(device.slices, slice);
    }
    return Save();
  }

  // Noted before and after, so that whoever comes after a kill knows whose it is.
  Result<NvmlSlice> Create(const std::string& gpu, const NvmlSlice& wanted) {
    if (driver_ == nullptr) return Error{ErrorCode::kUnavailable, fault_};
    made_.push_back({.gpu = gpu, .slice = wanted, .begun = true});
    if (const Status saved = Save(); !saved) {
      made_.pop_back();
      return saved.error();
    }
    NvmlStep step = StepOf(gpu, wanted, true);
    Result<NvmlSlice> made = driver_->Create(gpu, wanted.gi_profile_id, wanted.span);
    if (made) {
      made_.back() = {.gpu = gpu, .slice = *made, .begun = false};
      for (NvmlDevice& device : seen_.devices) {
        if (device.uuid == gpu) device.slices.push_back(*made);
      }
      step.slice = *made;
      Tell("done: " + ToString(step));
    } else if (Look()) {
      Reconcile();  // something may be left behind
    }
    (void)Save();  // a slice that is still noted as begun is found again as well
    return made;
  }

  // What the driver refuses although the rules allow it is never planned again, unless it was that
  // somebody else has changed the GPU.
  void Learn(const std::string& gpu, const DeviceModel& model, const PlacedSlice& wanted,
             const std::vector<NvmlSlice>& believed) {
    const NvmlDevice* device = FindGpu(gpu);
    if (device == nullptr || !SameLayout(device->slices, believed)) return;
    RefusedLayout refused{.model = model.id, .profiles = {model.profiles[wanted.profile].name}};
    for (const NvmlSlice& slice : device->slices) {
      const auto placed = nvml::PlacedOf(model, slice);
      if (!placed) return;
      refused.profiles.push_back(model.profiles[placed->profile].name);
    }
    std::string text;
    for (const std::string& name : refused.profiles) text += (text.empty() ? "" : " + ") + name;
    Tell("the driver refuses " + text + " on one " + model.id + "; it is not planned again");
    refused_.push_back(std::move(refused));
  }

  inline static const std::vector<std::string> kNoNotes;

  NvmlSlicesOptions options_;
  Clock& clock_;
  nvml::SliceRules rules_;
  UniqueFd lock_;

  std::mutex mutex_;  // of everything down to the next
  std::unique_ptr<NvmlDriver> driver_;
  NvmlInventory seen_;
  std::vector<MadeSlice> made_;
  std::vector<RefusedLayout> refused_;
  std::string fault_;
  TimePoint next_look_{};
  std::map<std::string, Pause> pauses_;  // by GPU

  mutable std::mutex published_mutex_;
  Inventory published_;
};

}  // namespace

Result<std::unique_ptr<SliceDriver>> MakeNvmlSlices(NvmlSlicesOptions options, Clock& clock) {
  auto slices = std::make_unique<NvmlSlices>(std::move(options), clock);
  if (Status started = slices->Start(); !started) return started.error();
  return std::unique_ptr<SliceDriver>(std::move(slices));
}

}  // namespace tidegate
