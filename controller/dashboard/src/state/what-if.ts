// What is asked of the what-if: only what differs from what is. Pure.
import type { EventChange, EventDraft, ScalerView, WhatIf } from "../api/types";

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

export function unchanged(changes: Changes, view: ScalerView): boolean {
  return Object.keys(asked(changes, view)).length === 0;
}
