// SPDX-License-Identifier: Apache-2.0
#include "tidegate/balancers/nginx.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "balancers/nginx/master.h"
#include "balancers/nginx/upstream.h"
#include "os/proc.h"
#include "os/unique_fd.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A reload that shows no new workers after this long is asked for again.
constexpr Duration kConfirmLimit = seconds(10);
// How long one Sync() waits for the new workers: usually they are there within 50 ms.
constexpr Duration kConfirmWait = seconds(1);
constexpr Duration kConfirmStep = milliseconds(5);

Error Failed(const std::string& what, const std::string& path) {
  const bool refused = errno == EACCES || errno == EPERM || errno == EROFS;
  return {refused ? ErrorCode::kPermissionDenied : ErrorCode::kUnavailable,
          what + " " + path + ": " + std::strerror(errno)};
}

// Readable for NGINX, whoever it runs as; never seen half-written.
Status WriteWhole(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".tmp";
  const UniqueFd file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file) return Failed("open", temporary);
  if (::fchmod(file.get(), 0644) != 0) return Failed("fchmod", temporary);
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t n = ::write(file.get(), rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failed("write", temporary);
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fsync(file.get()) != 0) return Failed("fsync", temporary);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return Failed("rename to", path);
  return {};
}

class NginxBalancer final : public Balancer {
 public:
  NginxBalancer(NginxOptions options, Clock& clock) : options_(std::move(options)), clock_(clock) {}

  Result<SyncState> Sync(std::span<const Endpoint> wanted, TimePoint deadline) override {
    const Result<std::string> text = UpstreamText(options_, wanted);
    if (!text) return text.error();
    if (*text != tested_) {
      if (reloaded_at_ && clock_.Now() - *reloaded_at_ < options_.min_reload_interval) {
        return SyncState::kPending;
      }
      if (Status status = WriteAndTest(*text, deadline); !status) return status.error();
    }
    return BringIntoEffect(deadline);
  }

 private:
  // Afterwards the file holds `text` and NGINX finds it good, or it is as it was before.
  Status WriteAndTest(const std::string& text, TimePoint deadline) {
    const auto before = ReadSmallFile(options_.upstream_file);
    if (before != text) {
      if (Status status = WriteWhole(options_.upstream_file, text); !status) return status;
    }
    Status status = TestConfiguration(options_, clock_, deadline);
    if (!status) {
      Restore(before);
      return status;
    }
    tested_ = text;
    in_effect_.reset();
    asked_.reset();
    return {};
  }

  void Restore(const std::optional<std::string>& before) {
    if (before) {
      (void)WriteWhole(options_.upstream_file, *before);
    } else {
      ::unlink(options_.upstream_file.c_str());
    }
  }

  // The file is right. Whether NGINX has read it is known of one master process only: after its
  // death the next one is asked again.
  Result<SyncState> BringIntoEffect(TimePoint deadline) {
    const Result<NginxMaster> master = FindMaster(options_.pid_file);
    if (!master) return master.error();
    const Identity identity{master->pid, master->start_ticks};
    if (in_effect_ == identity) return SyncState::kInEffect;
    const bool expected =
        asked_ && asked_->master == identity && clock_.Now() - asked_->at < kConfirmLimit;
    if (!expected) {
      const bool again = asked_ && asked_->master == identity;
      std::optional<NginxWorkers> workers = SettledWorkers(*master, deadline);
      if (!workers) {
        return Error{ErrorCode::kUnavailable, "nginx: master process " +
                                                  std::to_string(master->pid) +
                                                  " has not started all of its workers yet"};
      }
      asked_ = Asked{identity, *std::move(workers), clock_.Now()};
      reloaded_at_ = clock_.Now();
      if (Status status = Reload(*master); !status) {
        asked_.reset();
        return status.error();
      }
      if (again) {
        return Error{ErrorCode::kUnavailable,
                     "nginx: no new workers after a reload; its error log says why"};
      }
    }
    return Confirm(*master, deadline);
  }

  // Those that a reload replaces. A master that is still starting workers is waited for: the ones
  // that it forks after this look have read the list of before and would pass for the new ones.
  std::optional<NginxWorkers> SettledWorkers(const NginxMaster& master, TimePoint deadline) {
    const TimePoint end = std::min(deadline, clock_.Now() + kConfirmWait);
    for (;;) {
      if (!AcceptingWorkers(master).empty() && AwaitsSignals(master)) {
        return AcceptingWorkers(master);
      }
      if (clock_.Now() >= end) return std::nullopt;
      clock_.WaitUntil(std::min(end, clock_.Now() + kConfirmStep), {});
    }
  }

  // In effect once new workers accept and none of the old ones does any more.
  Result<SyncState> Confirm(const NginxMaster& master, TimePoint deadline) {
    const TimePoint end = std::min(deadline, clock_.Now() + kConfirmWait);
    for (;;) {
      const NginxWorkers workers = AcceptingWorkers(master);
      const bool all_new = std::none_of(workers.begin(), workers.end(), [&](const auto& worker) {
        return asked_->old_workers.contains(worker);
      });
      if (!workers.empty() && all_new) {
        in_effect_ = asked_->master;
        asked_.reset();
        return SyncState::kInEffect;
      }
      if (clock_.Now() >= end) return SyncState::kPending;
      clock_.WaitUntil(std::min(end, clock_.Now() + kConfirmStep), {});
    }
  }

  using Identity = std::pair<pid_t, std::uint64_t>;
  struct Asked {
    Identity master;
    NginxWorkers old_workers;
    TimePoint at{};
  };

  const NginxOptions options_;
  Clock& clock_;
  std::optional<std::string> tested_;     ///< what the file holds, known to be good
  std::optional<Identity> in_effect_;     ///< the master that has read it
  std::optional<Asked> asked_;            ///< a reload that is not confirmed yet
  std::optional<TimePoint> reloaded_at_;  ///< the last one
};

}  // namespace

Result<std::unique_ptr<Balancer>> MakeNginxBalancer(NginxOptions options, Clock& clock) {
  if (Status status = CheckNginxOptions(options); !status) return status.error();
  return std::unique_ptr<Balancer>(std::make_unique<NginxBalancer>(std::move(options), clock));
}

}  // namespace tidegate
