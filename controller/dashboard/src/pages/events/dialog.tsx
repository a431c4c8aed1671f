// One event: read by all, written by who may. The server's refusals stand at the fields that they speak of.
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { api, type Problem } from "../../api/client";
import type { EventRow } from "../../api/types";
import {
  draftOf,
  type EventForm,
  emptyForm,
  type FieldName,
  fieldNamedIn,
  formOf,
} from "../../state/event-form";
import { namespaces } from "../../state/fleet";
import { refused } from "../../state/session";
import { Sizes } from "./sizes";

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const EFFECTS: [EventForm["effect"], string][] = [
  ["Demand", "It moves demand"],
  ["Holiday", "Its days are as a weekend"],
  ["Exclusion", "Nothing is learned from it"],
];

interface Props {
  edited: EventRow | null;
  known: readonly EventRow[];
  now: number;
  mayChange: "may-change" | "read-only";
  done: (outcome: "changed" | "left") => void;
}

/** A full hour, an hour from now at least: where a new event starts until somebody says so. */
const nextHour = (now: number): number => Math.ceil(now / 3_600_000 + 1) * 3_600_000;

export function EventDialog({ edited, known, now, mayChange, done }: Props): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const form = useSignal<EventForm>(
    edited === null ? emptyForm(namespaces.value[0] ?? "", nextHour(now), ZONE) : formOf(edited, ZONE),
  );
  const wrong = useSignal<ReadonlyMap<string, string>>(new Map());
  const said = useSignal<string | null>(null);
  const busy = useSignal(false);
  useEffect(() => dialog.current?.showModal(), []);
  // The first field that is wrong takes the focus, so that nobody has to look for it: with what it says, not after it,
  // when another may have been typed into.
  useLayoutEffect(() => {
    if (0 < wrong.value.size) dialog.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [wrong.value]);

  const refuse = (problem: Problem | null) => {
    if (problem === null) return;
    const names = Object.keys(form.value) as FieldName[];
    const fields = new Map([...problem.fields].filter(([field]) => names.includes(field as FieldName)));
    const named = fields.size === 0 && problem.status !== 403 ? fieldNamedIn(problem.detail, names) : null;
    wrong.value = named === null ? fields : new Map([[named, problem.detail]]);
    said.value = wrong.value.size === 0 ? problem.detail || problem.title : null;
  };
  const run = async (call: () => Promise<unknown>) => {
    busy.value = true;
    said.value = null;
    wrong.value = new Map();
    try {
      await call();
      done("changed");
    } catch (error) {
      refuse(refused(error));
    } finally {
      busy.value = false;
    }
  };
  const save = (e: Event) => {
    e.preventDefault();
    const draft = draftOf(form.value, edited);
    if (draft instanceof Map) wrong.value = draft;
    else void run(() => (edited === null ? api.addEvent(draft) : api.changeEvent(draft)));
  };
  const readOnly = mayChange === "read-only";
  const types = [...new Set(known.map((event) => event.type))];
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby="dialog-title"
      onCancel={(e) => {
        e.preventDefault();
        done("left");
      }}
    >
      <form onSubmit={save} noValidate>
        <header>
          <h2 id="dialog-title">{edited === null ? "Add event" : edited.name}</h2>
          <button type="button" class="icon-button" aria-label="Close" onClick={() => done("left")}>
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
              <path
                d="m3.5 3.5 9 9m0-9-9 9"
                stroke="currentColor"
                stroke-width="1.6"
                stroke-linecap="round"
              />
            </svg>
          </button>
        </header>
        {edited !== null && <Sizes event={edited} />}
        {said.value !== null && (
          <p class="form-fault" role="alert">
            {said.value}
          </p>
        )}
        <fieldset class="dialog-fields" disabled={readOnly}>
          <legend class="hidden">What is written of the event</legend>
          {edited === null && (
            <>
              <Text form={form} wrong={wrong} name="name" label="Name" placeholder="semi-final" required />
              <Text
                form={form}
                wrong={wrong}
                name="namespace"
                label="Namespace"
                list={namespaces.value}
                required
              />
            </>
          )}
          <Text
            form={form}
            wrong={wrong}
            name="type"
            label="Type"
            placeholder="kick-off"
            list={types}
            required
          />
          <Field wrong={wrong} name="effect" label="Effect">
            {(aria) => (
              <select
                {...aria}
                value={form.value.effect}
                onChange={(e) => {
                  form.value = { ...form.value, effect: e.currentTarget.value as EventForm["effect"] };
                }}
              >
                {EFFECTS.map(([value, title]) => (
                  <option key={value} value={value}>
                    {title}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Text form={form} wrong={wrong} name="startsAt" label="Starts" type="datetime-local" required />
          <Text form={form} wrong={wrong} name="endsAt" label="Ends" type="datetime-local" />
          <Text form={form} wrong={wrong} name="duration" label="Or lasts" placeholder="2h" />
          <Text form={form} wrong={wrong} name="timeZone" label="Time zone" list={zones()} />
          <Text
            form={form}
            wrong={wrong}
            name="magnitude"
            label="Size, in its own unit"
            placeholder="tickets, viewers, …"
          />
          <Text form={form} wrong={wrong} name="expectedDemand.peak" label="Highest demand expected" />
          <Text
            form={form}
            wrong={wrong}
            name="expectedDemand.rampUp"
            label="Climbs within"
            placeholder="10m"
          />
          <Text form={form} wrong={wrong} name="confidence" label="How sure, 0 to 1" placeholder="1" />
          <Text form={form} wrong={wrong} name="labels" label="Labels" placeholder="team=live" />
          {edited !== null && (
            <label class="check">
              <input
                type="checkbox"
                checked={form.value.cancelled}
                onChange={(e) => {
                  form.value = { ...form.value, cancelled: e.currentTarget.checked };
                }}
              />
              Called off
            </label>
          )}
        </fieldset>
        <footer>
          {edited !== null && !readOnly && (
            <Remove
              busy={busy}
              remove={() => void run(() => api.removeEvent(edited.namespace, edited.name))}
            />
          )}
          <button type="button" class="button" onClick={() => done("left")}>
            {readOnly ? "Close" : "Leave it"}
          </button>
          {!readOnly && (
            <button type="submit" class="button button-main" disabled={busy.value}>
              {edited === null ? "Add event" : "Save"}
            </button>
          )}
        </footer>
      </form>
    </dialog>
  );
}

function zones(): string[] {
  return Intl.supportedValuesOf("timeZone");
}

/** Removing asks once more, in the same place. */
function Remove({ busy, remove }: { busy: Signal<boolean>; remove: () => void }): JSX.Element {
  const sure = useSignal(false);
  return (
    <button
      type="button"
      class="button button-danger"
      disabled={busy.value}
      onBlur={() => {
        sure.value = false;
      }}
      onClick={() => {
        if (sure.value) remove();
        sure.value = true;
      }}
    >
      {sure.value ? "Really remove it?" : "Remove"}
    </button>
  );
}

interface Aria {
  "aria-invalid"?: true;
  "aria-describedby"?: string;
}

function Field(props: {
  wrong: Signal<ReadonlyMap<string, string>>;
  name: FieldName;
  label: string;
  children: (aria: Aria) => ComponentChildren;
}): JSX.Element {
  const problem = props.wrong.value.get(props.name);
  const id = `wrong-${props.name}`;
  return (
    <div class="field">
      {/* biome-ignore lint/a11y/noLabelWithoutControl: the children are the control */}
      <label>
        <span>{props.label}</span>
        {props.children(problem === undefined ? {} : { "aria-invalid": true, "aria-describedby": id })}
      </label>
      {problem !== undefined && (
        <p id={id} class="field-fault">
          {problem}
        </p>
      )}
    </div>
  );
}

function Text(props: {
  form: Signal<EventForm>;
  wrong: Signal<ReadonlyMap<string, string>>;
  name: Exclude<FieldName, "cancelled">;
  label: string;
  placeholder?: string;
  type?: string;
  list?: readonly string[];
  required?: true;
}): JSX.Element {
  const list = props.list === undefined ? undefined : `list-${props.name}`;
  return (
    <Field wrong={props.wrong} name={props.name} label={props.required ? `${props.label} *` : props.label}>
      {(aria) => (
        <>
          <input
            {...aria}
            type={props.type ?? "text"}
            name={props.name}
            autocomplete="off"
            placeholder={props.placeholder}
            list={list}
            required={props.required}
            value={props.form.value[props.name]}
            onInput={(e) => {
              props.form.value = { ...props.form.value, [props.name]: e.currentTarget.value };
            }}
          />
          {list !== undefined && (
            <datalist id={list}>
              {props.list?.map((value) => (
                <option key={value} value={value} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}
