import { describe, expect, it } from "vitest";
import { backPath, named, signInPath } from "./router";

describe("coming back after sign-in", () => {
  it("leads to a page of ours", () => {
    expect(backPath("?back=%2Fscalers%2Flive%2Fgateway")).toBe("/scalers/live/gateway");
    expect(backPath("")).toBe("/");
  });

  it("leads nowhere else, whatever the link says", () => {
    for (const bad of [
      "https://evil.example",
      "//evil.example",
      "/\\evil.example",
      "javascript:alert(1)",
      "/sign-in",
    ]) {
      expect(backPath(`?back=${encodeURIComponent(bad)}`)).toBe("/");
    }
  });

  it("remembers where somebody was", () => {
    expect(signInPath("/events")).toBe("/sign-in?back=%2Fevents");
    expect(signInPath("/")).toBe("/sign-in");
  });
});

describe("parts of a path", () => {
  it("are names, even where they are no encoding", () => {
    expect(named("a%3Db")).toBe("a=b");
    expect(named("100%")).toBe("100%");
  });
});
