// Every scaler that the user may see, kept up to date, and the part of it that the list shows.
import { computed, signal } from "@preact/signals";
import { api, type Problem } from "../api/client";
import type { Fleet, FleetNews, Mode, ScalerRow, State } from "../api/types";
import { knownSince } from "./live";
import { refused } from "./session";

export const keyOf = (row: { namespace: string; name: string }): string => `${row.namespace}/${row.name}`;

/** The rows by key; replaced as a whole at each change, so that who looks notices. */
export const rows = signal<ReadonlyMap<string, ScalerRow>>(new Map());
export const fleetNow = signal<string | null>(null);
export const horizonSeconds = signal(3600);
export const fleetLoaded = signal(false);
export const fleetFault = signal<Problem | null>(null);
/** Scalers that went while the page was open. */
export const gone = signal<readonly string[]>([]);

export async function loadFleet(): Promise<void> {
  try {
    const fleet = await api.fleet();
    knownSince(fleet.since);
    replaceFleet(fleet);
    fleetFault.value = null;
  } catch (error) {
    fleetFault.value = refused(error);
  }
}

function replaceFleet(fleet: Fleet): void {
  const before = rows.value;
  const next = new Map<string, ScalerRow>();
  for (const row of fleet.items) {
    const key = keyOf(row);
    const held = before.get(key);
    next.set(key, held !== undefined && row.at < held.at ? held : row);
  }
  if (fleetLoaded.value) tellGone([...before.keys()].filter((key) => !next.has(key)));
  rows.value = next;
  fleetNow.value = fleet.now;
  horizonSeconds.value = fleet.horizonSeconds;
  fleetLoaded.value = true;
}

export function applyDelta(delta: FleetNews): void {
  fleetNow.value = delta.now;
  if (delta.items.length === 0 && delta.removed.length === 0) return;
  const next = new Map(rows.value);
  for (const row of delta.items) next.set(keyOf(row), row);
  tellGone(delta.removed.filter((key) => next.delete(key)));
  const back = new Set(delta.items.map(keyOf));
  if (gone.value.some((key) => back.has(key))) gone.value = gone.value.filter((key) => !back.has(key));
  rows.value = next;
}

function tellGone(keys: readonly string[]): void {
  if (0 < keys.length) gone.value = [...new Set([...gone.value, ...keys])];
}

export type SortBy = "name" | "mode" | "demand" | "planned" | "peak" | "skill" | "state";

export const search = signal("");
export const namespaceFilter = signal("");
export const modeFilter = signal<Mode | "">("");
export const stateFilter = signal<State | "">("");
export const sortBy = signal<SortBy>("state");
export const descending = signal(false);

export const namespaces = computed(() =>
  [...new Set([...rows.value.values()].map((r) => r.namespace))].sort(),
);

const GRAVITY: Record<State, number> = { failing: 0, warning: 1, ok: 2 };

/** Missing values come last in either direction. */
function byNumber(of: (row: ScalerRow) => number | null) {
  return (a: ScalerRow, b: ScalerRow, sign: number): number => {
    const [x, y] = [of(a), of(b)];
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    return sign * (x - y);
  };
}

const text = (a: string, b: string): number => (a < b ? -1 : b < a ? 1 : 0);
const byKey = (a: ScalerRow, b: ScalerRow): number => text(a.name, b.name) || text(a.namespace, b.namespace);

const ORDERS: Record<SortBy, (a: ScalerRow, b: ScalerRow, sign: number) => number> = {
  name: (a, b, sign) => sign * byKey(a, b),
  mode: (a, b, sign) => sign * text(a.mode, b.mode),
  demand: byNumber((row) => row.demand),
  planned: byNumber((row) => row.planned),
  peak: byNumber((row) => row.peak?.demand ?? null),
  skill: byNumber((row) => row.skill),
  state: (a, b, sign) => sign * (GRAVITY[a.state] - GRAVITY[b.state]),
};

/** The rows that the list shows, in its order. */
export const shown = computed<ScalerRow[]>(() => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const [ns, mode, state] = [namespaceFilter.value, modeFilter.value, stateFilter.value];
  const kept: ScalerRow[] = [];
  for (const row of rows.value.values()) {
    if (ns !== "" && row.namespace !== ns) continue;
    if (mode !== "" && row.mode !== mode) continue;
    if (state !== "" && row.state !== state) continue;
    if (0 < words.length) {
      const text = `${row.namespace}/${row.name} ${row.target} ${row.wrong ?? ""}`.toLowerCase();
      if (!words.every((word) => text.includes(word))) continue;
    }
    kept.push(row);
  }
  const order = ORDERS[sortBy.value];
  const sign = descending.value ? -1 : 1;
  return kept.sort((a, b) => order(a, b, sign) || byKey(a, b));
});

/** How many are in which state and mode, of all that the user may see. */
export const tally = computed(() => {
  const counts = { all: 0, ok: 0, warning: 0, failing: 0, Shadow: 0, Active: 0, Paused: 0 };
  for (const row of rows.value.values()) {
    counts.all += 1;
    counts[row.state] += 1;
    counts[row.mode] += 1;
  }
  return counts;
});
