// SPDX-License-Identifier: Apache-2.0
//
// A plan as one page: what it takes, why no less, and in which order.
#include <string>
#include <string_view>

#include "mig/words.h"
#include "tidegate/pack.h"

namespace tidegate {
namespace {

constexpr const char* kHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>MIG packing</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1c2430;--soft:#667085;--line:#e3e6ea}
@media(prefers-color-scheme:dark){:root{--bg:#12161c;--card:#1a2029;--ink:#e7ebf0;--soft:#98a2b3;--line:#2c3440}}
*{box-sizing:border-box}
body{margin:0 auto;padding:28px 24px 60px;max-width:1180px;background:var(--bg);color:var(--ink);
font:15px/1.5 system-ui,"Segoe UI",Roboto,sans-serif}
h1{font-size:26px;margin:0 0 4px}h2{font-size:17px;margin:32px 0 8px}p{margin:4px 0;color:var(--soft)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:20px 0}
.card,.picture{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px}
.card b{display:block;font-size:22px;line-height:1.25}.card span{color:var(--soft);font-size:13px}
.picture svg{display:block;width:100%;height:auto}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;background:var(--card);font-size:14px;
border:1px solid var(--line)}
th,td{text-align:left;padding:6px 10px;border-bottom:1px solid var(--line)}th{color:var(--soft)}
</style></head><body>
<h1>MIG packing</h1>
)";

std::string Card(const std::string& value, std::string_view label) {
  return "<div class=\"card\"><b>" + Escaped(value) + "</b><span>" + Escaped(label) +
         "</span></div>\n";
}

// At most two decimals.
std::string Short(double value) {
  std::string text = std::to_string(value);
  text.resize(std::min(text.size(), text.find('.') + 3));
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string Cells(std::initializer_list<std::string> cells) {
  std::string out = "<tr>";
  for (const std::string& cell : cells) out += "<td>" + Escaped(cell) + "</td>";
  return out + "</tr>\n";
}

std::string ModelSection(const PackPlan& plan, const ModelPack& pack) {
  const DeviceModel& model = *plan.fleet.FindModel(pack.model);
  std::string out = "<h2>" + Escaped(pack.model) + "</h2>\n<div class=\"cards\">\n";
  out += Card(std::to_string(pack.in_use) + " of " + std::to_string(pack.devices), "GPUs in use");
  out += Card(std::to_string(pack.optimum.certificate.devices), "GPUs at least, for this load");
  out += Card(std::to_string(pack.added), "GPUs to add");
  out += Card(Short(pack.price), "cost of the GPUs in use");
  out += Card(Short(pack.fragmentation.index), "fragmentation, from 0 to 1");
  out += Card(std::to_string(pack.moves), "moves in " + std::to_string(pack.rounds) + " rounds");
  out += "</div>\n";
  const std::string proof = ProofText(model, pack);
  if (!proof.empty()) out += "<p>Proof: " + Escaped(proof) + ".</p>\n";
  out +=
      "<div class=\"wide\"><table><tr><th>profile</th><th>slices</th><th>room</th>"
      "<th>room if repacked</th></tr>\n";
  for (const ProfileRoom& room : pack.fragmentation.room) {
    out += Cells({model.profiles[room.profile].name, std::to_string(pack.load[room.profile]),
                  std::to_string(room.now), std::to_string(room.repacked)});
  }
  return out + "</table></div>\n";
}

std::string MoveTable(const PackPlan& plan) {
  if (plan.moves.empty()) return "";
  std::string out =
      "<h2>Moves, in order</h2>\n<p>A slice is created at its new place, then traffic moves, then "
      "the "
      "old one is destroyed. Moves of one round can run at once.</p>\n<div class=\"wide\"><table>"
      "<tr><th>#</th><th>round</th><th>slice</th><th>profile</th><th>from</th><th>to</th></tr>\n";
  for (std::size_t i = 0; i < plan.moves.size(); ++i) {
    const SliceMove& move = plan.moves[i];
    const auto spot = [&](const Spot& at) {
      return plan.fleet.device(at.device).id + "@" + std::to_string(at.placed.span.start);
    };
    const DeviceModel& model = plan.fleet.model_of(move.to.device);
    out += Cells({std::to_string(i + 1), std::to_string(move.round), move.slice,
                  model.profiles[move.to.placed.profile].name, spot(move.from), spot(move.to)});
  }
  return out + "</table></div>\n";
}

}  // namespace

std::string DrawHtml(const PackPlan& plan, const PictureOptions& options) {
  std::string out = kHead;
  out += "<p>Cost " + Short(plan.price) + ", and no GPUs of the fleet cost less than " +
         Short(plan.price_bound) + ".</p>\n";
  for (const ServedRate& rate : plan.rates) out += "<p>" + Escaped(RateText(rate)) + ".</p>\n";
  out += "<h2>The slices of each GPU</h2>\n<div class=\"picture\">\n" + DrawSvg(plan, options) +
         "</div>\n";
  out += MoveTable(plan);
  for (const ModelPack& pack : plan.models) out += ModelSection(plan, pack);
  return out + "</body></html>\n";
}

}  // namespace tidegate
