// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "reporters/journal/file.h"
#include "tidegate/reporters/journal.h"

namespace tidegate {
namespace {

constexpr std::size_t kChunk = 1u << 16;
constexpr std::size_t kLineMax = 256u << 20;

/// Gives the whole lines of a file from its end to its beginning.
class BackwardLines {
 public:
  static Result<BackwardLines> Open(const std::string& path) {
    journal::Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) return journal::SystemError("open", path, errno);
    struct stat status = {};
    if (::fstat(fd.get(), &status) != 0) return journal::SystemError("stat", path, errno);
    return BackwardLines(path, std::move(fd), static_cast<std::size_t>(status.st_size));
  }

  /// False: there is no line before, or `error` says why it could not be read.
  bool Next(std::string& line, Status& error) {
    while (true) {
      const std::size_t newline = buffer_.rfind('\n');
      if (newline != std::string::npos) {
        line = buffer_.substr(newline + 1);
        buffer_.resize(newline);
        if (!std::exchange(after_newline_, true)) continue;  // what is after the last is torn
        return true;
      }
      if (offset_ == 0) {
        line = std::exchange(buffer_, {});
        return after_newline_ && !std::exchange(done_, true);
      }
      error = Fill();
      if (!error) return false;
    }
  }

 private:
  BackwardLines(std::string path, journal::Descriptor fd, std::size_t size)
      : path_(std::move(path)), fd_(std::move(fd)), offset_(size) {}

  Status Fill() {
    if (buffer_.size() > kLineMax) {
      return Error{ErrorCode::kInvalidArgument, path_ + ": a line is too long for a journal"};
    }
    // Long lines take ever larger pieces, so that prepending stays linear.
    const std::size_t want = std::min(offset_, std::max(kChunk, buffer_.size()));
    std::string chunk(want, '\0');
    const ssize_t got = ::pread(fd_.get(), chunk.data(), want, static_cast<off_t>(offset_ - want));
    if (got < 0 && errno == EINTR) return {};
    if (got < 0) return journal::SystemError("read", path_, errno);
    if (got != static_cast<ssize_t>(want)) {
      return Error{ErrorCode::kUnavailable, "read " + path_ + ": it became shorter meanwhile"};
    }
    offset_ -= want;
    buffer_.insert(0, chunk);
    return {};
  }

  std::string path_;
  journal::Descriptor fd_;
  std::size_t offset_ = 0;
  std::string buffer_;
  bool after_newline_ = false;
  bool done_ = false;
};

/// The workloads that a record names in its head, so that it need not be decoded to learn that
/// all of them are known already; empty: it has no such head.
std::vector<WorkloadId> WorkloadsOf(const std::string& line) {
  constexpr std::string_view kHead = ",\"workloads\":";
  const std::size_t head = line.substr(0, 64).find(kHead);
  const std::size_t begin = head == std::string::npos ? head : head + kHead.size();
  const std::size_t close = head == std::string::npos ? head : line.find(']', begin);
  std::vector<WorkloadId> out;
  if (close == std::string::npos) return out;
  const auto names =
      nlohmann::json::parse(line.substr(begin, close + 1 - begin), nullptr, /*exceptions=*/false);
  if (!names.is_array()) return out;
  for (const auto& name : names) {
    if (name.is_string()) out.push_back(name.get<std::string>());
  }
  return out;
}

/// Adds the histories of workloads that were not met yet.
void Collect(const std::string& line, std::map<WorkloadId, History>& histories) {
  const std::vector<WorkloadId> names = WorkloadsOf(line);
  const auto known = [&](const WorkloadId& name) { return histories.count(name) > 0; };
  if (!names.empty() && std::all_of(names.begin(), names.end(), known)) return;
  Result<TickRecord> record = DecodeTick(line);
  if (!record) return;
  const std::vector<WorkloadInput>& workloads = record->input.workloads;
  const std::size_t count = std::min(workloads.size(), record->histories.size());
  for (std::size_t i = 0; i < count; ++i) {
    histories.try_emplace(workloads[i].spec.workload, std::move(record->histories[i]));
  }
}

Status ReadFile(const std::string& path, const std::function<Status(const TickRecord&)>& callback) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return journal::SystemError("open", path, errno);
  std::string line;
  for (std::size_t number = 1; std::getline(stream, line); ++number) {
    if (stream.eof()) return {};  // no newline after it: torn
    if (line.empty()) continue;
    Result<TickRecord> record = DecodeTick(line);
    if (!record) {
      return Error{record.error().code,
                   path + ":" + std::to_string(number) + ": " + record.error().message};
    }
    if (Status status = callback(*record); !status) return status;
  }
  if (stream.bad()) return journal::SystemError("read", path, EIO);
  return {};
}

}  // namespace

Status ReadJournal(const std::string& path,
                   const std::function<Status(const TickRecord&)>& callback) {
  const std::vector<std::string> files = journal::FilesOf(path);
  if (files.empty()) return Error{ErrorCode::kNotFound, path + ": there is no such journal"};
  for (const std::string& file : files) {
    if (Status status = ReadFile(file, callback); !status) return status;
  }
  return {};
}

Result<std::map<WorkloadId, History>> LoadHistories(const std::string& path) {
  std::map<WorkloadId, History> histories;
  std::vector<std::string> files = journal::FilesOf(path);
  std::reverse(files.begin(), files.end());
  for (const std::string& file : files) {
    Result<BackwardLines> lines = BackwardLines::Open(file);
    if (!lines) return lines.error();
    std::string line;
    Status error;
    while (lines->Next(line, error)) Collect(line, histories);
    if (!error) return error.error();
  }
  return histories;
}

}  // namespace tidegate
