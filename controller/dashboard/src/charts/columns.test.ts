import { describe, expect, it } from "vitest";
import type { Course, ScalerView, Trail } from "../api/types";
import { demandColumns, replicaColumns, riskColumn } from "./columns";
import { readingAt } from "./reading";

const minute = (n: number): string => new Date(Date.UTC(2026, 6, 7, 18, n)).toISOString();

const view = {
  row: { demand: 100, running: 2, planned: 3 },
  spec: { risk: 0.95, stepSeconds: 60, capacity: { perReplica: 50, how: "given" } },
  plan: {
    madeAt: minute(3),
    observed: 110,
    replicas: 3,
    headroom: 1,
    demand: 150,
    reason: { sentence: "3 replicas: demand is forecast to reach 150" },
  },
  workload: { replicas: 2, existing: 2, ready: 2 },
  nodes: 1,
  headroom: { pods: 2, ready: 1, by: "CapacityBuffer", condition: null },
  lag: null,
  forecast: {
    origin: minute(3),
    stepSeconds: 60,
    quantiles: [0.1, 0.5, 0.9, 0.95, 0.99],
    values: [
      [90, 120, 140, 150, 170],
      [95, 130, 160, 180, 210],
    ],
    withheld: null,
  },
} as unknown as ScalerView;

const trail = {
  stepSeconds: 60,
  at: [0, 1, 2].map(minute),
  demand: [80, null, 100],
  forecast: [81, 90, 99],
  low: [70, 80, 90],
  high: [90, 100, 110],
  planned: [2, 2, 3],
  running: [2, 2, 2],
  ready: [2, 2, null],
  headroom: [0, 0, 1],
  headroomReady: [null, 0, 1],
  nodes: [1, 1, 1],
  served: [80, 80, 100],
  signals: { joins: [1, 2, 3] },
  reasons: [{ from: minute(0), to: minute(2), sentence: "2 replicas: demand is 80", replicas: 2 }],
} as unknown as Trail;

const course: Course = {
  at: [4, 5].map(minute),
  demand: [150, 180],
  replicas: [3, 4],
  headroom: [1, 0],
  plan: { replicas: 3, headroom: 1, sentence: "" },
};

describe("the columns of the charts", () => {
  it("have one time axis: the trail, now, and the forecast", () => {
    const columns = demandColumns(trail, view);
    expect(columns[0]).toEqual([0, 1, 2, 3, 4, 5].map((n) => Date.parse(minute(n)) / 1000));
    for (const column of columns) expect(column).toHaveLength(6);
  });

  it("keep gaps, and begin the fan at what is observed", () => {
    const [, most, , , , median, , , , capacity, demand] = demandColumns(trail, view);
    expect(demand).toEqual([80, null, 100, 110, null, null]);
    expect(most).toEqual([null, null, null, 110, 170, 210]);
    expect(median).toEqual([null, null, null, 110, 120, 130]);
    expect(capacity).toEqual([100, 100, null, null, null, null]);
  });

  it("show what will be asked for after what was planned", () => {
    const [, , running, planned, coming] = replicaColumns(trail, view, course);
    expect(running).toEqual([2, 2, 2, 2, null, null]);
    expect(planned).toEqual([2, 2, 3, 3, null, null]);
    expect(coming).toEqual([null, null, null, 3, 3, 4]);
  });

  it("put node room on top of what is asked for: what is kept, and what of it is there", () => {
    const [, , , , , kept, there, foot] = replicaColumns(trail, view, course);
    expect(foot).toEqual([2, 2, 3, 3, 3, 4]);
    expect(kept).toEqual([2, 2, 4, 5, 4, 4]);
    expect(there).toEqual([2, 2, 4, 4, 3, 4]);
  });

  it("find the quantile that is planned for", () => {
    expect(riskColumn(view)).toBe(3);
  });
});

describe("a reading of the charts", () => {
  const known = { view, trail, course };
  const value = (at: string | null, label: string) =>
    readingAt(known, at === null ? null : Date.parse(at)).rows.find((row) => row.label === label)?.value;

  it("tells what was, with the reason of that moment", () => {
    expect(value(minute(1), "Demand")).toBe("–");
    expect(value(minute(2), "Demand")).toBe("100");
    expect(readingAt(known, Date.parse(minute(2))).sentence).toBe("2 replicas: demand is 80");
  });

  it("tells what is, and what is to come", () => {
    expect(value(null, "Demand")).toBe("110");
    expect(readingAt(known, null).tense).toBe("now");
    expect(value(minute(5), "Median")).toBe("130");
    expect(value(minute(5), "To be asked for")).toBe("4");
    expect(value(minute(5), "Quantile 0.95, planned for")).toBe("180");
  });
});
