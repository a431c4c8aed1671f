import { describe, expect, it } from "vitest";
import type { EventRow } from "../api/types";
import { draftOf, emptyForm, fieldNamedIn, formOf } from "./event-form";

const event: EventRow = {
  namespace: "live",
  name: "semi-final",
  type: "kick-off",
  effect: "Demand",
  startsAt: "2026-07-07T17:00:00Z",
  endsAt: "2026-07-07T19:00:00Z",
  expectedPeak: 40_000,
  learnedUplift: null,
  observedPeak: null,
  timeZone: "Europe/Paris",
  magnitude: 2.5e6,
  confidence: 0.9,
  expectedDemand: { peak: 40_000, rampUpSeconds: 600 },
  phase: "Announced",
  labels: { team: "live", tier: "1" },
  resourceVersion: "77",
  scalers: [],
  problem: null,
};

describe("the form of an event", () => {
  it("gives back what it was filled with, in the event's own zone", () => {
    const draft = draftOf(formOf(event, "America/New_York"), event);
    expect(draft).toEqual({
      namespace: "live",
      name: "semi-final",
      type: "kick-off",
      effect: "Demand",
      startsAt: "2026-07-07T19:00:00",
      endsAt: "2026-07-07T21:00:00",
      timeZone: "Europe/Paris",
      magnitude: 2.5e6,
      confidence: 0.9,
      expectedDemand: { peak: 40_000, rampUp: "600s" },
      labels: { team: "live", tier: "1" },
      resourceVersion: "77",
    });
  });

  it("leaves out what nobody typed", () => {
    const form = {
      ...emptyForm("live", Date.parse("2026-07-07T17:00:00Z"), "UTC"),
      name: "tour",
      type: "on-sale",
    };
    expect(draftOf(form, null)).toEqual({
      namespace: "live",
      name: "tour",
      type: "on-sale",
      effect: "Demand",
      startsAt: "2026-07-07T17:00:00",
      timeZone: "UTC",
      labels: {},
    });
  });

  it("says at which field something is that no draft can hold", () => {
    const form = { ...formOf(event, "UTC"), magnitude: "many", labels: "team" };
    expect([...(draftOf(form, event) as Map<string, string>).keys()].sort()).toEqual(["labels", "magnitude"]);
    const steep = { ...formOf(event, "UTC"), "expectedDemand.peak": "" };
    expect([...(draftOf(steep, event) as Map<string, string>).keys()]).toEqual(["expectedDemand.peak"]);
  });

  it("finds the field that a refusal names, the longest name first", () => {
    const fields = ["name", "startsAt", "expectedDemand.peak"] as const;
    expect(fieldNamedIn("startsAt 10:00 is skipped by the clocks", fields)).toBe("startsAt");
    expect(fieldNamedIn("expectedDemand.peak 0 is not above 0", fields)).toBe("expectedDemand.peak");
    expect(fieldNamedIn("renamed things are refused", fields)).toBeNull();
  });
});
