"use strict";
// The timeline: four panels over one time axis, what is shown in them, and the values under the pointer.

const panels = [];
const shown = {
  focus: mainPolicy(),
  policies: new Set(["prescale", "hpa-cpu", "hpa-demand"].map(policyNamed).filter(Boolean)),
  measures: new Set(["ready"]),
};
const measures = { ready: "Ready", replicas: "Existing", desired: "Desired" };
const dashes = { ready: undefined, replicas: [6, 4], desired: [2, 3] };

function drawTimeline(host, controls) {
  if (report.times.length === 0 || !shown.focus) return;
  if (shown.policies.size === 0) shown.policies.add(shown.focus);
  host.replaceChildren();
  const hooks = { setCursor: [showReadout] };
  const cursor = { sync: { key: "timeline", setSeries: false, scales: ["x", null] } };
  const add = (title, height, content, options) => {
    const legend = host.appendChild(element("div", { class: "panel-title" }, title));
    const chart = timeChart(host, height, content.series, content.values, { hooks, cursor, ...options });
    panels.push({ chart, legend, content });
  };
  add(`Demand, ${report.unit}/s`, 280, demandContent(), { bare: true, labels: true, bands: forecastBand() });
  add("Replicas", 200, replicaContent(), { bare: true });
  add("Nodes", 120, policyContent("nodes"), { bare: true });
  add(`Late or failed, ${report.unit}/s`, 170, policyContent("missed", 0.18));
  host.append(document.getElementById("readout"));
  host.addEventListener("mouseleave", hideReadout);
  host.addEventListener("keydown", steer);
  controls.append(policyChips(), measureChips(), focusSelect(), resetButton());
  refresh();
}

// The focus policy's series come from `shown`, so that another focus needs new data only.
function demandContent() {
  const focus = () => colourOf(shown.focus.name);
  return {
    series: [
      line(null), line(null),
      line(focus, { width: 1, dash: [5, 4] }),
      line(focus, { width: 1.25, dash: [1, 3], paths: stepped }),
      line(focus, { width: 2.25, paths: stepped }),
      demandLine(),
    ],
    values: demandValues(),
  };
}

function demandValues() {
  const { high, low, median, served, capacity } = shown.focus;
  return [high, low, median, served, capacity, report.demand];
}

function forecastBand() {
  return [{ series: [1, 2], fill: () => ink("accent-soft") }];
}

function replicaContent() {
  const series = [];
  const values = [];
  for (const policy of report.policies) {
    for (const measure of Object.keys(measures)) {
      series.push(line(() => colourOf(policy.name), {
        paths: stepped, dash: dashes[measure], owner: policy, measure, width: measure === "ready" ? 2 : 1.25,
      }));
      values.push(policy[measure]);
    }
  }
  return { series, values };
}

function policyContent(measure, fillAlpha) {
  const series = report.policies.map((policy) => line(() => colourOf(policy.name), {
    paths: stepped, owner: policy, fill: fillAlpha && (() => faded(colourOf(policy.name), fillAlpha)),
  }));
  return { series, values: report.policies.map((policy) => policy[measure]) };
}

// Brings the panels in line with what is chosen.
function refresh() {
  panels[0].chart.setData([report.times, ...demandValues()], false);
  for (const { chart, content } of panels) {
    chart.batch(() => content.series.forEach((series, i) => {
      const wanted = !series.owner || (shown.policies.has(series.owner) &&
        (!series.measure || shown.measures.has(series.measure)));
      if (chart.series[i + 1].show !== wanted) chart.setSeries(i + 1, { show: wanted });
    }));
    chart.redraw();
  }
  panels[0].legend.replaceChildren(`Demand, ${report.unit}/s`, ...demandKeys());
}

function demandKeys() {
  const { name, served, median } = shown.focus;
  const key = (look, words, policy) => element("span", policy ? { "data-policy": policy } : {},
    element("i", { class: look }), words);
  const some = (values) => values.some((value) => value !== null);
  return [
    key("", "demand"),
    key("", `capacity of ${name}`, name),
    ...(some(served) ? [key("dotted", "served demand", name)] : []),
    ...(some(median) ? [key("dashed", "median forecast", name), key("area", "10 % to 95 % of the forecast")] : []),
  ];
}

function zoom(from, to) {
  const least = Math.max(from, report.times[0]);
  const most = Math.min(to, report.times.at(-1));
  for (const { chart } of panels) chart.setScale("x", { min: least, max: most });
}

function resetZoom() {
  zoom(-Infinity, Infinity);
}

function steer(event) {
  const { min, max } = panels[0].chart.scales.x;
  const width = max - min;
  const moves = {
    ArrowLeft: [-0.2, -0.2], ArrowRight: [0.2, 0.2], "+": [0.2, -0.2], "=": [0.2, -0.2], "-": [-0.35, 0.35],
  };
  if (event.key === "0") resetZoom();
  else if (moves[event.key]) zoom(min + width * moves[event.key][0], max + width * moves[event.key][1]);
  else return;
  event.preventDefault();
}

function chips(title, entries, chosen) {
  return element("fieldset", {}, element("legend", {}, title), ...entries.map(([value, words, policy]) => {
    const chip = element("button", { type: "button", class: "chip", "aria-pressed": chosen.has(value) });
    if (policy) chip.dataset.policy = policy;
    chip.append(element("i"), words);
    chip.addEventListener("click", () => {
      if (!chosen.delete(value)) chosen.add(value);
      chip.setAttribute("aria-pressed", chosen.has(value));
      refresh();
    });
    return chip;
  }));
}

function policyChips() {
  return chips("Policies", report.policies.map((policy) => [policy, policy.name, policy.name]), shown.policies);
}

function measureChips() {
  return chips("Replicas", Object.entries(measures), shown.measures);
}

function focusSelect() {
  const select = element("select", { id: "focus" }, ...report.policies.map((policy) =>
    element("option", { value: policy.name }, policy.name)));
  select.value = shown.focus.name;
  select.addEventListener("change", () => { shown.focus = policyNamed(select.value); refresh(); });
  return element("div", {}, element("label", { for: "focus" }, "Capacity of"), select);
}

function resetButton() {
  const button = element("button", { type: "button", class: "quiet" }, "Whole window");
  button.addEventListener("click", resetZoom);
  return button;
}

function hideReadout() {
  document.getElementById("readout").replaceChildren();
}

// Only the panel under the pointer fills the readout; the others follow it by their cursor line. It stands below the
// panel, or above, so that it never covers what it explains.
function showReadout(chart) {
  const { idx, left } = chart.cursor;
  if (!chart.root.matches(":hover") || idx === null || idx === undefined || left < 0) return;
  const readout = document.getElementById("readout");
  readout.replaceChildren(...readoutLines(idx));
  const host = readout.parentElement;
  const plotLeft = chart.over.getBoundingClientRect().left - host.getBoundingClientRect().left;
  const onRight = plotLeft + left + 24 + readout.offsetWidth < host.clientWidth;
  const x = onRight ? plotLeft + left + 16 : plotLeft + left - readout.offsetWidth - 16;
  const below = chart.root.offsetTop + chart.height + 8;
  const above = chart.root.offsetTop - readout.offsetHeight - 28;
  readout.style.left = `${Math.max(x, 4)}px`;
  readout.style.top = `${below + readout.offsetHeight < host.clientHeight ? below : Math.max(above, 4)}px`;
}

function readoutLines(i) {
  const { focus } = shown;
  const rows = [["Demand", number(report.demand[i])], ["Observed", number(report.observed[i])]];
  if (typeof focus.median[i] === "number") {
    rows.push(["Forecast", `${number(focus.median[i])} (${number(focus.low[i])} to ${number(focus.high[i])})`]);
  }
  if (typeof focus.served[i] === "number") rows.push(["Served demand", number(focus.served[i])]);
  rows.push([`Capacity of ${focus.name}`, number(focus.capacity[i])]);
  const reason = focus.texts[focus.reason[i]];
  return [
    element("b", {}, `${stamp(report.times[i])} UTC`),
    element("dl", {}, ...rows.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)])),
    policyTable(i),
    ...(reason ? [element("p", {}, reason)] : []),
  ];
}

function policyTable(i) {
  const head = ["", "ready", "exist", "want", "nodes", "miss/s"].map((words) => element("th", {}, words));
  const rows = report.policies.filter((policy) => shown.policies.has(policy)).map((policy) =>
    element("tr", { "data-policy": policy.name }, element("th", {}, element("i"), policy.name),
      ...["ready", "replicas", "desired", "nodes", "missed"].map((measure) =>
        element("td", {}, number(policy[measure][i])))));
  return element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
}
