// SPDX-License-Identifier: Apache-2.0
//
// Process descriptors. By system call: glibc 2.36's <sys/pidfd.h> does not link from C++.
#pragma once

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "os/unique_fd.h"

namespace tidegate {

/// Close-on-exec by nature; readable once the process is gone.
inline UniqueFd OpenPidfd(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

/// 0, or -1 with errno: never hits another process that got the same number.
inline int SendSignal(const UniqueFd& pidfd, int signal) {
  return static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0));
}

}  // namespace tidegate
