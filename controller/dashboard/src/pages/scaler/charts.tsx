// The charts of a scaler under one time axis, and the panel that reads them at a moment.
import { type Signal, useComputed, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo, useRef } from "preact/hooks";
import type { Trail } from "../../api/types";
import { demandColumns, nodeColumns, replicaColumns, signalColumns } from "../../charts/columns";
import { type Data, Plot, type Shape } from "../../charts/plot";
import { type Reading, readingAt } from "../../charts/reading";
import { Card, Loading } from "../../parts/atoms";
import { course, rangeHours, setRange, trail, view } from "../../state/scaler";
import { amount, away, count, exactClock, utc, when } from "../../words/format";
import { room } from "../../words/room";
import { LeadTimes } from "./lead-times";
import { RoomCard } from "./room";
import { demandShape, nodeShape, replicaShape, type Scene, signalShape } from "./shapes";
import { Timeline, type Window } from "./timeline";
import { TrailTable } from "./trail-table";
import { Why } from "./why";

const RANGES = [1, 3, 6, 24];

/** How much of the future is shown beside a past of `hours`. */
function horizonShown(hours: number, horizonSeconds: number): number {
  return Math.min(horizonSeconds, Math.max(hours, 1) * 3600);
}

/** Where a trail is shorter than the range, the axis begins with it, and with as much past as future at least. */
function firstKnown(known: Trail | null, now: number, horizonSeconds: number): number {
  const first = known?.at[0];
  return first === undefined ? 0 : Math.min(Date.parse(first) / 1000, now - horizonSeconds);
}

export function Charts(): JSX.Element {
  const moment = useSignal<number | null>(null);
  const seen = view.value;
  const known = trail.value;
  if (seen === null) return <Loading what="the scaler" />;
  const now = Date.parse(seen.plan.madeAt) / 1000;
  const window: Window = {
    from: Math.max(now - rangeHours.value * 3600, firstKnown(known, now, seen.spec.horizonSeconds)),
    to: now + horizonShown(rangeHours.value, seen.spec.horizonSeconds),
    now,
    step: seen.spec.stepSeconds,
  };
  return (
    <div class="board">
      <section class="card charts" aria-label="Demand, replicas and nodes over time">
        <header class="charts-head">
          <h2>Demand and plan</h2>
          <fieldset class="segmented">
            <legend class="hidden">How much of the past is shown</legend>
            {RANGES.map((hours) => (
              <button
                key={hours}
                type="button"
                aria-pressed={rangeHours.value === hours}
                onClick={() => setRange(hours)}
              >
                {hours} h
              </button>
            ))}
          </fieldset>
        </header>
        {known === null ? <Loading what="what was seen" /> : <Stack window={window} moment={moment} />}
      </section>
      <aside class="side">
        <Panel moment={moment} />
        <Why view={seen} />
        <RoomCard view={seen} />
        <LeadTimes view={seen} />
      </aside>
    </div>
  );
}

function Stack({ window, moment }: { window: Window; moment: Signal<number | null> }): JSX.Element | null {
  const seen = view.value;
  const known = trail.value;
  const scene = useRef<Scene>({ now: window.now, spans: [] });
  const says = useComputed(() => spoken(moment.value));
  const demand = useMemo(() => (seen && known ? demandColumns(known, seen) : []), [seen, known]);
  const plan = course.value;
  const replicas = useMemo(
    () => (seen && known ? replicaColumns(known, seen, plan) : []),
    [seen, known, plan],
  );
  const nodes = useMemo(() => (seen && known ? nodeColumns(known, seen) : []), [seen, known]);
  const shapes = useMemo(() => {
    const read = () => scene.current;
    return {
      demand: demandShape(read, 268),
      replicas: replicaShape(read, 172),
      nodes: nodeShape(read, 92),
      signal: signalShape(read, 76),
    };
  }, []);
  if (seen === null || known === null) return null;
  scene.current = {
    now: window.now,
    spans: seen.events.map((event) => ({
      from: Date.parse(event.startsAt) / 1000,
      to: Date.parse(event.endsAt) / 1000,
    })),
  };
  const common = { from: window.from, to: window.to, moment };
  return (
    <>
      <Timeline window={window} moment={moment} events={seen.events} says={says.value} />
      <Lane
        title="Demand"
        note={seen.spec.demandSource}
        shape={shapes.demand}
        data={demand}
        {...common}
        label={demandLabel()}
      >
        <Key mark="demand">observed</Key>
        <Key mark="forecast">median forecast</Key>
        <Key mark="fan">0.1 to 0.99</Key>
        <Key mark="risk">0.95</Key>
        <Key mark="was">was forecast one pod lead time before</Key>
        <Key mark="capacity">ready pods can serve</Key>
      </Lane>
      {seen.signals.map((signal) => (
        <Lane
          key={signal.name}
          title={signal.name}
          note={signal.problem ?? signal.source}
          bad={signal.problem !== null}
          shape={shapes.signal}
          data={signalColumns(known, seen, signal.name)}
          {...common}
          label={`Leading signal ${signal.name}: newest ${amount(signal.newest?.value)}`}
        >
          <Key mark="signal">leading signal, newest {amount(signal.newest?.value)}</Key>
        </Lane>
      ))}
      {hasAny(nodes) && (
        <Lane
          title="Nodes"
          shape={shapes.nodes}
          data={nodes}
          {...common}
          label={`Nodes that have pods of it: ${count(seen.nodes)} now`}
        >
          <Key mark="node">nodes that have pods of it</Key>
        </Lane>
      )}
      <Lane title="Replicas" shape={shapes.replicas} data={replicas} {...common} label={replicaLabel()}>
        <Key mark="plan">planned</Key>
        <Key mark="coming">to be asked for</Key>
        <Key mark="running">running</Key>
        <Key mark="ready">ready</Key>
        <Key mark="room">node room that is there</Key>
        <Key mark="awaited">node room that is awaited</Key>
      </Lane>
      <TrailTable />
    </>
  );
}

function hasAny(data: Data): boolean {
  return data.slice(1).some((column) => column.some((value) => value !== null && value !== 0));
}

function demandLabel(): string {
  const seen = view.value;
  if (seen === null) return "Demand";
  const peak = seen.row.peak;
  const ahead =
    peak === null
      ? "No forecast"
      : `Highest forecast ${amount(peak.demand)} at ${when(peak.at, seen.plan.madeAt)}`;
  return `Demand: ${amount(seen.plan.observed ?? seen.row.demand)} now. ${ahead}`;
}

function replicaLabel(): string {
  const seen = view.value;
  if (seen === null) return "Replicas";
  const running = count(seen.workload?.replicas ?? seen.row.running);
  return `Replicas: ${count(seen.plan.replicas)} planned, ${running} running. Node room: ${room(seen.headroom)}`;
}

function Lane(props: {
  title: string;
  note?: string;
  bad?: boolean;
  shape: Shape;
  data: Data;
  from: number;
  to: number;
  moment: Signal<number | null>;
  label: string;
  children: JSX.Element | JSX.Element[];
}): JSX.Element {
  return (
    <div class="lane">
      <div class="lane-head">
        <h3>{props.title}</h3>
        {props.note && (
          <p class={props.bad ? "lane-note bad" : "lane-note"} title={props.note}>
            {props.note}
          </p>
        )}
      </div>
      <ul class="keys">{props.children}</ul>
      <Plot
        shape={props.shape}
        shapeKey={props.title}
        data={props.data}
        from={props.from}
        to={props.to}
        moment={props.moment}
        label={props.label}
      />
    </div>
  );
}

export function Key({
  mark,
  children,
}: {
  mark: string;
  children: JSX.Element | string | (string | JSX.Element)[];
}) {
  return (
    <li>
      <i class={`key key-${mark}`} />
      {children}
    </li>
  );
}

function reading(at: number | null): Reading | null {
  const seen = view.value;
  if (seen === null) return null;
  return readingAt({ view: seen, trail: trail.value, course: course.value }, at === null ? null : at * 1000);
}

/** A reading as one sentence, for screen readers. */
function spoken(at: number | null): string {
  const read = reading(at);
  if (read === null) return "";
  const rows = read.rows.map((row) => `${row.label} ${row.value}`).join(", ");
  return `${exactClock(read.at)}: ${rows === "" ? UNKNOWN : `${rows}.`} ${read.sentence ?? ""}`;
}

const UNKNOWN = "Nothing was kept of this moment.";
const TENSES = { past: "Then", now: "Now", ahead: "Ahead" } as const;

function Panel({ moment }: { moment: Signal<number | null> }): JSX.Element | null {
  const read = reading(moment.value);
  const seen = view.value;
  if (read === null || seen === null) return null;
  const distance = read.tense === "now" ? "" : away(read.at, seen.plan.madeAt);
  return (
    <Card
      title={`${TENSES[read.tense]}, ${when(read.at, seen.plan.madeAt)}`}
      note={distance}
      class={moment.value === null ? "panel" : "panel panel-pointed"}
    >
      <p class="panel-utc">{utc(read.at)}</p>
      <dl class="reading">
        {read.rows.map((row) => (
          <div key={row.label}>
            <dt>
              {row.mark && <i class={`key key-${row.mark}`} />}
              {row.label}
            </dt>
            <dd>{row.value}</dd>
          </div>
        ))}
      </dl>
      {read.rows.length === 0 && <p class="quiet">{UNKNOWN}</p>}
      {read.tense !== "now" && read.sentence !== null && <p class="panel-reason">{read.sentence}</p>}
    </Card>
  );
}
