// SPDX-License-Identifier: Apache-2.0
#include "config/throughput_csv.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "config/documents.h"
#include "config/reader.h"
#include "config/scalars.h"

namespace tidegate::config {
namespace {

struct Column {
  std::string_view name;  // in the header
  std::string_view key;   // of a row of a ThroughputTable; empty: the table's name
  std::string_view unit;
};

constexpr std::array<Column, 8> kColumns = {{{"table", "", ""},
                                             {"model", "model", ""},
                                             {"profile", "profile", ""},
                                             {"rate", "rate", ""},
                                             {"latency", "latency", ""},
                                             {"latency_ms", "latency", "ms"},
                                             {"memory", "memory", ""},
                                             {"memory_mib", "memory", "Mi"}}};

struct Cell {
  std::string_view text;
  Position at;
};

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<Cell> Cells(std::string_view line, int number) {
  std::vector<Cell> cells;
  for (std::size_t at = 0;;) {
    const std::size_t end = std::min(line.find(',', at), line.size());
    const std::string_view raw = line.substr(at, end - at);
    const std::string_view text = Trimmed(raw);
    const std::size_t start = text.empty() ? at : static_cast<std::size_t>(&text[0] - &line[0]);
    cells.push_back({text, {number, static_cast<int>(start) + 1}});
    if (end == line.size()) return cells;
    at = end + 1;
  }
}

std::shared_ptr<Node> Tree(Node::Kind kind, Position at) {
  auto node = std::make_shared<Node>();
  node->kind = kind;
  node->at = at;
  return node;
}

NodePtr Scalar(Position at, std::string text) {
  auto node = Tree(Node::Kind::kScalar, at);
  node->text = std::move(text);
  return node;
}

class CsvReader {
 public:
  CsvReader(std::string_view text, std::string_view name, const Limits& limits)
      : text_(text), name_(name), limits_(limits) {}

  ParsedText Run() {
    if (text_.size() > limits_.bytes) {
      Report({}, "is larger than " + std::to_string(limits_.bytes) + " bytes");
      return std::move(out_);
    }
    int number = 0;
    while (!text_.empty() && out_.problems.empty()) {
      const std::size_t end = std::min(text_.find('\n'), text_.size());
      const std::string_view line = text_.substr(0, end);
      text_.remove_prefix(std::min(end + 1, text_.size()));
      ++number;
      const std::string_view content = Trimmed(line);
      if (content.empty() || content.front() == '#') continue;
      header_.empty() ? ReadHeader(Cells(line, number)) : ReadRow(Cells(line, number));
    }
    for (const auto& [name, rows] : tables_) out_.documents.push_back(Document(name, rows));
    return std::move(out_);
  }

 private:
  struct Table {
    std::string name;
    std::shared_ptr<Node> rows;
  };

  void Report(Position at, std::string message) {
    out_.problems.push_back({at, std::move(message)});
  }

  void ReadHeader(const std::vector<Cell>& cells) {
    std::vector<std::string_view> names, keys;
    for (const Column& column : kColumns) names.push_back(column.name);
    for (const Cell& cell : cells) {
      const auto column = std::find_if(kColumns.begin(), kColumns.end(),
                                       [&](const Column& c) { return c.name == cell.text; });
      if (column == kColumns.end()) {
        return Report(cell.at,
                      "unknown column " + JsonString(cell.text) + Nearest(cell.text, names));
      }
      if (std::find(keys.begin(), keys.end(), column->key) != keys.end()) {
        return Report(cell.at, "column " + JsonString(cell.text) + " is there already");
      }
      keys.push_back(column->key);
      header_.push_back(&*column);
    }
    for (const std::string_view key : {"model", "profile", "rate", "latency"}) {
      if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
      return Report(cells.front().at, "there is no column " + JsonString(key));
    }
  }

  void ReadRow(const std::vector<Cell>& cells) {
    if (cells.size() != header_.size()) {
      return Report(cells.front().at, "want " + std::to_string(header_.size()) + " fields, got " +
                                          std::to_string(cells.size()));
    }
    auto row = Tree(Node::Kind::kMap, cells.front().at);
    std::string_view name = name_;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const Column& column = *header_[i];
      const Cell& cell = cells[i];
      if (column.key.empty()) name = cell.text;
      if (column.key.empty() || cell.text.empty()) continue;
      row->members.push_back({std::string(column.key), cell.at,
                              Scalar(cell.at, std::string(cell.text) + std::string(column.unit))});
    }
    auto table = std::find_if(tables_.begin(), tables_.end(),
                              [&](const Table& each) { return each.name == name; });
    if (table == tables_.end()) {
      table = tables_.insert(tables_.end(), {std::string(name), Tree(Node::Kind::kList, row->at)});
    }
    if (++rows_ > limits_.nodes) return Report(row->at, "there are too many rows");
    table->rows->items.push_back(std::move(row));
  }

  static NodePtr Document(const std::string& name, const std::shared_ptr<Node>& rows) {
    const Position at = rows->at;
    auto metadata = Tree(Node::Kind::kMap, at);
    metadata->members.push_back({"name", at, Scalar(at, name)});
    auto spec = Tree(Node::Kind::kMap, at);
    spec->members.push_back({"rows", at, rows});
    auto document = Tree(Node::Kind::kMap, at);
    document->members = {{"apiVersion", at, Scalar(at, std::string(kApiVersion))},
                         {"kind", at, Scalar(at, "ThroughputTable")},
                         {"metadata", at, metadata},
                         {"spec", at, spec}};
    return document;
  }

  std::string_view text_;
  const std::string_view name_;
  const Limits& limits_;
  std::vector<const Column*> header_;
  std::vector<Table> tables_;  // in the order of the text
  std::size_t rows_ = 0;
  ParsedText out_;
};

}  // namespace

ParsedText ParseThroughputCsv(std::string_view text, std::string_view name, const Limits& limits) {
  return CsvReader(text, name, limits).Run();
}

}  // namespace tidegate::config
