// The four things that somebody wants to know at once: when demand rises, how many pods there will be, why, and what
// that saved. Made of what the controller said, with no number of its own.
import type { Accuracy, Column, Course, EventShort, ReplayState, ScalerView, Trail } from "../api/types";
import { amount, away, count, millis, percent, pods, roughly, span, when } from "./format";

/** A rise is worth telling when it is more than this share above what is observed. */
const WORTH_TELLING = 1.15;

/** A forecast's doubt grows with its horizon: who has this share of the way is there. */
const NEARLY_ALL = 0.95;

/** Less than this many minutes say nothing of what a plan is worth. */
const WORTH_COUNTING_MIN = 10;

/** How long before its start an event may already lift demand, and how long after its end. */
const AROUND_EVENT_MS = 20 * 60_000;

/** The codes of reasons, as people say them. */
const REASONS: Record<string, string> = {
  Forecast: "Forecast",
  Observed: "Observed demand",
  Reactive: "Observed demand",
  Draining: "Lag to drain",
  UnknownCapacity: "Capacity unknown",
  HeldPlan: "Source silent",
  LastObserved: "Source silent",
  HeldSize: "Source silent",
};

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
  // The course is a high quantile: above what is observed at once, which is doubt, and no rise.
  const level = Math.max(observed, course.demand[0] ?? 0);
  if (peak <= level * WORTH_TELLING || peak <= 0) return null;
  const peakIndex = course.demand.findIndex((demand) => peak * NEARLY_ALL <= demand);
  const halfWay = level + (peak - level) / 2;
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
  trail: Trail | null;
}

export function headline(known: Known): Headline {
  const now = millis(known.view.plan.madeAt);
  if (known.replay?.ended) return lookedBack(known, known.replay, now);
  const rise = nextRise(known.view, known.course);
  const saved = known.replay === null ? savedLive(known.view, known.accuracy) : savedInReplay(known.replay);
  const small = rise !== null && lessThanWhatIsAhead(known.view, rise, now);
  return rise === null || small ? calm(known.view, rise, now, saved) : rising(known.view, rise, now, saved);
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

/** Where the most was, and how much; null where nothing is known. */
function most(column: Column): { index: number; value: number } | null {
  return column.reduce<{ index: number; value: number } | null>(
    (best, value, index) =>
      value !== null && (best === null || best.value < value) ? { index, value } : best,
    null,
  );
}

/** A replay that is over tells of the rise that it had. */
function lookedBack({ view, trail }: Known, replay: ReplayState, now: number): Headline {
  const saved = savedInReplay(replay);
  const peak = most(trail?.demand ?? []);
  const size = most(trail?.planned ?? []);
  const at = millis(trail?.at[peak?.index ?? 0] ?? "");
  if (trail === null || peak === null || size === null) {
    return { sentence: `The replay is over. ${saved.value} ${saved.note}.`, facts: [saved] };
  }
  const asked = trail.planned.findIndex((planned) => planned !== null && size.value * NEARLY_ALL <= planned);
  const askedAt = when(trail.at[asked] ?? "", now);
  const event = eventAround(view.events, at);
  const why = event === null ? "the forecast said so" : `${event.type} “${event.name}” ${starts(event, now)}`;
  return {
    sentence: `Demand rose to ${roughly(peak.value)} at ${when(at, now)}. ${pods(size.value)} from ${askedAt}, because ${why}.`,
    facts: [
      { label: "When", value: when(at, now), note: `demand of ${roughly(peak.value)}` },
      { label: "How many pods", value: count(size.value), note: `asked for from ${askedAt}` },
      { label: "Why", value: event?.name ?? "Forecast", note: event === null ? "no event was near" : why },
      saved,
    ],
  };
}

/** The pods that an announced peak takes, where what one serves is known. */
function podsFor(view: ScalerView, event: EventShort | null): number | null {
  const perReplica = view.spec.capacity.perReplica;
  if (event === null || event.expectedPeak === null || perReplica === null) return null;
  return Math.min(
    Math.max(Math.ceil(event.expectedPeak / perReplica), view.spec.minReplicas),
    view.spec.maxReplicas,
  );
}

function within(rise: Rise | null, horizon: string): string {
  return rise === null
    ? `No rise within the next ${horizon}`
    : `Up to ${roughly(rise.peak)} within the next ${horizon}`;
}

/** A small rise that belongs to no event must not hide the event that comes after it. */
function lessThanWhatIsAhead(view: ScalerView, rise: Rise, now: number): boolean {
  const expected = nextEvent(view.events, now)?.expectedPeak ?? 0;
  return eventAround(view.events, rise.peakAt) === null && rise.peak * WORTH_TELLING < expected;
}

function calm(view: ScalerView, rise: Rise | null, now: number, saved: Fact): Headline {
  const event = nextEvent(view.events, now);
  const horizon = span(view.spec.horizonSeconds);
  const size = pods(view.plan.replicas);
  const known = view.forecast !== null && view.forecast.withheld === null;
  const outlook = known ? within(rise, horizon) : "No forecast yet";
  const later = podsFor(view, event);
  const about = later === null ? "" : `, for which about ${pods(later)} are needed`;
  const running = count(view.workload?.replicas ?? view.row.running);
  const next =
    event === null ? "" : ` Next event: ${event.type} “${event.name}”, ${when(event.startsAt, now)}${about}.`;
  return {
    sentence: `${outlook}; ${size} planned.${next}`,
    facts: [
      {
        label: "When",
        value: event === null ? "Nothing ahead" : when(event.startsAt, now),
        note: event === null ? `no rise within ${horizon}` : `${event.name}, ${away(event.startsAt, now)}`,
      },
      later === null
        ? { label: "How many pods", value: count(view.plan.replicas), note: `${running} run now` }
        : {
            label: "How many pods",
            value: `about ${count(later)}`,
            note: `for ${amount(event?.expectedPeak)} expected; ${count(view.plan.replicas)} planned now, ${running} run`,
          },
      later === null || event === null
        ? {
            label: "Why",
            value: REASONS[view.plan.reason.code] ?? view.plan.reason.code,
            note: view.plan.reason.sentence,
          }
        : { label: "Why", value: event.name, note: `${event.type}, ${starts(event, now)}` },
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
  const label = "What it saved";
  if (result === null) {
    return {
      label,
      value: "At the end",
      note: "jump to the end in the bar above to see it",
    };
  }
  const peer = besidePeer(result.beside);
  if (peer === null) {
    return {
      label,
      value: `${count(result.lateRequests)} late`,
      note: `of ${amount(result.requests)} requests of the recording`,
    };
  }
  const fewer = peer.lateRequests - result.lateRequests;
  const words = fewer < 0 ? "more late requests" : "fewer late requests";
  const dearer = peer.cost === 0 ? null : result.cost / peer.cost - 1;
  const cost =
    dearer === null ? "" : `, at ${percent(Math.abs(dearer))} ${dearer < 0 ? "less" : "more"} cost`;
  return {
    label,
    value: amount(Math.abs(fewer)),
    note: `${words} than ${peer.policy} over the recording${cost}`,
  };
}

/** The policy that people run today, to compare with: the HPA on CPU where it is there. */
export function besidePeer<T extends { policy: string }>(beside: readonly T[]): T | null {
  return beside.find((peer) => peer.policy === "hpa-cpu") ?? beside[0] ?? null;
}

function savedLive(view: ScalerView, accuracy: Accuracy | null): Fact {
  const label = view.row.mode === "Shadow" ? "What it would save" : "What it saved";
  const late = accuracy?.reality.lateMinutes ?? null;
  const planned = accuracy?.plan.lateMinutes ?? null;
  if (
    accuracy === null ||
    late === null ||
    planned === null ||
    accuracy.reality.minutes < WORTH_COUNTING_MIN
  ) {
    return { label, value: "Not known yet", note: "minutes are being counted" };
  }
  const over = `over the last ${span(accuracy.reality.minutes * 60)}`;
  if (view.row.mode !== "Shadow") {
    return { label: "Late", value: span(late * 60), note: over };
  }
  const extra = (accuracy.plan.replicaHours ?? 0) - (accuracy.reality.replicaHours ?? 0);
  const cost = `${amount(Math.abs(extra))} replica-hours ${extra < 0 ? "less" : "more"}`;
  return { label, value: `${amount(late - planned)} late minutes`, note: `for ${cost}, ${over}` };
}
