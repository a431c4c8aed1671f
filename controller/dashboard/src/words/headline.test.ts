import { describe, expect, it } from "vitest";
import type { Course, EventShort, ReplayState, ScalerView, Trail } from "../api/types";
import { eventAround, headline, nextRise } from "./headline";

const NOW = Date.parse("2026-07-07T18:30:00Z");
const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString();

const kickOff: EventShort = {
  name: "semi-final",
  type: "kick-off",
  effect: "Demand",
  startsAt: at(30),
  endsAt: at(140),
  expectedPeak: 11_400,
  learnedUplift: 3.1,
  observedPeak: null,
};

function view(observed: number | null, events: EventShort[]): ScalerView {
  return {
    row: { namespace: "live", name: "gateway", mode: "Shadow", demand: observed, running: 5 },
    spec: {
      horizonSeconds: 3600,
      risk: 0.95,
      minReplicas: 3,
      maxReplicas: 200,
      capacity: { perReplica: 250 },
    },
    plan: {
      madeAt: at(0),
      replicas: 5,
      observed,
      reason: { sentence: "5 replicas: demand is 1000", code: "Observed" },
    },
    workload: { replicas: 5, existing: 5, ready: 5 },
    forecast: { withheld: null },
    events,
  } as unknown as ScalerView;
}

/** A course that climbs from 1,000 to 11,000 between the 21st and the 30th minute. */
const climbing: Course = {
  at: Array.from({ length: 60 }, (_, i) => at(i + 1)),
  demand: Array.from({ length: 60 }, (_, i) => 1000 + 1000 * Math.min(Math.max(i - 19, 0), 10)),
  replicas: Array.from({ length: 60 }, (_, i) => 5 + 4 * Math.min(Math.max(i - 17, 0), 10)),
  headroom: [],
  plan: { replicas: 5, headroom: 0, sentence: "" },
};

describe("the next rise", () => {
  it("is where half of the climb is done, and knows when nearly all pods are asked for", () => {
    const rise = nextRise(view(1000, [kickOff]), climbing);
    expect(rise).toMatchObject({ peak: 11_000, pods: 45 });
    expect(rise?.at).toBe(Date.parse(at(25)));
    expect(rise?.podsAt).toBe(Date.parse(at(28)));
  });

  it("is not there while demand stays about what it is, or is not known", () => {
    const doubtful = { ...climbing, demand: climbing.demand.map(() => 3000) };
    expect(nextRise(view(1000, []), doubtful)).toBeNull();
    const flat = { ...climbing, demand: climbing.demand.map(() => 1100) };
    expect(nextRise(view(1000, []), flat)).toBeNull();
    expect(nextRise(view(null, []), climbing)).toBeNull();
    expect(nextRise(view(1000, []), null)).toBeNull();
  });
});

describe("the headline", () => {
  const words = (replay: ReplayState | null = null) =>
    headline({ view: view(1000, [kickOff]), course: climbing, accuracy: null, replay, trail: null });

  it("names the event that a rise belongs to", () => {
    expect(words().sentence).toContain("kick-off “semi-final”");
    expect(words().sentence).toContain("45 pods");
    expect(words().facts.map((fact) => fact.label)).toEqual([
      "When",
      "How many pods",
      "Why",
      "What it would save",
    ]);
  });

  it("says of a quiet hour that nothing rises, and what is next", () => {
    const late = { ...kickOff, startsAt: at(300), endsAt: at(400) };
    const quiet = headline({
      view: view(1000, [late]),
      course: null,
      accuracy: null,
      replay: null,
      trail: null,
    });
    expect(quiet.sentence).toContain("No rise within the next 1 h");
    expect(quiet.sentence).toContain("semi-final");
    expect(quiet.sentence).toContain("about 46 pods");
  });

  it("is not led away from an event by a small rise before it", () => {
    const small = { ...climbing, demand: climbing.demand.map((demand) => 1000 + (demand - 1000) / 20) };
    const later = { ...kickOff, startsAt: at(100), endsAt: at(200) };
    const said = headline({
      view: view(1000, [later]),
      course: small,
      accuracy: null,
      replay: null,
      trail: null,
    });
    expect(said.sentence).toContain(`Up to ${(1500).toLocaleString()} within the next 1 h`);
    expect(said.facts[2]?.value).toBe("semi-final");
  });

  it("compares a replay with the HPA on CPU", () => {
    const result = { lateRequests: 100, requests: 1e6, cost: 90, beside: [] as ReplayResultBeside[] };
    result.beside = [
      { policy: "cron", lateRequests: 5000, cost: 200 },
      { policy: "hpa-cpu", lateRequests: 9100, cost: 100 },
    ];
    const replay = { ended: false, result } as unknown as ReplayState;
    const saved = words(replay).facts[3];
    expect(saved?.value).toBe((9000).toLocaleString());
    expect(saved?.note).toContain("fewer late requests than hpa-cpu over the recording, at 10% less cost");
  });
});

type ReplayResultBeside = NonNullable<ReplayState["result"]>["beside"][number];

describe("a replay that is over", () => {
  it("tells of the rise that it had", () => {
    const trail = {
      at: [at(0), at(28), at(40)],
      demand: [1000, null, 10_960],
      planned: [5, 44, 45],
    } as unknown as Trail;
    const replay = { ended: true, result: null } as unknown as ReplayState;
    const said = headline({ view: view(900, [kickOff]), course: null, accuracy: null, replay, trail });
    expect(said.sentence).toContain((11_000).toLocaleString());
    expect(said.sentence).toContain("45 pods");
    expect(said.sentence).toContain("semi-final");
    expect(said.facts).toHaveLength(4);
  });
});

describe("the event around a moment", () => {
  it("is the one that starts closest", () => {
    const before = { ...kickOff, name: "before", startsAt: at(-60), endsAt: at(40) };
    expect(eventAround([before, kickOff], NOW + 30 * 60_000)?.name).toBe("semi-final");
    expect(eventAround([before, kickOff], NOW - 50 * 60_000)?.name).toBe("before");
    expect(eventAround([kickOff], NOW + 400 * 60_000)).toBeNull();
  });
});
