// SPDX-License-Identifier: Apache-2.0
#include "sources/discovery/target.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "config/prometheus_units.h"
#include "config/scalars.h"
#include "net/http_client.h"

namespace tidegate::discovery {
namespace {

constexpr std::string_view kParam = "__param_";

Error Invalid(std::string message) {
  return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

std::string Get(const Labels& labels, const std::string& name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string() : found->second;
}

/// Letters, digits and what a path may have besides, as it stands; the rest escaped.
std::string EscapePath(std::string_view path) {
  constexpr std::string_view kPlain = "$&+,/:;=@";
  std::string out;
  for (const char c : path) {
    out += kPlain.find(c) != std::string_view::npos ? std::string(1, c)
           : c == ' '                               ? std::string("%20")
                                                    : net::PercentEncoded(std::string_view(&c, 1));
  }
  if (out.empty() || out.front() != '/') out.insert(0, "/");
  return out;
}

/// As Go encodes a query: a blank is a plus.
std::string QueryEncoded(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == ' ' ? "+" : net::PercentEncoded(std::string_view(&c, 1));
  return out;
}

/// The job's parameters; the first value of each may have been relabelled.
std::string Parameters(const ScrapeConfig& job, const Labels& labels) {
  std::map<std::string, std::vector<std::string>> parameters = job.params;
  for (const auto& [name, value] : labels) {
    if (!name.starts_with(kParam)) continue;
    std::vector<std::string>& values = parameters[name.substr(kParam.size())];
    if (values.empty()) values.emplace_back();
    values.front() = value;
  }
  std::string text;
  for (const auto& [name, values] : parameters) {
    for (const std::string& value : values) {
      text += (text.empty() ? "?" : "&") + QueryEncoded(name) + "=" + QueryEncoded(value);
    }
  }
  return text;
}

Status CheckAddress(const std::string& address) {
  if (address.empty()) return Invalid("no address");
  // Prometheus minds the first only; the others would make another URL of it.
  const bool plain = address.find_first_of("/?#@\\") == std::string::npos &&
                     std::none_of(address.begin(), address.end(),
                                  [](unsigned char c) { return c <= ' ' || c == 0x7f; });
  return plain ? Status() : Invalid(config::JsonString(address) + " is not a valid hostname");
}

Result<Duration> TimeOf(const Labels& labels, const std::string& name, const std::string& what) {
  auto duration = config::ParsePrometheusDuration(Get(labels, name));
  if (!duration) return Invalid("error parsing " + what + ": " + duration.error().message);
  if (*duration == Duration::zero()) return Invalid(what + " cannot be 0");
  return *duration;
}

}  // namespace

Labels DiscoveredLabels(const ScrapeConfig& job, const Labels& target, const Labels& group) {
  Labels labels = target;
  labels.insert(group.begin(), group.end());
  std::erase_if(labels, [](const auto& label) { return label.second.empty(); });
  labels.emplace("job", job.job_name);
  labels.emplace("__scrape_interval__", config::FormatPrometheusDuration(job.scrape_interval));
  labels.emplace("__scrape_timeout__", config::FormatPrometheusDuration(job.scrape_timeout));
  labels.emplace("__metrics_path__", job.metrics_path);
  labels.emplace("__scheme__", job.scheme);
  for (const auto& [name, values] : job.params) {
    if (!values.empty()) labels.emplace(std::string(kParam) + name, values.front());
  }
  return labels;
}

Result<std::optional<Target>> MakeTarget(const ScrapeConfig& job, const RelabelRules& rules,
                                         const Labels& target, const Labels& group) {
  Labels labels = DiscoveredLabels(job, target, group);
  if (!rules.Apply(labels)) return std::optional<Target>();
  Target out;
  out.address = Get(labels, "__address__");
  if (Status fine = CheckAddress(out.address); !fine) return fine.error();
  const auto interval = TimeOf(labels, "__scrape_interval__", "scrape interval");
  if (!interval) return interval.error();
  const auto timeout = TimeOf(labels, "__scrape_timeout__", "scrape timeout");
  if (!timeout) return timeout.error();
  if (*timeout > *interval) {
    return Invalid("scrape timeout cannot be greater than scrape interval (" +
                   config::JsonString(Get(labels, "__scrape_timeout__")) + " > " +
                   config::JsonString(Get(labels, "__scrape_interval__")) + ")");
  }
  const std::string scheme = Get(labels, "__scheme__");
  if (scheme != "http" && scheme != "https") {
    return Invalid("scheme " + config::JsonString(scheme) + " is neither http nor https");
  }
  out.interval = *interval;
  out.timeout = *timeout;
  out.url = scheme + "://" + out.address + EscapePath(Get(labels, "__metrics_path__")) +
            Parameters(job, labels);
  if (Get(labels, "instance").empty()) labels["instance"] = out.address;
  for (const auto& [name, value] : labels) {
    if (!name.starts_with("__") && !value.empty()) out.labels.emplace(name, value);
  }
  return std::optional<Target>(std::move(out));
}

}  // namespace tidegate::discovery
