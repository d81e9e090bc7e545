// SPDX-License-Identifier: Apache-2.0
//
// A plan as text: a line of slices for each kind of device.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "mig/words.h"
#include "tidegate/pack.h"

namespace tidegate {
namespace {

constexpr std::size_t kWidth = 64;  // of all memory slices

// Cut or filled up to `width` columns.
std::string Fit(std::string_view text, std::size_t width) {
  std::string out = Cut(text, width);
  return out + std::string(width - std::min(width, Columns(out)), ' ');
}

std::string Marked(const DeviceRow::Cell& cell, bool mark_new) {
  std::string marks;
  if (cell.is_moved) marks += ">";
  if (cell.is_new && mark_new) marks += "+";
  if (cell.pinned) marks += "!";
  return marks + Visible(cell.workload);
}

class TextPicture {
 public:
  TextPicture(const PackPlan& plan, const PictureOptions& options)
      : plan_(plan), options_(options) {
    std::size_t running = 0;
    for (const ModelPack& pack : plan.models) {
      running += static_cast<std::size_t>(pack.in_use_before);
    }
    mark_new_ = running > 0;
  }

  std::string Draw() {
    for (const ModelPack& pack : plan_.models) DrawModel(pack.model);
    return std::move(out_);
  }

 private:
  void DrawModel(const std::string& id) {
    const std::vector<DeviceRow> rows = FoldDevices(plan_, id);
    if (rows.empty()) return;
    model_ = plan_.fleet.FindModel(id);
    cell_ = std::max<std::size_t>(4, kWidth / static_cast<std::size_t>(model_->memory_slices) - 1);
    margin_ = Columns(id);
    const std::size_t shown = std::min(rows.size(), options_.rows);
    for (std::size_t i = 0; i < shown; ++i) {
      margin_ = std::max(
          {margin_, Columns(LabelOf(plan_.fleet, rows[i])), Columns(NoteOf(plan_.fleet, rows[i]))});
    }
    margin_ = std::min<std::size_t>(margin_, 28);
    if (!out_.empty()) out_ += "\n";
    Line(Fit(id, margin_) + " ", [&](std::int32_t slot) { return std::to_string(slot); });
    for (std::size_t i = 0; i < shown; ++i) DrawRow(rows[i]);
    std::size_t hidden = 0;
    for (std::size_t i = shown; i < rows.size(); ++i) hidden += rows[i].devices.size();
    if (hidden > 0) {
      out_ += "… and " + std::to_string(hidden) + " more in " +
              std::to_string(rows.size() - shown) + " layouts\n";
    }
  }

  template <typename F>
  void Line(const std::string& head, F text_of_slot) {
    std::string line = head;
    for (std::int32_t slot = 0; slot < model_->memory_slices; ++slot) {
      line += " " + Fit(text_of_slot(slot), cell_);
    }
    End(std::move(line));
  }

  // One line, where `text` gives the words of a slice and `none` those of a free memory slice.
  template <typename F>
  void Cells(const std::string& head, const DeviceRow& row, std::string_view none, F text) {
    std::string line = Fit(head, margin_) + " ";
    auto cell = row.cells.begin();
    for (std::int32_t slot = 0; slot < model_->memory_slices;) {
      line += "│";
      if (cell != row.cells.end() && cell->placed.span.start == slot) {
        const std::size_t size = cell->placed.span.size;
        line += Fit(text(*cell), size * (cell_ + 1) - 1);
        slot += static_cast<std::int32_t>(size);
        ++cell;
      } else {
        line += Fit(none, cell_);
        ++slot;
      }
    }
    End(line + "│");
  }

  void DrawRow(const DeviceRow& row) {
    Cells(LabelOf(plan_.fleet, row), row, "·",
          [&](const DeviceRow::Cell& cell) { return model_->profiles[cell.placed.profile].name; });
    const bool named =
        std::any_of(row.cells.begin(), row.cells.end(),
                    [&](const DeviceRow::Cell& cell) { return !Marked(cell, mark_new_).empty(); });
    if (named || !NoteOf(plan_.fleet, row).empty()) {
      Cells(NoteOf(plan_.fleet, row), row, "",
            [&](const DeviceRow::Cell& c) { return Marked(c, mark_new_); });
    }
  }

  void End(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    out_ += line + "\n";
  }

  const PackPlan& plan_;
  const PictureOptions& options_;
  bool mark_new_ = false;  // where all is new, no mark says anything
  const DeviceModel* model_ = nullptr;
  std::size_t cell_ = 0, margin_ = 0;
  std::string out_;
};

}  // namespace

std::string DrawText(const PackPlan& plan, const PictureOptions& options) {
  return TextPicture(plan, options).Draw();
}

}  // namespace tidegate
