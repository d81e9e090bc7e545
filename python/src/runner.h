// SPDX-License-Identifier: Apache-2.0
//
// Runner: the thread in which a controller ticks, and the right to tick.
//
// Thread safety: all members are safe to call concurrently; none needs the GIL, and the ones that
// wait must be called without it, for the thread may need it to finish.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "tidegate/controller.h"
#include "tidegate/result.h"

namespace tidegate::python {

class Runner {
 public:
  Runner() = default;
  ~Runner() { Stop(); }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// Only one may tick at a time. kConflict: somebody does.
  Status Begin();
  void End();

  /// Whether it is the calling thread that ticks: the caller is a policy or a callback.
  bool TicksHere() const { return ticker_ == std::this_thread::get_id(); }

  /// Runs the controller, which must outlive Stop(), in a thread. kConflict: somebody ticks.
  Status Start(Controller& controller);

  /// Requests a stop and joins. Called by the thread itself, it only requests.
  void Stop();

  /// Waits for a run to end: true if none is going on any more.
  bool WaitFor(std::chrono::milliseconds timeout);

  bool running() const { return running_; }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  std::jthread thread_;
  std::atomic<bool> running_ = false;
  std::atomic<bool> ticking_ = false;
  std::atomic<std::thread::id> ticker_;
};

}  // namespace tidegate::python
