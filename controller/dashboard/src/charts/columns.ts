// The data of a scaler's charts, column by column, as uPlot wants it: the trail up to now, then what is to come. Pure.
import type { Course, ScalerView, Trail } from "../api/types";
import type { Data } from "./plot";

const seconds = (at: string): number => Date.parse(at) / 1000;

/** Times of the trail up to now, and how many they are. */
function past(trail: Trail, now: number): number[] {
  const times = trail.at.map(seconds);
  const end = times.findIndex((at) => now < at);
  return end === -1 ? times : times.slice(0, end);
}

/** The column of the forecast that is closest to the quantile of the plan's risk. */
export function riskColumn(view: ScalerView): number {
  const quantiles = view.forecast?.quantiles ?? [];
  const distances = quantiles.map((quantile) => Math.abs(quantile - view.spec.risk));
  return distances.indexOf(Math.min(...distances));
}

/** Time, 0.99, 0.95, 0.9, 0.1, median ahead; then what was forecast (high, low, median), capacity and demand of the past. */
export function demandColumns(trail: Trail, view: ScalerView): Data {
  const now = seconds(view.plan.madeAt);
  const before = past(trail, now);
  const observed = view.plan.observed ?? view.row.demand;
  const forecast = view.forecast;
  const ahead = forecast === null ? [] : forecast.values;
  const origin = forecast === null ? now : seconds(forecast.origin);
  const steps = ahead.map((_, i) => origin + (i + 1) * (forecast?.stepSeconds ?? 0));
  const kept = steps.map((at) => now < at);
  const future = steps.filter((_, i) => kept[i]);
  const x = [...before, now, ...future];
  const blank = (length: number): null[] => Array<null>(length).fill(null);
  const fan = (quantile: number): (number | null)[] => {
    const column = forecast?.quantiles.indexOf(quantile) ?? -1;
    const values = ahead.filter((_, i) => kept[i]).map((row) => row[column] ?? null);
    return [...blank(before.length), values.length === 0 ? null : observed, ...values];
  };
  const was = (column: (number | null)[]): (number | null)[] => [
    ...column.slice(0, before.length),
    ...blank(future.length + 1),
  ];
  const perReplica = view.spec.capacity.perReplica;
  const capacity = trail.ready.map((ready) =>
    ready === null || perReplica === null ? null : ready * perReplica,
  );
  return [
    x,
    fan(0.99),
    fan(0.95),
    fan(0.9),
    fan(0.1),
    fan(0.5),
    was(trail.high),
    was(trail.low),
    was(trail.forecast),
    was(capacity),
    [...trail.demand.slice(0, before.length), observed, ...blank(future.length)],
  ];
}

/**
 * Time; replicas ready, running and planned of the past; replicas that the plan will ask for. Then node room, on top of
 * what is asked for: up to where it is kept, up to where it is surely there, and from where.
 */
export function replicaColumns(trail: Trail, view: ScalerView, course: Course | null): Data {
  const now = seconds(view.plan.madeAt);
  const before = past(trail, now);
  const steps = (course?.at ?? []).map(seconds);
  const kept = steps.map((at) => now < at);
  const future = steps.filter((_, i) => kept[i]);
  const blank = Array<null>(future.length).fill(null);
  const was = (column: (number | null)[], newest: number | null): (number | null)[] => [
    ...column.slice(0, before.length),
    newest,
    ...blank,
  ];
  const coming = (course?.replicas ?? []).filter((_, i) => kept[i]);
  const running = was(trail.running, view.workload?.replicas ?? view.row.running);
  const planned = was(trail.planned, view.plan.replicas);
  const comingHeadroom = (course?.headroom ?? []).filter((_, i) => kept[i]);
  const headroom = [...trail.headroom.slice(0, before.length), view.headroom.pods, ...comingHeadroom];
  const there = was(trail.headroomReady, view.headroom.ready);
  const foot = planned.map((pods, i) => {
    const asked = pods ?? coming[i - before.length - 1] ?? null;
    return asked === null ? null : Math.max(asked, running[i] ?? 0);
  });
  const above = (room: (number | null | undefined)[]) =>
    foot.map((pods, i) => (pods === null ? null : pods + (room[i] ?? 0)));
  return [
    [...before, now, ...future],
    was(trail.ready, view.workload?.ready ?? null),
    running,
    planned,
    [...Array<null>(before.length).fill(null), coming.length === 0 ? null : view.plan.replicas, ...coming],
    above(headroom),
    above(there.map((pods, i) => Math.min(pods ?? 0, headroom[i] ?? 0))),
    foot,
  ];
}

/** Time and nodes of the past. */
export function nodeColumns(trail: Trail, view: ScalerView): Data {
  const now = seconds(view.plan.madeAt);
  const before = past(trail, now);
  return [
    [...before, now],
    [...trail.nodes.slice(0, before.length), view.nodes],
  ];
}

/** Time and values of one leading signal. */
export function signalColumns(trail: Trail, view: ScalerView, name: string): Data {
  const now = seconds(view.plan.madeAt);
  const before = past(trail, now);
  const column = trail.signals[name] ?? [];
  return [before, before.map((_, i) => column[i] ?? null)];
}
