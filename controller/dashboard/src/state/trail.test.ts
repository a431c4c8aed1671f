import { describe, expect, it } from "vitest";
import type { Trail } from "../api/types";
import { indexAt, joined, reasonAt } from "./trail";

const minute = (n: number): string => new Date(Date.UTC(2026, 6, 7, 18, n)).toISOString();

/** A trail of the minutes from `first` to `last`, whose demand is `of` the minute. */
function trail(
  first: number,
  last: number,
  of: (minute: number) => number,
  signals: string[] = ["joins"],
): Trail {
  const minutes = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const column = minutes.map(of);
  return {
    stepSeconds: 60,
    at: minutes.map(minute),
    demand: column,
    forecast: column,
    low: column,
    high: column,
    planned: column,
    running: column,
    ready: column,
    headroom: column,
    headroomReady: column,
    nodes: column,
    served: column,
    signals: Object.fromEntries(signals.map((name) => [name, column])),
    reasons: [{ from: minute(first), to: minute(last), sentence: `from ${first}`, replicas: first }],
  };
}

describe("joining a trail with what followed", () => {
  it("replaces what both know, and keeps what only the first knows", () => {
    const all = joined(
      trail(0, 10, (n) => n),
      trail(9, 12, (n) => 100 + n),
      0,
    );
    expect(all.at).toEqual(Array.from({ length: 13 }, (_, i) => minute(i)));
    expect(all.demand).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 109, 110, 111, 112]);
    expect(all.reasons.map((reason) => [reason.from, reason.to])).toEqual([
      [minute(0), minute(9)],
      [minute(9), minute(12)],
    ]);
  });

  it("drops what is older than the range", () => {
    const all = joined(
      trail(0, 10, (n) => n),
      trail(10, 12, (n) => n),
      Date.parse(minute(8)),
    );
    expect(all.demand).toEqual([8, 9, 10, 11, 12]);
  });

  it("leaves a gap where a signal was not known", () => {
    const all = joined(
      trail(0, 1, (n) => n, []),
      trail(2, 3, (n) => n),
      0,
    );
    expect(all.signals.joins).toEqual([null, null, 2, 3]);
  });

  it("keeps what is there when nothing followed", () => {
    const held = trail(0, 2, (n) => n);
    expect(joined(held, { ...held, at: [] }, 0)).toBe(held);
  });
});

describe("reading a trail", () => {
  it("finds the row at or before a moment", () => {
    expect(indexAt([10, 20, 30], 9)).toBe(-1);
    expect(indexAt([10, 20, 30], 10)).toBe(0);
    expect(indexAt([10, 20, 30], 29)).toBe(1);
    expect(indexAt([10, 20, 30], 99)).toBe(2);
  });

  it("knows a reason for as long as it held, and no longer", () => {
    const known = trail(0, 5, (n) => n);
    expect(reasonAt(known, Date.parse(minute(3)))?.sentence).toBe("from 0");
    expect(reasonAt(known, Date.parse(minute(30)))).toBeNull();
  });
});
