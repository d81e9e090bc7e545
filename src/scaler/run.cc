// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "scaler/commands.h"
#include "scaler/pushed_pages.h"
#include "scaler/slices_page.h"
#include "spdlog/spdlog.h"
#include "tidegate/backends/process_pool.h"
#include "tidegate/balancers/nginx.h"
#include "tidegate/config.h"
#include "tidegate/controller.h"
#include "tidegate/nvml_slices.h"
#include "tidegate/record.h"
#include "tidegate/reporters/journal.h"
#include "tidegate/reporters/log.h"
#include "tidegate/reporters/prometheus.h"
#include "tidegate/serve.h"
#include "tidegate/sources/discovery.h"
#include "tidegate/sources/process.h"
#include "tidegate/sources/prometheus.h"
#include "tidegate/sources/scrape.h"
#include "tidegate/sources/triton_stats.h"

namespace tidegate::scaler {

namespace {

// Keeps what the state page and the probes need of the last tick.
class StateReporter final : public Reporter {
 public:
  explicit StateReporter(Clock& clock) : clock_(clock) {}

  void OnTick(const TickReport& report) override {
    const std::lock_guard lock(mutex_);
    last_tick_ = clock_.Now();
    fleet_.assign(report.fleet_targets.begin(), report.fleet_targets.end());
    inventory_ = report.input.inventory;
    slices_ = report.input.held;
    for (std::size_t i = 0; i < report.input.workloads.size(); ++i) {
      workloads_[report.input.workloads[i].spec.workload] = {
          report.input.workloads[i], report.output.workloads[i].decision, report.targets[i]};
      const Observation& seen = report.input.workloads[i].observation;
      if (!seen.slices.empty()) slices_[report.input.workloads[i].spec.workload] = seen.slices;
    }
  }

  void OnReplace(const std::set<WorkloadId>& workloads) override {
    const std::lock_guard lock(mutex_);
    std::erase_if(workloads_, [&](const auto& entry) { return !workloads.contains(entry.first); });
    std::erase_if(slices_, [&](const auto& entry) { return !workloads.contains(entry.first); });
  }

  std::string Slices() const {
    Inventory inventory;
    HeldSlices slices;
    {
      const std::lock_guard lock(mutex_);
      inventory = inventory_;
      slices = slices_;
    }
    return SlicesPage(inventory, slices);
  }

  std::string Json() const {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const auto& [id, last] : workloads_) {
      std::string targets;
      for (const TargetState& target : last.targets) {
        targets += (targets.empty() ? "" : ",") + TargetJson(target);
      }
      text += (text.empty() ? "" : ",") + ("{\"input\":" + ToJson(last.input)) +
              ",\"decision\":" + ToJson(last.decision) + ",\"targets\":[" + targets + "]}";
    }
    std::string fleet;
    for (const TargetState& target : fleet_) {
      fleet += (fleet.empty() ? "" : ",") + TargetJson(target);
    }
    return "{\"workloads\":[" + text + "],\"targets\":[" + fleet + "]}\n";
  }

  bool Knows(const WorkloadId& workload) const {
    const std::lock_guard lock(mutex_);
    return workloads_.count(workload) != 0;
  }

  /// The loop is alive while ticks are no further apart than this.
  Result<std::string> Alive(Duration limit) const {
    const std::lock_guard lock(mutex_);
    const Duration age = clock_.Now() - last_tick_;
    if (age <= limit) return std::string("the loop ticks\n");
    return Error{ErrorCode::kUnavailable,
                 "no tick for " + std::to_string(age / std::chrono::seconds(1)) + " s\n"};
  }

 private:
  static std::string TargetJson(const TargetState& target) {
    nlohmann::json json{{"replica", target.replica}, {"target", target.target},
                        {"up", target.up},           {"samples", target.samples},
                        {"error", target.error},     {"warning", target.warning}};
    if (!target.job.empty()) json["job"] = target.job;
    if (target.skipped_lines > 0) json["skippedLines"] = target.skipped_lines;
    if (!target.labels.empty()) json["labels"] = target.labels;
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }

  Clock& clock_;
  mutable std::mutex mutex_;
  TimePoint last_tick_{};
  struct Last {
    WorkloadInput input;
    Decision decision;
    std::vector<TargetState> targets;
  };
  std::map<WorkloadId, Last> workloads_;
  std::vector<TargetState> fleet_;  // of no one workload
  Inventory inventory_;
  HeldSlices slices_;
};

// A reporter that several owners look at.
class SharedReporter final : public Reporter {
 public:
  explicit SharedReporter(std::shared_ptr<Reporter> reporter) : reporter_(std::move(reporter)) {}
  void OnTick(const TickReport& report) override { reporter_->OnTick(report); }
  void OnReplace(const std::set<WorkloadId>& workloads) override {
    reporter_->OnReplace(workloads);
  }

 private:
  std::shared_ptr<Reporter> reporter_;
};

// What a pool was made of; one that changed cannot be taken over by a running one.
std::string PoolText(const Autoscaler& autoscaler) {
  Config config;
  Autoscaler only;
  only.spec.workload = autoscaler.spec.workload;
  only.process_pool = autoscaler.process_pool;
  only.spec.slice = autoscaler.spec.slice;
  if (only.spec.slice) only.spec.slice->priority = 0;  // may change at any time
  config.autoscalers.push_back(std::move(only));
  return DumpConfig(config);
}

Error NamedError(const Error& error, const WorkloadId& workload) {
  return {error.code, workload + ": " + error.message};
}

// Null: samples are pushed.
std::unique_ptr<Source> MakeSource(const Autoscaler& autoscaler) {
  std::vector<std::unique_ptr<Source>> sources;
  if (autoscaler.scrape) sources.push_back(MakeScrapeSource(*autoscaler.scrape));
  if (autoscaler.triton_stats) {
    sources.push_back(MakeTritonStatsSource(*autoscaler.triton_stats));
  }
  if (autoscaler.process) sources.push_back(MakeProcessSource(*autoscaler.process));
  if (autoscaler.prometheus) sources.push_back(MakePrometheusSource(*autoscaler.prometheus));
  return sources.empty() ? nullptr : JoinSources(std::move(sources));
}

Result<Workload> MakeWorkload(const Autoscaler& autoscaler, bool keep_backend, Clock& clock) {
  Workload workload;
  workload.spec = autoscaler.spec;
  workload.queries = autoscaler.queries;
  workload.period = autoscaler.period;
  workload.max_sample_age = autoscaler.max_sample_age;
  workload.min_window_coverage = autoscaler.min_window_coverage;
  workload.balancer_port = autoscaler.balancer_port;
  workload.keep_backend = keep_backend;
  if (autoscaler.process_pool && !keep_backend) {
    ProcessPoolOptions options = *autoscaler.process_pool;
    options.on_slices = autoscaler.spec.slice.has_value();
    auto pool = MakeProcessPool(autoscaler.spec.workload, std::move(options), clock);
    if (!pool) return NamedError(pool.error(), autoscaler.spec.workload);
    workload.backend = *std::move(pool);
  }
  workload.source = MakeSource(autoscaler);
  if (autoscaler.nginx) {
    auto nginx = MakeNginxBalancer(*autoscaler.nginx, clock);
    if (!nginx) return NamedError(nginx.error(), autoscaler.spec.workload);
    workload.balancer = *std::move(nginx);
  }
  return workload;
}

Result<std::vector<std::unique_ptr<Source>>> MakeSources(
    const Config& config, const std::shared_ptr<PushedPages>& pushed) {
  std::vector<std::unique_ptr<Source>> sources;
  sources.push_back(MakePushedSource(pushed));
  for (const ScrapeConfig& job : config.scrape_configs) {
    auto source = MakeDiscoverySource(job);
    if (!source) return source.error();
    sources.push_back(*std::move(source));
  }
  return sources;
}

// Flags and environment win over the file.
ScalerOptions Effective(ScalerOptions file, const RunOptions& flags) {
  if (flags.admin_address) file.admin.address = *flags.admin_address;
  if (flags.journal) file.journal.path = *flags.journal;
  if (flags.log_level) file.log.level = *flags.log_level;
  if (flags.log_format) file.log.format = *flags.log_format;
  return file;
}

// Changes when the file does, also when a ConfigMap's link is switched to another one.
struct FileStamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  timespec modified{};

  static FileStamp Of(const std::string& path) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) return {};
    return {info.st_dev, info.st_ino, info.st_size, info.st_mtim};
  }
  bool operator==(const FileStamp& other) const {
    return device == other.device && inode == other.inode && size == other.size &&
           modified.tv_sec == other.modified.tv_sec && modified.tv_nsec == other.modified.tv_nsec;
  }
};

// The first line of a file. No error shows what is in it.
Result<std::string> ReadToken(const std::string& path) {
  std::ifstream file(path);
  std::string token;
  if (!file || !std::getline(file, token)) {
    return Error{ErrorCode::kInvalidArgument, "push token: cannot read " + path};
  }
  while (!token.empty() && (token.back() == '\r' || token.back() == ' ')) token.pop_back();
  constexpr std::size_t kShortest = 16;
  if (token.size() < kShortest) {
    return Error{ErrorCode::kInvalidArgument, "push token: the first line of " + path +
                                                  " has fewer than " + std::to_string(kShortest) +
                                                  " bytes"};
  }
  return token;
}

sigset_t HandledSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

class Scaler {
 public:
  explicit Scaler(const RunOptions& options) : options_(options), clock_(MakeSystemClock()) {}

  int Run() {
    // Before the first thread starts, so that every one inherits it and only this one waits.
    const sigset_t signals = HandledSignals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signal(SIGPIPE, SIG_IGN);
    if (Status started = Start(); !started) {
      std::fprintf(stderr, "%s\n", started.error().message.c_str());
      return 1;
    }
    if (options_.once) {
      if (!running_.scrape_configs.empty()) controller_->CollectOnce();
      controller_->Tick();
      return 0;
    }
    std::jthread loop([this](const std::stop_token& stop) { controller_->Run(stop); });
    Wait(signals);
    spdlog::info("stopping");
    loop.request_stop();
    loop.join();
    admin_.reset();
    controller_.reset();
    spdlog::info("stopped");
    return 0;
  }

 private:
  Status Start() {
    stamp_ = FileStamp::Of(options_.config);
    auto config = Load();
    if (!config) return config.error();
    const ScalerOptions settings = Effective(config->scaler, options_);
    if (Status logging = ConfigureLogging(settings.log.level, settings.log.format); !logging) {
      return logging.error();
    }
    Components components;
    components.clock = clock_.get();
    if (Status made = MakeDevices(config->scaler.devices, components); !made) return made;
    if (Status made = MakeReporters(settings, components); !made) return made;
    auto sources = MakeSources(*config, pushed_);
    if (!sources) return sources.error();
    components.sources = *std::move(sources);
    auto workloads = MakeWorkloads(*config);
    if (!workloads) return workloads.error();
    auto controller = Controller::Create(*std::move(workloads), std::move(components),
                                         {.gather_timeout = settings.gather_timeout,
                                          .keep_all_series = settings.store.keep == "all",
                                          .dry_run = options_.dry_run});
    if (!controller) return controller.error();
    controller_ = *std::move(controller);
    running_ = *std::move(config);
    return StartAdmin(settings.admin);
  }

  // A file that is being written may be empty for a moment, or lack its end.
  Result<Config> Load() const {
    auto config = LoadConfig(options_.config);
    if (config && config->autoscalers.empty()) {
      return Error{ErrorCode::kInvalidArgument, options_.config + ": describes no workload"};
    }
    return config;
  }

  Status MakeDevices(const std::optional<DevicesOptions>& devices, Components& components) {
    const bool real = devices && devices->nvml;
    if (options_.allow_reconfigure && !real) {
      return Error{ErrorCode::kInvalidArgument, "--allow-reconfigure needs spec.devices.nvml"};
    }
    if (!devices) return {};
    auto inventory = MakeInventory(*devices);
    if (!inventory) return inventory.error();
    components.inventory = *std::move(inventory);
    if (!real) return {};
    const NvmlDevicesOptions& nvml = *devices->nvml;
    auto driver = MakeNvmlSlices(
        {.nvml = {.soname = nvml.soname},
         .node = nvml.node,
         .gpus = nvml.gpus,
         .reserved = nvml.reserved,
         .expendable = nvml.expendable,
         .interval = nvml.interval,
         .state_file = nvml.state_file,
         .reconfigure = options_.allow_reconfigure && !options_.dry_run,
         .on_event = [](const std::string& event) { spdlog::info("GPUs: {}", event); }},
        *clock_);
    if (!driver) {
      return Error{driver.error().code, "spec.devices.nvml: " + driver.error().message};
    }
    const Inventory inventory_now = (*driver)->inventory();
    for (const DeviceSlice& slice : inventory_now.driver->slices) {
      if (!slice.removable) continue;
      spdlog::warn("GPUs: {}@{} of {} ({}) is destroyed where its room is needed", slice.profile,
                   slice.start, slice.device, slice.id);
    }
    components.slice_driver = *std::move(driver);
    return {};
  }

  Status MakeReporters(const ScalerOptions& settings, Components& components) {
    state_ = std::make_shared<StateReporter>(*clock_);
    metrics_ = MakePrometheusReporter();
    metrics_->SetConfigReload(true);
    components.reporters.push_back(MakeLogReporter());
    components.reporters.push_back(std::make_unique<SharedReporter>(metrics_));
    if (!settings.journal.path.empty()) {
      auto histories = LoadHistories(settings.journal.path);
      if (histories) {
        components.histories = *std::move(histories);
      } else if (histories.error().code != ErrorCode::kNotFound) {
        spdlog::warn("history is lost, windows start anew: {}", histories.error().message);
      }
      auto journal = MakeJournalReporter({.path = settings.journal.path,
                                          .size_limit = settings.journal.size_limit,
                                          .files = settings.journal.files});
      if (!journal) return journal.error();
      components.reporters.push_back(*std::move(journal));
    }
    components.reporters.push_back(std::make_unique<SharedReporter>(state_));
    return {};
  }

  Result<std::vector<Workload>> MakeWorkloads(const Config& config) {
    std::vector<Workload> workloads;
    for (const Autoscaler& autoscaler : config.autoscalers) {
      const bool running = std::any_of(
          running_.autoscalers.begin(), running_.autoscalers.end(), [&](const Autoscaler& old) {
            return old.spec.workload == autoscaler.spec.workload && old.process_pool;
          });
      auto workload = MakeWorkload(autoscaler, running, *clock_);
      if (!workload) return workload.error();
      workloads.push_back(*std::move(workload));
    }
    return workloads;
  }

  Status StartAdmin(const AdminOptions& options) {
    if (options.address.empty()) return {};
    AdminHandlers handlers;
    handlers.metrics = [this] {
      metrics_->SetStoreStats(controller_->store().stats());
      return metrics_->Page();
    };
    handlers.state = [this] { return state_->Json(); };
    handlers.slices = [this] { return state_->Slices(); };
    handlers.healthy = [this] { return state_->Alive(std::chrono::seconds(60)); };
    handlers.ready = [this] { return state_->Alive(std::chrono::seconds(60)); };
    AdminServerOptions server{.address = options.address, .insecure = options_.insecure_admin};
    if (options.push) {
      auto token = ReadToken(options.push->token_file);
      if (!token) return token.error();
      server.push_token = *std::move(token);
      server.max_push_bytes = options.push->size_limit;
      handlers.push = [this, lenient = options.push->lenient](
                          std::string_view page, PageFormat format, const Labels& labels) {
        return TakePush(page, format, labels, lenient);
      };
    }
    auto admin = MakeAdminServer(std::move(server), std::move(handlers));
    if (!admin) return admin.error();
    admin_ = *std::move(admin);
    spdlog::info("admin server on port {}", admin_->port());
    return {};
  }

  // The labels name the workload, so that a typo does not push into the void.
  Result<PageSummary> TakePush(std::string_view page, PageFormat format, const Labels& labels,
                               bool lenient) {
    const auto workload = labels.find("workload");
    if (workload == labels.end()) {
      return Error{ErrorCode::kInvalidArgument,
                   "parameter \"workload\" is required: whose metrics these are"};
    }
    // Before the first tick nothing is known yet.
    if (auto alive = state_->Alive(std::chrono::seconds(60)); !alive) return alive.error();
    if (!state_->Knows(workload->second)) {
      return Error{ErrorCode::kNotFound, "no workload \"" + workload->second + "\""};
    }
    const TimePoint now = clock_->Now();
    auto taken = controller_->store().IngestPage(page, format, labels, now, {.lenient = lenient});
    if (taken) pushed_->Note(labels, *taken, now);
    return taken;
  }

  // Until a signal says stop; in between the file is looked at once a second.
  void Wait(const sigset_t& signals) {
    while (true) {
      const timespec second{.tv_sec = 1, .tv_nsec = 0};
      const int signal = sigtimedwait(&signals, nullptr, &second);
      if (signal == SIGTERM || signal == SIGINT) return;
      const FileStamp stamp = FileStamp::Of(options_.config);
      if (signal == SIGHUP || !(stamp == stamp_)) {
        stamp_ = stamp;
        Reload();
      }
    }
  }

  void Reload() {
    const Status reloaded = TryReload();
    metrics_->SetConfigReload(reloaded.ok());
    if (reloaded) {
      spdlog::info("reloaded {}", options_.config);
    } else {
      spdlog::error("the configuration stays as it was: {}", reloaded.error().message);
    }
  }

  Status TryReload() {
    auto config = Load();
    if (!config) return config.error();
    if (Status kept = PoolsStay(*config); !kept) return kept;
    auto sources = MakeSources(*config, pushed_);
    if (!sources) return sources.error();
    auto workloads = MakeWorkloads(*config);
    if (!workloads) return workloads.error();
    if (Status replaced = controller_->Replace(*std::move(workloads)); !replaced) return replaced;
    if (config->scrape_configs != running_.scrape_configs) {
      controller_->ReplaceSources(*std::move(sources));
    }
    running_ = *std::move(config);
    return {};
  }

  // A reload never stops a process: a pool that is changed or gone needs a restart.
  Status PoolsStay(const Config& config) const {
    if (config.scaler.devices != running_.scaler.devices) {
      return Error{ErrorCode::kInvalidArgument, "spec.devices changed; restart to apply that"};
    }
    for (const Autoscaler& old : running_.autoscalers) {
      if (!old.process_pool) continue;
      const auto same = std::find_if(config.autoscalers.begin(), config.autoscalers.end(),
                                     [&](const Autoscaler& autoscaler) {
                                       return autoscaler.spec.workload == old.spec.workload;
                                     });
      if (same == config.autoscalers.end() || PoolText(*same) != PoolText(old)) {
        return Error{ErrorCode::kInvalidArgument,
                     old.spec.workload +
                         ": backend.processPool or slice changed or is gone; restart to "
                         "apply that"};
      }
    }
    return {};
  }

  const RunOptions options_;
  std::unique_ptr<Clock> clock_;
  std::shared_ptr<StateReporter> state_;
  std::shared_ptr<PrometheusReporter> metrics_;
  std::shared_ptr<PushedPages> pushed_ = std::make_shared<PushedPages>();
  Config running_;
  FileStamp stamp_;
  std::unique_ptr<Controller> controller_;
  std::unique_ptr<AdminServer> admin_;  // last: its handlers use the rest
};

}  // namespace

int Run(const RunOptions& options) { return Scaler(options).Run(); }

}  // namespace tidegate::scaler
