// SPDX-License-Identifier: Apache-2.0
//
// NGINX (open source): writes an upstream include, tests the configuration, reloads.
#pragma once

#include <memory>
#include <string>

#include "tidegate/balancer.h"
#include "tidegate/clock.h"
#include "tidegate/export.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate {

struct NginxOptions {
  std::string upstream;       ///< the upstream's name
  std::string upstream_file;  ///< the include that is written; its folder must be writable
  std::string config_file;    ///< the main configuration, for `nginx -t -c`; empty: built in
  std::string prefix;         ///< for `nginx -p`; empty: built in
  std::string pid_file;       ///< of the master process
  std::string program = "nginx";
  std::string method = "least_conn";  ///< a line of the upstream block; empty: round robin
  std::int32_t keepalive = 0;         ///< idle connections kept to each worker's upstreams
  Duration min_reload_interval = std::chrono::seconds(2);  ///< changes in between are batched
};

TIDEGATE_EXPORT Result<std::unique_ptr<Balancer>> MakeNginxBalancer(NginxOptions options,
                                                                    Clock& clock);

}  // namespace tidegate
