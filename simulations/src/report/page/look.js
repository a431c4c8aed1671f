"use strict";
// The theme, the printer and the width, which all charts of a page follow.

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
function wirePrint(drawRest = () => {}) {
  let before;
  addEventListener("beforeprint", () => {
    before = document.documentElement.dataset.theme;
    drawRest();
    setTheme("light");
  });
  addEventListener("afterprint", () => {
    if (before) setTheme(before);
    else { delete document.documentElement.dataset.theme; redrawAll(); }
  });
}

function wireWidth(drawOthers = () => {}) {
  new ResizeObserver(() => {
    drawOthers();
    for (const chart of everyChart) {
      const width = chartWidth(chart.root.parentElement);
      if (width !== chart.width) chart.setSize({ width, height: chart.height });
    }
  }).observe(document.querySelector("main"));
}
