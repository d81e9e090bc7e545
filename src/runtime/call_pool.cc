// SPDX-License-Identifier: Apache-2.0
#include "runtime/call_pool.h"

#include <utility>

namespace tidegate::runtime {

CallPool::CallPool(std::size_t max_threads) : max_threads_(max_threads) {}

CallPool::~CallPool() = default;

std::future<void> CallPool::Submit(std::function<void()> call) {
  std::packaged_task<void()> task(std::move(call));
  std::future<void> done = task.get_future();
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(task));
  if (waiting_.size() > idle_ && threads_.size() < max_threads_) {
    threads_.emplace_back([this](const std::stop_token& stop) { Work(stop); });
  }
  wake_.notify_one();
  return done;
}

void CallPool::Work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    const bool ready = wake_.wait(lock, stop, [this] { return !waiting_.empty(); });
    --idle_;
    if (!ready) return;
    std::packaged_task<void()> task = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace tidegate::runtime
