// SPDX-License-Identifier: Apache-2.0
#include "config/scrape_configs.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "config/documents.h"
#include "config/http_access.h"
#include "config/prometheus_units.h"
#include "config/relabel_entry.h"
#include "config/scalars.h"
#include "config/target_group_entry.h"

namespace tidegate::config {
namespace {

/// What is written down; durations and sizes are texts in Prometheus's units.
struct LimitsEntry {
  std::string body_size;
  std::size_t samples = 0;
  std::size_t targets = 0;
  std::size_t labels = 0;
  std::size_t label_name_length = 0;
  std::size_t label_value_length = 0;
};

struct GlobalEntry {
  std::string scrape_interval;
  std::string scrape_timeout;
  LimitsEntry limits;
  std::string name_scheme;
  bool custom_buckets = false;
};

struct FileEntry {
  std::vector<std::string> files;
  std::string refresh_interval;
};

struct HttpEntry {
  std::string url;
  std::string refresh_interval;
  HttpAccessEntry access;
};

using RelabelEntries = std::vector<RelabelEntry<KeyStyle::kSnake>>;

struct JobEntry {
  ScrapeConfig job;  ///< what needs no translation
  std::string scrape_interval;
  std::string scrape_timeout;
  LimitsEntry limits;
  std::string name_scheme;
  std::string fallback_protocol;
  bool custom_buckets = false;
  bool track_timestamps = false;
  HttpAccessEntry access;
  RelabelEntries relabel;
  RelabelEntries metric_relabel;
  std::vector<TargetGroupEntry> groups;
  std::vector<FileEntry> files;
  std::vector<HttpEntry> urls;
};

struct FileText {
  GlobalEntry global;
  std::vector<JobEntry> jobs;
};

constexpr std::array<std::string_view, 33> kOtherDiscoveries{
    "aws_sd_configs",          "azure_sd_configs",    "consul_sd_configs",
    "digitalocean_sd_configs", "dns_sd_configs",      "docker_sd_configs",
    "dockerswarm_sd_configs",  "ec2_sd_configs",      "ecs_sd_configs",
    "elasticache_sd_configs",  "eureka_sd_configs",   "gce_sd_configs",
    "hetzner_sd_configs",      "ionos_sd_configs",    "kuma_sd_configs",
    "lightsail_sd_configs",    "linode_sd_configs",   "marathon_sd_configs",
    "msk_sd_configs",          "nerve_sd_configs",    "nomad_sd_configs",
    "openstack_sd_configs",    "ovhcloud_sd_configs", "puppetdb_sd_configs",
    "rds_sd_configs",          "scaleway_sd_configs", "serverset_sd_configs",
    "stackit_sd_configs",      "triton_sd_configs",   "uyuni_sd_configs",
    "vultr_sd_configs"};

void DescribeLimits(FieldVisitor& v, LimitsEntry& s) {
  v.Field("body_size_limit", s.body_size);
  v.Field("sample_limit", s.samples);
  v.Field("target_limit", s.targets);
  v.Field("label_limit", s.labels);
  v.Field("label_name_length_limit", s.label_name_length);
  v.Field("label_value_length_limit", s.label_value_length);
}

void Describe(FieldVisitor& v, GlobalEntry& s) {
  v.Field("scrape_interval", s.scrape_interval);
  v.Field("scrape_timeout", s.scrape_timeout);
  DescribeLimits(v, s.limits);
  v.Field("metric_name_validation_scheme", s.name_scheme);
  v.Field("convert_classic_histograms_to_nhcb", s.custom_buckets);
  for (const char* key :
       {"evaluation_interval", "rule_query_offset", "query_log_file", "query_max_series",
        "query_max_samples_read", "query_max_duration", "scrape_failure_log_file",
        "external_labels", "keep_dropped_targets", "scrape_protocols",
        "metric_name_escaping_scheme", "always_scrape_classic_histograms",
        "scrape_native_histograms", "extra_scrape_metrics"}) {
    v.Ignored(key);
  }
}

void Describe(FieldVisitor& v, FileEntry& s) {
  v.Field("files", s.files);
  v.Field("refresh_interval", s.refresh_interval);
}

void Describe(FieldVisitor& v, HttpEntry& s) {
  v.Field("url", s.url, {.required = true, .missing = "URL is missing"});
  v.Field("refresh_interval", s.refresh_interval);
  DescribeAccess(v, s.access);
}

void DescribeDiscovery(FieldVisitor& v, JobEntry& s) {
  v.Field("static_configs", s.groups);
  v.Field("file_sd_configs", s.files);
  v.Field("http_sd_configs", s.urls);
  v.Refused("kubernetes_sd_configs",
            "has no counterpart yet; give a PodMonitor or ServiceMonitor, or file_sd_configs or "
            "http_sd_configs");
  for (const std::string_view key : kOtherDiscoveries) {
    v.Refused(key, "has no counterpart; give file_sd_configs or http_sd_configs");
  }
}

void Describe(FieldVisitor& v, JobEntry& s) {
  v.Field("job_name", s.job.job_name);
  v.Field("scrape_interval", s.scrape_interval);
  v.Field("scrape_timeout", s.scrape_timeout);
  v.Field("metrics_path", s.job.metrics_path);
  v.Field("scheme", s.job.scheme);
  v.Field("params", s.job.params);
  v.Field("honor_labels", s.job.honor_labels);
  v.Field("honor_timestamps", s.job.honor_timestamps);
  v.Field("lenient", s.job.lenient);
  v.Field("track_timestamps_staleness", s.track_timestamps);
  DescribeLimits(v, s.limits);
  DescribeAccess(v, s.access);
  v.Field("relabel_configs", s.relabel);
  v.Field("metric_relabel_configs", s.metric_relabel);
  DescribeDiscovery(v, s);
  v.Field("metric_name_validation_scheme", s.name_scheme);
  v.Field("fallback_scrape_protocol", s.fallback_protocol);
  v.Field("convert_classic_histograms_to_nhcb", s.custom_buckets);
  for (const char* key :
       {"scrape_protocols", "scrape_failure_log_file", "enable_compression", "keep_dropped_targets",
        "metric_name_escaping_scheme", "always_scrape_classic_histograms",
        "scrape_native_histograms", "extra_scrape_metrics", "native_histogram_bucket_limit",
        "native_histogram_min_bucket_factor"}) {
    v.Ignored(key);
  }
}

void Describe(FieldVisitor& v, FileText& s) {
  v.Field("global", s.global);
  v.Field("scrape_configs", s.jobs);
  v.Refused("scrape_config_files", "has no counterpart; give those files themselves");
  // Not about scraping.
  for (const char* key : {"alerting", "rule_files", "remote_write", "remote_read", "storage",
                          "tracing", "otlp", "runtime"}) {
    v.Ignored(key);
  }
}

/// `pattern` of file_sd_configs: `*` in the last part only, and an extension that is known.
bool IsFilePattern(std::string_view name) {
  const std::size_t star = name.find('*');
  if (star != std::string_view::npos &&
      name.find_first_of("*/", star + 1) != std::string_view::npos) {
    return false;
  }
  const std::size_t dot = name.rfind('.');
  const std::string_view extension = dot == std::string_view::npos ? "" : name.substr(dot + 1);
  constexpr std::array<std::string_view, 6> kExtensions{"json", "yml", "yaml",
                                                        "JSON", "YML", "YAML"};
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

/// What is written -> ScrapeConfigs, in the order of Prometheus's own checks.
class Translator {
 public:
  Translator(const Node& root, const std::string& directory, std::vector<Problem>& problems)
      : root_(root), directory_(directory), problems_(problems) {}

  std::vector<ScrapeConfig> Translate() {
    FileText file;
    Reader(&root_, "", ReadMode::kForeign, problems_).Struct([&](FieldVisitor& v) {
      Describe(v, file);
    });
    SetGlobal(file.global);
    std::vector<ScrapeConfig> out;
    std::map<std::string, std::size_t> names;
    for (std::size_t i = 0; i < file.jobs.size(); ++i) {
      path_ = "scrape_configs[" + std::to_string(i) + "]";
      out.push_back(JobOf(file.jobs[i]));
      const std::string& name = out.back().job_name;
      if (name.empty()) Report("", "job_name is empty");
      if (!name.empty() && !names.emplace(name, i).second) {
        Report(".job_name", "found multiple scrape configs with job name " + JsonString(name));
      }
    }
    return out;
  }

 private:
  void ReportAt(const std::string& path, std::string message) {
    problems_.push_back({Locate(&root_, path), path, std::move(message)});
  }
  void Report(const std::string& below, std::string message) {
    ReportAt(path_ + below, std::move(message));
  }

  /// 0 where nothing is written, or after a report.
  Duration DurationOf(const std::string& text, const std::string& path) {
    if (text.empty()) return {};
    const Result<Duration> duration = ParsePrometheusDuration(text);
    if (!duration) ReportAt(path, duration.error().message);
    return duration ? *duration : Duration{};
  }

  ScrapeConfig LimitsOf(const LimitsEntry& from, const std::string& path) {
    ScrapeConfig to;
    if (!from.body_size.empty()) {
      const Result<std::size_t> bytes = ParsePrometheusBytes(from.body_size);
      if (!bytes) ReportAt(path + ".body_size_limit", bytes.error().message);
      if (bytes) to.body_size_limit = *bytes;
    }
    to.sample_limit = from.samples;
    to.target_limit = from.targets;
    to.label_limit = from.labels;
    to.label_name_length_limit = from.label_name_length;
    to.label_value_length_limit = from.label_value_length;
    return to;
  }

  void CheckCounterparts(const std::string& path, const std::string& name_scheme,
                         bool custom_buckets) {
    if (name_scheme == "legacy") {
      ReportAt(path + ".metric_name_validation_scheme", "has no counterpart: names are any UTF-8");
    } else if (!name_scheme.empty() && name_scheme != "utf8") {
      ReportAt(path + ".metric_name_validation_scheme",
               "unknown name validation method specified, must be either '', 'legacy' or 'utf8', "
               "got " +
                   name_scheme);
    }
    if (custom_buckets) {
      ReportAt(path + ".convert_classic_histograms_to_nhcb",
               "has no counterpart: native histograms are not read");
    }
  }

  void SetGlobal(const GlobalEntry& from) {
    CheckCounterparts("global", from.name_scheme, from.custom_buckets);
    global_ = LimitsOf(from.limits, "global");
    const Duration interval = DurationOf(from.scrape_interval, "global.scrape_interval");
    const Duration timeout = DurationOf(from.scrape_timeout, "global.scrape_timeout");
    const ScrapeConfig defaults;
    global_.scrape_interval = interval > Duration::zero() ? interval : defaults.scrape_interval;
    if (timeout > global_.scrape_interval) {
      ReportAt("global.scrape_timeout", "global scrape timeout greater than scrape interval");
    }
    global_.scrape_timeout = timeout > Duration::zero()
                                 ? timeout
                                 : std::min(defaults.scrape_timeout, global_.scrape_interval);
  }

  ScrapeConfig JobOf(JobEntry& entry) {
    ScrapeConfig job = entry.job;
    SetTimes(entry, job);
    SetLimits(LimitsOf(entry.limits, path_), job);
    CheckCounterparts(path_, entry.name_scheme, entry.custom_buckets);
    if (entry.track_timestamps) {
      Report(".track_timestamps_staleness",
             "has no counterpart: series with times of their own end when they do");
    }
    if (entry.fallback_protocol == "PrometheusProto") {
      Report(".fallback_scrape_protocol", "has no counterpart: protobuf is not read");
    }
    if (job.scheme != "http" && job.scheme != "https") {
      Report(".scheme", "want \"http\" or \"https\", got " + JsonString(job.scheme));
    }
    job.access = HttpAccessOf(entry.access, root_, path_, directory_, problems_);
    job.relabel_configs =
        RelabelConfigsOf(entry.relabel, root_, path_ + ".relabel_configs", problems_);
    job.metric_relabel_configs =
        RelabelConfigsOf(entry.metric_relabel, root_, path_ + ".metric_relabel_configs", problems_);
    AddGroups(entry, job);
    AddFiles(entry, job);
    AddUrls(entry, job);
    return job;
  }

  void SetTimes(const JobEntry& entry, ScrapeConfig& job) {
    const Duration interval = DurationOf(entry.scrape_interval, path_ + ".scrape_interval");
    const Duration timeout = DurationOf(entry.scrape_timeout, path_ + ".scrape_timeout");
    job.scrape_interval = interval > Duration::zero() ? interval : global_.scrape_interval;
    if (timeout > job.scrape_interval) {
      Report(".scrape_timeout",
             "scrape timeout greater than scrape interval for scrape config with job name " +
                 JsonString(job.job_name));
    }
    job.scrape_timeout = timeout > Duration::zero()
                             ? timeout
                             : std::min(global_.scrape_timeout, job.scrape_interval);
  }

  void SetLimits(const ScrapeConfig& own, ScrapeConfig& job) const {
    for (const auto limit :
         {&ScrapeConfig::body_size_limit, &ScrapeConfig::sample_limit, &ScrapeConfig::target_limit,
          &ScrapeConfig::label_limit, &ScrapeConfig::label_name_length_limit,
          &ScrapeConfig::label_value_length_limit}) {
      job.*limit = own.*limit > 0 ? own.*limit : global_.*limit;
    }
  }

  void AddGroups(const JobEntry& entry, ScrapeConfig& job) {
    for (std::size_t i = 0; i < entry.groups.size(); ++i) {
      TargetGroup group{.targets = {}, .labels = entry.groups[i].labels};
      for (std::size_t j = 0; j < entry.groups[i].targets.size(); ++j) {
        const std::string& address = entry.groups[i].targets[j];
        if (entry.relabel.empty() && address.find('/') != std::string::npos) {
          Report(".static_configs[" + std::to_string(i) + "].targets[" + std::to_string(j) + "]",
                 JsonString(address) + " is not a valid hostname");
        }
        group.targets.push_back({{"__address__", address}});
      }
      job.static_configs.push_back(std::move(group));
    }
  }

  void AddFiles(const JobEntry& entry, ScrapeConfig& job) {
    for (std::size_t i = 0; i < entry.files.size(); ++i) {
      const std::string path = ".file_sd_configs[" + std::to_string(i) + "]";
      FileDiscovery files;
      SetInterval(entry.files[i].refresh_interval, path, files.refresh_interval);
      if (entry.files[i].files.empty()) {
        Report(path, "file service discovery config must contain at least one path name");
      }
      for (const std::string& name : entry.files[i].files) {
        if (!IsFilePattern(name)) {
          Report(path + ".files",
                 "path name " + JsonString(name) + " is not valid for file discovery");
        }
        files.files.push_back(FileBelow(directory_, name));
      }
      job.file_sd_configs.push_back(std::move(files));
    }
  }

  void AddUrls(const JobEntry& entry, ScrapeConfig& job) {
    for (std::size_t i = 0; i < entry.urls.size(); ++i) {
      const std::string path = ".http_sd_configs[" + std::to_string(i) + "]";
      HttpDiscovery http{.url = entry.urls[i].url};
      SetInterval(entry.urls[i].refresh_interval, path, http.refresh_interval);
      http.access = HttpAccessOf(entry.urls[i].access, root_, path_ + path, directory_, problems_);
      const std::size_t scheme = http.url.starts_with("https://") ? 8 : 7;
      if (!http.url.empty() && !http.url.starts_with("http://") && scheme == 7) {
        Report(path + ".url", "URL scheme must be 'http' or 'https'");
      } else if (!http.url.empty() && (http.url.size() == scheme || http.url[scheme] == '/')) {
        Report(path + ".url", "host is missing in URL");
      }
      job.http_sd_configs.push_back(std::move(http));
    }
  }

  void SetInterval(const std::string& text, const std::string& path, Duration& interval) {
    const Duration given = DurationOf(text, path_ + path + ".refresh_interval");
    if (given > Duration::zero()) interval = given;
  }

  const Node& root_;
  const std::string& directory_;
  std::vector<Problem>& problems_;
  ScrapeConfig global_;
  std::string path_;  ///< of the job
};

}  // namespace

bool IsPrometheusConfig(const Node& root) {
  if (root.kind != Node::Kind::kMap || root.Find("kind") != nullptr) return false;
  return root.Find("scrape_configs") != nullptr || root.Find("global") != nullptr;
}

std::vector<ScrapeConfig> ReadScrapeConfigs(const Node& root, const std::string& directory,
                                            std::vector<Problem>& problems) {
  return Translator(root, directory, problems).Translate();
}

}  // namespace tidegate::config
