// SPDX-License-Identifier: Apache-2.0
//
// Field lists of config.h and of the options of sources, backends and balancers.
#include "config/profiles.h"
#include "tidegate/describe.h"

namespace tidegate {
namespace {

constexpr double kMaxSeconds = 86400.0 * 365;
constexpr double kMaxBytes = 1e15;
constexpr std::array<std::string_view, 5> kLevels{"debug", "info", "warning", "error", "off"};
constexpr std::array<std::string_view, 2> kFormats{"text", "json"};
constexpr std::array<std::string_view, 2> kKept{"queried", "all"};

constexpr FieldInfo Time(std::string_view doc, double min = 0.001) {
  return {.doc = doc, .min = min, .max = kMaxSeconds};
}

constexpr FieldInfo Port(std::string_view doc) { return {.doc = doc, .min = 1, .max = 65535}; }

}  // namespace

void Describe(FieldVisitor& v, MetricQuery& s) {
  v.Field("metric", s.metric, {.doc = "Name of the metric, as in spec.metrics.", .required = true});
  v.Field("query", s.query,
          {.doc = "PromQL. For a Pods metric it is evaluated over the series of one replica at a "
                  "time; a Prometheus is asked for all of them, by (replicaLabel). Absent: what "
                  "a profile or a rule of Prometheus Adapter says, or the newest sample of its "
                  "name."});
  v.Field("window", s.window, {.doc = "Averages over values of the recent past."});
  v.Field("maxAge", s.max_age, Time("Older samples are missing. Default: spec.maxSampleAge."));
  v.Field("minCoverage", s.min_coverage,
          {.doc = "Instead of spec.minWindowCoverage.", .min = 0, .max = 1});
  v.Field("emptyAsZero", s.empty_as_zero,
          {.doc = "Whether a source that answers without a series of the metric means 0. One that "
                  "fails to answer never does."});
}

void Describe(FieldVisitor& v, AveragingWindow& s) {
  v.Field("average", s.average,
          {.doc = "Latest: none. Linear: every value counts the same, as Knative's default. "
                  "Exponential: the older, the less, as Knative's other one. Bucket: every bucket "
                  "counts the same. Quantile: of the values."});
  v.Field("length", s.length, {.doc = "How far back it reaches.", .min = 0.01, .max = 3600});
  v.Field("bucket", s.bucket,
          {.doc = "What it is counted in; 0s: the time between two values (period or interval).",
           .min = 0,
           .max = 3600});
  v.Field("quantile", s.quantile,
          {.doc = "Which one: 1 is the largest, 0.5 the median.", .min = 0, .max = 1});
}

void Describe(FieldVisitor& v, ScrapeOptions& s) {
  v.Field("port", s.port, {.doc = "Name of the replica's port."});
  v.Field("path", s.path, {.doc = "Path of the page."});
  v.Field("interval", s.interval, Time("How often each replica is read.", 0.01));
  v.Field("timeout", s.timeout, Time("From connecting to the last byte."));
  v.Field("bodySizeLimit", s.body_size_limit,
          {.doc = "Bytes; a longer page fails the scrape.", .min = 1, .max = kMaxBytes});
  v.Field("headers", s.headers, {.doc = "Sent with each request.", .secret = true});
  v.Field("lenient", s.lenient,
          {.doc = "A line that cannot be read is skipped and counted, and the readings of its "
                  "replica never lower the count. Default: it fails the scrape, as in "
                  "Prometheus."});
}

void Describe(FieldVisitor& v, TritonStatsOptions& s) {
  v.Field("port", s.port, {.doc = "Name of the replica's port."});
  v.Field("model", s.model, {.doc = "Only this model; empty: all of them."});
  v.Field("interval", s.interval, Time("How often each replica is read.", 0.01));
  v.Field("timeout", s.timeout, Time("From connecting to the last byte."));
  v.Field("bodySizeLimit", s.body_size_limit,
          {.doc = "Bytes; a longer answer fails the reading.", .min = 1, .max = kMaxBytes});
  v.Field("headers", s.headers, {.doc = "Sent with each request.", .secret = true});
}

void Describe(FieldVisitor& v, ProcessOptions& s) {
  v.Field("interval", s.interval, Time("How often each replica is read.", 0.01));
  v.Field("proportionalMemory", s.proportional_memory,
          {.doc = "Also reads process_proportional_memory_bytes, in which shared pages count once. "
                  "The kernel looks at every page for it: milliseconds for each GiB."});
  v.Field("cgroup", s.cgroup,
          {.doc = "Folder of each replica's cgroup (v2), if it is started in one of its own; "
                  "{replica} is replaced. Read instead of the processes."});
}

void Describe(FieldVisitor& v, BasicAuth& s) {
  v.Field("username", s.username, {.doc = "Empty: no basic authentication."});
  v.Field("passwordFile", s.password_file, {.doc = "Read again for each request."});
}

void Describe(FieldVisitor& v, TlsFiles& s) {
  v.Field("caFile", s.ca_file, {.doc = "Whom to trust; empty: the system's authorities."});
  v.Field("certificateFile", s.certificate_file, {.doc = "The client's certificate …"});
  v.Field("keyFile", s.key_file, {.doc = "… and its key."});
}

void Describe(FieldVisitor& v, PrometheusOptions& s) {
  v.Field("url", s.url, {.doc = "What stands before /api/v1/query.", .required = true});
  v.Field("replicaLabel", s.replica_label,
          {.doc = "Label whose value is a replica's name, or its host:port."});
  v.Field("interval", s.interval, Time("How often it is asked.", 0.01));
  v.Field("timeout", s.timeout, Time("From connecting to the last byte."));
  v.Field("bodySizeLimit", s.body_size_limit,
          {.doc = "Bytes; a longer answer is an error.", .min = 1, .max = kMaxBytes});
  v.Field("bearerTokenFile", s.bearer_token_file,
          {.doc = "Read again for each request; empty: no token."});
  v.Field("basicAuth", s.basic_auth, {.doc = "User name and password."});
  v.Field("tls", s.tls, {.doc = "Files in PEM format."});
  v.Field("headers", s.headers, {.doc = "Sent with each request.", .secret = true});
  v.Field("parameters", s.parameters,
          {.doc = "Added to each query, such as Thanos's partial_response and dedup."});
  v.Field("checkQueries", s.check_queries,
          {.doc = "Whether queries must be PromQL; false: they may be MetricsQL."});
}

void Describe(FieldVisitor& v, HttpProbe& s) {
  v.Field("port", s.port, {.doc = "Name of the replica's port."});
  v.Field("path", s.path, {.doc = "Path; empty: no probe."});
  v.Field("period", s.period, Time("Time between probes.", 0.01));
  v.Field("timeout", s.timeout, Time("Longest time that an answer may take."));
  v.Field("failureThreshold", s.failure_threshold,
          {.doc = "Failures in a row until it counts as failed.", .min = 1});
  v.Field("body", s.body, {.doc = "If given, it is sent by POST: a deeper probe."});
}

void Describe(FieldVisitor& v, ProcessPoolOptions& s) {
  v.Field("command", s.command,
          {.doc = "Program and arguments, without a shell. {replica}, {index} and {port:NAME} are "
                  "replaced.",
           .required = true});
  v.Field("environment", s.environment,
          {.doc = "Added to the environment; same placeholders.", .secret = true});
  v.Field("workingDirectory", s.working_directory, {.doc = "Empty: Tidegate's own."});
  v.Field("host", s.host, {.doc = "Address at which the replicas listen."});
  v.Field("ports", s.ports, {.doc = "Names; a free TCP port is found for each of them."});
  v.Field("portMin", s.port_min, Port("First port that may be used."));
  v.Field("portMax", s.port_max, Port("Last port that may be used."));
  v.Nested("requests",
           [&] {
             v.Quantity("cpu", s.cpu_request, {.doc = "Cores, such as 500m.", .min = 0.001});
             v.Quantity("memory", s.memory_request, {.doc = "Bytes, such as 1Gi.", .min = 1});
           },
           {.doc = "What each replica requests, as its container `server`: what the utilization of "
                   "Resource metrics is a percentage of. Nothing is reserved or limited by it."});
  v.Field("initialReplicas", s.initial_replicas,
          {.doc = "How many are started when there are none to adopt.", .min = 0});
  v.Field("readiness", s.readiness, {.doc = "Tells when a replica may be sent requests."});
  v.Field("liveness", s.liveness, {.doc = "Tells when a replica has to be replaced."});
  v.Field("startupTimeout", s.startup_timeout, Time("Not ready by then: it is replaced."));
  v.Field("drainPort", s.drain_port,
          {.doc = "SIGTERM waits until nobody has a connection to this port …"});
  v.Field("drainTimeout", s.drain_timeout, Time("… or for this long.", 0));
  v.Field("terminationGracePeriod", s.termination_grace_period,
          Time("From SIGTERM to SIGKILL.", 0));
  v.Field("backoffInitial", s.backoff_initial, Time("Pause before the first restart."));
  v.Field("backoffMax", s.backoff_max, Time("Longest pause between restarts."));
  v.Field("backoffReset", s.backoff_reset, Time("Ready for this long forgives crashes.", 0));
  v.Field("logDirectory", s.log_directory,
          {.doc = "Where the replicas' output goes, a file each; empty: nowhere."});
  v.Field("logSizeLimit", s.log_size_limit,
          {.doc = "Bytes kept of each replica's output.", .min = 0, .max = kMaxBytes});
  v.Field("stateFile", s.state_file,
          {.doc = "From which replicas are adopted after a crash of Tidegate."});
}

void Describe(FieldVisitor& v, NginxOptions& s) {
  v.Field("upstream", s.upstream, {.doc = "Name of the upstream.", .required = true});
  v.Field("upstreamFile", s.upstream_file,
          {.doc = "The include that is written.", .required = true});
  v.Field("configFile", s.config_file, {.doc = "Main configuration; empty: NGINX's own."});
  v.Field("prefix", s.prefix, {.doc = "Prefix path; empty: NGINX's own."});
  v.Field("pidFile", s.pid_file, {.doc = "Of the master process.", .required = true});
  v.Field("program", s.program, {.doc = "The nginx executable."});
  v.Field("method", s.method, {.doc = "Line of the upstream block; empty: round robin."});
  v.Field("keepalive", s.keepalive,
          {.doc = "Idle connections that each worker keeps to the replicas.", .min = 0});
  v.Field("minReloadInterval", s.min_reload_interval,
          Time("Changes within this time are made by one reload.", 0));
}

void Describe(FieldVisitor& v, Autoscaler& s) {
  DescribeSpec(v, s.spec);
  v.Field("period", s.period, Time("Time between ticks.", 0.01));
  v.Field("maxSampleAge", s.max_sample_age, Time("Older samples are stale."));
  v.Field("minWindowCoverage", s.min_window_coverage,
          {.doc = "Share of a range that samples must cover; with less there is no scale-down.",
           .min = 0,
           .max = 1});
  v.Field("profile", s.profile,
          {.doc = "What the servers are: metrics without a query may be called by their signals, "
                  "such as `waiting` (profiles.md).",
           .choices = config::ProfileNames()});
  v.Field("queries", s.queries,
          {.doc = "How metrics are made from samples. A metric without one is the newest sample "
                  "of its name."});
  v.Field("scrape", s.scrape, {.doc = "Reads Prometheus text from every replica."});
  v.Field(
      "tritonStats", s.triton_stats,
      {.doc = "Reads /v2/models/stats of every replica: executions by batch size (sources.md)."});
  v.Field("process", s.process,
          {.doc = "Reads CPU time and memory of the replicas of a process pool (sources.md)."});
  v.Field("prometheus", s.prometheus,
          {.doc = "Asks a Prometheus instead: Thanos, Mimir, VictoriaMetrics …"});
  v.Nested("backend",
           [&] {
             v.Field("processPool", s.process_pool,
                     {.doc = "The replicas are child processes on this machine."});
           },
           {.doc = "What makes the replicas; at most one member."});
  v.Nested("balancer",
           [&] {
             v.Field("nginx", s.nginx, {.doc = "Open-source NGINX, by an include file."});
             v.Field("port", s.balancer_port,
                     {.doc = "Name of the replicas' port that requests are sent to."});
           },
           {.doc = "What sends requests to the replicas; at most one member."});
}

void Describe(FieldVisitor& v, PushOptions& s) {
  v.Field("tokenFile", s.token_file,
          {.doc = "Its first line, of at least 16 bytes, is the token that a push needs.",
           .required = true});
  v.Field("sizeLimit", s.size_limit, {.doc = "Bytes of a page.", .min = 1, .max = kMaxBytes});
  v.Field("lenient", s.lenient,
          {.doc = "A line that cannot be read is skipped and counted, and the readings of its "
                  "replica never lower the count. Default: the push is refused."});
}

void Describe(FieldVisitor& v, AdminOptions& s) {
  v.Field("address", s.address,
          {.doc = "host:port of /metrics, /healthz, /readyz, /debug/state and /debug/slices; port "
                  "0: any free "
                  "one; empty: none."});
  v.Field("push", s.push, {.doc = "POST /api/v1/push: programs push their metrics."});
}

void Describe(FieldVisitor& v, JournalOptions& s) {
  v.Field("path", s.path, {.doc = "The file; empty: no journal."});
  v.Field("sizeLimit", s.size_limit,
          {.doc = "Bytes; a longer file is renamed to PATH.1, PATH.1 to PATH.2 …",
           .min = 4096,
           .max = kMaxBytes});
  v.Field("files", s.files, {.doc = "… of which so many are kept.", .min = 0, .max = 1000});
}

void Describe(FieldVisitor& v, LogOptions& s) {
  v.Field("level", s.level, {.doc = "What is logged.", .choices = kLevels});
  v.Field("format", s.format, {.doc = "How it is written.", .choices = kFormats});
}

void Describe(FieldVisitor& v, StoreOptions& s) {
  v.Field(
      "keep", s.keep,
      {.doc = "queried: of a page only the series that some query selects are kept, the others are "
              "skipped by their names. all: every one.",
       .choices = kKept});
}

void Describe(FieldVisitor& v, SimulatedDevices& s) {
  v.Field("model", s.model,
          {.doc = "The catalogue's name (a100-40gb), NVML's product name or a PCI id.",
           .required = true});
  v.Field("count", s.count, {.doc = "So many GPUs.", .min = 0, .max = 10'000});
  v.Field("node", s.node, {.doc = "The machine that they are in."});
}

void Describe(FieldVisitor& v, NvmlDevicesOptions& s) {
  v.Field("library", s.soname, {.doc = "NVML, where it is not where loaders look."});
  v.Field("node", s.node, {.doc = "What the machine is called."});
  v.Field("gpus", s.gpus, {.doc = "Only these, by UUID; none: all that are in MIG mode."});
  v.Field("reserved", s.reserved,
          {.doc = "Slices that are neither used nor destroyed, by MIG UUID."});
  v.Field("expendable", s.expendable,
          {.doc = "Slices that may be destroyed with --allow-reconfigure, whoever made them, by "
                  "MIG UUID."});
  v.Field("interval", s.interval, Time("How often the driver is asked what there is.", 0.1));
  v.Field("stateFile", s.state_file,
          {.doc = "What was made, to be found again after kill -9 and made again after a reboot; "
                  "required with --allow-reconfigure."});
}

void Describe(FieldVisitor& v, DevicesOptions& s) {
  v.Field("simulated", s.simulated,
          {.doc = "GPUs that are not there, with UUIDs as if they were: for demos and tests."});
  v.Field("nvml", s.nvml,
          {.doc = "Instead: the GPUs of this machine, with the slices that exist; `{}` will do."});
  v.Field("budgets", s.budgets,
          {.doc = "How many GPUs may be in use, by model; of others all.", .min = 0});
  v.Field("repackAfter", s.repack_after,
          Time("Once nothing has changed for so long, replicas move, a new one first, so that what "
               "was refused fits or fewer GPUs are in use. Absent: nothing moves.",
               0));
}

void Describe(FieldVisitor& v, ScalerOptions& s) {
  v.Field("gatherTimeout", s.gather_timeout,
          Time("How long a tick waits for sources and backends; what takes longer holds its "
               "workload. Slow queries need more of it, and a timeout of their own that is "
               "shorter."));
  v.Field("admin", s.admin, {.doc = "The admin server."});
  v.Field("journal", s.journal, {.doc = "The record of every tick."});
  v.Field("log", s.log, {.doc = "The log, on standard error."});
  v.Field("store", s.store, {.doc = "The samples of the recent past."});
  v.Field("devices", s.devices, {.doc = "The GPUs whose MIG slices replicas run on."});
}

}  // namespace tidegate
