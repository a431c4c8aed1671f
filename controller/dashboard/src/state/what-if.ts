// What is asked of the what-if: only what differs from what is. Pure.
import type { EventChange, EventDraft, EventShort, ScalerView, WhatIf } from "../api/types";

/** An event that is tried out: so many minutes from now, so high. */
export interface Tried {
  type: string;
  inMinutes: number;
  peak: number;
}

export interface Changes {
  events: Record<string, { shiftMinutes: number; times: number; cancelled: boolean }>;
  tried: Tried | null;
  numbers: Partial<
    Record<"risk" | "minReplicas" | "maxReplicas" | "perReplica" | "podSeconds" | "nodeSeconds", number>
  >;
}

export const NO_CHANGES: Changes = { events: {}, tried: null, numbers: {} };

/** How long an event that is tried out lasts. */
const TRIED_MS = 3_600_000;

export function asked(changes: Changes, view: ScalerView): WhatIf {
  const what: WhatIf = { ...changes.numbers };
  const events = Object.entries(changes.events)
    .map(([name, change]): EventChange => {
      if (change.cancelled) return { name, cancelled: true };
      const moved: EventChange = { name };
      if (change.shiftMinutes !== 0) moved.shiftSeconds = change.shiftMinutes * 60;
      if (change.times !== 1) moved.magnitudeTimes = change.times;
      return moved;
    })
    .filter((change) => 1 < Object.keys(change).length);
  if (0 < events.length) what.events = events;
  if (changes.tried !== null) what.add = [draftOf(changes.tried, view)];
  return what;
}

function draftOf(tried: Tried, view: ScalerView): EventDraft {
  const starts = Date.parse(view.plan.madeAt) + tried.inMinutes * 60_000;
  return {
    namespace: view.row.namespace,
    name: "what-if",
    type: tried.type,
    startsAt: new Date(starts).toISOString(),
    endsAt: new Date(starts + TRIED_MS).toISOString(),
    expectedDemand: { peak: tried.peak, rampUp: "10m" },
  };
}

/** Minutes ahead at which an event is tried out: within the forecast, and far enough that there is time to get ready. */
export function triedAhead(horizonSeconds: number): number {
  return Math.max(1, Math.min(30, Math.round(horizonSeconds / 120)));
}

/** The events that are not over, by whether their start is within what is forecast. */
export function byReach(view: ScalerView): { near: EventShort[]; far: EventShort[] } {
  const now = Date.parse(view.plan.madeAt);
  const until = now + view.spec.horizonSeconds * 1000;
  const open = view.events.filter((event) => now <= Date.parse(event.endsAt));
  const isNear = (event: EventShort) => Date.parse(event.startsAt) <= until;
  const far = open.filter((event) => !isNear(event));
  return {
    near: open.filter(isNear),
    far: far.sort((one, other) => Date.parse(one.startsAt) - Date.parse(other.startsAt)),
  };
}

/** Minutes by which an event is moved so that it starts `aheadMinutes` from now. */
export function shiftTo(event: EventShort, view: ScalerView, aheadMinutes: number): number {
  const starts = Date.parse(view.plan.madeAt) + aheadMinutes * 60_000;
  return Math.round((starts - Date.parse(event.startsAt)) / 60_000);
}

export function unchanged(changes: Changes, view: ScalerView): boolean {
  return Object.keys(asked(changes, view)).length === 0;
}
