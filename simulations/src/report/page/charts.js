"use strict";
// What all time charts share: axes, event shading, and the look of a series. Colours are functions, so that a redraw
// follows the theme.

const everyChart = new Set();

function timeChart(host, height, series, values, options = {}) {
  const chart = new uPlot({
    width: chartWidth(host),
    height,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), "Etc/UTC"),
    series: [{}, ...series],
    bands: options.bands ?? [],
    scales: {
      x: { time: true, range: options.range ?? ((_, from, to) => [from, to]) },
      y: { range: (_, __, highest) => [0, highest > 0 ? highest * 1.08 : 1] },
    },
    axes: [timeAxis(options.bare), valueAxis()],
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false, dist: 4 }, points: { size: 6 }, ...options.cursor },
    padding: [8, 24, 0, 0],
    hooks: { drawClear: [shadeEvents], draw: options.labels ? [labelEvents] : [], ...options.hooks },
  }, [options.times ?? report.times, ...values], host);
  everyChart.add(chart);
  return chart;
}

function chartWidth(host) {
  return Math.max(host.clientWidth - 10, 280);
}

function valueAxis() {
  return {
    size: 58, gap: 6, stroke: () => ink("soft"), font: "11px system-ui, sans-serif",
    grid: { stroke: () => ink("grid"), width: 1 }, ticks: { show: false }, space: 36,
    values: (_, splits) => splits.map(short),
  };
}

// A bare axis keeps its grid; the chart below it has the words.
function timeAxis(bare) {
  return {
    size: bare ? 6 : 38, stroke: () => ink("soft"), font: "11px system-ui, sans-serif", space: 72,
    grid: { stroke: () => ink("grid"), width: 1 }, ticks: { show: false },
    values: (_, splits, __, ___, step) => (bare ? splits.map(() => "") : timeWords(splits, step)),
  };
}

// The time at each split, with the day under the first one and wherever it changes.
function timeWords(splits, step) {
  let day = "";
  return splits.map((split) => {
    const date = new Date(split * 1e3);
    const today = date.toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
    if (step >= 86400) return today;
    const time = date.toISOString().slice(11, step < 60 ? 19 : 16);
    const words = today === day ? time : `${time}\n${today}`;
    day = today;
    return words;
  });
}

function line(colour, look = {}) {
  return { stroke: colour, width: 1.75, points: { show: false }, ...look };
}

// Demand is the ground that everything else stands on.
function demandLine() {
  return line(() => ink("ink"), { width: 1.75, fill: () => faded(ink("ink"), 0.07) });
}

function faded(colour, alpha) {
  return colour.replace(/^rgb\(([^)]+)\)$/, `rgba($1, ${alpha})`);
}

const stepped = uPlot.paths.stepped({ align: 1 });

function shadeEvents(chart) {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.fillStyle = ink("event");
  for (const event of report.events) {
    const [left, right] = span(chart, event);
    if (left < right) ctx.fillRect(left, bbox.top, right - left, bbox.height);
  }
  ctx.restore();
}

// A name is cut to the room before the next event; where not even its beginning fits it is left out, and zooming in
// brings it back.
function labelEvents(chart) {
  const { ctx, bbox } = chart;
  const seen = report.events.map((event) => [event.name, ...span(chart, event)]).filter(([, left, right]) => left < right);
  ctx.save();
  ctx.font = `600 ${11 * uPlot.pxRatio}px system-ui, sans-serif`;
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  ctx.fillStyle = ink("event-ink");
  seen.forEach(([name, left], index) => {
    const start = left + 5 * uPlot.pxRatio;
    const end = index + 1 < seen.length ? seen[index + 1][1] : bbox.left + bbox.width;
    ctx.fillText(cut(ctx, name, end - start - 4 * uPlot.pxRatio), start, bbox.top + 5 * uPlot.pxRatio);
  });
  ctx.restore();
}

// As much of a name as fits, with an ellipsis where it is cut; nothing where that is less than four letters.
function cut(ctx, name, room) {
  if (ctx.measureText(name).width <= room) return name;
  for (let length = name.length - 1; length >= 4; length--) {
    const shorter = `${name.slice(0, length)}…`;
    if (ctx.measureText(shorter).width <= room) return shorter;
  }
  return "";
}

// Left and right edge of an event in canvas pixels, within the plotting area.
function span(chart, event) {
  const { left, width } = chart.bbox;
  const edge = (time) => Math.min(Math.max(chart.valToPos(time, "x", true), left), left + width);
  return [edge(event.start), edge(event.end)];
}
