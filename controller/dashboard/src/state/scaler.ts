// The scaler that is looked at: its newest view from the stream, its trail and the plan's course from calls that follow
// its ticks, at a bounded pace.
import { signal } from "@preact/signals";
import { api, type Problem } from "../api/client";
import type { Accuracy, Course, ScalerView, Trail } from "../api/types";
import { refused, session } from "./session";
import { joined } from "./trail";

export const view = signal<ScalerView | null>(null);
export const trail = signal<Trail | null>(null);
export const course = signal<Course | null>(null);
export const accuracy = signal<Accuracy | null>(null);
export const scalerFault = signal<Problem | null>(null);
/** Set when the scaler went while it was looked at. */
export const scalerGone = signal(false);

/** Hours of the past that the charts show. */
export const rangeHours = signal(3);

/** How often what follows a tick is asked for: a replay runs through hours in seconds. */
const PACE_MS = { live: 15_000, replay: 1_000 };
const SLOW_PACE_MS = { live: 60_000, replay: 5_000 };

let looked: { ns: string; name: string; abort: AbortController } | null = null;
let lastFollow = 0;
let lastAccuracy = 0;
let following = false;

/** Turns to a scaler; what is returned turns away. */
export function lookAt(ns: string, name: string): () => void {
  const mine = { ns, name, abort: new AbortController() };
  looked = mine;
  view.value = null;
  trail.value = null;
  course.value = null;
  accuracy.value = null;
  scalerFault.value = null;
  scalerGone.value = false;
  void loadScaler();
  return () => {
    mine.abort.abort();
    if (looked === mine) looked = null;
  };
}

/** Asks for everything anew: at first, after a hole in the stream, and when the range grows. */
export async function loadScaler(): Promise<void> {
  const mine = looked;
  if (mine === null) return;
  try {
    const seen = await api.scaler(mine.ns, mine.name, mine.abort.signal);
    if (looked !== mine) return;
    view.value = seen;
    scalerFault.value = null;
    scalerGone.value = false;
    trail.value = null;
    lastFollow = 0;
    lastAccuracy = 0;
    await follow();
  } catch (error) {
    if (looked !== mine) return;
    const problem = refused(error);
    if (problem?.status === 404 && view.value !== null) scalerGone.value = true;
    else scalerFault.value = problem;
  }
}

/** A tick of the scaler came over the stream. */
export function ticked(next: ScalerView): void {
  const mine = looked;
  if (mine === null || next.row.namespace !== mine.ns || next.row.name !== mine.name) return;
  const restarted = view.value !== null && next.plan.madeAt < view.value.plan.madeAt;
  view.value = next;
  scalerGone.value = false;
  if (restarted) {
    trail.value = null;
    lastFollow = 0;
  }
  void follow();
}

async function follow(): Promise<void> {
  const mine = looked;
  const seen = view.value;
  const mode = session.value?.mode ?? "live";
  if (mine === null || seen === null || following || Date.now() - lastFollow < PACE_MS[mode]) return;
  following = true;
  lastFollow = Date.now();
  try {
    const { ns, name } = mine;
    const abort = mine.abort.signal;
    const now = Date.parse(seen.plan.madeAt);
    const start = now - rangeHours.value * 3_600_000;
    const held = trail.value;
    const from = Math.max(start, held === null ? 0 : Date.parse(held.at.at(-2) ?? held.at.at(-1) ?? ""));
    const wantAccuracy = SLOW_PACE_MS[mode] <= Date.now() - lastAccuracy;
    if (wantAccuracy) lastAccuracy = Date.now();
    const [fresh, answer, judged] = await Promise.all([
      api.history(ns, name, new Date(Number.isFinite(from) ? from : start), new Date(now), abort),
      api.whatIf(ns, name, {}, abort).catch(nothing),
      wantAccuracy ? api.accuracy(ns, name, abort).catch(nothing) : null,
    ]);
    if (looked !== mine) return;
    trail.value = joined(held, fresh, start);
    if (answer !== null) course.value = answer.before;
    if (judged !== null) accuracy.value = judged;
  } catch (error) {
    const problem = refused(error);
    if (problem?.status === 404 && looked === mine) scalerGone.value = true;
  } finally {
    following = false;
  }
}

/** What only adds to the page is left out while it cannot be had; the end of a session is not. */
function nothing(error: unknown): null {
  refused(error);
  return null;
}

export function setRange(hours: number): void {
  rangeHours.value = hours;
  trail.value = null;
  lastFollow = 0;
  void follow();
}
