"use strict";
// The embedded data, unpacked: `src/report/payload.rs` writes it. Also the words and numbers that all charts share.

const report = unpack(JSON.parse(document.getElementById("report-data").textContent));

// A run is `[value, length]`, a lone value stands for itself.
function column(runs) {
  const values = [];
  for (const run of runs) {
    if (!Array.isArray(run)) { values.push(run); continue; }
    for (let left = run[1]; left > 0; left--) values.push(run[0]);
  }
  return values;
}

function unpack(data) {
  const measures = ["served", "desired", "replicas", "ready", "nodes", "backlog", "late", "failed",
    "low", "median", "high", "reason"];
  let at = data.from_s;
  data.times = column(data.steps_s).map((step) => (at += step));
  data.to_s = data.from_s + data.length_s;
  data.widths = data.times.map((start, i) => Math.max((data.times[i + 1] ?? data.to_s) - start, 0));
  data.demand = column(data.demand);
  data.observed = column(data.observed);
  for (const policy of data.policies) {
    for (const measure of measures) policy[measure] = column(policy[measure]);
    policy.capacity = policy.ready.map((ready) => (ready === null ? null : ready * data.replica_capacity));
    policy.missed = policy.late.map((late, i) => missedRate(late, policy.failed[i], data.widths[i]));
  }
  for (const event of data.events) {
    event.start = data.from_s + event.start_s;
    event.end = data.from_s + event.end_s;
  }
  return data;
}

// Late and failed requests of a bucket, per second, so that buckets of different widths compare.
function missedRate(late, failed, width) {
  return late === null || width === 0 ? null : (late + failed) / width;
}

function policyNamed(name) {
  return report.policies.find((policy) => policy.name === name);
}

// Prescale where it ran, since it is the one with a forecast; otherwise the first.
function mainPolicy() {
  return policyNamed("prescale") ?? report.policies[0];
}

const knownColours = ["prescale", "hpa-cpu", "hpa-demand", "cron", "static", "oracle"];

function colourOf(policyName) {
  const known = knownColours.find((name) => policyName === name || policyName.startsWith(`${name}-`));
  return ink(known ?? "other");
}

// A colour of the style sheet as the current theme resolves it; a canvas knows no variables.
function ink(name) {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = `var(--${name})`;
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });

function number(value) {
  if (value === null || value === undefined) return "–";
  return Math.abs(value) < 10 ? fine.format(value) : grouped.format(value);
}

// 12,000 as 12k: an axis has little room.
function short(value) {
  if (value >= 1e6) return `${fine.format(value / 1e6)}M`;
  return value >= 1e4 ? `${fine.format(value / 1e3)}k` : number(value);
}

// The space does not break.
function percent(share) {
  const value = share * 100;
  if (value <= 0) return "0\u00a0%";
  return `${value < 0.001 ? "<0.001" : Number(value.toPrecision(2))}\u00a0%`;
}

function stamp(seconds) {
  return new Date(seconds * 1e3).toISOString().slice(0, 19).replace("T", " ");
}

// An element with attributes and children; text children are text, never markup.
function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
