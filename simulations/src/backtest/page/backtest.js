"use strict";
// The charts of a backtest. The data is its JSON as it stands: `src/backtest/outcome.rs` writes it.

const report = JSON.parse(document.getElementById("report-data").textContent);
report.events = report.courses.map((course) => ({
  name: course.event, start: Date.parse(course.starts_at) / 1e3, end: Date.parse(course.ends_at) / 1e3,
}));

const colours = ["prescale", "hpa-cpu", "hpa-demand", "cron", "other", "static", "oracle"];
const classes = [...new Set(report.scores.map((row) => row.class))];
const horizons = [...new Set(report.scores.map((row) => row.horizon_s))];

drawSkill(document.getElementById("skill-plot"));
for (const horizon of horizons) drawCalibration(document.getElementById("calibration-plots"), horizon);
document.querySelectorAll("[data-course]").forEach((host) => drawCourse(host, report.courses[host.dataset.course]));
wireTheme();
wirePrint();
wireWidth();

function colourOf(name) {
  return ink(colours[classes.indexOf(name) % colours.length]);
}

// A title, and a key for each class.
function title(host, words) {
  const key = (name) => {
    const colour = colours[classes.indexOf(name) % colours.length];
    return element("span", { style: `--own: var(--${colour})` }, element("i"), name);
  };
  host.append(element("div", { class: "panel-title" }, words, ...classes.map(key)));
}

function rowOf(horizon, name) {
  return report.scores.find((row) => row.horizon_s === horizon && row.class === name);
}

// One point is not a line, so points are shown.
function drawSkill(host) {
  const saved = (name, loss) => horizons.map((horizon) => {
    const row = rowOf(horizon, name);
    return row[loss] === null || !row.wql_last_value ? null : 1 - row[loss] / row.wql_last_value;
  });
  const look = (name, dash) => line(() => colourOf(name), { dash, points: { show: true, size: 6 } });
  title(host, "Share of the last value's loss that is saved");
  const lines = classes.flatMap((name) => [
    [look(name), saved(name, "wql")],
    [look(name, [5, 4]), saved(name, "wql_without_events")],
  ]);
  const lowest = Math.min(0, ...lines.flatMap(([, values]) => values));
  plainChart(host, 280, horizons.map((horizon) => horizon / 60), lines, {
    x: [0, Math.max(...horizons) / 60 * 1.05], y: [lowest * 1.05, 1], words: (value) => `${number(value)} min`,
  });
}

function drawCalibration(hosts, horizon) {
  const drawn = classes.filter((name) => rowOf(horizon, name).coverage.length > 0);
  if (drawn.length === 0) return;
  const ahead = `${number(horizon / 60)} min ahead`;
  const host = hosts.appendChild(element("div", {
    class: "plot", role: "img", "aria-label": `Covered share against quantile, ${ahead}; the table below has the same values`,
  }));
  title(host, `Covered, by quantile, ${ahead}`);
  const nominal = [0, ...rowOf(horizon, drawn[0]).coverage.map((each) => each.quantile), 1];
  const ideal = [line(() => ink("soft"), { width: 1, dash: [2, 4] }), nominal];
  const covered = drawn.map((name) => [
    line(() => colourOf(name), { points: { show: true, size: 6 } }),
    [null, ...rowOf(horizon, name).coverage.map((each) => each.covered), null],
  ]);
  plainChart(host, 300, nominal, [ideal, ...covered], { x: [0, 1.02], y: [0, 1.02], words: (value) => number(value) });
}

// A chart whose horizontal axis is no time. `lines` are pairs of a look and its values.
function plainChart(host, height, at, lines, { x, y, words }) {
  const chart = new uPlot({
    width: chartWidth(host),
    height,
    series: [{}, ...lines.map(([look]) => look)],
    scales: { x: { time: false, range: () => x }, y: { range: () => y } },
    axes: [{ ...timeAxis(false), values: (_, splits) => splits.map(words) }, valueAxis()],
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 24, 0, 0],
  }, [at, ...lines.map(([, values]) => values)], host);
  everyChart.add(chart);
}

// What was forecast for each moment stands at that moment, beside what came.
function drawCourse(host, course) {
  const keys = [["ink", "actual"], ["prescale", "median"], ["hpa-cpu", "median without events"]];
  const key = ([colour, words]) => element("span", { style: `--own: var(--${colour})` }, element("i"), words);
  host.append(element("div", { class: "panel-title" },
    `Demand, ${report.unit}, and what was forecast ${number(horizons.at(-1) / 60)} min before`, ...keys.map(key)));
  const quantile = (index, forecast = "forecast") => course.points.map((point) => point[forecast]?.[index] ?? null);
  timeChart(host, 260, [
    line(null), line(null),
    line(() => ink("hpa-cpu"), { dash: [2, 3] }),
    line(() => ink("prescale"), { dash: [5, 4] }),
    demandLine(),
  ], [quantile(3), quantile(0), quantile(1, "forecast_without_events"), quantile(1),
    course.points.map((point) => point.actual)], {
    times: course.points.map((point) => Date.parse(point.target_at) / 1e3),
    bands: [{ series: [1, 2], fill: () => ink("accent-soft") }],
    cursor: { show: false },
  });
}
