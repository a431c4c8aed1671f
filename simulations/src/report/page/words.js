"use strict";
// Colours, numbers and elements, as every page of ours shows them.

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
