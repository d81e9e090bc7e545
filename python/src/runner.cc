// SPDX-License-Identifier: Apache-2.0
#include "runner.h"

#include <utility>

namespace tidegate::python {

Status Runner::Begin() {
  if (ticking_.exchange(true)) {
    return Error{ErrorCode::kConflict, "controller: it is ticking already"};
  }
  ticker_ = std::this_thread::get_id();
  return {};
}

void Runner::End() {
  ticker_ = std::thread::id();
  ticking_ = false;
}

Status Runner::Start(Controller& controller) {
  if (Status begun = Begin(); !begun) return begun;
  const std::lock_guard lock(mutex_);
  running_ = true;
  ticker_ = std::thread::id();
  // An earlier thread that stopped itself is joined by the assignment.
  thread_ = std::jthread([this, &controller](const std::stop_token& stop) {
    ticker_ = std::this_thread::get_id();
    controller.Run(stop);
    const std::lock_guard ending(mutex_);
    End();
    running_ = false;
    ended_.notify_all();
  });
  return {};
}

void Runner::Stop() {
  std::jthread stopped;
  {
    std::unique_lock lock(mutex_);
    thread_.request_stop();
    // Not thread_.get_id(): somebody else may be joining this thread already.
    if (TicksHere()) return;
    stopped = std::move(thread_);
    // Somebody else may have taken the thread to join it.
    if (!stopped.joinable()) ended_.wait(lock, [this] { return !running_; });
  }
}

bool Runner::WaitFor(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return ended_.wait_for(lock, timeout, [this] { return !running_; });
}

}  // namespace tidegate::python
