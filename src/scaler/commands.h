// SPDX-License-Identifier: Apache-2.0
//
// The subcommands: options in, exit status out (0 done, 1 failed, 2 wrong usage).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tidegate/convert.h"
#include "tidegate/nvml.h"
#include "tidegate/placement.h"
#include "tidegate/result.h"

namespace tidegate::scaler {

struct RunOptions {
  std::string config;
  bool dry_run = false;
  bool once = false;
  bool insecure_admin = false;
  bool allow_reconfigure = false;  // slices of spec.devices.nvml may be made and destroyed
  // Set: wins over the file.
  std::optional<std::string> admin_address;
  std::optional<std::string> journal;
  std::optional<std::string> log_level;
  std::optional<std::string> log_format;
};
int Run(const RunOptions& options);

struct ValidateOptions {
  std::vector<std::string> files;
  bool dump = false;
};
int Validate(const ValidateOptions& options);

struct ConvertCommand {
  std::string file;
  ConvertOptions options;
};
int Convert(const ConvertCommand& command);

enum class Output { kText, kJson };

struct ExplainOptions {
  std::string journal;
  std::string workload;  // empty: all
  std::string at;        // RFC 3339 or seconds since 1970; empty: the last tick
  bool last_change = false;
  Output output = Output::kText;
};
int Explain(const ExplainOptions& options);

struct ReplayOptions {
  std::string journal;
  int show = 5;
};
int Replay(const ReplayOptions& options);

struct ScrapePageOptions {
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  double timeout = 10;               // seconds, total
  std::size_t top = 10;              // names that are shown
  bool lenient = false;              // lines that cannot be read are skipped
  Output output = Output::kText;
};
int ScrapePage(const ScrapePageOptions& options);

struct QueryOptions {
  std::string query;
  std::string config;                // its scraped replicas; empty: only `targets`
  std::vector<std::string> targets;  // host:port
  std::string journal;               // set: what a run recorded, instead of scraping
  std::string span;                  // how long to scrape before the answer; empty: what it needs
  std::string range;                 // set: the answers over this time, with a plot
  bool watch = false;
  int count = 0;  // of answers with `watch`; 0: until stopped
};
int QueryOnce(const QueryOptions& options);

enum class PackFormat { kTable, kJson, kSvg, kHtml, kMigParted, kClaims, kChanges };

/// Of a plan that is carried out.
struct ApplyOptions {
  bool apply = false;
  bool allow_reconfigure = false;  // else it is only said what would be done
  bool yes = false;                // do not ask
  double wait = 30;                // seconds, for a slice that is in use
};
/// Makes the GPUs of this machine as the fleet has them. Says what it will do before it asks, and
/// what it has done.
Status ApplyFleet(const ApplyOptions& options, const NvmlOptions& nvml, const Fleet& fleet);

struct PackOptions {
  std::vector<std::string> files;  // kinds Fleet and Demand, and mig-parted's; "nvml": this machine
  PackFormat format = PackFormat::kTable;
  bool repack = false;
  std::optional<std::int64_t> max_moves;  // of repack
  std::string what_if;
  std::string to;         // a file of mig-parted: only the changes that lead there
  std::size_t rows = 20;  // of the picture of a model
  ApplyOptions apply;
  NvmlOptions nvml;
};
int Pack(const PackOptions& options);

enum class DevicesFormat { kTable, kJson, kFleet };

struct DevicesCommand {
  DevicesFormat format = DevicesFormat::kTable;
  NvmlOptions nvml;
};
int Devices(const DevicesCommand& command);

/// The GPUs of this machine as a document of kind Fleet.
Result<std::string> FleetOfThisMachine(const NvmlOptions& options = {});

}  // namespace tidegate::scaler
