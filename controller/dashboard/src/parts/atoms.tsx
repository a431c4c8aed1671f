// The small parts that every page is made of.
import type { ComponentChildren, JSX } from "preact";
import type { Problem } from "../api/client";
import type { Mode, State } from "../api/types";
import { type Moment, millis, utc, when } from "../words/format";

/** A time in the viewer's zone; hovering tells it in UTC. */
export function Time({ at, now }: { at: Moment; now: Moment }): JSX.Element {
  return (
    <time dateTime={new Date(millis(at)).toISOString()} title={utc(at)}>
      {when(at, now)}
    </time>
  );
}

const STATE_WORDS: Record<State, string> = { ok: "Healthy", warning: "Warning", failing: "Failing" };

/** Colour, shape and word: none of them alone tells the state. */
export function StateMark({ state, quiet }: { state: State; quiet?: "word-hidden" }): JSX.Element {
  return (
    <span class={`state state-${state}`}>
      <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
        {state === "ok" && <circle cx="6" cy="6" r="4" fill="currentColor" />}
        {state === "warning" && <path d="M6 1 11.5 11H.5Z" fill="currentColor" />}
        {state === "failing" && <path d="M1 1h10v10H1Z" fill="currentColor" />}
      </svg>
      <span class={quiet === "word-hidden" ? "hidden" : undefined}>{STATE_WORDS[state]}</span>
    </span>
  );
}

export function ModeMark({ mode }: { mode: Mode }): JSX.Element {
  return <span class={`mode mode-${mode.toLowerCase()}`}>{mode}</span>;
}

export function Loading({ what }: { what: string }): JSX.Element {
  return (
    <div class="loading" role="status">
      <span class="loading-steps" aria-hidden="true">
        <i />
        <i />
        <i />
        <i />
      </span>
      Loading {what} …
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <svg viewBox="0 0 120 48" width="120" height="48" aria-hidden="true">
        <path class="empty-steps" d="M4 40h28V28h28V16h56" />
        <path class="empty-curve" d="M4 45c40 0 46-6 58-14s18-9 54-9" />
      </svg>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** What was refused, in the controller's words, and the way on. */
export function Fault({ problem, retry }: { problem: Problem; retry?: () => void }): JSX.Element {
  return (
    <div class="fault" role="alert">
      <h2>{problem.status === 404 ? "Not found" : problem.title || "Something failed"}</h2>
      <p>{problem.detail}</p>
      {retry && (
        <button type="button" class="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Card(props: {
  title: string;
  note?: string | undefined;
  children: ComponentChildren;
  class?: string;
}): JSX.Element {
  return (
    <section class={`card ${props.class ?? ""}`} aria-label={props.title}>
      <header class="card-head">
        <h2>{props.title}</h2>
        {props.note && <p>{props.note}</p>}
      </header>
      {props.children}
    </section>
  );
}

/** The same data as a chart, for who cannot see it and who wants the digits. Filled only when it is opened. */
export function DataTable(props: {
  caption: string;
  head: string[];
  rows: () => (string | JSX.Element)[][];
  open: boolean;
  onToggle: (open: boolean) => void;
}): JSX.Element {
  return (
    <details class="data" open={props.open} onToggle={(e) => props.onToggle(e.currentTarget.open)}>
      <summary>{props.caption}</summary>
      {props.open && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section class="data-scroll" tabIndex={0} aria-label={props.caption}>
          <table>
            <thead>
              <tr>
                {props.head.map((word) => (
                  <th key={word} scope="col">
                    {word}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {props.rows().map((cells, row) => (
                <tr key={row}>
                  {cells.map((cell, column) =>
                    column === 0 ? (
                      <th key={column} scope="row">
                        {cell}
                      </th>
                    ) : (
                      <td key={column}>{cell}</td>
                    ),
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  );
}
