// SPDX-License-Identifier: Apache-2.0
//
// Whole files: what people wrote, and what a process has to remember beyond its death.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "os/proc.h"
#include "os/unique_fd.h"
#include "tidegate/result.h"

namespace tidegate {

/// kPermissionDenied or kUnavailable: "open PATH: Permission denied".
inline Error FileError(const std::string& what, const std::string& path, int error) {
  return {
      error == EACCES || error == EPERM ? ErrorCode::kPermissionDenied : ErrorCode::kUnavailable,
      what + " " + path + ": " + std::strerror(error)};
}

/// The file's bytes, cut at `limit`. kNotFound: "PATH: cannot be read: Is a directory".
inline Result<std::string> ReadWhole(const std::string& path,
                                     std::size_t limit = std::size_t{1} << 30U) {
  std::optional<std::string> text = ReadSmallFile(path, limit);
  if (text) return *std::move(text);
  return Error{ErrorCode::kNotFound, path + ": cannot be read: " + std::strerror(errno)};
}

/// Whole or not at all, durable, readable by the owner only.
inline Status WriteWhole(const std::string& path, std::string_view text) {
  const std::string temporary = path + ".tmp";
  const UniqueFd file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return FileError("open", temporary, errno);
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t n = ::write(file.get(), rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileError("write", temporary, errno);
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fsync(file.get()) != 0) return FileError("fsync", temporary, errno);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return FileError("rename to", path, errno);
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const UniqueFd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) ::fsync(directory.get());
  return {};
}

/// Held as long as the returned descriptor. kConflict: another process has it.
inline Result<UniqueFd> LockFile(const std::string& path) {
  const std::string lock = path + ".lock";
  UniqueFd file(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return FileError("open", lock, errno);
  // One that was just killed may still be on its way out.
  for (int tries = 0; tries < 40; ++tries) {
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
    ::poll(nullptr, 0, 50);
  }
  return Error{ErrorCode::kConflict, path + ": in use by another process"};
}

}  // namespace tidegate
