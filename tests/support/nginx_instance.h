// SPDX-License-Identifier: Apache-2.0
//
// A real NGINX in a folder of its own, on a free loopback port.
#pragma once

#include <spawn.h>
#include <sys/wait.h>

#include <csignal>
#include <string>
#include <vector>

#include "os/proc.h"
#include "support/http_get.h"
#include "support/temp_folder.h"
#include "support/wall_clock.h"
#include "tidegate/balancers/nginx.h"

extern char** environ;

namespace tidegate::testing {

inline std::uint16_t FreePort() {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* where = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.get(), where, size) != 0) return 0;
  return ::getsockname(socket.get(), where, &size) == 0 ? ntohs(address.sin_port) : 0;
}

class NginxInstance {
 public:
  NginxInstance() : port_(FreePort()) {
    WriteFile(folder_ / "upstream.conf", "upstream pool { server 127.0.0.1:1 down; }\n");
    WriteFile(folder_ / "nginx.conf",
              "daemon off; worker_processes 2; pid nginx.pid; error_log error.log;\n"
              "events { worker_connections 256; }\n"
              "http {\n  access_log off;\n  include upstream.conf;\n"
              "  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;\n"
              "  uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n"
              "  server {\n    listen 127.0.0.1:" +
                  std::to_string(port_) +
                  ";\n"
                  "    location / {\n      proxy_pass http://pool; proxy_http_version 1.1;\n"
                  "      proxy_set_header Connection \"\";\n    }\n  }\n}\n");
  }
  ~NginxInstance() {
    if (pid_ > 0) Stop(SIGTERM);
  }

  /// False if it does not serve.
  bool Start() {
    std::vector<std::string> arguments = {"nginx", "-p", folder_.path(), "-c",
                                          folder_ / "nginx.conf"};
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    if (::posix_spawnp(&pid_, "nginx", nullptr, nullptr, pointers.data(), environ) != 0) {
      return false;
    }
    return Eventually([&] {
      return HttpConnection(port_).open() && ReadFile(pid_file()) == std::to_string(pid_) + "\n";
    });
  }
  void Stop(int signal) {
    const std::vector<pid_t> workers = ChildrenOf(pid_);
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
    // A killed master leaves its workers behind, and they go on serving.
    for (const pid_t worker : workers) ::kill(worker, SIGKILL);
  }

  NginxOptions options() const {
    return {.upstream = "pool",
            .upstream_file = folder_ / "upstream.conf",
            .config_file = folder_ / "nginx.conf",
            .prefix = folder_.path(),
            .pid_file = pid_file(),
            .min_reload_interval = Duration::zero()};
  }
  std::uint16_t port() const { return port_; }
  pid_t pid() const { return pid_; }
  std::string pid_file() const { return folder_ / "nginx.pid"; }
  const TempFolder& folder() const { return folder_; }

 private:
  TempFolder folder_;
  std::uint16_t port_;
  pid_t pid_ = -1;
};

}  // namespace tidegate::testing
