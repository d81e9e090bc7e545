// SPDX-License-Identifier: Apache-2.0
//
// A plan as SVG: a bar for each kind of device, a box for each slice, an arrow for each move.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mig/words.h"
#include "tidegate/pack.h"

namespace tidegate {
namespace {

constexpr int kWidth = 1080, kLeft = 190, kRight = 16;
constexpr int kHead = 44, kRow = 40, kGap = 8, kBetween = 20;
constexpr int kLetter = 7;  // of the labels, about
constexpr const char* kColors[] = {"#2f6fde", "#12966a", "#7c4ddb", "#d9480f", "#c2255c",
                                   "#0b7285", "#5c7c0d", "#862e9c", "#a8570a", "#495057"};

constexpr const char* kStyle = R"(<style>
svg{--ink:#1c2430;--soft:#667085;--line:#d4d9e0;--paper:#fff;font:12px system-ui,"Segoe UI",Roboto,sans-serif}
@media(prefers-color-scheme:dark){svg{--ink:#e7ebf0;--soft:#98a2b3;--line:#3a4450;--paper:#1a2029}}
text{fill:var(--ink)}.soft{fill:var(--soft)}.model{font-size:15px;font-weight:600}
.slice text{fill:#fff}.slice rect{stroke:none}.new rect{stroke:var(--ink);stroke-width:2}
.free{fill:none;stroke:var(--line)}.left{fill:none;stroke:var(--ink);stroke-dasharray:4 3}
.pinned{fill:#fff}.move,.halo{fill:none;stroke:var(--ink);stroke-width:2}.tip{fill:var(--ink)}
.halo{stroke:var(--paper);stroke-width:6}
.step{font-weight:700;text-anchor:middle}.dot{fill:var(--paper);stroke:var(--ink)}
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto">
<path class="tip" d="M0,0 L8,4 L0,8 Z"/></marker></defs>
)";

std::string N(int number) { return std::to_string(number); }

std::string Text(int x, int y, std::string_view kind, std::string_view words) {
  return "<text x=\"" + N(x) + "\" y=\"" + N(y) + "\"" +
         (kind.empty() ? "" : " class=\"" + std::string(kind) + "\"") + ">" + Escaped(words) +
         "</text>\n";
}

std::string Box(int x, int y, int width, std::string_view attributes) {
  return "<rect x=\"" + N(x) + "\" y=\"" + N(y) + "\" width=\"" + N(width) + "\" height=\"" +
         N(kRow) + "\" rx=\"5\" " + std::string(attributes) + "/>\n";
}

class SvgPicture {
 public:
  SvgPicture(const PackPlan& plan, const PictureOptions& options) : plan_(plan), options_(options) {
    mark_new_ = std::any_of(plan.models.begin(), plan.models.end(),
                            [](const ModelPack& pack) { return pack.in_use_before > 0; });
  }

  std::string Draw() {
    for (const ModelPack& pack : plan_.models) DrawModel(pack);
    for (std::size_t i = 0; i < plan_.moves.size(); ++i) DrawMove(plan_.moves[i], i + 1);
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + N(kWidth) + " " +
           N(std::max(y_, kRow)) + "\" role=\"img\">\n<title>MIG slices of each GPU</title>\n" +
           kStyle + out_ + "</svg>\n";
  }

 private:
  struct Bar {
    int y = 0;
    int cell = 0;  // width of a memory slice
  };

  void DrawModel(const ModelPack& pack) {
    const std::vector<DeviceRow> rows = FoldDevices(plan_, pack.model);
    if (rows.empty()) return;
    const DeviceModel& model = *plan_.fleet.FindModel(pack.model);
    cell_ = (kWidth - kLeft - kRight) / model.memory_slices;
    out_ += Text(8, y_ + 18, "model", pack.model);
    const std::string count =
        std::to_string(pack.in_use) + " of " + std::to_string(pack.devices) + " GPUs in use";
    out_ += Text(8, y_ + 36, "soft", count);
    for (int slot = 0; slot < model.memory_slices; ++slot) {
      out_ += Text(kLeft + slot * cell_ + 4, y_ + 36, "soft", N(slot));
    }
    y_ += kHead;
    const std::size_t shown = std::min(rows.size(), options_.rows);
    for (std::size_t i = 0; i < shown; ++i) DrawRow(rows[i], model);
    if (shown < rows.size()) {
      out_ += Text(kLeft, y_ + 14, "soft",
                   "… and " + std::to_string(rows.size() - shown) + " more layouts");
      y_ += kBetween;
    }
    y_ += kBetween;
  }

  void DrawRow(const DeviceRow& row, const DeviceModel& model) {
    for (const std::size_t device : row.devices) bars_[device] = {y_, cell_};
    const std::string note = NoteOf(plan_.fleet, row);
    out_ += Text(8, y_ + (note.empty() ? 24 : 17), "",
                 Cut(LabelOf(plan_.fleet, row), (kLeft - 16) / kLetter));
    if (!note.empty()) out_ += Text(8, y_ + 33, "soft", note);
    for (int slot = 0; slot < model.memory_slices; ++slot) {
      out_ += Box(kLeft + slot * cell_ + 1, y_, cell_ - 2, "class=\"free\"");
    }
    for (const DeviceRow::Cell& cell : row.cells) DrawCell(cell, model);
    y_ += kRow + kGap;
  }

  void DrawCell(const DeviceRow::Cell& cell, const DeviceModel& model) {
    const std::string& profile = model.profiles[cell.placed.profile].name;
    const int x = kLeft + cell.placed.span.start * cell_ + 1;
    const int width = cell.placed.span.size * cell_ - 2;
    const auto letters = static_cast<std::size_t>(std::max(0, (width - 10) / kLetter));
    const bool is_new = cell.is_new && mark_new_;
    out_ += std::string("<g class=\"slice") + (is_new ? " new" : "") + "\">\n<title>" +
            Escaped(profile + " " + cell.workload + (is_new ? ", new" : "") +
                    (cell.is_moved ? ", moved" : "") + (cell.pinned ? ", pinned" : "")) +
            "</title>\n";
    out_ += Box(x, y_, width, "fill=\"" + ColorOf(cell.workload) + "\"");
    out_ += Text(x + 6, y_ + 17, "", Cut(profile, letters));
    out_ += Text(x + 6, y_ + 33, "", Cut(cell.workload, letters));
    if (cell.pinned) {
      out_ += "<circle class=\"pinned\" cx=\"" + N(x + width - 9) + "\" cy=\"" + N(y_ + 9) +
              "\" r=\"4\"/>\n";
    }
    out_ += "</g>\n";
  }

  // In the order in which workloads appear; slices of nobody are grey.
  std::string ColorOf(const std::string& workload) {
    constexpr std::size_t kNamed = std::size(kColors) - 1;
    if (workload.empty()) return kColors[kNamed];
    const auto [known, is_new] = colors_.emplace(workload, colors_.size() % kNamed);
    return kColors[known->second];
  }

  void DrawMove(const SliceMove& move, std::size_t number) {
    const auto from = bars_.find(move.from.device);
    const auto to = bars_.find(move.to.device);
    if (from == bars_.end() || to == bars_.end()) return;
    const auto left = [](const Bar& bar, const SliceSpan& span) {
      return kLeft + span.start * bar.cell + 1;
    };
    const auto width = [](const Bar& bar, const SliceSpan& span) {
      return span.size * bar.cell - 2;
    };
    const SliceSpan &away = move.from.placed.span, &there = move.to.placed.span;
    out_ +=
        Box(left(from->second, away), from->second.y, width(from->second, away), "class=\"left\"");
    const int x1 = left(from->second, away) + width(from->second, away) / 2;
    const int x2 = left(to->second, there) + width(to->second, there) / 2;
    const bool down = to->second.y >= from->second.y;
    const int y1 = from->second.y + (down ? kRow - 6 : 6);
    const int y2 = to->second.y + (down ? 4 : kRow - 4);
    const int bend = x2 >= x1 ? 30 : -30;
    const std::string path = "M" + N(x1) + "," + N(y1) + " C" + N(x1 + bend) + "," + N(y1) + " " +
                             N(x2 - bend) + "," + N(y2 + (down ? -24 : 24)) + " " + N(x2) + "," +
                             N(y2);
    out_ += "<path class=\"halo\" d=\"" + path + "\"/>\n<path class=\"move\" marker-end=\"" +
            "url(#tip)\" d=\"" + path + "\"><title>" +
            Escaped(std::to_string(number) + ". " + move.slice) + "</title></path>\n";
    const int x = (x1 + x2) / 2, y = (y1 + y2) / 2;
    out_ += "<circle class=\"dot\" cx=\"" + N(x) + "\" cy=\"" + N(y) + "\" r=\"9\"/>\n" +
            Text(x, y + 4, "step", std::to_string(number));
  }

  const PackPlan& plan_;
  const PictureOptions& options_;
  bool mark_new_ = false;
  int y_ = 0;
  int cell_ = 0;
  std::map<std::size_t, Bar> bars_;  // by device
  std::map<std::string, std::size_t> colors_;
  std::string out_;
};

}  // namespace

std::string DrawSvg(const PackPlan& plan, const PictureOptions& options) {
  return SvgPicture(plan, options).Draw();
}

}  // namespace tidegate
