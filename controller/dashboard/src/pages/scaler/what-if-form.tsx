// The form of the what-if: each field starts at what is, and goes back to it.
import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import type { EventShort, ScalerView } from "../../api/types";
import { Card } from "../../parts/atoms";
import { type Changes, NO_CHANGES, unchanged } from "../../state/what-if";
import { amount, span, when } from "../../words/format";

type Form = { view: ScalerView; changes: Signal<Changes> };

export function WhatIfForm({ view, changes }: Form): JSX.Element {
  const now = Date.parse(view.plan.madeAt);
  // What starts later than this moves nothing within the horizon, however it is shifted.
  const until = now + (view.spec.horizonSeconds + 3600) * 1000;
  const events = view.events.filter(
    (event) => now <= Date.parse(event.endsAt) && Date.parse(event.startsAt) <= until,
  );
  return (
    <Card title="What if …" class="whatif-form">
      <form onSubmit={(e) => e.preventDefault()}>
        {events.map((event) => (
          <EventFields key={event.name} event={event} view={view} changes={changes} />
        ))}
        {events.length === 0 && <p class="quiet">No event is within reach of the forecast. Try one:</p>}
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
              label="Pod lead time, s"
              is={view.plan.leadTime.podSeconds}
              step={1}
            />
            <Numeric
              changes={changes}
              field="nodeSeconds"
              label="Node lead time, s"
              is={view.plan.leadTime.nodeSeconds}
              step={1}
            />
          </div>
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
          min={-60}
          max={60}
          step={5}
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

function TriedFields({ view, changes }: Form): JSX.Element {
  const tried = changes.value.tried;
  const set = (next: Changes["tried"]) => {
    changes.value = { ...changes.value, tried: next };
  };
  const start = {
    type: view.events[0]?.type ?? "on-sale",
    inMinutes: 30,
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
        min={0.5}
        max={0.99}
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
