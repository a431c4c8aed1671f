"use strict";
// Puts the page to work: draws the charts and follows links into the timeline.

const aroundTurn = 20 * 60;
const charts = document.getElementById("charts");

const redrawTradeoff = () => drawTradeoff(document.getElementById("tradeoff-plot"));

redrawTradeoff();
drawTimeline(charts, document.getElementById("controls"));
watchEvents();
wireLinks();
wireTheme();
wirePrint(() => document.querySelectorAll("[data-event]").forEach(drawEvent));
wireWidth(redrawTradeoff);

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
