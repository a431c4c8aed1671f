import { describe, expect, it } from "vitest";
import { monthSheet, startOfWeek, wallClock, weekSheet } from "./calendar";

describe("sheets", () => {
  it("of a month are whole weeks around it, from Monday or from Sunday", () => {
    const at = new Date(2026, 6, 15).getTime();
    const monday = monthSheet(at, 1);
    expect(monday[0]).toEqual(new Date(2026, 5, 29));
    expect(monday.at(-1)).toEqual(new Date(2026, 7, 2));
    const sunday = monthSheet(at, 7);
    expect(sunday[0]).toEqual(new Date(2026, 5, 28));
    expect(sunday.length % 7).toBe(0);
  });

  it("of a week have seven days, over a change of the clocks too", () => {
    const week = weekSheet(new Date(2026, 2, 29, 12).getTime(), 1);
    expect(week.map((date) => date.getDate())).toEqual([23, 24, 25, 26, 27, 28, 29]);
    expect(week.every((date) => date.getHours() === 0)).toBe(true);
    expect(startOfWeek(new Date(2026, 2, 29, 12).getTime(), 7)).toEqual(new Date(2026, 2, 29));
  });
});

describe("wall clocks", () => {
  it("show what people there read", () => {
    const kickOff = Date.parse("2026-07-07T17:00:00Z");
    expect(wallClock(kickOff, "Europe/Paris")).toBe("2026-07-07T19:00");
    expect(wallClock(kickOff, "Asia/Kolkata")).toBe("2026-07-07T22:30");
    expect(wallClock(Date.parse("2026-07-07T22:00:00Z"), "Europe/Paris")).toBe("2026-07-08T00:00");
  });
});
