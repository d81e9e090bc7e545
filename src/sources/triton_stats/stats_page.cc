// SPDX-License-Identifier: Apache-2.0
#include "sources/triton_stats/stats_page.h"

#include <array>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace tidegate::triton_stats {
namespace {

using nlohmann::json;

/// Nanoseconds of 292 years; more cannot have been counted.
constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();

/// Members of inference_stats. Triton before 2.14 does not have those of the cache.
constexpr std::array<std::string_view, 6> kInference = {
    "success", "fail", "queue", "compute_input", "compute_infer", "compute_output"};
constexpr std::array<std::string_view, 2> kCache = {"cache_hit", "cache_miss"};
constexpr std::array<std::string_view, 3> kBatch = {"compute_input", "compute_infer",
                                                    "compute_output"};

/// As a label's value.
std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') escaped += '\\';
    if (c == '\n') {
      escaped += "\\n";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

/// What is there instead; never a text, which might be a secret that is repeated.
std::string Shown(const json& value) {
  if (value.is_number() || value.is_boolean()) return value.dump();
  return value.is_null() ? "null"
                         : std::string(value.is_string() ? "a " : "an ") + value.type_name();
}

/// Writes the page. The first thing that is wrong stays in `error`, and what comes after is void.
class PageWriter {
 public:
  void Models(const json& answer) {
    const json* models = List(answer, "", "model_stats");
    for (std::size_t i = 0; models != nullptr && !error_ && i < models->size(); ++i) {
      Model((*models)[i], "model_stats[" + std::to_string(i) + "]");
    }
  }

  Result<std::string> Take() && {
    if (error_) return *std::move(error_);
    if (page_.empty()) return Error{ErrorCode::kNoData, "no model is loaded"};
    return std::move(page_);
  }

 private:
  void Fail(const std::string& path, const std::string& what) {
    if (!error_) error_ = Error{ErrorCode::kUnavailable, path + ": " + what};
  }

  static std::string Join(const std::string& path, std::string_view key) {
    return path + (path.empty() ? "" : ".") + std::string(key);
  }

  /// Null after a Fail().
  const json* Member(const json& object, const std::string& path, std::string_view key) {
    if (!object.is_object()) {
      Fail(path.empty() ? "the answer" : path, "want an object, got " + Shown(object));
      return nullptr;
    }
    const auto found = object.find(key);
    if (found == object.end()) Fail(Join(path, key), "is missing");
    return found == object.end() ? nullptr : &*found;
  }

  const json* List(const json& object, const std::string& path, std::string_view key) {
    const json* list = Member(object, path, key);
    if (list == nullptr || list->is_array()) return list;
    Fail(Join(path, key), "want a list, got " + Shown(*list));
    return nullptr;
  }

  std::string Text(const json& object, const std::string& path, std::string_view key) {
    const json* text = Member(object, path, key);
    if (text == nullptr) return {};
    if (!text->is_string()) Fail(Join(path, key), "want a string, got " + Shown(*text));
    return text->is_string() ? Escaped(text->get_ref<const std::string&>()) : "";
  }

  std::uint64_t Count(const json& object, const std::string& path, std::string_view key) {
    const json* count = Member(object, path, key);
    if (count == nullptr) return 0;
    if (count->is_number_unsigned() && count->get<std::uint64_t>() <= kMost) {
      return count->get<std::uint64_t>();
    }
    Fail(Join(path, key), "want a count, got " + Shown(*count));
    return 0;
  }

  void Line(std::string_view name, const std::string& labels, std::uint64_t value) {
    page_ += "triton_";
    page_ += name;
    page_ += '{';
    page_ += labels;
    page_ += "} ";
    page_ += std::to_string(value);
    page_ += '\n';
  }

  /// `{"count": 7, "ns": 1234}`; the count.
  std::uint64_t Duration(const json& stats, const std::string& path, std::string_view key,
                         std::string_view prefix, const std::string& labels) {
    const json* duration = Member(stats, path, key);
    if (duration == nullptr) return 0;
    const std::string own = Join(path, key);
    const std::string name = std::string(prefix) + std::string(key);
    const std::uint64_t count = Count(*duration, own, "count");
    Line(name + "_count", labels, count);
    Line(name + "_ns", labels, Count(*duration, own, "ns"));
    return count;
  }

  void Model(const json& model, const std::string& path) {
    const std::string name = Text(model, path, "name");
    const std::string version = Text(model, path, "version");
    const std::string labels = "model=\"" + name + "\",version=\"" + version + "\"";
    if (!error_ && !models_.insert(labels).second) Fail(path, "the model is there already");
    if (error_) return;
    Line("inference_count", labels, Count(model, path, "inference_count"));
    Line("execution_count", labels, Count(model, path, "execution_count"));
    Line("last_inference_ms", labels, Count(model, path, "last_inference"));
    Inferences(model, path, labels);
    Batches(model, path, labels);
    if (model.contains("memory_usage")) Memory(model, path, labels);
  }

  void Inferences(const json& model, const std::string& path, const std::string& labels) {
    const json* stats = Member(model, path, "inference_stats");
    if (stats == nullptr) return;
    const std::string own = Join(path, "inference_stats");
    for (const std::string_view key : kInference) {
      Duration(*stats, own, key, "inference_stats_", labels);
    }
    for (const std::string_view key : kCache) {
      if (stats->contains(key)) Duration(*stats, own, key, "inference_stats_", labels);
    }
  }

  void Batches(const json& model, const std::string& path, const std::string& labels) {
    const json* batches = List(model, path, "batch_stats");
    std::set<std::uint64_t> sizes;
    for (std::size_t i = 0; batches != nullptr && !error_ && i < batches->size(); ++i) {
      const std::string own = Join(path, "batch_stats[") + std::to_string(i) + "]";
      const std::uint64_t size = Count((*batches)[i], own, "batch_size");
      if (!error_ && !sizes.insert(size).second) Fail(own, "the batch size is there already");
      if (!error_) Batch((*batches)[i], own, size, labels);
    }
  }

  void Batch(const json& batch, const std::string& path, std::uint64_t size,
             const std::string& model) {
    const std::string labels = model + ",batch_size=\"" + std::to_string(size) + "\"";
    std::uint64_t executions = 0;
    for (const std::string_view key : kBatch) {
      const std::uint64_t count = Duration(batch, path, key, "batch_stats_", labels);
      if (key == "compute_infer") executions = count;
    }
    if (size > 0 && executions > kMost / size) {
      return Fail(Join(path, "batch_size"), "too large for its count, got " + std::to_string(size));
    }
    Line("batch_stats_inference_count", labels, executions * size);
  }

  void Memory(const json& model, const std::string& path, const std::string& labels) {
    const json* uses = List(model, path, "memory_usage");
    for (std::size_t i = 0; uses != nullptr && !error_ && i < uses->size(); ++i) {
      const json& use = (*uses)[i];
      const std::string own = Join(path, "memory_usage[") + std::to_string(i) + "]";
      const std::string type = Text(use, own, "type");
      const std::string id = std::to_string(Count(use, own, "id"));
      Line("memory_usage_byte_size", labels + ",type=\"" + type + "\",id=\"" + id + "\"",
           Count(use, own, "byte_size"));
    }
  }

  std::string page_;
  std::set<std::string> models_;
  std::optional<Error> error_;
};

}  // namespace

Result<std::string> StatsPage(std::string_view body) {
  const json answer = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (answer.is_discarded()) {
    return Error{ErrorCode::kUnavailable, "protocol: the answer is not JSON"};
  }
  PageWriter writer;
  writer.Models(answer);
  return std::move(writer).Take();
}

}  // namespace tidegate::triton_stats
