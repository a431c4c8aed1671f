import { describe, expect, it } from "vitest";
import type { EventShort, ScalerView } from "../api/types";
import { asked, byReach, NO_CHANGES, shiftTo, triedAhead, unchanged } from "./what-if";

const minute = (n: number): string => new Date(Date.UTC(2026, 6, 7, 18, n)).toISOString();

const event = (name: string, starts: number, ends: number): EventShort =>
  ({ name, type: "kick-off", startsAt: minute(starts), endsAt: minute(ends) }) as EventShort;

const view = {
  row: { namespace: "live" },
  spec: { horizonSeconds: 900 },
  plan: { madeAt: minute(0) },
  events: [
    event("over", -90, -10),
    event("runs", -10, 50),
    event("soon", 15, 75),
    event("tonight", 180, 300),
  ],
} as unknown as ScalerView;

describe("what a what-if reaches", () => {
  it("are events that begin within the forecast; later ones have to be brought nearer", () => {
    const { near, far } = byReach(view);
    expect(near.map((one) => one.name)).toEqual(["runs", "soon"]);
    expect(far.map((one) => one.name)).toEqual(["tonight"]);
    expect(shiftTo(far[0] as EventShort, view, 8)).toBe(-172);
  });

  it("is tried within the forecast", () => {
    expect(triedAhead(900)).toBe(8);
    expect(triedAhead(86_400)).toBe(30);
    expect(triedAhead(60)).toBe(1);
  });
});

describe("what is asked", () => {
  it("is only what differs", () => {
    expect(unchanged(NO_CHANGES, view)).toBe(true);
    const events = {
      soon: { shiftMinutes: -5, times: 2, cancelled: false },
      runs: { shiftMinutes: 0, times: 1, cancelled: false },
    };
    expect(asked({ ...NO_CHANGES, events, numbers: { podSeconds: 40 } }, view)).toEqual({
      podSeconds: 40,
      events: [{ name: "soon", shiftSeconds: -300, magnitudeTimes: 2 }],
    });
  });
});
