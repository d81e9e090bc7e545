// SPDX-License-Identifier: Apache-2.0
//
// A machine with GPUs that is a file, for fake_nvml.cc and for tests that change it underneath:
//
//   gpu UUID KIND                              KIND: a100, t4, off (MIG), lost
//   instance GPU ID PROFILE START SIZE         a GPU instance
//   mig GPU INDEX INSTANCE UUID PROFILE        a compute instance and its MIG device
//   process UUID PID                           somebody computes there
//   fault CALL CODE COUNT                      the next COUNT calls (create-gi, …) fail
//   next NUMBER                                of ids to come
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace tidegate::testing {

struct FakeGpu {
  std::string uuid;
  std::string kind = "a100";
};

struct FakeInstance {
  std::string gpu;
  unsigned id = 0, profile = 0, start = 0, size = 0;

  friend bool operator==(const FakeInstance&, const FakeInstance&) = default;
};

struct FakeMig {
  std::string gpu;
  unsigned index = 0, instance = 0;
  std::string uuid;
  unsigned profile = 0;
};

struct FakeFault {
  int code = 0, count = 0;
};

struct FakeWorld {
  std::vector<FakeGpu> gpus;
  std::vector<FakeInstance> instances;
  std::vector<FakeMig> migs;
  std::vector<std::pair<std::string, unsigned>> processes;
  std::map<std::string, FakeFault> faults;
  unsigned next = 20;

  /// The code that the call shall fail with; 0: none.
  int TakeFault(const std::string& call) {
    const auto fault = faults.find(call);
    if (fault == faults.end() || fault->second.count == 0) return 0;
    --fault->second.count;
    return fault->second.code;
  }

  /// A slice as an administrator makes it; returns its MIG UUID.
  std::string Make(const std::string& gpu, unsigned profile, unsigned start, unsigned size) {
    const unsigned id = next++;
    instances.push_back({gpu, id, profile, start, size});
    const auto on_gpu =
        std::count_if(migs.begin(), migs.end(), [&](const FakeMig& mig) { return mig.gpu == gpu; });
    // The compute profile of full size, by its index: 1, 2, 3, 4 and 7 slices.
    const std::map<unsigned, unsigned> full{{14, 1}, {9, 2}, {5, 3}, {0, 4}};
    const auto found = full.find(profile);
    migs.push_back({gpu, static_cast<unsigned>(on_gpu), id, "MIG-" + std::to_string(id),
                    found == full.end() ? 0 : found->second});
    return migs.back().uuid;
  }

  static FakeWorld Read(const std::string& path) {
    FakeWorld world;
    std::ifstream file(path);
    std::string line;
    while (std::getline(file, line)) {
      std::istringstream words(line);
      std::string kind;
      words >> kind;
      if (kind == "gpu") {
        FakeGpu& gpu = world.gpus.emplace_back();
        words >> gpu.uuid >> gpu.kind;
      } else if (kind == "instance") {
        FakeInstance& each = world.instances.emplace_back();
        words >> each.gpu >> each.id >> each.profile >> each.start >> each.size;
      } else if (kind == "mig") {
        FakeMig& mig = world.migs.emplace_back();
        words >> mig.gpu >> mig.index >> mig.instance >> mig.uuid >> mig.profile;
      } else if (kind == "process") {
        auto& [uuid, pid] = world.processes.emplace_back();
        words >> uuid >> pid;
      } else if (kind == "fault") {
        std::string call;
        words >> call;
        words >> world.faults[call].code >> world.faults[call].count;
      } else if (kind == "next") {
        words >> world.next;
      }
    }
    return world;
  }

  /// Whole or not at all: somebody may be reading.
  void Write(const std::string& path) const {
    const std::string temporary = path + "." + std::to_string(::getpid());
    {
      std::ofstream file(temporary);
      for (const FakeGpu& gpu : gpus) file << "gpu " << gpu.uuid << " " << gpu.kind << "\n";
      for (const FakeInstance& each : instances) {
        file << "instance " << each.gpu << " " << each.id << " " << each.profile << " "
             << each.start << " " << each.size << "\n";
      }
      for (const FakeMig& mig : migs) {
        file << "mig " << mig.gpu << " " << mig.index << " " << mig.instance << " " << mig.uuid
             << " " << mig.profile << "\n";
      }
      for (const auto& [uuid, pid] : processes) file << "process " << uuid << " " << pid << "\n";
      for (const auto& [call, fault] : faults) {
        file << "fault " << call << " " << fault.code << " " << fault.count << "\n";
      }
      file << "next " << next << "\n";
    }
    std::rename(temporary.c_str(), path.c_str());
  }
};

}  // namespace tidegate::testing
