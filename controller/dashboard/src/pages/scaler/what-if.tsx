// What would be if: the same decision code in the controller, on a copy, with other events, limits and lead times.
import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import uPlot from "uplot";
import { api, type Problem } from "../../api/client";
import type { Course, WhatIfAnswer } from "../../api/types";
import { type Data, Plot, type Shape } from "../../charts/plot";
import { Card, DataTable, Fault, Loading, Time } from "../../parts/atoms";
import { view } from "../../state/scaler";
import { refused } from "../../state/session";
import { asked, type Changes, NO_CHANGES, unchanged } from "../../state/what-if";
import { amount, count, millis } from "../../words/format";
import { Key } from "./charts";
import { WhatIfForm } from "./what-if-form";

/** Wait after the last key before the controller is asked. */
const SETTLE_MS = 250;

export function WhatIfTab({ ns, name }: { ns: string; name: string }): JSX.Element {
  const changes = useSignal<Changes>(NO_CHANGES);
  const answer = useSignal<WhatIfAnswer | null>(null);
  const fault = useSignal<Problem | null>(null);
  const current = changes.value;
  const origin = view.value?.plan.madeAt;
  useEffect(() => {
    const seen = view.value;
    if (seen === null) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      api.whatIf(ns, name, asked(current, seen), abort.signal).then(
        (said) => {
          answer.value = said;
          fault.value = null;
        },
        (error: unknown) => {
          if (!abort.signal.aborted) fault.value = refused(error);
        },
      );
    }, SETTLE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [ns, name, current]);

  const seen = view.value;
  if (seen === null || origin === undefined) return <Loading what="the scaler" />;
  return (
    <div class="whatif">
      <WhatIfForm view={seen} changes={changes} />
      <Card title="The plan, before and after" class="whatif-result">
        {fault.value !== null && <Fault problem={fault.value} />}
        {answer.value === null && fault.value === null && <Loading what="the plan" />}
        {answer.value !== null && (
          <Answer
            answer={answer.value}
            same={unchanged(current, seen) ? "nothing-changed" : "changed"}
            now={origin}
          />
        )}
      </Card>
    </div>
  );
}

function merged(before: Course, after: Course, of: (course: Course) => number[]): Data {
  const times = [...new Set([...before.at, ...after.at])]
    .map((at) => millis(at) / 1000)
    .sort((a, b) => a - b);
  const column = (course: Course) => {
    const values = new Map(course.at.map((at, i) => [millis(at) / 1000, of(course)[i]]));
    return times.map((at) => values.get(at));
  };
  return [times, column(before), column(after)];
}

const stepped = uPlot.paths.stepped?.({ align: 1 });

function shape(height: number, kind: "lines" | "steps"): Shape {
  const bare = { points: { show: false }, ...(kind === "steps" && stepped ? { paths: stepped } : {}) };
  return {
    height,
    timeAxis: kind === "steps" ? "shown" : "hidden",
    ...(kind === "steps" ? { whole: "whole" as const } : {}),
    series: (colours) => [
      { ...bare, label: "before", stroke: colours["ink-3"], width: 1.75, dash: [5, 4] },
      { ...bare, label: "after", stroke: kind === "steps" ? colours.plan : colours.forecast, width: 2.25 },
    ],
  };
}

function Answer(props: {
  answer: WhatIfAnswer;
  same: "nothing-changed" | "changed";
  now: string;
}): JSX.Element {
  const { before, after, says } = props.answer;
  const moment = useSignal<number | null>(null);
  const open = useSignal(false);
  const demand = useMemo(() => merged(before, after, (c) => c.demand), [before, after]);
  const replicas = useMemo(() => merged(before, after, (c) => c.replicas), [before, after]);
  const shapes = useMemo(() => ({ demand: shape(200, "lines"), replicas: shape(220, "steps") }), []);
  const times = demand[0] as number[];
  const window = { from: times[0] ?? 0, to: times.at(-1) ?? 1 };
  const most = (course: Course) => Math.max(0, ...course.replicas);
  return (
    <>
      <p class="says" role="status">
        {props.same === "nothing-changed"
          ? "Nothing is changed yet: this is the plan as it is. Move something."
          : says}
      </p>
      <dl class="facts facts-small">
        <Pair label="Replicas now" before={before.plan.replicas} after={after.plan.replicas} />
        <Pair label="Most replicas ahead" before={most(before)} after={most(after)} />
        <Pair label="Headroom now" before={before.plan.headroom} after={after.plan.headroom} />
      </dl>
      <ul class="keys">
        <Key mark="before">before</Key>
        <Key mark="forecast">demand, after</Key>
        <Key mark="plan">replicas, after</Key>
      </ul>
      <Plot
        shape={shapes.demand}
        shapeKey="what-if demand"
        data={demand}
        {...window}
        moment={moment}
        label={`Demand to provision for: at most ${amount(Math.max(0, ...before.demand))} before, ${amount(Math.max(0, ...after.demand))} after`}
      />
      <Plot
        shape={shapes.replicas}
        shapeKey="what-if replicas"
        data={replicas}
        {...window}
        moment={moment}
        label={`Replicas to ask for: at most ${most(before)} before, ${most(after)} after`}
      />
      <Pointed moment={moment} demand={demand} replicas={replicas} now={props.now} />
      <p class="quiet">{after.plan.sentence}</p>
      <DataTable
        caption="Before and after as a table"
        head={["Time", "Demand before", "Demand after", "Replicas before", "Replicas after"]}
        rows={() =>
          times.map((at, i) => [
            <Time key="t" at={at * 1000} now={props.now} />,
            amount(demand[1]?.[i]),
            amount(demand[2]?.[i]),
            count(replicas[1]?.[i]),
            count(replicas[2]?.[i]),
          ])
        }
        open={open.value}
        onToggle={(next) => {
          open.value = next;
        }}
      />
    </>
  );
}

function Pair({ label, before, after }: { label: string; before: number; after: number }): JSX.Element {
  const change = after - before;
  return (
    <div class="fact">
      <dt>{label}</dt>
      <dd>
        <strong>{change === 0 ? count(after) : `${count(before)} → ${count(after)}`}</strong>
        <span>{change === 0 ? "the same" : `${0 < change ? "+" : "−"}${count(Math.abs(change))}`}</span>
      </dd>
    </div>
  );
}

function Pointed(props: {
  moment: Signal<number | null>;
  demand: Data;
  replicas: Data;
  now: string;
}): JSX.Element {
  const at = props.moment.value;
  const times = props.demand[0] as number[];
  if (at === null) return <p class="pointed quiet">Point at the chart to read it.</p>;
  const near = times.reduce(
    (best, time, i) => (Math.abs(time - at) < Math.abs((times[best] ?? 0) - at) ? i : best),
    0,
  );
  return (
    <p class="pointed">
      <Time at={(times[near] ?? 0) * 1000} now={props.now} />: demand {amount(props.demand[1]?.[near])} →{" "}
      {amount(props.demand[2]?.[near])}, replicas {count(props.replicas[1]?.[near])} →{" "}
      {count(props.replicas[2]?.[near])}
    </p>
  );
}
