// SPDX-License-Identifier: Apache-2.0
//
// file_sd_configs: files are read again when they have changed; a file that cannot be read keeps
// what it had.
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <utility>

#include "sources/discovery/discovery.h"
#include "sources/discovery/target_groups.h"
#include "sources/schedule.h"

namespace tidegate::discovery {
namespace {

constexpr std::size_t kLargestFile = std::size_t{64} << 20U;

/// Changes when the file does, also when a link is switched to another one.
struct Stamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t modified = 0;

  static std::optional<Stamp> Of(const std::string& path) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) return std::nullopt;
    return Stamp{info.st_dev, info.st_ino, info.st_size,
                 info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec};
  }
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

/// The files that there are, in the order of the patterns.
std::vector<std::string> Expand(const std::vector<std::string>& patterns) {
  std::vector<std::string> paths;
  for (const std::string& pattern : patterns) {
    glob_t found{};
    if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
      paths.insert(paths.end(), found.gl_pathv, found.gl_pathv + found.gl_pathc);
    }
    globfree(&found);
  }
  return paths;
}

Result<std::vector<TargetGroup>> ReadGroups(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::array<char, 65536> piece{};
  while (file.read(piece.data(), piece.size()), file.gcount() > 0) {
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > kLargestFile) {
      return Error{ErrorCode::kInvalidArgument, "is larger than 64 MiB"};
    }
  }
  if (!file.eof()) return Error{ErrorCode::kUnavailable, "cannot be read"};
  return ParseTargetGroups(text, {{"__meta_filepath", path}});
}

struct File {
  std::optional<Stamp> stamp;
  std::vector<TargetGroup> groups;
  std::string error;
};

class FilesDiscovery final : public Discovery {
 public:
  explicit FilesDiscovery(FileDiscovery options) : options_(std::move(options)) {}

  /// To look whether a file has changed costs little; all of them are read again at the interval.
  void Refresh(const CollectRequest& request) override {
    const bool again = schedule_.IsDue(request.now, options_.refresh_interval);
    if (again) schedule_.Advance(request.now, options_.refresh_interval);
    const std::vector<std::string> paths = Expand(options_.files);
    bool changed = std::erase_if(files_, [&](const auto& file) {
                     return std::find(paths.begin(), paths.end(), file.first) == paths.end();
                   }) > 0;
    for (const std::string& path : paths) {
      const std::optional<Stamp> stamp = Stamp::Of(path);
      File& file = files_[path];
      if (!again && stamp && stamp == file.stamp) continue;
      changed |= Read(path, file);
      file.stamp = stamp;
    }
    if (changed) Join();
  }

  const std::vector<TargetGroup>& groups() const override { return groups_; }
  std::uint64_t version() const override { return version_; }
  std::string error() const override {
    for (const auto& [path, file] : files_) {
      if (!file.error.empty()) return path + ": " + file.error;
    }
    return files_.empty() ? "no file is there: " + options_.files.front() : "";
  }

 private:
  /// Whether it has other groups now.
  static bool Read(const std::string& path, File& file) {
    auto groups = ReadGroups(path);
    file.error = groups ? "" : groups.error().message;
    if (!groups || *groups == file.groups) return false;
    file.groups = *std::move(groups);
    return true;
  }

  void Join() {
    groups_.clear();
    for (const auto& [path, file] : files_) {
      groups_.insert(groups_.end(), file.groups.begin(), file.groups.end());
    }
    ++version_;
  }

  const FileDiscovery options_;
  Schedule schedule_;
  std::map<std::string, File> files_;
  std::vector<TargetGroup> groups_;
  std::uint64_t version_ = 0;
};

}  // namespace

std::unique_ptr<Discovery> MakeFileDiscovery(FileDiscovery options) {
  return std::make_unique<FilesDiscovery>(std::move(options));
}

}  // namespace tidegate::discovery
