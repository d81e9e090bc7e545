// SPDX-License-Identifier: Apache-2.0
#include <future>
#include <iterator>
#include <utility>

#include "tidegate/source.h"

namespace tidegate {
namespace {

class JoinedSource final : public Source {
 public:
  explicit JoinedSource(std::vector<std::unique_ptr<Source>> sources)
      : sources_(std::move(sources)) {}

  // A thread for each but the last: a call may come from any thread, and waits for all of them.
  Status Collect(const CollectRequest& request, SampleSink& sink) override {
    std::vector<std::future<Status>> others;
    for (std::size_t i = 0; i + 1 < sources_.size(); ++i) {
      others.push_back(
          std::async(std::launch::async, [&, i] { return sources_[i]->Collect(request, sink); }));
    }
    Status collected;
    if (!sources_.empty()) collected = sources_.back()->Collect(request, sink);
    for (auto& other : others) {
      Status status = other.get();
      if (collected) collected = std::move(status);
    }
    return collected;
  }

  std::vector<TargetState> targets() const override {
    std::vector<TargetState> all;
    for (const auto& source : sources_) {
      std::vector<TargetState> own = source->targets();
      std::move(own.begin(), own.end(), std::back_inserter(all));
    }
    return all;
  }

  bool answers_queries() const override {
    return sources_.size() == 1 && sources_.front()->answers_queries();
  }

 private:
  const std::vector<std::unique_ptr<Source>> sources_;
};

}  // namespace

std::unique_ptr<Source> JoinSources(std::vector<std::unique_ptr<Source>> sources) {
  return sources.size() == 1 ? std::move(sources.front())
                             : std::make_unique<JoinedSource>(std::move(sources));
}

}  // namespace tidegate
