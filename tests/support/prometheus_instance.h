// SPDX-License-Identifier: Apache-2.0
//
// A real Prometheus in a folder of its own, on a free loopback port.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/child_process.h"
#include "support/http_get.h"
#include "support/nginx_instance.h"
#include "support/temp_folder.h"
#include "support/wall_clock.h"

namespace tidegate::testing {

class PrometheusInstance {
 public:
  /// `scrape_configs`: the list of that name, in YAML. `web_config`: its web configuration file.
  /// False if it does not serve.
  bool Start(const std::string& scrape_configs, const std::string& web_config = "") {
    WriteFile(folder_ / "prometheus.yml",
              "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\nscrape_configs: " +
                  scrape_configs + "\n");
    std::vector<std::string> arguments = {
        "prometheus", "--config.file=" + folder_ / "prometheus.yml",
        "--storage.tsdb.path=" + folder_ / "data",
        "--web.listen-address=127.0.0.1:" + std::to_string(port_)};
    if (!web_config.empty()) {
      WriteFile(folder_ / "web.yml", web_config);
      arguments.push_back("--web.config.file=" + folder_ / "web.yml");
    }
    if (!process_.Start(std::move(arguments), folder_ / "log")) return false;
    return Eventually(
        [&] { return Log().find("ready to receive web requests") != std::string::npos; },
        std::chrono::seconds(30));
  }

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string Log() const { return ReadFile(folder_ / "log"); }
  const TempFolder& folder() const { return folder_; }

 private:
  TempFolder folder_;
  const std::uint16_t port_ = FreePort();
  ChildProcess process_;
};

}  // namespace tidegate::testing
