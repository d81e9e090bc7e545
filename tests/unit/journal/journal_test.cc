// SPDX-License-Identifier: Apache-2.0
#include "tidegate/reporters/journal.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/unit/config/random_tick.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;

class JournalTest : public ::testing::Test {
 protected:
  JournalTest() {
    std::string name = std::filesystem::temp_directory_path() / "tidegate-journal-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/journal.jsonl";
  }
  ~JournalTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<JournalReporter> Open(std::size_t size_limit = 64u << 20, int files = 4) {
    auto journal = MakeJournalReporter({path_, size_limit, files});
    EXPECT_TRUE(journal.has_value()) << journal.error().message;
    return journal ? std::move(*journal) : nullptr;
  }

  static void Write(JournalReporter& journal, const TickRecord& record) {
    const std::vector<std::vector<TargetState>> targets;
    const std::vector<StatusUpdate> statuses;
    journal.OnTick(
        {record.input, record.output, record.applied, record.histories, statuses, targets});
  }

  static std::string Contents(const std::string& file) {
    std::ifstream stream(file);
    std::ostringstream out;
    out << stream.rdbuf();
    return out.str();
  }

  std::vector<TickRecord> ReadAll() {
    std::vector<TickRecord> out;
    const Status status = ReadJournal(path_, [&](const TickRecord& record) {
      out.push_back(record);
      return Status();
    });
    EXPECT_TRUE(status.ok()) << status.error().message;
    return out;
  }

  std::string folder_;
  std::string path_;
};

/// A tick of `workloads` at second `time`, each of which was scaled at that time.
TickRecord Tick(const std::vector<std::string>& workloads, int time) {
  TickRecord record;
  record.input.now = TimePoint(std::chrono::seconds(time));
  for (const std::string& workload : workloads) {
    WorkloadInput input;
    input.spec.workload = workload;
    record.input.workloads.push_back(input);
    History history;
    history.last_scale_time = record.input.now;
    record.histories.push_back(history);
    record.output.workloads.emplace_back();
    record.applied.emplace_back();
  }
  return record;
}

TEST_F(JournalTest, WhatIsWrittenIsReadBack) {
  std::vector<TickRecord> records;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) records.push_back(testing::RandomTick(seed));
  const auto journal = Open();
  for (const TickRecord& record : records) Write(*journal, record);
  EXPECT_EQ(journal->stats().written, 50u);
  EXPECT_EQ(journal->stats().failed, 0u);
  EXPECT_EQ(ReadAll(), records);
}

TEST_F(JournalTest, TheFileIsForItsOwnerOnly) {
  const auto journal = Open();
  struct stat status = {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(JournalTest, ATornLastLineIsPassedOverAndThenCutOff) {
  {
    const auto journal = Open();
    Write(*journal, Tick({"web"}, 1));
  }
  const std::string whole = Contents(path_);
  std::ofstream(path_, std::ios::app) << whole.substr(0, whole.size() / 2);
  EXPECT_EQ(ReadAll().size(), 1u);
  EXPECT_EQ(LoadHistories(path_).value().size(), 1u);

  const auto journal = Open();
  EXPECT_EQ(Contents(path_), whole);
  Write(*journal, Tick({"web"}, 2));
  EXPECT_EQ(ReadAll().size(), 2u);
}

TEST_F(JournalTest, ATornOnlyLineLeavesAnEmptyFile) {
  std::ofstream(path_) << std::string(200'000, 'x');
  EXPECT_TRUE(ReadAll().empty());
  EXPECT_TRUE(LoadHistories(path_).value().empty());
  const auto journal = Open();
  EXPECT_EQ(Contents(path_), "");
}

TEST_F(JournalTest, KilledWhileWritingItLosesNoWholeLine) {
  constexpr int kTicks = 200;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto journal = MakeJournalReporter({path_, 1u << 16, 100});
    for (int i = 0;; ++i) {
      Write(**journal, Tick({"web"}, i));
      if (i == kTicks && ::write(ready[1], "x", 1) != 1) ::_exit(1);
    }
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ::close(ready[0]);
  ::close(ready[1]);

  const std::vector<TickRecord> records = ReadAll();
  ASSERT_GT(records.size(), static_cast<std::size_t>(kTicks));
  for (std::size_t i = 1; i < records.size(); ++i) {
    ASSERT_EQ(records[i].input.now - records[i - 1].input.now, std::chrono::seconds(1)) << i;
  }
  EXPECT_EQ(LoadHistories(path_).value().at("web").last_scale_time, records.back().input.now);
}

TEST_F(JournalTest, RotationKeepsSoManyFilesAndTheirOrder) {
  const std::size_t line = EncodeTick(Tick({"web"}, 10)).size() + 1;
  const auto journal = Open(3 * line, 2);
  for (int i = 10; i < 20; ++i) Write(*journal, Tick({"web"}, i));  // 3 a file: 10-12, 13-15 …
  EXPECT_EQ(journal->stats().failed, 0u);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".3"));
  const std::vector<TickRecord> records = ReadAll();
  ASSERT_EQ(records.size(), 7u);
  EXPECT_EQ(records.front().input.now, TimePoint(std::chrono::seconds(13)));
  EXPECT_EQ(records.back().input.now, TimePoint(std::chrono::seconds(19)));
  for (const char* suffix : {"", ".1", ".2"}) {
    EXPECT_LE(std::filesystem::file_size(path_ + suffix), 3 * line) << suffix;
  }
}

TEST_F(JournalTest, WithoutFilesToKeepTheOldOneIsDropped) {
  const auto journal = Open(1, 0);
  for (int i = 0; i < 3; ++i) Write(*journal, Tick({"web"}, i));
  EXPECT_EQ(ReadAll().size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".1"));
}

TEST_F(JournalTest, HistoriesComeFromTheLastRecordOfEachWorkload) {
  const auto journal = Open(1, 10);  // a file for each tick
  Write(*journal, Tick({"a", "b"}, 1));
  Write(*journal, Tick({"b", "c"}, 2));
  Write(*journal, Tick({"c"}, 3));
  Write(*journal, Tick({"c"}, 4));
  const std::map<WorkloadId, History> histories = LoadHistories(path_).value();
  ASSERT_EQ(histories.size(), 3u);
  EXPECT_EQ(histories.at("a").last_scale_time, TimePoint(std::chrono::seconds(1)));
  EXPECT_EQ(histories.at("b").last_scale_time, TimePoint(std::chrono::seconds(2)));
  EXPECT_EQ(histories.at("c").last_scale_time, TimePoint(std::chrono::seconds(4)));
}

TEST_F(JournalTest, NoJournalMeansNoHistoriesButNothingToReplay) {
  EXPECT_TRUE(LoadHistories(path_).value().empty());
  const Status status = ReadJournal(path_, [](const TickRecord&) { return Status(); });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kNotFound);
}

TEST_F(JournalTest, ABrokenLineInTheMiddleIsNamedByReplayAndPassedOverAtTheStart) {
  const std::string line = EncodeTick(Tick({"web"}, 1)) + "\n";
  std::ofstream(path_) << line << "{\"version\":1,\n"
                       << "{\"version\":9}\n";
  const Status status = ReadJournal(path_, [](const TickRecord&) { return Status(); });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(status.error().message, HasSubstr(path_ + ":2: not valid JSON"));
  EXPECT_EQ(LoadHistories(path_).value().count("web"), 1u);
}

TEST_F(JournalTest, AnUnknownVersionIsRefusedByLine) {
  std::ofstream(path_) << "{\"version\":9}\n";
  const Status status = ReadJournal(path_, [](const TickRecord&) { return Status(); });
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message,
              HasSubstr(":1: version: record version \"9\" is not known; this Tidegate reads"));
}

TEST_F(JournalTest, TheCallbacksErrorEndsTheReading) {
  const auto journal = Open();
  for (int i = 0; i < 3; ++i) Write(*journal, Tick({"web"}, i));
  int calls = 0;
  const Status status = ReadJournal(path_, [&](const TickRecord&) -> Status {
    ++calls;
    return Error{ErrorCode::kConflict, "differs"};
  });
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(status.error().message, "differs");
}

TEST_F(JournalTest, AFullDeviceIsCountedAndTriedAgain) {
  const auto journal = MakeJournalReporter({"/dev/full", 64u << 20, 4});
  ASSERT_TRUE(journal.has_value()) << journal.error().message;
  Write(**journal, Tick({"web"}, 1));
  Write(**journal, Tick({"web"}, 2));
  EXPECT_EQ((*journal)->stats().written, 0u);
  EXPECT_EQ((*journal)->stats().failed, 2u);
  EXPECT_EQ((*journal)->stats().error, "write /dev/full: No space left on device");
}

/// As a disk that runs full in the middle of a line and is freed later.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::size_t bytes) {
    handler_ = ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &old_);
    rlimit limit = old_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    ::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_ = {};
  void (*handler_)(int) = nullptr;
};

TEST_F(JournalTest, AShortWriteLeavesNothingBehindAndTheNextTickIsWritten) {
  const std::size_t line = EncodeTick(Tick({"web"}, 10)).size() + 1;
  const auto journal = Open();
  Write(*journal, Tick({"web"}, 10));
  {
    const FileSizeLimit limit(line + line / 2);
    Write(*journal, Tick({"web"}, 11));
    EXPECT_EQ(journal->stats().failed, 1u);
    EXPECT_THAT(journal->stats().error, HasSubstr("No space left on device"));
    EXPECT_EQ(std::filesystem::file_size(path_), line);
  }
  Write(*journal, Tick({"web"}, 12));
  EXPECT_EQ(journal->stats().error, "");
  const std::vector<TickRecord> records = ReadAll();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1].input.now, TimePoint(std::chrono::seconds(12)));
}

TEST_F(JournalTest, ARotationThatFailsIsCountedAndTriedAgain) {
  const auto journal = Open(1, 1);
  Write(*journal, Tick({"web"}, 1));
  std::filesystem::create_directories(path_ + ".1/x");  // rename onto it cannot work
  Write(*journal, Tick({"web"}, 2));
  EXPECT_EQ(journal->stats().failed, 1u);
  EXPECT_THAT(journal->stats().error, HasSubstr("rename " + path_));
  std::filesystem::remove_all(path_ + ".1");
  Write(*journal, Tick({"web"}, 3));
  EXPECT_EQ(journal->stats().written, 2u);
  EXPECT_EQ(ReadAll().size(), 2u);
}

TEST_F(JournalTest, AFolderThatIsNotThereSaysSoAtTheStart) {
  const auto journal = MakeJournalReporter({folder_ + "/no/journal", 1, 1});
  ASSERT_FALSE(journal.has_value());
  EXPECT_EQ(journal.error().message, "open " + folder_ + "/no/journal: No such file or directory");
  EXPECT_FALSE(MakeJournalReporter({}).has_value());
}

}  // namespace
}  // namespace tidegate
