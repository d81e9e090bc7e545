// SPDX-License-Identifier: Apache-2.0
#include "tidegate/reporters/journal.h"

#include <cerrno>
#include <cstdio>
#include <mutex>
#include <optional>
#include <utility>

#include "reporters/journal/file.h"

namespace tidegate {
namespace {

using journal::AppendFile;

class FileJournal : public JournalReporter {
 public:
  FileJournal(JournalReporterOptions options, AppendFile file)
      : options_(std::move(options)), file_(std::move(file)) {}

  void OnTick(const TickReport& report) override {
    TickRecord record;
    record.input = report.input;
    record.output = report.output;
    record.applied = report.applied;
    record.histories = report.histories;
    const Status status = Write(EncodeTick(record) + "\n");
    const std::lock_guard<std::mutex> lock(mutex_);
    stats_.error = status.ok() ? std::string() : status.error().message;
    ++(status.ok() ? stats_.written : stats_.failed);
  }

  JournalStats stats() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return stats_;
  }

 private:
  Status Write(const std::string& line) {
    if (file_ && file_->size() > 0 && file_->size() + line.size() > options_.size_limit) {
      if (Status rotated = Rotate(); !rotated) return rotated;
    }
    if (!file_) {  // also where an earlier rotation could rename, but not open
      Result<AppendFile> opened = AppendFile::Open(options_.path);
      if (!opened) return opened.error();
      file_.emplace(std::move(*opened));
    }
    return file_->Append(line);
  }

  /// PATH -> PATH.1 -> PATH.2 …; the file that would be one too many is overwritten.
  Status Rotate() {
    if (options_.files <= 0 && std::remove(options_.path.c_str()) != 0 && errno != ENOENT) {
      return journal::SystemError("remove", options_.path, errno);
    }
    for (int i = options_.files; i > 0; --i) {
      const std::string to = journal::RotatedName(options_.path, i);
      const std::string from = i == 1 ? options_.path : journal::RotatedName(options_.path, i - 1);
      if (std::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) {
        return journal::SystemError("rename", from, errno);
      }
    }
    file_.reset();
    return {};
  }

  JournalReporterOptions options_;
  std::optional<AppendFile> file_;
  mutable std::mutex mutex_;
  JournalStats stats_;
};

}  // namespace

Result<std::unique_ptr<JournalReporter>> MakeJournalReporter(JournalReporterOptions options) {
  if (options.path.empty()) {
    return Error{ErrorCode::kInvalidArgument, "journal.path: must not be empty"};
  }
  Result<AppendFile> file = AppendFile::Open(options.path);
  if (!file) return file.error();
  return std::unique_ptr<JournalReporter>(
      std::make_unique<FileJournal>(std::move(options), std::move(*file)));
}

}  // namespace tidegate
