// The four things that somebody wants to know at once: when demand rises, how many pods there will be, why, and what
// that saved. Made of what the controller said, with no number of its own.
import type { Accuracy, Course, EventShort, ReplayState, ScalerView } from "../api/types";
import { amount, away, count, millis, percent, pods, roughly, span, when } from "./format";

/** A rise is worth telling when it is more than this share above what is observed. */
const WORTH_TELLING = 1.15;

/** A forecast's doubt grows with its horizon: who has this share of the way is there. */
const NEARLY_ALL = 0.95;

/** How long before its start an event may already lift demand, and how long after its end. */
const AROUND_EVENT_MS = 45 * 60_000;

export interface Rise {
  /** When half of the way up is done. */
  at: number;
  peakAt: number;
  peak: number;
  /** The most pods that are asked for on the way, and when nearly all of them are. */
  pods: number;
  podsAt: number;
}

/** The next rise within the horizon; null where demand stays about what it is. */
export function nextRise(view: ScalerView, course: Course | null): Rise | null {
  const observed = view.plan.observed ?? view.row.demand;
  if (course === null || observed === null || course.at.length === 0) return null;
  const peak = Math.max(...course.demand);
  if (peak <= observed * WORTH_TELLING || peak <= 0) return null;
  const peakIndex = course.demand.findIndex((demand) => peak * NEARLY_ALL <= demand);
  const halfWay = observed + (peak - observed) / 2;
  const riseIndex = course.demand.findIndex((demand) => halfWay <= demand);
  const most = Math.max(...course.replicas);
  return {
    at: millis(course.at[riseIndex] ?? ""),
    peakAt: millis(course.at[peakIndex] ?? ""),
    peak,
    pods: most,
    podsAt: millis(course.at[course.replicas.findIndex((replicas) => most * NEARLY_ALL <= replicas)] ?? ""),
  };
}

/** The announced event that a moment belongs to: the one that starts closest to it. */
export function eventAround(events: readonly EventShort[], at: number): EventShort | null {
  const near = events.filter((event) => {
    const end = millis(event.endsAt);
    return millis(event.startsAt) - AROUND_EVENT_MS <= at && at <= end + AROUND_EVENT_MS;
  });
  const distance = (event: EventShort) => Math.abs(millis(event.startsAt) - at);
  return near.reduce<EventShort | null>(
    (best, event) => (best === null || distance(event) < distance(best) ? event : best),
    null,
  );
}

/** The next announced event that has not started. */
export function nextEvent(events: readonly EventShort[], now: number): EventShort | null {
  const ahead = events.filter((event) => now < millis(event.startsAt));
  return ahead.sort((a, b) => millis(a.startsAt) - millis(b.startsAt))[0] ?? null;
}

export interface Fact {
  label: string;
  value: string;
  note: string;
}

export interface Headline {
  sentence: string;
  facts: Fact[];
}

export interface Known {
  view: ScalerView;
  course: Course | null;
  accuracy: Accuracy | null;
  replay: ReplayState | null;
}

export function headline(known: Known): Headline {
  const now = millis(known.view.plan.madeAt);
  const rise = nextRise(known.view, known.course);
  const saved = known.replay === null ? savedLive(known.view, known.accuracy) : savedInReplay(known.replay);
  return rise === null ? calm(known.view, now, saved) : rising(known.view, rise, now, saved);
}

function rising(view: ScalerView, rise: Rise, now: number, saved: Fact): Headline {
  const event = eventAround(view.events, rise.peakAt);
  const because =
    event === null ? "the forecast says so" : `${event.type} “${event.name}” ${starts(event, now)}`;
  const ahead = rise.podsAt <= now ? "asked for now" : `from ${when(rise.podsAt, now)}`;
  return {
    sentence: `Next rise: ${when(rise.at, now)}, to as much as ${roughly(rise.peak)}. ${pods(rise.pods)} ${ahead}, because ${because}.`,
    facts: [
      {
        label: "When",
        value: when(rise.at, now),
        note: `${away(rise.at, now)}; most at ${when(rise.peakAt, now)}`,
      },
      {
        label: "How many pods",
        value: count(rise.pods),
        note: `${ahead}; ${count(view.workload?.replicas ?? view.row.running)} run now`,
      },
      {
        label: "Why",
        value: event === null ? "Forecast" : event.name,
        note:
          event === null
            ? view.plan.reason.sentence
            : `${event.type}, ${starts(event, now)}${expected(event)}`,
      },
      saved,
    ],
  };
}

function calm(view: ScalerView, now: number, saved: Fact): Headline {
  const event = nextEvent(view.events, now);
  const horizon = span(view.spec.horizonSeconds);
  const size = pods(view.plan.replicas);
  const known = view.forecast !== null && view.forecast.withheld === null;
  const outlook = known ? `No rise within the next ${horizon}` : "No forecast yet";
  const next =
    event === null ? "" : ` Next event: ${event.type} “${event.name}”, ${when(event.startsAt, now)}.`;
  return {
    sentence: `${outlook}; ${size} planned.${next}`,
    facts: [
      {
        label: "When",
        value: event === null ? "Nothing ahead" : when(event.startsAt, now),
        note: event === null ? `no rise within ${horizon}` : `${event.name}, ${away(event.startsAt, now)}`,
      },
      {
        label: "How many pods",
        value: count(view.plan.replicas),
        note: `${count(view.workload?.replicas ?? view.row.running)} run now`,
      },
      { label: "Why", value: view.plan.reason.code, note: view.plan.reason.sentence },
      saved,
    ],
  };
}

function starts(event: EventShort, now: number): string {
  const at = millis(event.startsAt);
  return now < at ? `starts at ${when(at, now)}` : `started at ${when(at, now)}`;
}

function expected(event: EventShort): string {
  return event.expectedPeak === null ? "" : `; ${amount(event.expectedPeak)} expected`;
}

function savedInReplay(replay: ReplayState): Fact {
  const result = replay.result;
  const label = replay.ended ? "What it saved" : "What it saved so far";
  if (result === null) {
    return {
      label: "What it saved",
      value: "At the end",
      note: "jump to the end in the bar above to see it",
    };
  }
  const peer = besidePeer(result.beside);
  if (peer === null) {
    return {
      label,
      value: `${count(result.lateRequests)} late`,
      note: `of ${amount(result.requests)} requests`,
    };
  }
  const fewer = peer.lateRequests - result.lateRequests;
  const words = fewer < 0 ? "more late requests" : "fewer late requests";
  const dearer = peer.cost === 0 ? null : result.cost / peer.cost - 1;
  const cost =
    dearer === null ? "" : `, at ${percent(Math.abs(dearer))} ${dearer < 0 ? "less" : "more"} cost`;
  return { label, value: amount(Math.abs(fewer)), note: `${words} than ${peer.policy}${cost}` };
}

/** The policy that people run today, to compare with: the HPA on CPU where it is there. */
export function besidePeer<T extends { policy: string }>(beside: readonly T[]): T | null {
  return beside.find((peer) => peer.policy === "hpa-cpu") ?? beside[0] ?? null;
}

function savedLive(view: ScalerView, accuracy: Accuracy | null): Fact {
  const label = view.row.mode === "Shadow" ? "What it would save" : "What it saved";
  const late = accuracy?.reality.lateMinutes ?? null;
  const planned = accuracy?.plan.lateMinutes ?? null;
  if (accuracy === null || late === null || planned === null) {
    return { label, value: "Not known yet", note: "minutes are being counted" };
  }
  const over = `over the last ${span(accuracy.reality.minutes * 60)}`;
  if (view.row.mode !== "Shadow") {
    return { label: "Late", value: span(late * 60), note: over };
  }
  const extra = (accuracy.plan.replicaHours ?? 0) - (accuracy.reality.replicaHours ?? 0);
  const cost = `${amount(Math.abs(extra))} replica-hours ${extra < 0 ? "less" : "more"}`;
  return { label, value: `${span((late - planned) * 60)} late`, note: `for ${cost}, ${over}` };
}
