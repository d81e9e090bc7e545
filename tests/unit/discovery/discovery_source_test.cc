// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/http_fault_server.h"
#include "tests/support/temp_folder.h"
#include "tidegate/promql.h"
#include "tidegate/sources/discovery.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::HttpFaultServer;
using ::testing::Not;
using testing::TempFolder;
using testing::WriteFile;

constexpr TimePoint kT0{seconds(1'700'000'000)};
const WorkloadId kNone;

class DiscoverySourceTest : public ::testing::Test {
 protected:
  void Use(ScrapeConfig job) {
    if (job.job_name.empty()) job.job_name = "web";
    job.scrape_interval = seconds(1);
    job.scrape_timeout = milliseconds(900);
    source_ = MakeDiscoverySource(std::move(job)).value();
  }
  void Collect(int second = 0) {
    now_ = kT0 + seconds(second);
    EXPECT_TRUE(source_->Collect({.workload = kNone,
                                  .replicas = {},
                                  .now = now_,
                                  .deadline = now_ + seconds(10),
                                  .queries = {},
                                  .fleet = fleet_},
                                 store_));
  }
  static TargetGroup Group(const std::vector<std::uint16_t>& ports, Labels labels = {}) {
    TargetGroup group{.targets = {}, .labels = std::move(labels)};
    for (const std::uint16_t port : ports) group.targets.push_back({{"__address__", Host(port)}});
    return group;
  }
  static std::string Host(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }
  static std::string Json(std::uint16_t port) {
    return "[{\"targets\": [\"" + Host(port) + "\"]}]";
  }

  /// What a query gives now, "labels value …".
  std::string Select(const std::string& query) {
    const Query compiled = Query::Compile(query).value();
    QueryRunner runner(compiled);
    QueryResult result;
    EXPECT_TRUE(runner.Evaluate(store_, now_, {}, result).ok());
    std::string text;
    for (const VectorSample& sample : result.vector) {
      text += text.empty() ? "" : " ";
      for (const auto& [name, value] : sample.labels) {
        text.append(name).append("=").append(value).append(",");
      }
      text += std::to_string(static_cast<int>(sample.value));
    }
    return text;
  }
  std::string Problem() const {
    for (const TargetState& state : source_->targets()) {
      if (!state.error.empty()) return state.error;
    }
    return "";
  }

  HttpFaultServer server_;
  TempFolder folder_;
  SeriesStore store_;
  std::vector<WorkloadReplicas> fleet_;
  std::unique_ptr<Source> source_;
  TimePoint now_ = kT0;
};

TEST_F(DiscoverySourceTest, StaticTargetsHaveTheirLabels) {
  const auto port = server_.Listen({.body = "load{job=\"own\"} 7\ngo_x 1\n"});
  Use({.metric_relabel_configs = {{.source_labels = {"__name__"},
                                   .regex = "go_.*",
                                   .action = RelabelAction::kDrop}},
       .static_configs = {Group({port}, {{"env", "prod"}})}});
  Collect();
  EXPECT_EQ(Select("load"),
            "__name__=load,env=prod,exported_job=own,instance=" + Host(port) + ",job=web,7");
  EXPECT_EQ(Select("sum by (job) (up)"), "job=web,1");
  EXPECT_EQ(Select("sum(scrape_samples_scraped)"), "2");
  EXPECT_EQ(Select("sum(scrape_samples_post_metric_relabeling)"), "1");
  EXPECT_EQ(Select("sum(scrape_series_added)"), "1");
  EXPECT_EQ(Select("go_x"), "");
}

TEST_F(DiscoverySourceTest, TargetsAreScrapedOnceAnInterval) {
  const auto port = server_.Listen();
  Use({.static_configs = {Group({port}), Group({port})}});  // one target, written twice
  Collect(0);
  now_ += milliseconds(300);
  EXPECT_EQ(server_.requests(port).size(), 1U);
  Collect(1);
  EXPECT_EQ(server_.requests(port).size(), 2U);
  EXPECT_THAT(server_.requests(port)[0], HasSubstr("X-Prometheus-Scrape-Timeout-Seconds: 0.9"));
}

TEST_F(DiscoverySourceTest, AReplicasAddressTellsWhoseTheTargetIs) {
  const auto port = server_.Listen({.body = "load 7\n"});
  Replica replica;
  replica.name = "flower-0";
  replica.phase = ReplicaPhase::kRunning;
  replica.host = "127.0.0.1";
  replica.ports = {{"metrics", port}};
  Use({.static_configs = {Group({port})}});
  Collect(0);
  EXPECT_EQ(Select("load{workload=\"flower\"}"), "");
  fleet_ = {{"flower", {replica}}};
  Collect(1);
  EXPECT_EQ(Select("sum by (replica) (load{workload=\"flower\"})"), "replica=flower-0,7");
  EXPECT_EQ(Select("count(load)"), "1");  // it is nobody's no more
  EXPECT_EQ(Select("count(up)"), "1");
  EXPECT_EQ(source_->targets().front().workload, "flower");
}

TEST_F(DiscoverySourceTest, ReplicasThemselvesAreTargets) {
  const auto port = server_.Listen({.body = "load 7\n"});
  Replica replica;
  replica.name = "flower-0";
  replica.phase = ReplicaPhase::kRunning;
  replica.ready = ConditionStatus::kTrue;
  replica.host = "127.0.0.1";
  replica.ports = {{"http", 1}, {"metrics", port}};
  fleet_ = {{"flower", {replica}}, {"other", {}}};
  ScrapeConfig job{.relabel_configs = {{.source_labels = {"__meta_kubernetes_pod_name",
                                                          "__meta_kubernetes_pod_ready"},
                                        .target_label = "pod"}},
                   .replicas = {{.workload = "flower", .port = "metrics", .name_space = "prod"}}};
  Use(job);
  Collect();
  EXPECT_EQ(Select("load"), "__name__=load,instance=" + Host(port) +
                                ",job=web,pod=flower-0;true,replica=flower-0,workload=flower,7");
  fleet_.front().replicas.clear();
  Collect(1);
  EXPECT_EQ(Select("load"), "");
}

TEST_F(DiscoverySourceTest, FilesAreReadAgainWhenTheyChange) {
  const auto first = server_.Listen({.body = "load 1\n"});
  const auto second = server_.Listen({.body = "load 2\n"});
  Use({.file_sd_configs = {{.files = {folder_ / "*.json", folder_ / "b.yml"}}}});
  Collect(0);
  EXPECT_THAT(Problem(), HasSubstr("no file is there"));
  WriteFile(folder_ / "a.json", Json(first));
  Collect(1);
  EXPECT_EQ(Select("sum(load)"), "1");
  EXPECT_EQ(Problem(), "");
  WriteFile(folder_ / "b.yml", "- targets: ['" + Host(second) + "']\n  labels: {b: 'yes'}\n");
  Collect(2);
  EXPECT_EQ(Select("sum by (b) (load)"), "1 b=yes,2");
  std::filesystem::remove(folder_ / "a.json");
  Collect(3);
  EXPECT_EQ(Select("sum(load)"), "2");
  EXPECT_EQ(Select("count(up)"), "1");  // the target that is gone has ended, whole
}

TEST_F(DiscoverySourceTest, AFileThatIsBrokenKeepsItsTargets) {
  const auto port = server_.Listen({.body = "load 1\n"});
  Use({.file_sd_configs = {{.files = {folder_ / "a.json"}}}});
  WriteFile(folder_ / "a.json", Json(port));
  Collect(0);
  WriteFile(folder_ / "a.json", "[{\"targets\": [\"127.0");
  Collect(1);
  EXPECT_EQ(Select("sum(load)"), "1");
  EXPECT_THAT(Problem(), HasSubstr("a.json: 1:"));
}

TEST_F(DiscoverySourceTest, AUrlIsAskedAtItsIntervalAndKeepsItsTargets) {
  const auto target = server_.Listen({.body = "load 1\n"});
  const std::string json = "Content-Type: application/json; charset=utf-8\r\n";
  const auto sd = server_.Listen({.body = Json(target), .headers = json});
  HttpDiscovery http{.url = "http://" + Host(sd) + "/targets", .refresh_interval = seconds(2)};
  http.access.credentials = "s3cret-token";
  Use({.relabel_configs = {{.source_labels = {"__meta_url"}, .target_label = "from"}},
       .http_sd_configs = {http}});
  Collect(0);
  EXPECT_EQ(Select("sum by (from) (load)"), "from=http://" + Host(sd) + "/targets,1");
  ASSERT_EQ(server_.requests(sd).size(), 1U);
  EXPECT_THAT(server_.requests(sd)[0], HasSubstr("Authorization: Bearer s3cret-token"));
  EXPECT_THAT(server_.requests(sd)[0], HasSubstr("X-Prometheus-Refresh-Interval-Seconds: 2"));
  EXPECT_THAT(server_.requests(target)[0], Not(HasSubstr("s3cret")));  // bound to the list's host
  Collect(1);
  EXPECT_EQ(server_.requests(sd).size(), 1U);
  for (const auto& broken :
       {testing::HttpBehavior{.status = 500, .body = "s3cret-token", .headers = json},
        testing::HttpBehavior{.body = "[{", .headers = json},
        testing::HttpBehavior{.body = "[]", .headers = "Content-Type: s3cret-token\r\n"}}) {
    server_.SetBehavior(sd, broken);
    const auto before = server_.requests(sd).size();
    Collect(static_cast<int>(before) * 2);
    EXPECT_EQ(server_.requests(sd).size(), before + 1);
    EXPECT_EQ(Select("sum(load)"), "1");
    EXPECT_NE(Problem(), "");
    EXPECT_THAT(Problem(), Not(HasSubstr("s3cret")));
  }
  server_.SetBehavior(sd, {.body = "[]", .headers = json});
  Collect(20);
  EXPECT_EQ(Select("load"), "");
  EXPECT_EQ(Problem(), "");
}

TEST_F(DiscoverySourceTest, WhoWritesTheListCannotReachMetadataServers) {
  TargetGroup group;
  group.targets = {{{"__address__", "169.254.169.254:80"}}, {{"__address__", "[fe80::1]:80"}}};
  Use({.static_configs = {group}});
  Collect();
  for (const TargetState& state : source_->targets()) {
    EXPECT_FALSE(state.up);
    EXPECT_THAT(state.error, HasSubstr("refused")) << state.target;
  }
  EXPECT_EQ(Select("sum(up)"), "0");
}

TEST_F(DiscoverySourceTest, RedirectsAreNotFollowed) {
  const auto inner = server_.Listen({.body = "secret 1\n"});
  const auto port = server_.Listen(
      {.status = 302, .headers = "Location: http://" + Host(inner) + "/metrics\r\n"});
  Use({.static_configs = {Group({port})}});
  Collect();
  EXPECT_EQ(server_.requests(inner).size(), 0U);
  EXPECT_EQ(Select("sum(up)"), "0");
}

TEST_F(DiscoverySourceTest, ATargetThatFailsIsDownAndItsSeriesEnd) {
  const auto port = server_.Listen({.body = "load 1\n"});
  Use({.static_configs = {Group({port})}});
  Collect(0);
  server_.SetBehavior(port, {.status = 503});
  Collect(1);
  EXPECT_EQ(Select("load"), "");
  EXPECT_EQ(Select("sum(up)"), "0");
  EXPECT_THAT(Problem(), HasSubstr("503"));
}

// Read by both, its series would be there twice.
TEST_F(DiscoverySourceTest, WhatAWorkloadReadsItselfIsLeftOut) {
  const auto port = server_.Listen({.body = "load 7\n"});
  const auto other = server_.Listen({.body = "load 8\n"});
  Use({.static_configs = {Group({port, other})}});
  const std::string url = "http://" + Host(port) + "/metrics";
  fleet_ = {{.workload = "flower", .replicas = {}, .targets = {url}}};
  Collect(0);
  EXPECT_EQ(Select("sum(load)"), "8");
  EXPECT_EQ(server_.requests(port).size(), 0U);
  EXPECT_EQ(Problem(), "a target is left out: " + url +
                           " is read already, by the source of workload \"flower\"; one of them "
                           "has to go");
  fleet_.front().targets.clear();
  Collect(1);
  EXPECT_EQ(Select("sum(load)"), "15");
  EXPECT_EQ(Problem(), "");
  fleet_.front().targets = {"http://" + Host(port) + "/other"};  // another page
  Collect(2);
  EXPECT_EQ(Select("sum(load)"), "15");
  fleet_.front().targets = {url};
  Collect(3);
  EXPECT_EQ(Select("sum(load)"), "8");
}

TEST_F(DiscoverySourceTest, AJobWithoutTargetsSaysSo) {
  Use({.job_name = "podMonitor/default/web/0"});
  Collect();
  ASSERT_EQ(source_->targets().size(), 1U);
  EXPECT_EQ(Problem(), "selects none of the workloads, and no targets are listed");
  EXPECT_EQ(source_->targets().front().job, "podMonitor/default/web/0");
  EXPECT_TRUE(source_->targets().front().labels.empty());
}

TEST_F(DiscoverySourceTest, ATargetOfWhichNothingIsAskedForIsUp) {
  const auto port = server_.Listen({.body = "load 7\nother 1\n"});
  store_.KeepOnly(std::vector<std::string>{"nothing"});
  Use({.static_configs = {Group({port})}});
  Collect();
  EXPECT_EQ(Select("sum(up)"), "1");
  EXPECT_EQ(Select("sum(scrape_samples_scraped)"), "2");
  EXPECT_EQ(Select("load"), "");
  EXPECT_EQ(source_->targets().front().samples, 2U);
}

TEST_F(DiscoverySourceTest, MoreTargetsThanTheLimitAreAllDown) {
  const auto a = server_.Listen();
  const auto b = server_.Listen();
  Use({.target_limit = 1, .static_configs = {Group({a, b})}});
  Collect();
  EXPECT_EQ(Select("sum(up)"), "0");
  EXPECT_EQ(server_.requests(a).size(), 0U);
  EXPECT_EQ(Problem(), "target_limit exceeded (number of targets: 2, limit: 1)");
}

TEST_F(DiscoverySourceTest, ATargetThatIsNoneIsSaid) {
  TargetGroup group;
  group.targets = {{{"__address__", "h/x"}}};
  Use({.static_configs = {group}});
  Collect();
  EXPECT_THAT(Problem(), HasSubstr("\"h/x\" is not a valid hostname"));
}

TEST(MakeDiscoverySourceTest, RulesHaveToBeRight) {
  const auto made = MakeDiscoverySource(
      {.job_name = "web", .relabel_configs = {{.regex = "(", .target_label = "a"}}});
  ASSERT_FALSE(made.has_value());
  EXPECT_THAT(made.error().message, HasSubstr("web: relabel_configs[0]: error parsing regexp"));
}

}  // namespace
}  // namespace tidegate
