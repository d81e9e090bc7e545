# SPDX-License-Identifier: Apache-2.0
"""Draws what a run did as one HTML file that needs nothing else: no network, no library."""

import html
import json
import math

WIDTH = 1120
LEFT, RIGHT = 64, 16
INNER = WIDTH - LEFT - RIGHT

STYLE = """
:root { color-scheme: light dark; --bg: #fbfbfa; --card: #fff; --ink: #1c2430; --soft: #667085;
  --line: #e3e6ea; --load: #2f6fde; --area: #2f6fde22; --ready: #12966a; --ready-area: #12966a26;
  --wanted: #d9480f; --metric: #7c4ddb; --p99: #c2255c; --bad: #e03131; --good: #12966a; }
@media (prefers-color-scheme: dark) { :root { --bg: #12161c; --card: #1a2029; --ink: #e7ebf0;
  --soft: #98a2b3; --line: #2c3440; --load: #6aa3ff; --area: #6aa3ff26; --ready: #3fcf9b;
  --ready-area: #3fcf9b2b; --wanted: #ff9b5e; --metric: #b197fc; --p99: #f783ac; --bad: #ff6b6b;
  --good: #3fcf9b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 28px 24px 60px; max-width: 1180px; background: var(--bg);
  color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 32px 0 8px; }
p { margin: 4px 0; color: var(--soft); } code { font-size: 13px; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px;
  margin: 20px 0; }
.card, .chart { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.card { padding: 12px 14px; } .card b { display: block; font-size: 22px; line-height: 1.25; }
.card span { color: var(--soft); font-size: 13px; }
.good { color: var(--good); } .bad { color: var(--bad); }
.chart { padding: 8px 8px 4px; margin: 12px 0; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font-size: 12px; } svg .title { fill: var(--ink); font-weight: 600; }
.grid { stroke: var(--line); } .event { stroke: var(--soft); stroke-dasharray: 2 3; opacity: .55; }
.cursor { stroke: var(--ink); opacity: .5; visibility: hidden; }
path { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.tip { position: fixed; display: none; pointer-events: none; background: var(--card);
  border: 1px solid var(--line); border-radius: 8px; padding: 8px 10px; font-size: 13px;
  box-shadow: 0 4px 16px #0003; z-index: 2; white-space: pre; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; background: var(--card); font-size: 14px;
  border: 1px solid var(--line); }
th, td { text-align: left; padding: 6px 10px; border-bottom: 1px solid var(--line);
  vertical-align: top; } th { color: var(--soft); font-weight: 600; }
td.n { white-space: nowrap; font-variant-numeric: tabular-nums; }
footer { margin-top: 28px; color: var(--soft); font-size: 13px; }
"""

SCRIPT = """
const rows = DATA.rows, charts = document.querySelectorAll('svg'), tip = document.querySelector('.tip');
const number = (v, unit, digits = 1) => v == null ? 'none' : v.toFixed(digits) + unit;
function move(event) {
  const box = event.currentTarget.getBoundingClientRect();
  const x = (event.clientX - box.left) / box.width * DATA.width;
  const t = Math.round((x - DATA.left) / DATA.inner * DATA.seconds);
  const row = rows.find(r => r.t === t);
  if (!row) return leave();
  for (const line of document.querySelectorAll('.cursor')) {
    const at = DATA.left + t / DATA.seconds * DATA.inner;
    line.setAttribute('x1', at); line.setAttribute('x2', at); line.style.visibility = 'visible';
  }
  tip.textContent = `${t} s\\noffered ${number(row.offered, '/s')}   answered ${number(row.answered, '/s', 0)}`
    + `   failed ${row.failed ?? 0}\\nmetric ${number(row.metric, ' ms', 2)}\\nreplicas wanted ${row.wanted ?? '?'}`
    + `, ready ${row.ready ?? '?'}\\nlatency p50 ${number(row.p50, ' ms')}, p99 ${number(row.p99, ' ms')}`;
  tip.style.display = 'block';
  tip.style.left = Math.min(event.clientX + 16, innerWidth - tip.offsetWidth - 8) + 'px';
  tip.style.top = event.clientY + 16 + 'px';
}
function leave() {
  tip.style.display = 'none';
  for (const line of document.querySelectorAll('.cursor')) line.style.visibility = 'hidden';
}
for (const chart of charts) {
  chart.addEventListener('mousemove', move); chart.addEventListener('mouseleave', leave);
}
"""


def nice_ticks(top, count=4):
    raw = max(top, 1e-9) / count
    power = 10 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    return [step * i for i in range(int(math.floor(top / step + 1e-9)) + 1)]


class Chart:
    """One panel; time runs from left to right in all of them alike."""

    def __init__(self, title, unit, seconds, values, height=170, log=False, whole=False):
        self.title, self.unit, self.seconds, self.height = title, unit, seconds, height
        self.log = log
        self.top, self.bottom = 30, 22
        values = [v for v in values if v is not None]
        high = max(values, default=1) or 1
        if log:
            low = min([v for v in values if v > 0], default=1)
            self.low = 10 ** math.floor(math.log10(max(low, 0.01)))
            self.high = max(10 ** math.ceil(math.log10(high * 1.01)), self.low * 10)
            decades = round(math.log10(self.high / self.low))
            self.ticks = [self.low * 10**i for i in range(decades + 1)]
        else:
            self.low, self.high = 0, high * (1 if whole else 1.06)
            self.ticks = list(range(int(high) + 1)) if whole else nice_ticks(self.high)
            if whole:
                self.high += 0.4
        self.parts = []
        self.legend = []

    def x(self, t):
        return LEFT + min(max(t / self.seconds, 0), 1) * INNER

    def y(self, value):
        inner = self.height - self.top - self.bottom
        if self.log:
            value = max(value, self.low)
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = value / self.high
        return self.height - self.bottom - share * inner

    def points(self, series, step):
        """Runs of points, broken where there is no value."""
        runs, run, before = [], [], None
        for t, value in series:
            if value is None:
                if run:
                    runs.append(run)
                run, before = [], None
                continue
            if step and before is not None:
                run.append((self.x(t), self.y(before)))
            run.append((self.x(t), self.y(value)))
            before = value
        return runs + ([run] if run else [])

    def line(self, series, color, label, step=False, area=None):
        for run in self.points(series, step):
            text = " ".join("%.1f,%.1f" % point for point in run)
            if area:
                base = self.height - self.bottom
                self.parts.append(
                    '<path d="M%.1f,%.1f L%s L%.1f,%.1f Z" style="fill:var(--%s)"/>'
                    % (run[0][0], base, text, run[-1][0], base, area)
                )
            self.parts.append('<path d="M%s" style="stroke:var(--%s)"/>' % (text, color))
        self.legend.append((color, label))

    def level(self, value, label):
        y = self.y(value)
        self.parts.append(
            '<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" style="stroke:var(--soft)" '
            'stroke-dasharray="6 4"/><text x="%d" y="%.1f" text-anchor="end">%s</text>'
            % (LEFT, WIDTH - RIGHT, y, y, WIDTH - RIGHT - 4, y - 5, html.escape(label))
        )

    def bars(self, series, color, label):
        for t, value in series:
            if value:
                self.parts.append(
                    '<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke-width="3" '
                    'style="stroke:var(--%s)"/>'
                    % (self.x(t), self.x(t), self.y(value), self.height - self.bottom, color)
                )
        self.legend.append((color, label))

    def svg(self, events):
        base = self.height - self.bottom
        out = ['<svg viewBox="0 0 %d %d" role="img">' % (WIDTH, self.height)]
        out.append("<title>%s</title>" % html.escape(self.title))
        for tick in self.ticks:
            y = self.y(tick)
            out.append(
                '<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>'
                '<text x="%d" y="%.1f" text-anchor="end">%s</text>'
                % (LEFT, WIDTH - RIGHT, y, y, LEFT - 8, y + 4, "%g" % tick)
            )
        for t in nice_ticks(self.seconds, 10):
            out.append('<text x="%.1f" y="%d" text-anchor="middle">%g s</text>' % (self.x(t), base + 16, t))
        for t in events:
            out.append(
                '<line class="event" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>'
                % (self.x(t), self.x(t), self.top, base)
            )
        out += self.parts
        out.append('<text class="title" x="8" y="18">%s</text>' % html.escape(self.title))
        x = WIDTH - RIGHT
        for color, label in reversed(self.legend):
            x -= 7 * len(label) + 30
            out.append(
                '<line x1="%d" x2="%d" y1="14" y2="14" stroke-width="3" style="stroke:var(--%s)"/>'
                '<text x="%d" y="18">%s</text>' % (x, x + 16, color, x + 21, html.escape(label))
            )
        out.append('<line class="cursor" x1="0" x2="0" y1="%d" y2="%d"/></svg>' % (self.top, base))
        return "".join(out)


def make_rows(seconds, ticks, start):
    """One row for each second of the run: what the client and the journal say of it."""
    rows = {}
    for second in seconds:
        t = round(second["t"])
        rows.setdefault(t, {"t": t}).update(
            offered=second["offered"],
            answered=second["answered"],
            failed=second["failed"],
            p50=second["p50_ms"],
            p99=second["p99_ms"],
        )
    for tick in ticks:
        t = round(tick.time - start)
        if t < 0:
            continue
        rows.setdefault(t, {"t": t}).update(
            metric=None if tick.metric_us is None else tick.metric_us / 1000,
            wanted=tick.wanted,
            ready=tick.ready,
        )
    return [rows[t] for t in sorted(rows)]


def card(value, label, kind=""):
    return '<div class="card"><b class="%s">%s</b><span>%s</span></div>' % (
        kind,
        html.escape(str(value)),
        html.escape(label),
    )


def cards(summary):
    s = summary
    reaction = s["reaction_s"]
    good = lambda ok: "good" if ok else "bad"  # noqa: E731
    seconds = lambda v: "none" if v is None else "%.1f s" % v  # noqa: E731
    milliseconds = lambda v: "none" if v is None else "%.0f ms" % v  # noqa: E731
    return "".join(
        [
            card("1 → %d → %d" % (s["replicas_peak"], s["replicas_end"]), "replicas"),
            card(
                s["answered"],
                "of %d requests answered, %d failed" % (s["requests"], s["failed"]),
                good(s["failed"] == 0 and s["answered"] == s["requests"]),
            ),
            card(
                "%s / %s" % (milliseconds(s["p50_ms"]), milliseconds(s["p99_ms"])),
                "latency p50 / p99, from the intended send time",
            ),
            card(seconds(reaction["to_request"]), "from the load step to the request for one more"),
            card(seconds(reaction["to_ready"]), "… and until it served"),
            card(len(s["steps"]), "scaling steps"),
            card(
                "identical" if s["replay_identical"] else "different",
                "replay of the journal",
                good(s["replay_identical"]),
            ),
        ]
    )


def step_table(steps):
    out = [
        "<div class='wide'><table><thead><tr><th>time</th><th>replicas</th><th>metric</th>"
        "<th>why, stage by stage</th></tr></thead><tbody>"
    ]
    for step in steps:
        metric = "none" if step["metric_ms"] is None else "%.1f ms" % step["metric_ms"]
        why = "<br>".join(
            "<b>%s</b> %s" % (html.escape(s["stage"]), html.escape(s["reason"]))
            for s in step["stages"]
        )
        out.append(
            "<tr><td class='n'>%.1f s</td><td class='n'>%d → %d</td><td class='n'>%s</td>"
            "<td>%s</td></tr>" % (step["t"], step["from"], step["to"], metric, why)
        )
    out.append("</tbody></table></div>")
    return "".join(out)


def render(summary, rows, target_ms, expression):
    """The page. `rows` as from make_rows()."""
    seconds = max([row["t"] for row in rows] + [1])
    column = lambda name: [(row["t"], row.get(name)) for row in rows]  # noqa: E731
    values = lambda *names: [row.get(n) for row in rows for n in names]  # noqa: E731

    load = Chart("Load (requests per second)", "/s", seconds, values("offered", "answered"))
    load.line(column("offered"), "load", "offered", area="area")
    load.line(column("answered"), "ready", "answered")
    load.bars(column("failed"), "bad", "failed")

    metric = Chart(
        "Metric: mean queue time per request (ms, logarithmic)",
        "ms",
        seconds,
        values("metric") + [target_ms],
        log=True,
    )
    metric.line(column("metric"), "metric", "mean over the replicas")
    metric.level(target_ms, "target %g ms" % target_ms)

    replicas = Chart("Replicas", "", seconds, values("wanted", "ready"), whole=True)
    replicas.line(column("ready"), "ready", "ready", step=True, area="ready-area")
    replicas.line(column("wanted"), "wanted", "wanted", step=True)

    latency = Chart(
        "Latency (ms, logarithmic)", "ms", seconds, values("p50", "p99"), log=True
    )
    latency.line(column("p50"), "load", "p50")
    latency.line(column("p99"), "p99", "p99")

    events = [step["t"] for step in summary["steps"]]
    charts = "".join(
        '<div class="chart">%s</div>' % chart.svg(events)
        for chart in (load, metric, replicas, latency)
    )
    data = {"rows": rows, "seconds": seconds, "width": WIDTH, "left": LEFT, "inner": INNER}
    verdict = "all as it should be" if summary["ok"] else "; ".join(summary["problems"])
    return """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tidegate: the flower demo</title>
<meta name="viewport" content="width=device-width"><style>%s</style></head><body>
<h1>Tidegate scales real Triton servers by their own queue</h1>
<p>%s · %s</p><p><code>%s</code>, target %g ms</p>
<div class="cards">%s</div>%s
<h2>Every scaling step and its reason</h2>%s
<footer>Dashed vertical lines are the steps of the table. A lone second without a value had no
answers (latency) or too little data (metric); nothing missing is drawn as zero.</footer>
<div class="tip"></div><script>const DATA = %s;%s</script></body></html>
""" % (
        STYLE,
        html.escape(summary["started"]),
        html.escape(verdict),
        html.escape(expression),
        target_ms,
        cards(summary),
        charts,
        step_table(summary["steps"]),
        json.dumps(data).replace("</", "<\\/"),
        SCRIPT,
    )
