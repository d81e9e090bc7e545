// SPDX-License-Identifier: Apache-2.0
//
// http_sd_configs: a list in JSON is asked for at an interval; an answer that is none keeps the
// last.
#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "net/credentials.h"
#include "net/http_client.h"
#include "sources/discovery/discovery.h"
#include "sources/discovery/target_groups.h"
#include "sources/page.h"
#include "sources/schedule.h"

namespace tidegate::discovery {
namespace {

constexpr std::size_t kLargestAnswer = std::size_t{64} << 20U;

/// `application/json`, with or without a charset of UTF-8.
bool IsJson(std::string_view content_type) {
  std::string flat;
  for (const char c : content_type) {
    if (c != ' ' && c != '\t' && c != '"') {
      flat += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return flat == "application/json" || flat == "application/json;charset=utf-8";
}

class UrlDiscovery final : public Discovery {
 public:
  explicit UrlDiscovery(HttpDiscovery options) : options_(std::move(options)) {}

  void Refresh(const CollectRequest& request) override {
    if (!schedule_.IsDue(request.now, options_.refresh_interval)) return;
    schedule_.Advance(request.now, options_.refresh_interval);
    const auto credentials = net::Credentials::Read(options_.access);
    if (!credentials) {
      error_ = options_.url + ": " + credentials.error().message;
      return;
    }
    auto groups = Ask(request, *credentials);
    error_ = groups ? "" : credentials->Redact(options_.url + ": " + groups.error().message);
    if (!groups || *groups == groups_) return;
    groups_ = *std::move(groups);
    ++version_;
  }

  const std::vector<TargetGroup>& groups() const override { return groups_; }
  std::uint64_t version() const override { return version_; }
  std::string error() const override { return error_; }

 private:
  Result<std::vector<TargetGroup>> Ask(const CollectRequest& request,
                                       const net::Credentials& credentials) {
    net::HttpRequest get;
    get.url = options_.url;
    get.timeout = std::min(options_.refresh_interval, request.deadline - request.now);
    get.body_limit = kLargestAnswer;
    get.tls = options_.access.tls;
    get.verify_certificate = !options_.access.insecure_skip_verify;
    get.headers = credentials.headers();
    get.headers.emplace("Accept", "application/json");
    get.headers.emplace("X-Prometheus-Refresh-Interval-Seconds",
                        Seconds(options_.refresh_interval));
    const net::HttpOutcome outcome = client_.Perform(get);
    if (!outcome.response) return outcome.response.error();
    if (outcome.response->status != 200) {
      return Error{ErrorCode::kUnavailable,
                   "server returned HTTP status " + std::to_string(outcome.response->status)};
    }
    if (!IsJson(outcome.response->content_type)) {
      return Error{ErrorCode::kUnavailable,
                   "unsupported content type \"" + outcome.response->content_type + "\""};
    }
    return ParseTargetGroups(outcome.response->body, {{"__meta_url", options_.url}});
  }

  const HttpDiscovery options_;
  net::HttpClient client_;
  Schedule schedule_;
  std::vector<TargetGroup> groups_;
  std::uint64_t version_ = 0;
  std::string error_;
};

}  // namespace

std::unique_ptr<Discovery> MakeHttpDiscovery(HttpDiscovery options) {
  return std::make_unique<UrlDiscovery>(std::move(options));
}

}  // namespace tidegate::discovery
