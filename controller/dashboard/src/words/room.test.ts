import { describe, expect, it } from "vitest";
import type { ScalerView } from "../api/types";
import { faring, known, parts, room } from "./room";

const view = (more: object): ScalerView =>
  ({
    workload: { replicas: 12, existing: 12, ready: 8 },
    pods: { pending: 1, going: 2 },
    headroom: { pods: 5, ready: 2, by: "PlaceholderPods", condition: null },
    ...more,
  }) as unknown as ScalerView;

describe("node room in words", () => {
  it("says how much of it is there, and never that what is unknown is none", () => {
    expect(room({ pods: 5, ready: 2 })).toBe("5, 2 there");
    expect(room({ pods: 5, ready: 5 })).toBe("5, all there");
    expect(room({ pods: 5, ready: null })).toBe("5");
    expect(room({ pods: 0, ready: 0 })).toBe("0");
    expect(room({ pods: null, ready: null })).toBe("–");
  });

  it("counts every pod and every place once", () => {
    const told = parts(view({})).map((part) => [part.mark, part.pods]);
    expect(told).toEqual([
      ["running", 8],
      ["starting", 3],
      ["pending", 1],
      ["room", 2],
      ["awaited", 3],
    ]);
  });

  it("leaves out what is none, and does not invent ready pods", () => {
    const unknown = view({
      workload: { replicas: 4, existing: 4, ready: null },
      pods: null,
      headroom: { pods: 0, ready: null, by: null, condition: null },
    });
    expect(parts(unknown)).toEqual([{ mark: "running", label: "run", pods: 4 }]);
    expect(parts(view({ workload: null, pods: null })).map((part) => part.mark)).toEqual(["room", "awaited"]);
  });

  it("repeats the controller's own sentence where there is one", () => {
    const condition = { type: "HeadroomReady", status: "False", reason: "TooLate", message: "needs 14 pods" };
    expect(faring(view({ headroom: { pods: 5, ready: 2, by: null, condition } }))).toBe("Needs 14 pods");
    expect(faring(view({}))).toBe("Room for 5 pods is kept by a Deployment of placeholder pods: 5, 2 there.");
  });
});

describe("a lead time", () => {
  it("tells how it is known", () => {
    const of = (how: "typed" | "measured" | "pool" | "prior", starts: number) =>
      known({ seconds: 35, starts, how }, "pod");
    expect(of("typed", 3)).toBe("as spec.leadTime says");
    expect(of("measured", 18)).toBe("measured of 18 starts here");
    expect(of("pool", 1)).toBe("as nodes of its pool start, with 1 start of its own");
    expect(of("prior", 0)).toBe("a guess, until pods were seen to start");
    expect(of("prior", 3)).toBe("3 starts here, filled in with a guess until there are ten");
  });
});
