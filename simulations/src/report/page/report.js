"use strict";
// Puts the page to work: draws the charts, follows links into the timeline, the theme, the width and the printer.

const aroundTurn = 20 * 60;
const charts = document.getElementById("charts");

drawTradeoff(document.getElementById("tradeoff-plot"));
drawTimeline(charts, document.getElementById("controls"));
watchEvents();
wireLinks();
wireTheme();
wirePrint();
wireWidth();

// An event's chart is drawn when it comes near the screen: a season has a hundred of them.
function watchEvents() {
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((each) => each.isIntersecting)) {
      watcher.unobserve(entry.target);
      drawEvent(entry.target);
    }
  }, { rootMargin: "400px" });
  document.querySelectorAll("[data-event]").forEach((host) => watcher.observe(host));
}

// The static fleet and the oracle are left out: a flat line, and demand once more.
function drawEvent(host) {
  if (host.childElementCount > 0) return;
  const event = report.events[host.dataset.event];
  const policies = report.policies.filter((policy) => !["static", "oracle"].includes(policy.name));
  const keys = policies.map((policy) => element("span", { "data-policy": policy.name }, element("i"), policy.name));
  host.append(element("div", { class: "panel-title" }, `Demand and capacity, ${report.unit}/s`,
    element("span", {}, element("i"), "demand"), ...keys));
  timeChart(host, 240, [
    demandLine(),
    ...policies.map((policy) => line(() => colourOf(policy.name), { paths: stepped })),
  ], [report.demand, ...policies.map((policy) => policy.capacity)], {
    range: () => [event.start - event.margin_s, event.end + event.margin_s],
    cursor: { drag: { x: false, y: false } },
  });
}

function wireLinks() {
  const show = (from, to) => {
    zoom(from, to);
    document.getElementById("timeline").scrollIntoView();
    charts.focus({ preventScroll: true });
  };
  document.querySelectorAll("[data-zoom]").forEach((link) => link.addEventListener("click", () => {
    show(Number(link.dataset.zoom) - aroundTurn, Number(link.dataset.zoom) + aroundTurn);
  }));
  document.querySelectorAll("[data-event-zoom]").forEach((link) => link.addEventListener("click", () => {
    const event = report.events[link.dataset.eventZoom];
    show(event.start - event.margin_s, event.end + event.margin_s);
  }));
}

function redrawAll() {
  for (const chart of everyChart) chart.redraw();
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  redrawAll();
}

// The button names the theme that it leads to.
function wireTheme() {
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
  const name = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.hidden = false;
  button.setAttribute("aria-label", "Switch between light and dark");
  button.addEventListener("click", () => { setTheme(isDark() ? "light" : "dark"); name(); });
  system.addEventListener("change", () => { redrawAll(); name(); });
  name();
}

// Paper is light, and every chart is on it.
function wirePrint() {
  let before;
  addEventListener("beforeprint", () => {
    before = document.documentElement.dataset.theme;
    document.querySelectorAll("[data-event]").forEach(drawEvent);
    setTheme("light");
  });
  addEventListener("afterprint", () => {
    if (before) setTheme(before);
    else { delete document.documentElement.dataset.theme; redrawAll(); }
  });
}

function wireWidth() {
  new ResizeObserver(() => {
    drawTradeoff(document.getElementById("tradeoff-plot"));
    for (const chart of everyChart) {
      const width = chartWidth(chart.root.parentElement);
      if (width !== chart.width) chart.setSize({ width, height: chart.height });
    }
  }).observe(document.querySelector("main"));
}
