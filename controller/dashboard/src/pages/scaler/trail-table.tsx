// The data of the charts as a table: every step of the past that is shown, and what is to come.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { riskColumn } from "../../charts/columns";
import { DataTable, Time } from "../../parts/atoms";
import { course, trail, view } from "../../state/scaler";
import { indexAt } from "../../state/trail";
import { amount, count } from "../../words/format";

/** Rows that a table may have; a longer trail is shown at each second, third, … step. */
const MOST_ROWS = 360;

export function TrailTable(): JSX.Element | null {
  const open = useSignal(false);
  const seen = view.value;
  const known = trail.value;
  if (seen === null || known === null) return null;
  const names = Object.keys(known.signals);
  const now = Date.parse(seen.plan.madeAt);
  const every = Math.max(1, Math.ceil(known.at.length / MOST_ROWS));
  const past = () =>
    known.at
      .map((at, i) => ({ at, i }))
      .filter(({ i }) => (known.at.length - 1 - i) % every === 0)
      .map(({ at, i }) => [
        <Time key="t" at={at} now={now} />,
        amount(known.demand[i]),
        amount(known.forecast[i]),
        amount(known.high[i]),
        count(known.planned[i]),
        count(known.running[i]),
        count(known.ready[i]),
        count(known.headroom[i]),
        count(known.headroomReady[i]),
        count(known.nodes[i]),
        ...names.map((name) => amount(known.signals[name]?.[i])),
      ]);
  const ahead = () => {
    const forecast = seen.forecast;
    if (forecast === null) return [];
    const median = forecast.quantiles.indexOf(0.5);
    const risk = riskColumn(seen);
    const courseAt = (course.value?.at ?? []).map(Date.parse);
    const thin = Math.max(1, Math.ceil(forecast.values.length / (MOST_ROWS / 4)));
    return forecast.values
      .map((values, i) => ({
        values,
        at: Date.parse(forecast.origin) + (i + 1) * forecast.stepSeconds * 1000,
        i,
      }))
      .filter(({ i }) => (i + 1) % thin === 0)
      .map(({ values, at }) => {
        const index = indexAt(courseAt, at);
        return [
          <Time key="t" at={at} now={now} />,
          "–",
          amount(values[median]),
          amount(values[risk]),
          count(index < 0 ? null : course.value?.replicas[index]),
          "–",
          "–",
          count(index < 0 ? null : course.value?.headroom[index]),
          "–",
          "–",
          ...names.map(() => "–"),
        ];
      });
  };
  return (
    <DataTable
      caption="The charts as a table"
      head={[
        "Time",
        "Demand",
        "Forecast",
        `At ${seen.spec.risk}`,
        "Planned",
        "Running",
        "Ready",
        "Node room",
        "of it there",
        "Nodes",
        ...names,
      ]}
      rows={() => [...past(), ...ahead()]}
      open={open.value}
      onToggle={(next) => {
        open.value = next;
      }}
    />
  );
}
