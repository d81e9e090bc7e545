// SPDX-License-Identifier: Apache-2.0
#include "reporters/journal/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace tidegate::journal {
namespace {

constexpr int kRotatedMax = 1000;

/// Where the file's last newline ends: what is after it is torn.
Result<std::size_t> WholeSize(int fd, std::size_t size, const std::string& path) {
  std::array<char, 65536> buffer{};
  std::size_t end = size;
  while (end > 0) {
    const std::size_t begin = end > buffer.size() ? end - buffer.size() : 0;
    const ssize_t got = ::pread(fd, buffer.data(), end - begin, static_cast<off_t>(begin));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("read", path, errno);
    const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
    const std::size_t newline = text.rfind('\n');
    if (newline != std::string_view::npos) return begin + newline + 1;
    end = begin;
  }
  return std::size_t{0};
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Error SystemError(const std::string& what, const std::string& path, int code) {
  return {ErrorCode::kUnavailable,
          what + " " + path + ": " + std::generic_category().message(code)};
}

std::string RotatedName(const std::string& path, int index) {
  return path + "." + std::to_string(index);
}

std::vector<std::string> FilesOf(const std::string& path) {
  std::vector<std::string> out;
  const auto exists = [](const std::string& name) { return ::access(name.c_str(), F_OK) == 0; };
  if (exists(path)) out.push_back(path);
  for (int i = 1; i <= kRotatedMax; ++i) {
    // A rotation that was killed between two renames leaves one name out.
    const bool here = exists(RotatedName(path, i));
    if (!here && !exists(RotatedName(path, i + 1))) break;
    if (here) out.push_back(RotatedName(path, i));
  }
  std::reverse(out.begin(), out.end());
  return out;
}

Result<AppendFile> AppendFile::Open(const std::string& path) {
  Descriptor fd(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.valid()) return SystemError("open", path, errno);
  struct stat status = {};
  if (::fstat(fd.get(), &status) != 0) return SystemError("stat", path, errno);
  if (!S_ISREG(status.st_mode)) {  // a device or a pipe, which has no end to cut off
    return AppendFile(path, std::move(fd), 0);
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  Result<std::size_t> whole = WholeSize(fd.get(), size, path);
  if (!whole) return whole.error();
  if (*whole < size && ::ftruncate(fd.get(), static_cast<off_t>(*whole)) != 0) {
    return SystemError("cut a torn line off", path, errno);
  }
  return AppendFile(path, std::move(fd), *whole);
}

Status AppendFile::Append(std::string_view line) {
  std::string separated;
  if (torn_) {
    separated = "\n";
    separated += line;
    line = separated;
  }
  ssize_t written = -1;
  do {
    written = ::write(fd_.get(), line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(line.size())) {
    size_ += line.size();
    torn_ = false;
    return {};
  }
  // A short write sets no errno; a full disk is what it comes from.
  const Error error = SystemError("write", path_, written < 0 ? errno : ENOSPC);
  if (written > 0 && ::ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0) {
    size_ += static_cast<std::size_t>(written);
    torn_ = true;
  }
  return error;
}

}  // namespace tidegate::journal
