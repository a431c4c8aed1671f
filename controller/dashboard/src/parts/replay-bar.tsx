// The replay that the dashboard runs on: how fast, where it is, and how it ended.
import type { JSX } from "preact";
import type { ReplayState } from "../api/types";
import { command, replay, replayFault } from "../state/replay";
import { amount, count, exactClock, span, tinyPercent, utc, when } from "../words/format";

const SPEEDS = [1, 10, 60, 300, 1200];

export function ReplayBar(): JSX.Element | null {
  const state = replay.value;
  if (state === null) return null;
  const [from, to, at] = [Date.parse(state.from), Date.parse(state.to), Date.parse(state.at)];
  const share = (moment: number) =>
    `${(100 * Math.min(Math.max(moment - from, 0), to - from)) / Math.max(to - from, 1)}%`;
  const ahead = state.events.filter((event) => at < Date.parse(event.startsAt));
  return (
    <section class="replay" aria-label="Replay">
      <div class="replay-what">
        <span class="tag tag-replay">Replay</span>
        <b>{state.recording}</b>
        <span class="quiet">
          {state.policy}, <time title={utc(at)}>{when(at, at)}</time>{" "}
          <span class="replay-clock">{exactClock(at)}</span>
        </span>
      </div>
      <div class="replay-progress" aria-hidden="true">
        <span class="replay-done" style={{ width: share(at) }} />
        {state.events.map((event) => (
          <span
            key={event.name}
            class="replay-event"
            style={{ left: share(Date.parse(event.startsAt)) }}
            title={event.name}
          />
        ))}
      </div>
      <div class="replay-controls">
        <button
          type="button"
          class="button button-small"
          disabled={state.ended}
          onClick={() => void command(state.paused ? { resume: true } : { pause: true })}
        >
          {state.paused ? "Go on" : "Pause"}
        </button>
        <label class="choice choice-small">
          <span class="hidden">Speed</span>
          <select
            value={String(state.speed)}
            onChange={(e) => void command({ speed: Number(e.currentTarget.value) })}
          >
            {[...new Set([...SPEEDS, state.speed])]
              .sort((a, b) => a - b)
              .map((speed) => (
                <option key={speed} value={String(speed)}>
                  {amount(speed)}× speed
                </option>
              ))}
          </select>
        </label>
        <Jump state={state} ahead={ahead} />
        <button type="button" class="button button-small" onClick={() => void command({ restart: true })}>
          Restart
        </button>
      </div>
      {replayFault.value !== null && (
        <p class="replay-note" role="alert">
          {replayFault.value.detail || replayFault.value.title}
        </p>
      )}
      {state.endsIn !== null && !state.ended && (
        <p class="replay-note quiet">Nobody seems to watch: it ends by itself in {span(state.endsIn)}.</p>
      )}
      {state.ended && <Result state={state} />}
    </section>
  );
}

/** Jumping lands this long before an event, so that the rise to it can be watched. */
const BEFORE_EVENT_MS = 20 * 60_000;

function Jump({ state, ahead }: { state: ReplayState; ahead: ReplayState["events"] }): JSX.Element | null {
  if (state.ended) return null;
  return (
    <label class="choice choice-small">
      <span class="hidden">Jump to</span>
      <select
        value=""
        onChange={(e) => {
          const to = e.currentTarget.value;
          e.currentTarget.value = "";
          if (to !== "") void command({ jumpTo: to });
        }}
      >
        <option value="">Jump to …</option>
        {ahead.map((event) => {
          const to = Math.max(Date.parse(event.startsAt) - BEFORE_EVENT_MS, Date.parse(state.at));
          return (
            <option key={event.name} value={new Date(to).toISOString()}>
              {event.name}, {when(event.startsAt, state.at)}
            </option>
          );
        })}
        <option value={state.to}>the end</option>
      </select>
    </label>
  );
}

function Result({ state }: { state: ReplayState }): JSX.Element {
  const result = state.result;
  if (result === null) return <p class="replay-note">The replay has ended.</p>;
  const rows = [
    { policy: state.policy, lateRequests: result.lateRequests, cost: result.cost },
    ...result.beside,
  ];
  const best = Math.max(...rows.map((row) => row.lateRequests), 1);
  return (
    <div class="replay-result">
      <p>
        <b>The replay has ended.</b> {amount(result.lateRequests)} of {amount(result.requests)} requests were
        late ({tinyPercent(result.lateRequests / Math.max(result.requests, 1))}).
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">Policy</th>
            <th scope="col" class="bars-column">
              <span class="hidden">Late requests as a bar</span>
            </th>
            <th scope="col">Late requests</th>
            <th scope="col">Cost</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={row.policy} class={i === 0 ? "ours" : undefined}>
              <th scope="row">{row.policy}</th>
              <td>
                <span class="bar-cell">
                  <span class="bar bar-event" style={{ width: `${(100 * row.lateRequests) / best}%` }} />
                </span>
              </td>
              <td>{count(row.lateRequests)}</td>
              <td>{amount(row.cost)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
