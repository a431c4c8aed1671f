// What of the fleet is shown: words, namespace, mode, state.
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Mode, State } from "../../api/types";
import { StateMark } from "../../parts/atoms";
import { narrow } from "../../parts/media";
import {
  descending,
  modeFilter,
  namespaceFilter,
  namespaces,
  type SortBy,
  search,
  shown,
  sortBy,
  stateFilter,
  tally,
} from "../../state/fleet";
import { count } from "../../words/format";

const STATES: State[] = ["failing", "warning", "ok"];
const MODES: Mode[] = ["Shadow", "Active", "Paused"];

/** Orders for phones, where there are no column heads to press. */
const ORDERS: [string, SortBy, boolean][] = [
  ["Worst first", "state", false],
  ["Name", "name", false],
  ["Most demand", "demand", true],
  ["Highest peak ahead", "peak", true],
  ["Least skill", "skill", false],
];

export function Filters(): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  // Before the first paint: who sees the field may press the key.
  useLayoutEffect(() => {
    const slash = (e: KeyboardEvent) => {
      const typing = e.target instanceof HTMLElement && e.target.matches("input, textarea, select");
      if (e.key !== "/" || typing || e.ctrlKey || e.metaKey || e.altKey) return;
      e.preventDefault();
      field.current?.focus();
    };
    addEventListener("keydown", slash);
    return () => removeEventListener("keydown", slash);
  }, []);
  const counts = tally.value;
  return (
    <search class="filters" aria-label="Filter the fleet">
      <label class="search">
        <span class="hidden">Search by name, namespace, target or problem</span>
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
          <circle cx="7" cy="7" r="4.5" fill="none" stroke="currentColor" stroke-width="1.6" />
          <path d="m10.5 10.5 4 4" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" />
        </svg>
        <input
          ref={field}
          type="search"
          placeholder="Search"
          value={search.value}
          onInput={(e) => {
            search.value = e.currentTarget.value;
          }}
        />
        <i class="slash" aria-hidden="true">
          /
        </i>
      </label>
      <fieldset class="chips">
        <legend class="hidden">State</legend>
        {STATES.map((state) => (
          <button
            key={state}
            type="button"
            class="chip"
            aria-pressed={stateFilter.value === state}
            onClick={() => {
              stateFilter.value = stateFilter.value === state ? "" : state;
            }}
          >
            <StateMark state={state} /> <b>{count(counts[state])}</b>
          </button>
        ))}
      </fieldset>
      <Choice
        label="Namespace"
        value={namespaceFilter.value}
        all="All namespaces"
        options={namespaces.value.map((ns) => [ns, ns])}
        set={(next) => {
          namespaceFilter.value = next;
        }}
      />
      <Choice
        label="Mode"
        value={modeFilter.value}
        all="All modes"
        options={MODES.map((mode) => [mode, `${mode} (${count(counts[mode])})`])}
        set={(next) => {
          modeFilter.value = next as Mode | "";
        }}
      />
      {narrow.value && (
        <Choice
          label="Order"
          value={String(
            Math.max(
              ORDERS.findIndex(([, by]) => by === sortBy.value),
              0,
            ),
          )}
          options={ORDERS.map(([title], i) => [String(i), title])}
          set={(next) => {
            const order = ORDERS[Number(next)];
            if (order) [, sortBy.value, descending.value] = order;
          }}
        />
      )}
      <p class="found" role="status">
        {shown.value.length === counts.all
          ? `${count(counts.all)} scalers`
          : `${count(shown.value.length)} of ${count(counts.all)}`}
      </p>
    </search>
  );
}

function Choice(props: {
  label: string;
  value: string;
  all?: string;
  options: [string, string][];
  set: (value: string) => void;
}): JSX.Element {
  return (
    <label class="choice">
      <span class="hidden">{props.label}</span>
      <select value={props.value} onChange={(e) => props.set(e.currentTarget.value)}>
        {props.all !== undefined && <option value="">{props.all}</option>}
        {props.options.map(([value, title]) => (
          <option key={value} value={value}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}
