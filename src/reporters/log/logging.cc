// SPDX-License-Identifier: Apache-2.0
#include <spdlog/formatter.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "reporters/log/escape.h"
#include "tidegate/reporters/log.h"

namespace tidegate {
namespace {

std::string_view LevelName(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::warn:
      return "warning";
    case spdlog::level::err:
    case spdlog::level::critical:
      return "error";
    default:
      return "info";
  }
}

std::string Rfc3339(spdlog::log_clock::time_point time) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const std::int64_t ms = duration_cast<milliseconds>(time.time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, ms % 1000);
}

std::string_view View(spdlog::string_view_t text) { return {text.data(), text.size()}; }

void Append(std::string_view text, spdlog::memory_buf_t& to) {
  to.append(text.data(), text.data() + text.size());
}

class TextFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override {
    Append(Rfc3339(message.time), to);
    Append(" ", to);
    Append(LevelName(message.level), to);
    Append(" ", to);
    Append(reporters::EscapeLine(View(message.payload)), to);
    Append("\n", to);
  }
  std::unique_ptr<formatter> clone() const override { return std::make_unique<TextFormatter>(); }
};

class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override {
    Append("{\"time\":\"", to);
    Append(Rfc3339(message.time), to);
    Append("\",\"level\":\"", to);
    Append(LevelName(message.level), to);
    Append("\",\"message\":", to);
    Append(reporters::JsonString(View(message.payload)), to);
    Append("}\n", to);
  }
  std::unique_ptr<formatter> clone() const override { return std::make_unique<JsonFormatter>(); }
};

std::optional<spdlog::level::level_enum> ParseLevel(std::string_view level) {
  if (level == "debug") return spdlog::level::debug;
  if (level == "info") return spdlog::level::info;
  if (level == "warning") return spdlog::level::warn;
  if (level == "error") return spdlog::level::err;
  if (level == "off") return spdlog::level::off;
  return std::nullopt;
}

std::unique_ptr<spdlog::formatter> MakeFormatter(std::string_view format) {
  if (format == "text") return std::make_unique<TextFormatter>();
  if (format == "json") return std::make_unique<JsonFormatter>();
  return nullptr;
}

}  // namespace

Status ConfigureLogging(std::string_view level, std::string_view format, std::ostream* sink) {
  const auto parsed = ParseLevel(level);
  if (!parsed) {
    return Error{
        ErrorCode::kInvalidArgument,
        "log level: want debug, info, warning, error or off, got \"" + std::string(level) + "\""};
  }
  std::unique_ptr<spdlog::formatter> formatter = MakeFormatter(format);
  if (formatter == nullptr) {
    return Error{ErrorCode::kInvalidArgument,
                 "log format: want text or json, got \"" + std::string(format) + "\""};
  }
  try {
    spdlog::sink_ptr target;
    if (sink != nullptr) {
      target = std::make_shared<spdlog::sinks::ostream_sink_mt>(*sink);
    } else {
      target = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    }
    auto logger = std::make_shared<spdlog::logger>("tidegate", std::move(target));
    logger->set_level(*parsed);
    logger->set_formatter(std::move(formatter));
    logger->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(std::move(logger));
  } catch (const std::exception& e) {
    return Error{ErrorCode::kInternal, std::string("logging: ") + e.what()};
  }
  return {};
}

}  // namespace tidegate
