"use strict";
// The embedded data, unpacked: `src/report/payload.rs` writes it. Also who of its policies has which colour.

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
