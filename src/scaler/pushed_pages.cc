// SPDX-License-Identifier: Apache-2.0
#include "scaler/pushed_pages.h"

#include <string>
#include <utility>

#include "sources/page.h"
#include "tidegate/promql.h"

namespace tidegate::scaler {

namespace {

class PushedSource final : public Source {
 public:
  explicit PushedSource(std::shared_ptr<PushedPages> pages) : pages_(std::move(pages)) {}

  Status Collect(const CollectRequest& request, SampleSink& /*sink*/) override {
    pages_->Forget(request.now);
    return {};
  }
  std::vector<TargetState> targets() const override { return pages_->targets(); }

 private:
  std::shared_ptr<PushedPages> pages_;
};

std::string ValueOf(const Labels& labels, const std::string& name) {
  const auto label = labels.find(name);
  return label == labels.end() ? "" : label->second;
}

/// `push{replica="flower-0"}`.
std::string NameOf(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    if (name == "workload") continue;
    text += (text.empty() ? "" : ",") + name + "=\"" + value + "\"";
  }
  return "push{" + text + "}";
}

}  // namespace

void PushedPages::Note(const Labels& labels, const PageSummary& summary, TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (summary.skipped_lines == 0) {
    pages_.erase(labels);
    return;
  }
  TargetState state;
  state.target = NameOf(labels);
  state.replica = ValueOf(labels, "replica");
  state.workload = ValueOf(labels, "workload");
  state.up = true;
  state.samples = summary.samples;
  state.labels = labels;
  TellSkipped(summary, state);
  pages_[labels] = {std::move(state), now};
}

void PushedPages::Forget(TimePoint now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(pages_, [now](const auto& entry) {
    return now - entry.second.pushed > EvaluateOptions().lookback;
  });
}

std::vector<TargetState> PushedPages::targets() const {
  const std::lock_guard lock(mutex_);
  std::vector<TargetState> targets;
  for (const auto& [labels, page] : pages_) targets.push_back(page.state);
  return targets;
}

std::unique_ptr<Source> MakePushedSource(std::shared_ptr<PushedPages> pages) {
  return std::make_unique<PushedSource>(std::move(pages));
}

}  // namespace tidegate::scaler
