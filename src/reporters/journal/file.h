// SPDX-License-Identifier: Apache-2.0
//
// The journal's files: appending whole lines, and what rotation makes of names.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tidegate/result.h"

namespace tidegate::journal {

/// A file descriptor that is closed.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

/// `write PATH: No space left on device`, as kUnavailable.
Error SystemError(const std::string& what, const std::string& path, int code);

/// The rotated files of `path`, oldest first, then `path` itself; those that exist.
std::vector<std::string> FilesOf(const std::string& path);
std::string RotatedName(const std::string& path, int index);

/// A journal file that is appended to.
class AppendFile {
 public:
  /// Opens or creates the file and cuts off what stands after its last newline.
  static Result<AppendFile> Open(const std::string& path);

  /// Appends `line`, which ends in a newline, in one write. On error nothing of it stays, as far
  /// as the file system lets that be so; where it does not, the next line begins on its own.
  Status Append(std::string_view line);

  std::size_t size() const { return size_; }

 private:
  AppendFile(std::string path, Descriptor fd, std::size_t size)
      : path_(std::move(path)), fd_(std::move(fd)), size_(size) {}

  std::string path_;
  Descriptor fd_;
  std::size_t size_ = 0;
  bool torn_ = false;  ///< part of a line could not be taken back
};

}  // namespace tidegate::journal
