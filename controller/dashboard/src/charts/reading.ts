// What the charts say of one moment, in words and digits: for the panel beside them, for keyboards and for tables. Pure.
import type { Course, ScalerView, Trail } from "../api/types";
import { indexAt, reasonAt } from "../state/trail";
import { amount, count } from "../words/format";
import { room } from "../words/room";
import { riskColumn } from "./columns";

export interface Reading {
  /** Milliseconds since 1970. */
  at: number;
  tense: "past" | "now" | "ahead";
  rows: { label: string; value: string; mark?: string }[];
  /** The plan of that moment, or what is planned for it, with its reason. */
  sentence: string | null;
}

export interface Sources {
  view: ScalerView;
  trail: Trail | null;
  course: Course | null;
}

/** What is known of `at`, in milliseconds; null stands for now. */
export function readingAt(known: Sources, at: number | null): Reading {
  const now = Date.parse(known.view.plan.madeAt);
  const step = known.view.spec.stepSeconds * 1000;
  if (at === null || Math.abs(at - now) < step / 2) return present(known.view, now);
  return at < now ? past(known, at) : ahead(known, at);
}

function present(view: ScalerView, now: number): Reading {
  const rows = [
    { label: "Demand", value: amount(view.plan.observed ?? view.row.demand), mark: "demand" },
    { label: "Served as metric", value: amount(view.plan.demand) },
    { label: "Planned", value: count(view.plan.replicas), mark: "plan" },
    { label: "Running", value: count(view.workload?.replicas ?? view.row.running), mark: "running" },
    { label: "Ready", value: count(view.workload?.ready ?? null) },
    { label: "Node room, pods", value: room(view.headroom), mark: "room" },
    { label: "Nodes", value: count(view.nodes), mark: "node" },
  ];
  if (view.lag !== null) rows.push({ label: "Lag", value: amount(view.lag) });
  return { at: now, tense: "now", rows, sentence: view.plan.reason.sentence };
}

function past({ view, trail }: Sources, at: number): Reading {
  const index = trail === null ? -1 : indexAt(trail.at.map(Date.parse), at);
  if (trail === null || index < 0) return { at, tense: "past", rows: [], sentence: null };
  const of = (column: (number | null)[] | undefined) => column?.[index] ?? null;
  const rows = [
    { label: "Demand", value: amount(of(trail.demand)), mark: "demand" },
    { label: "Was forecast, median", value: amount(of(trail.forecast)), mark: "forecast" },
    { label: `Was forecast, quantile ${amount(view.spec.risk)}`, value: amount(of(trail.high)), mark: "fan" },
    { label: "Planned", value: count(of(trail.planned)), mark: "plan" },
    { label: "Running", value: count(of(trail.running)), mark: "running" },
    { label: "Ready", value: count(of(trail.ready)) },
    {
      label: "Node room, pods",
      value: room({ pods: of(trail.headroom), ready: of(trail.headroomReady) }),
      mark: "room",
    },
    { label: "Nodes", value: count(of(trail.nodes)), mark: "node" },
    ...Object.keys(trail.signals).map((name) => ({
      label: name,
      value: amount(of(trail.signals[name])),
      mark: "signal",
    })),
  ];
  const then = Date.parse(trail.at[index] ?? "");
  return { at: then, tense: "past", rows, sentence: reasonAt(trail, then)?.sentence ?? null };
}

function ahead({ view, course }: Sources, at: number): Reading {
  const forecast = view.forecast;
  const rows: Reading["rows"] = [];
  let then = at;
  if (forecast !== null) {
    const origin = Date.parse(forecast.origin);
    const row = Math.min(
      Math.max(Math.round((at - origin) / (forecast.stepSeconds * 1000)) - 1, 0),
      forecast.values.length - 1,
    );
    then = origin + (row + 1) * forecast.stepSeconds * 1000;
    const values = forecast.values[row] ?? [];
    const risk = riskColumn(view);
    forecast.quantiles.forEach((quantile, column) => {
      const kind = column === risk ? ", planned for" : "";
      const label = quantile === 0.5 ? "Median" : `Quantile ${amount(quantile)}${kind}`;
      rows.push({ label, value: amount(values[column]), mark: quantile === 0.5 ? "forecast" : "fan" });
    });
  }
  const index = course === null ? -1 : indexAt(course.at.map(Date.parse), then);
  if (course === null || index < 0) return { at: then, tense: "ahead", rows, sentence: null };
  const planned = course.replicas[index] ?? null;
  rows.push({ label: "To be asked for", value: count(planned), mark: "plan" });
  rows.push({ label: "Node room, pods", value: count(course.headroom[index]), mark: "awaited" });
  return { at: then, tense: "ahead", rows, sentence: null };
}
