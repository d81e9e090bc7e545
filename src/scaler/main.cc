// SPDX-License-Identifier: Apache-2.0
//
// tidegate: the reference scaler.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <map>

#include "scaler/commands.h"
#include "tidegate/describe.h"
#include "tidegate/version.h"

namespace tidegate::scaler {

namespace {

constexpr const char* kAbout =
    "Scales inference servers on their own metrics, in one process.\n\n"
    "Settings are taken from flags first, then from the environment (TIDEGATE_…), then from the\n"
    "file. Exit status: 0 done, 1 failed, 2 wrong usage.";

const std::map<std::string, Output> kOutputs = {{"text", Output::kText}, {"json", Output::kJson}};

/// An option of one of a few words.
template <typename E, typename Value>
void AddChoice(CLI::App& app, const std::string& name, Value& value,
               const std::map<std::string, E>& words, const std::string& about) {
  app.add_option_function<std::string>(
         name, [&value, words](const std::string& word) { value = words.at(word); }, about)
      ->check(CLI::IsMember(words));
}

void AddRun(CLI::App& app, RunOptions& options) {
  CLI::App* run = app.add_subcommand("run", "Scale what a file describes until stopped");
  run->add_option("-f,--config", options.config, "Configuration file")
      ->envname("TIDEGATE_CONFIG")
      ->required();
  run->add_flag("--dry-run", options.dry_run, "Decide and report, change nothing");
  run->add_flag("--once", options.once, "One tick, then stop");
  run->add_option("--admin-address", options.admin_address,
                  "host:port of /metrics, /healthz, /readyz and /debug/…; empty for none")
      ->envname("TIDEGATE_ADMIN_ADDRESS");
  run->add_flag("--insecure-admin", options.insecure_admin,
                "Allow an admin address that other machines can reach");
  run->add_flag("--allow-reconfigure", options.allow_reconfigure,
                "Slices of spec.devices.nvml may be made, and destroyed: those that Tidegate made, "
                "or that the file calls expendable");
  run->add_option("--journal", options.journal, "Where ticks are recorded")
      ->envname("TIDEGATE_JOURNAL");
  run->add_option("--log-level", options.log_level, "debug, info, warning, error or off")
      ->envname("TIDEGATE_LOG_LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}));
  run->add_option("--log-format", options.log_format, "text or json")
      ->envname("TIDEGATE_LOG_FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  run->footer(
      "Examples:\n"
      "  tidegate run -f flower.yaml\n"
      "  tidegate run -f flower.yaml --dry-run --once --journal /tmp/journal.jsonl\n\n"
      "SIGHUP, or a change of the file, reloads it; a file with errors changes nothing.\n"
      "SIGTERM and SIGINT stop it and the processes of its pools.");
}

void AddValidate(CLI::App& app, ValidateOptions& options) {
  CLI::App* validate = app.add_subcommand("validate", "Check files and say what is wrong where");
  validate->add_option("files", options.files, "Configuration files")->required();
  validate->add_flag("--dump", options.dump, "Print what the files mean, defaults included");
  validate->footer("Example:\n  tidegate validate flower.yaml hpa.yaml");
}

std::map<std::string, KubernetesVersion> Releases() {
  std::map<std::string, KubernetesVersion> releases;
  for (const std::string_view name : EnumNames<KubernetesVersion>::kNames) {
    releases.emplace(name, static_cast<KubernetesVersion>(releases.size()));
  }
  return releases;
}

void AddConvert(CLI::App& app, ConvertCommand& command) {
  using Target = ConvertOptions::Target;
  using Format = ConvertOptions::Format;
  CLI::App* convert = app.add_subcommand(
      "convert", "Kubernetes' manifests to Tidegate's and back, and between versions of the API");
  convert->add_option("file", command.file, "Manifest, YAML or JSON")->required();
  static const std::map<std::string, Target> kTargets = {
      {"autoscaler", Target::kAutoscaler}, {"v2", Target::kV2}, {"v1", Target::kV1}};
  AddChoice(*convert, "--to", command.options.to, kTargets,
            "Autoscaler, or version of autoscaling");
  static const std::map<std::string, Format> kFormats = {{"yaml", Format::kYaml},
                                                         {"json", Format::kJson}};
  AddChoice(*convert, "-o,--output", command.options.format, kFormats, "Format");
  AddChoice(*convert, "--compatibility", command.options.compatibility, Releases(),
            "Release of Kubernetes; not given: what an Autoscaler says itself, else 1.37");
  convert->footer(
      "Examples:\n"
      "  tidegate convert hpa.yaml > autoscaler.yaml\n"
      "  tidegate convert flower-hpa.yml --to v2 -o json\n\n"
      "What has no counterpart is named on standard error.");
}

void AddExplain(CLI::App& app, ExplainOptions& options) {
  CLI::App* explain =
      app.add_subcommand("explain", "Why this number: inputs, formula and each step of a tick");
  explain->add_option("journal", options.journal, "Journal of a run")
      ->envname("TIDEGATE_JOURNAL")
      ->required();
  explain->add_option("-w,--workload", options.workload, "Only this workload");
  explain->add_option("--at", options.at,
                      "The last tick up to this time: RFC 3339 or seconds since 1970");
  explain->add_flag("--last-change", options.last_change, "The last tick that changed the number");
  AddChoice(*explain, "-o,--output", options.output, kOutputs, "Format");
  explain->footer(
      "Examples:\n"
      "  tidegate explain journal.jsonl\n"
      "  tidegate explain journal.jsonl --last-change --output json");
}

void AddReplay(CLI::App& app, ReplayOptions& options) {
  CLI::App* replay = app.add_subcommand(
      "replay", "Plan every recorded tick again; 0 only if all answers are identical");
  replay->add_option("journal", options.journal, "Journal of a run")
      ->envname("TIDEGATE_JOURNAL")
      ->required();
  replay->add_option("--show", options.show, "How many differences to print");
  replay->footer("Example:\n  tidegate replay journal.jsonl");
}

void AddScrape(CLI::App& app, ScrapePageOptions& options) {
  CLI::App* scrape = app.add_subcommand(
      "scrape", "Read a page of metrics once: what is wrong where, what is on it");
  scrape->add_option("url", options.url, "Where the metrics are")->required();
  scrape->add_option("-H,--header", options.headers, "\"Name: value\", sent with the request");
  scrape->add_option("--timeout", options.timeout, "Seconds for all of it")
      ->check(CLI::Range(0.001, 3600.0));
  scrape->add_option("--top", options.top, "How many of the heaviest names are shown");
  scrape->add_flag("--lenient", options.lenient,
                   "Skip lines that cannot be read, as `lenient: true` does");
  AddChoice(*scrape, "-o,--output", options.output, kOutputs, "Format");
  scrape->footer(
      "The page passes if `tidegate run` would take it.\n\n"
      "Example:\n  tidegate scrape http://127.0.0.1:8002/metrics");
}

void AddQuery(CLI::App& app, QueryOptions& options) {
  CLI::App* query = app.add_subcommand("query", "Answer a PromQL expression from live replicas");
  query->add_option("query", options.query, "PromQL expression")->required();
  auto* config = query
                     ->add_option("-f,--config", options.config,
                                  "Configuration file whose scraped replicas are asked")
                     ->envname("TIDEGATE_CONFIG");
  auto* target =
      query->add_option("--target", options.targets, "host:port to scrape; may be given again")
          ->allow_extra_args(false);
  query->add_option("--journal", options.journal, "Ask what a run recorded instead")
      ->excludes(config)
      ->excludes(target);
  query->add_option("--for", options.span, "Scrape so long before the answer, such as 30s");
  query->add_option("--range", options.range, "Show the answers over this time, such as 5m");
  query->add_flag("--watch", options.watch, "Answer again after each scrape");
  query->add_option("--count", options.count, "Stop --watch after so many answers");
  query->footer(
      "Examples:\n"
      "  tidegate query -f flower.yaml 'sum(rate(nv_inference_count[10s]))'\n"
      "  tidegate query --target 127.0.0.1:8002 nv_inference_pending_request_count --watch\n"
      "  tidegate query --journal journal.jsonl tidegate_desired_replicas --range 10m\n\n"
      "An expression with a range needs samples of that long, so they are scraped first.\n"
      "A journal has each metric's readings by its name, and tidegate_current_replicas and\n"
      "tidegate_desired_replicas.");
}

constexpr const char* kLibrary = "NVML, where it is not where loaders look";

void AddApply(CLI::App& pack, PackOptions& options) {
  pack.add_option("--library", options.nvml.soname, kLibrary)->capture_default_str();
  auto* apply =
      pack.add_flag("--apply", options.apply.apply,
                    "Carry the plan out on the GPUs of this machine (-f nvml): say what would be "
                    "destroyed and created, ask, do it")
          ->excludes(pack.get_option("--what-if"));
  pack.add_flag("--allow-reconfigure", options.apply.allow_reconfigure,
                "With --apply: slices may be destroyed and created")
      ->needs(apply);
  pack.add_flag("-y,--yes", options.apply.yes, "With --apply: do not ask")->needs(apply);
  pack.add_option("--wait", options.apply.wait,
                  "With --apply: seconds to wait for a slice that is in use")
      ->needs(apply)
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
}

void AddPack(CLI::App& app, PackOptions& options) {
  CLI::App* pack = app.add_subcommand(
      "pack", "The fewest GPUs for MIG slices, with proof, and the fewest moves");
  pack->add_option(
          "-f,--file", options.files,
          "Files of kind Fleet and Demand, and of mig-parted; \"nvml\" is this machine; may be "
          "given again")
      ->required();
  static const std::map<std::string, PackFormat> kFormats = {{"table", PackFormat::kTable},
                                                             {"json", PackFormat::kJson},
                                                             {"svg", PackFormat::kSvg},
                                                             {"html", PackFormat::kHtml},
                                                             {"mig-parted", PackFormat::kMigParted},
                                                             {"claims", PackFormat::kClaims},
                                                             {"changes", PackFormat::kChanges}};
  AddChoice(
      *pack, "-o,--output,--format", options.format, kFormats,
      "Format: mig-parted has its configurations, claims those of dynamic resource allocation, "
      "changes what is created and destroyed");
  auto* repack = pack->add_flag("--repack", options.repack,
                                "Move as few slices as it takes to get by with the fewest GPUs");
  pack->add_option("--max-moves", options.max_moves, "Free what so few moves can free")
      ->needs(repack)
      ->check(CLI::NonNegativeNumber);
  auto* what_if =
      pack->add_option("--what-if", options.what_if, "Would more fit? Such as \"add 3 3g.20gb\"");
  pack->add_option("--to", options.to,
                   "Only print the changes to what this file of mig-parted says")
      ->excludes(repack)
      ->excludes(what_if);
  pack->add_option("--rows", options.rows, "How many kinds of GPUs are drawn");
  AddApply(*pack, options);
  pack->footer(
      "Examples:\n"
      "  tidegate pack -f fleet.yaml -f demand.yaml\n"
      "  tidegate pack -f nvml -f demand.yaml\n"
      "  tidegate pack -f fleet.yaml --repack --max-moves 5\n"
      "  tidegate pack -f fleet.yaml --what-if \"add 3 3g.20gb\"\n"
      "  tidegate pack -f fleet.yaml -f demand.yaml -o mig-parted\n"
      "  tidegate pack -f nvml --to target.yaml --apply --allow-reconfigure\n\n"
      "Exit status 1 also if the demand takes more GPUs than there are; the plan then has them.\n"
      "docs/mig.md tells what the files say.");
}

void AddDevices(CLI::App& app, DevicesCommand& command) {
  CLI::App* devices = app.add_subcommand(
      "devices", "The NVIDIA GPUs of this machine, with their MIG profiles and slices");
  static const std::map<std::string, DevicesFormat> kFormats = {{"table", DevicesFormat::kTable},
                                                                {"json", DevicesFormat::kJson},
                                                                {"fleet", DevicesFormat::kFleet}};
  AddChoice(*devices, "-o,--output", command.format, kFormats,
            "Format; fleet is a file for `tidegate pack`");
  devices->add_option("--library", command.nvml.soname, kLibrary)->capture_default_str();
  devices->footer("Only reads: no mode and no instance is changed.");
}

int Main(int argc, char** argv) {
  CLI::App app(kAbout, "tidegate");
  app.require_subcommand(1);
  RunOptions run;
  ValidateOptions validate;
  ConvertCommand convert;
  ExplainOptions explain;
  ReplayOptions replay;
  ScrapePageOptions scrape;
  QueryOptions query;
  PackOptions pack;
  DevicesCommand devices;
  AddRun(app, run);
  AddValidate(app, validate);
  AddConvert(app, convert);
  AddExplain(app, explain);
  AddReplay(app, replay);
  AddScrape(app, scrape);
  AddQuery(app, query);
  AddPack(app, pack);
  AddDevices(app, devices);
  app.add_subcommand("version", "Print the version");
  app.set_version_flag("--version", "tidegate " + std::string(kVersion));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  if (app.got_subcommand("run")) return Run(run);
  if (app.got_subcommand("validate")) return Validate(validate);
  if (app.got_subcommand("convert")) return Convert(convert);
  if (app.got_subcommand("explain")) return Explain(explain);
  if (app.got_subcommand("replay")) return Replay(replay);
  if (app.got_subcommand("scrape")) return ScrapePage(scrape);
  if (app.got_subcommand("query")) return QueryOnce(query);
  if (app.got_subcommand("pack")) return Pack(pack);
  if (app.got_subcommand("devices")) return Devices(devices);
  std::printf("tidegate %s\n", std::string(kVersion).c_str());
  return 0;
}

}  // namespace

}  // namespace tidegate::scaler

int main(int argc, char** argv) {
  try {
    return tidegate::scaler::Main(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "tidegate: %s\n", e.what());
    return 1;
  }
}
