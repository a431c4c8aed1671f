"use strict";
// The trade-off plot: replica-hours across, late or failed share up. Both scales are logarithmic, since a fleet for the
// peak costs ten times what is needed; the one of shares still has a zero.

const plot = { width: 1000, height: 430, left: 80, right: 24, top: 20, bottom: 46 };

function drawTradeoff(host) {
  const swept = report.frontier.map((point) => ({ ...point, missed_share: point.late_share, name: point.policy }));
  const points = [...swept, ...report.policies];
  if (points.length === 0) return;
  const size = { ...plot, width: Math.max(host.clientWidth - 10, 300) };
  const place = placement(points, size);
  const drawing = svg("svg", { viewBox: `0 0 ${size.width} ${size.height}` });
  drawing.append(...axes(place, size));
  const lines = [frontier(swept, "hpa", "HPA frontier", "soft"), frontier(swept, "prescale", "Prescale frontier", "accent")];
  drawing.append(...lines.map((line) => frontierLine(line, place)));
  drawing.append(...swept.map((point) => mark(point, place, 4, 0.6)));
  drawing.append(...report.policies.map((policy) => mark(policy, place, 7, 1)));
  const labels = report.policies.map((policy) => ({ name: policy.name, colour: "ink", anchors: [policy] }));
  drawing.append(...names([...labels, ...lines], points, place, size));
  host.replaceChildren(drawing);
  explainMarks(host, drawing);
}

function svg(tag, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

// Where values land. The vertical scale is log(1 + share / least): linear about zero, logarithmic above.
function placement(points, size) {
  const hours = points.map((point) => point.replica_hours);
  const shares = points.map((point) => point.missed_share);
  const positive = shares.filter((share) => share > 0);
  const least = Math.min(Math.max(Math.min(...positive, 1e-3), 1e-6), 1e-3);
  const from = Math.max(Math.min(...hours), 0.01) / 1.15;
  const to = Math.max(...hours, 0.02) * 1.15;
  const highest = Math.max(...shares, least * 10) * 1.3;
  const bend = (share) => Math.log10(1 + share / least);
  const across = size.width - size.left - size.right;
  const up = size.height - size.top - size.bottom;
  return {
    from, to, least, highest,
    x: (value) => size.left + (Math.log(Math.max(value, from) / from) / Math.log(to / from)) * across,
    y: (share) => size.top + (1 - bend(share) / bend(highest)) * up,
  };
}

function axes(place, size) {
  const right = size.width - size.right;
  const floor = size.height - size.bottom;
  const parts = [];
  for (const share of shareTicks(place)) {
    const y = place.y(share);
    parts.push(svg("line", { class: "gridline", x1: size.left, x2: right, y1: y, y2: y }));
    parts.push(svg("text", { x: size.left - 8, y: y + 4, "text-anchor": "end" }, share === 0 ? "0" : percent(share)));
  }
  for (const hours of hourTicks(place.from, place.to, size.width < 600 ? 4 : 8)) {
    const x = place.x(hours);
    parts.push(svg("line", { class: "gridline", x1: x, x2: x, y1: size.top, y2: floor }));
    parts.push(svg("text", { x, y: floor + 18, "text-anchor": "middle" }, number(hours)));
  }
  parts.push(svg("text", { x: right, y: floor + 38, "text-anchor": "end" }, "replica-hours →"));
  parts.push(svg("text", { x: size.left + 6, y: size.top - 6 }, "↑ late or failed"));
  return parts;
}

function shareTicks(place) {
  const ticks = [0];
  for (let power = Math.ceil(Math.log10(place.least)); power <= 0; power++) {
    if (10 ** power <= place.highest) ticks.push(10 ** power);
  }
  return ticks;
}

// 1, 2, 3, 5 and 7 times each power of ten in between; even ticks where that are too few to read by.
function hourTicks(from, to, wanted) {
  const ticks = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.log10(to); power++) {
    ticks.push(...[1, 2, 3, 5, 7].map((factor) => factor * 10 ** power).filter((tick) => from <= tick && tick <= to));
  }
  return ticks.length < 3 ? evenTicks(from, to, wanted) : ticks;
}

// Ticks at 1, 2 or 5 times a power of ten, about `wanted` of them.
function evenTicks(from, to, wanted) {
  const rough = (to - from) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((factor) => factor >= rough);
  const ticks = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) ticks.push(tick);
  return ticks;
}

// The best of a family in the order of its cost; named at its dear end, where there is room.
function frontier(swept, family, name, colour) {
  const best = swept.filter((point) => point.on_frontier && point.policy.startsWith(family));
  best.sort((a, b) => a.replica_hours - b.replica_hours);
  return { name, colour, best, anchors: best.toReversed() };
}

function frontierLine(line, place) {
  const path = line.best.map((point) => `${place.x(point.replica_hours)},${place.y(point.missed_share)}`).join(" ");
  return svg("polyline", { class: "frontier", points: path, style: `stroke: var(--${line.colour})` });
}

function mark(point, place, radius, opacity) {
  const words = `${point.name}, ${point.settings}: ${percent(point.missed_share)} late or failed, ` +
    `${number(point.replica_hours)} replica-hours, cost ${number(point.cost)}`;
  const at = { cx: place.x(point.replica_hours), cy: place.y(point.missed_share), r: radius };
  const look = { style: `fill: ${variableOf(point.name)}`, "fill-opacity": opacity };
  return svg("g", { tabindex: 0, role: "img", "aria-label": words }, svg("circle", { ...at, ...look }));
}

function variableOf(policyName) {
  const known = knownColours.find((name) => policyName === name || policyName.startsWith(`${name}-`));
  return `var(--${known ?? "other"})`;
}

// A name goes to the first side of its anchors where it meets no mark or other name, and stays within the plot.
function names(labels, points, place, size) {
  const taken = points.map((point) => box(place.x(point.replica_hours) - 7, place.y(point.missed_share) - 7, 14, 14));
  return labels.filter((label) => label.anchors.length > 0).map((label) => {
    const width = label.name.length * 7.2;
    const sides = label.anchors.flatMap((anchor) =>
      sidesOf(place.x(anchor.replica_hours), place.y(anchor.missed_share), width));
    const free = ([left, top]) => left > size.left && left + width < size.width && top > size.top &&
      !taken.some((other) => meets(other, box(left, top, width, 16)));
    const [left, top] = sides.find(free) ?? sides[0];
    taken.push(box(left, top, width, 16));
    const look = { x: left, y: top + 12, style: `fill: var(--${label.colour})` };
    return svg("text", { class: "name", "aria-hidden": "true", ...look }, label.name);
  });
}

function sidesOf(x, y, width) {
  const [right, left, middle] = [x + 12, x - 12 - width, x - width / 2];
  return [[right, y - 8], [left, y - 8], [middle, y - 27], [middle, y + 11],
    [right - 6, y - 24], [right - 6, y + 8], [left + 6, y - 24], [left + 6, y + 8]];
}

// What a mark stands for, beside it, while the pointer or the focus is on it.
function explainMarks(host, drawing) {
  const note = host.appendChild(element("div", { class: "readout", "aria-hidden": "true" }));
  for (const each of drawing.querySelectorAll("g[tabindex]")) {
    const show = () => {
      note.textContent = each.getAttribute("aria-label");
      const mark = each.getBoundingClientRect();
      const frame = host.getBoundingClientRect();
      const left = mark.right - frame.left + 10;
      const fits = left + note.offsetWidth < frame.width;
      note.style.left = `${fits ? left : Math.max(mark.left - frame.left - note.offsetWidth - 10, 4)}px`;
      note.style.top = `${Math.max(mark.top - frame.top - note.offsetHeight - 4, 4)}px`;
    };
    const hide = () => note.replaceChildren();
    each.addEventListener("pointerenter", show);
    each.addEventListener("focus", show);
    each.addEventListener("pointerleave", hide);
    each.addEventListener("blur", hide);
  }
}

function box(left, top, width, height) {
  return { left, top, right: left + width, bottom: top + height };
}

function meets(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
