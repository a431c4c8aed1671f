import { describe, expect, it } from "vitest";
import { amount, away, count, percent, pods, roughly, span, utc } from "./format";

describe("numbers", () => {
  it("say missing with a dash, and never with 0", () => {
    for (const word of [amount, count, percent, span, roughly]) {
      expect(word(null)).toBe("–");
      expect(word(Number.NaN)).toBe("–");
      expect(word(0)).not.toBe("–");
    }
  });

  it("have as many digits as somebody reads", () => {
    expect(amount(0.0123)).toBe("0.012");
    expect(amount(12.34)).toBe("12.3");
    expect(amount(11_400.4)).toBe((11_400).toLocaleString());
    expect(roughly(15_661)).toBe((15_700).toLocaleString());
    expect(pods(1)).toBe("1 pod");
  });
});

describe("times", () => {
  it("are told in the largest unit that is exact enough", () => {
    expect(span(45)).toBe("45 s");
    expect(span(90)).toBe("1 min 30 s");
    expect(span(840)).toBe("14 min");
    expect(span(4800)).toBe("1 h 20 min");
    expect(span(3 * 86_400)).toBe("3 d");
  });

  it("are told by their distance", () => {
    expect(away("2026-07-07T18:44:00Z", "2026-07-07T18:30:00Z")).toBe("in 14 min");
    expect(away("2026-07-07T18:27:00Z", "2026-07-07T18:30:00Z")).toBe("3 min ago");
    expect(away("2026-07-07T18:30:02Z", "2026-07-07T18:30:00Z")).toBe("now");
  });

  it("are UTC where they say so", () => {
    expect(utc("2026-07-07T18:30:00Z")).toMatch(/(18|6):30:00.*UTC$/);
  });
});
