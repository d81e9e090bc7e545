// SPDX-License-Identifier: Apache-2.0
//
// CallPool runs calls through seams on threads of its own, so that the control thread can stop
// waiting for one that is late. A late call goes on; its caller finds out later.
//
// Thread safety: Submit() from one thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace tidegate::runtime {

class CallPool {
 public:
  explicit CallPool(std::size_t max_threads);
  /// Joins: every call has a deadline of its own and comes back.
  ~CallPool();

  /// Starts a thread if none is idle and there may be one more.
  std::future<void> Submit(std::function<void()> call);

 private:
  void Work(const std::stop_token& stop);

  const std::size_t max_threads_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::packaged_task<void()>> waiting_;
  std::size_t idle_ = 0;
  std::vector<std::jthread> threads_;  // last: joined first
};

}  // namespace tidegate::runtime
