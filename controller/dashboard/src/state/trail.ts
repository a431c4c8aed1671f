// What is known of a scaler over time, put together from a first answer and the pieces that follow. Pure.
import type { Column, Trail } from "../api/types";

const COLUMNS = [
  "demand",
  "forecast",
  "low",
  "high",
  "planned",
  "running",
  "ready",
  "headroom",
  "headroomReady",
  "nodes",
  "served",
] as const;

/** The rows of `held` before those of `fresh`, then `fresh`; nothing older than `from`. */
export function joined(held: Trail | null, fresh: Trail, from: number): Trail {
  const first = fresh.at[0];
  if (held === null) return fresh;
  if (first === undefined) return held;
  const start = held.at.findIndex((at) => from <= Date.parse(at));
  const end = held.at.findIndex((at) => first <= at);
  const kept: [number, number] =
    start === -1 ? [0, 0] : [start, end === -1 ? held.at.length : Math.max(start, end)];
  const column = (before: Column | undefined, after: Column | undefined): Column => [
    ...(before ?? Array<null>(held.at.length).fill(null)).slice(...kept),
    ...(after ?? Array<null>(fresh.at.length).fill(null)),
  ];
  const trail: Trail = { ...fresh, at: [...held.at.slice(...kept), ...fresh.at] };
  for (const name of COLUMNS) trail[name] = column(held[name], fresh[name]);
  const names = new Set([...Object.keys(held.signals), ...Object.keys(fresh.signals)]);
  trail.signals = Object.fromEntries(
    [...names].map((name) => [name, column(held.signals[name], fresh.signals[name])]),
  );
  const before = held.reasons.filter((r) => r.from < first && from <= Date.parse(r.to));
  trail.reasons = [...before.map((r) => (first < r.to ? { ...r, to: first } : r)), ...fresh.reasons];
  return trail;
}

/** The place of the newest row at or before `at`; -1 before the first. */
export function indexAt(times: readonly number[], at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Why the plan was what it was at a moment, in milliseconds since 1970; null where nobody remembers. */
export function reasonAt(trail: Trail, at: number): Trail["reasons"][number] | null {
  const found = trail.reasons.findLast((reason) => Date.parse(reason.from) <= at);
  if (found === undefined) return null;
  return at <= Date.parse(found.to) + trail.stepSeconds * 1000 ? found : null;
}
