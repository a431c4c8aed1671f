// The form of the what-if: each field starts at what is, and goes back to it.
import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { EventShort, ScalerView } from "../../api/types";
import { Card } from "../../parts/atoms";
import { byReach, type Changes, NO_CHANGES, shiftTo, triedAhead, unchanged } from "../../state/what-if";
import { amount, span, when } from "../../words/format";

/** Events beyond the forecast that are offered to be brought nearer: the next ones. */
const MOST_FAR = 3;

type Form = { view: ScalerView; changes: Signal<Changes> };

export function WhatIfForm({ view, changes }: Form): JSX.Element {
  const { near, far } = byReach(view);
  const now = Date.parse(view.plan.madeAt);
  const hpa = view.leadTimes.hpaSeconds;
  return (
    <Card title="What if …" class="whatif-form">
      <form onSubmit={(e) => e.preventDefault()}>
        <p class="quiet">
          A plan is made as far as is forecast: {span(view.spec.horizonSeconds)}, until{" "}
          {when(now + view.spec.horizonSeconds * 1000, now)}.
        </p>
        {near.map((event) => (
          <EventFields key={event.name} event={event} view={view} changes={changes} />
        ))}
        {far.slice(0, MOST_FAR).map((event) => (
          <FarEvent key={event.name} event={event} view={view} changes={changes} />
        ))}
        <TriedFields view={view} changes={changes} />
        <fieldset class="group">
          <legend>… it were set otherwise</legend>
          <Range view={view} changes={changes} />
          <div class="fields">
            <Numeric
              changes={changes}
              field="minReplicas"
              label="Least replicas"
              is={view.spec.minReplicas}
              step={1}
            />
            <Numeric
              changes={changes}
              field="maxReplicas"
              label="Most replicas"
              is={view.spec.maxReplicas}
              step={1}
            />
            <Numeric
              changes={changes}
              field="perReplica"
              label="One replica serves"
              is={view.spec.capacity.perReplica}
              step="any"
            />
            <Numeric
              changes={changes}
              field="podSeconds"
              label="Pod start, s"
              is={Math.round(view.leadTimes.pod.seconds - hpa)}
              step={1}
            />
            <Numeric
              changes={changes}
              field="nodeSeconds"
              label="With a new node, s"
              is={Math.round(view.leadTimes.node.seconds - hpa)}
              step={1}
            />
          </div>
          <p class="quiet">Before a start, the HPA takes {span(hpa)} to read the plan.</p>
        </fieldset>
        <button
          type="button"
          class="button"
          disabled={unchanged(changes.value, view)}
          onClick={() => {
            changes.value = NO_CHANGES;
          }}
        >
          Back to what is
        </button>
      </form>
    </Card>
  );
}

const AS_IT_IS = { shiftMinutes: 0, times: 1, cancelled: false };

function EventFields({ event, view, changes }: Form & { event: EventShort }): JSX.Element {
  const change = changes.value.events[event.name] ?? AS_IT_IS;
  const set = (part: Partial<typeof change>) => {
    const events = { ...changes.value.events, [event.name]: { ...change, ...part } };
    changes.value = { ...changes.value, events };
  };
  const starts = Date.parse(event.startsAt) + change.shiftMinutes * 60_000;
  // The slider reaches an hour to both sides of where the event was put first.
  const middle = useRef(change.shiftMinutes);
  return (
    <fieldset class="group">
      <legend>
        … {event.name} <span class="quiet">{event.type}</span>
      </legend>
      <label class="slide">
        <span>
          started at <b>{when(starts, view.plan.madeAt)}</b>
          {change.shiftMinutes !== 0 &&
            ` (${span(change.shiftMinutes * 60)} ${change.shiftMinutes < 0 ? "sooner" : "later"})`}
        </span>
        <input
          type="range"
          min={middle.current - 60}
          max={middle.current + 60}
          step={1}
          value={change.shiftMinutes}
          disabled={change.cancelled}
          onInput={(e) => set({ shiftMinutes: e.currentTarget.valueAsNumber })}
        />
      </label>
      <label class="slide">
        <span>
          were <b>{amount(change.times)}×</b> its size
        </span>
        <input
          type="range"
          min={0.25}
          max={4}
          step={0.25}
          value={change.times}
          disabled={change.cancelled}
          onInput={(e) => set({ times: e.currentTarget.valueAsNumber })}
        />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={change.cancelled}
          onChange={(e) => set({ cancelled: e.currentTarget.checked })}
        />
        were called off
      </label>
    </fieldset>
  );
}

/** An event that begins after all that is forecast: the plan for it is seen by bringing it nearer. */
function FarEvent({ event, view, changes }: Form & { event: EventShort }): JSX.Element {
  const ahead = triedAhead(view.spec.horizonSeconds);
  const offer = `… it started in ${span(ahead * 60)}`;
  if (changes.value.events[event.name] !== undefined)
    return <EventFields event={event} view={view} changes={changes} />;
  const bring = () => {
    const moved = { ...AS_IT_IS, shiftMinutes: shiftTo(event, view, ahead) };
    changes.value = { ...changes.value, events: { ...changes.value.events, [event.name]: moved } };
  };
  return (
    <div class="group">
      <p>
        <b>{event.name}</b> <span class="quiet">{event.type}</span>
        <br />
        <span class="quiet">
          starts at {when(event.startsAt, view.plan.madeAt)}, after all that is forecast
        </span>
      </p>
      <button type="button" class="button" aria-label={`${event.name}: ${offer}`} onClick={bring}>
        {offer}
      </button>
    </div>
  );
}

function TriedFields({ view, changes }: Form): JSX.Element {
  const tried = changes.value.tried;
  const set = (next: Changes["tried"]) => {
    changes.value = { ...changes.value, tried: next };
  };
  const start = {
    type: view.events[0]?.type ?? "on-sale",
    inMinutes: triedAhead(view.spec.horizonSeconds),
    peak: Math.max(1, Math.round(2 * (view.plan.observed ?? view.row.demand ?? 50))),
  };
  if (tried === null) {
    return (
      <button type="button" class="button" onClick={() => set(start)}>
        … there were one more event
      </button>
    );
  }
  return (
    <fieldset class="group">
      <legend>… there were one more event</legend>
      <div class="fields">
        <label>
          <span>Type</span>
          <input value={tried.type} onInput={(e) => set({ ...tried, type: e.currentTarget.value })} />
        </label>
        <label>
          <span>Starts in, minutes</span>
          <input
            type="number"
            min={0}
            value={tried.inMinutes}
            onInput={(e) =>
              Number.isFinite(e.currentTarget.valueAsNumber) &&
              set({ ...tried, inMinutes: e.currentTarget.valueAsNumber })
            }
          />
        </label>
        <label>
          <span>Highest demand</span>
          <input
            type="number"
            min={0}
            step="any"
            value={tried.peak}
            onInput={(e) =>
              Number.isFinite(e.currentTarget.valueAsNumber) &&
              set({ ...tried, peak: e.currentTarget.valueAsNumber })
            }
          />
        </label>
      </div>
      {view.spec.horizonSeconds < tried.inMinutes * 60 && (
        <p class="quiet">That is after all that is forecast: the plan does not show it.</p>
      )}
      <button type="button" class="button" onClick={() => set(null)}>
        Without it
      </button>
    </fieldset>
  );
}

type NumberField = keyof Changes["numbers"];

function setNumber(changes: Signal<Changes>, field: NumberField, value: number, is: number | null): void {
  const numbers = { ...changes.value.numbers };
  if (!Number.isFinite(value) || value === is) delete numbers[field];
  else numbers[field] = value;
  changes.value = { ...changes.value, numbers };
}

function Range({ view, changes }: Form): JSX.Element {
  const risk = changes.value.numbers.risk ?? view.spec.risk;
  return (
    <label class="slide">
      <span>
        risk quantile <b>{risk}</b>
      </span>
      <input
        type="range"
        min={Math.min(0.5, view.spec.risk)}
        max={Math.max(0.99, view.spec.risk)}
        step={0.01}
        value={risk}
        onInput={(e) => setNumber(changes, "risk", e.currentTarget.valueAsNumber, view.spec.risk)}
      />
    </label>
  );
}

function Numeric(props: {
  changes: Signal<Changes>;
  field: NumberField;
  label: string;
  is: number | null;
  step: number | "any";
}): JSX.Element {
  const value = props.changes.value.numbers[props.field] ?? props.is;
  const differs = props.changes.value.numbers[props.field] !== undefined;
  return (
    <label>
      <span>{props.label}</span>
      <input
        type="number"
        min={0}
        step={props.step}
        value={value ?? ""}
        placeholder="not known yet"
        class={differs ? "differs" : undefined}
        onInput={(e) => setNumber(props.changes, props.field, e.currentTarget.valueAsNumber, props.is)}
      />
      {differs && <small>is {amount(props.is)}</small>}
    </label>
  );
}
