import { describe, expect, it } from "vitest";
import type { Advice, Cost } from "../api/types";
import { advised, money, saved, told } from "./cost";

const sum = (saved: number | null) => ({ hours: 10, replicaHours: 60, pods: 8, headroom: 1, saved });
const cost = (more: object): Cost =>
  ({
    alwaysOn: { replicas: 24, source: "Observed", demand: 5800, at: null },
    nodeHours: sum(3.25),
    money: sum(41.2),
    ...more,
  }) as Cost;

describe("cost in words", () => {
  it("is money where every node has a price, and node-hours elsewhere", () => {
    expect(told(cost({})).unit).toBe("money");
    expect(saved(cost({}))).toBe(
      "41.20 less than 24 replicas all the time: the most that demand needed in 14 days.",
    );
    const unpriced = cost({
      money: null,
      alwaysOn: { replicas: 9, source: "MaxReplicas", demand: null, at: null },
    });
    expect(saved(unpriced)).toBe("3.3 node-hours less than 9 replicas all the time: maxReplicas.");
  });

  it("says when it costs more, and when nobody knows", () => {
    expect(saved(cost({ money: sum(-2) }))).toMatch(/^2\.00 more than 24 replicas/);
    expect(saved(cost({ money: sum(null) }))).toBe("What it saves is not known yet.");
    expect(saved(cost({ alwaysOn: null }))).toBe("What it saves is not known yet.");
  });

  it("keeps small prices, and makes no zero of what is missing", () => {
    expect(money(0.0123)).toBe("0.012");
    expect(money(0)).toBe("0.00");
    expect(money(null)).toBe("–");
  });

  it("tells what the advice would save", () => {
    const advice = { savesNodes: 1.5, savesPerHour: null } as Advice;
    expect(advised(advice)).toBe("Its pods would take up 1.5 nodes fewer. Nobody applies it.");
    expect(advised({ ...advice, savesNodes: -1, savesPerHour: -0.4 })).toBe(
      "Its pods would take up 1 nodes more, 0.40 an hour more. Nobody applies it.",
    );
    expect(advised({ ...advice, savesNodes: null })).toBeNull();
  });
});
