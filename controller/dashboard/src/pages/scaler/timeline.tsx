// The time axis that the charts share: events as bars, now, and a thumb that arrow keys move.
import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import type { EventShort } from "../../api/types";
import { GUTTER } from "../../charts/plot";
import { exactClock, utc, when } from "../../words/format";

export interface Window {
  from: number;
  to: number;
  now: number;
  step: number;
}

/** Where a key moves the moment to, in seconds; undefined where the key is not ours. */
export function moved(
  key: string,
  shift: "coarse" | "fine",
  at: number,
  window: Window,
): number | null | undefined {
  const step = window.step * (shift === "coarse" ? 10 : 1);
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return Math.max(at - step, window.from);
    case "ArrowRight":
    case "ArrowUp":
      return Math.min(at + step, window.to);
    case "PageDown":
      return Math.max(at - window.step * 10, window.from);
    case "PageUp":
      return Math.min(at + window.step * 10, window.to);
    case "Home":
      return window.from;
    case "End":
      return window.to;
    case "Escape":
      return null;
    default:
      return undefined;
  }
}

export function Timeline(props: {
  window: Window;
  moment: Signal<number | null>;
  events: readonly EventShort[];
  says: string;
}): JSX.Element {
  const { window, moment, events } = props;
  const share = (at: number) => `${(100 * (at - window.from)) / (window.to - window.from)}%`;
  const inView = events
    .map((event) => {
      const from = Date.parse(event.startsAt) / 1000;
      const to = Date.parse(event.endsAt) / 1000;
      return { event, from, to };
    })
    .filter(({ from, to }) => window.from < to && from < window.to);
  const at = moment.value ?? window.now;
  const fromPointer = (e: JSX.TargetedPointerEvent<HTMLDivElement>) => {
    const box = e.currentTarget.getBoundingClientRect();
    const part = Math.min(Math.max((e.clientX - box.left) / box.width, 0), 1);
    moment.value = window.from + part * (window.to - window.from);
  };
  return (
    <div class="timeline" style={{ paddingLeft: `${GUTTER.left}px`, paddingRight: `${GUTTER.right}px` }}>
      <div
        class="timeline-track"
        role="slider"
        tabIndex={0}
        aria-label="Moment that the charts show. Arrow keys move it, Escape goes back to now"
        aria-valuemin={Math.round(window.from)}
        aria-valuemax={Math.round(window.to)}
        aria-valuenow={Math.round(at)}
        aria-valuetext={props.says}
        title={`${exactClock(at * 1000)} · ${utc(at * 1000)}`}
        onKeyDown={(e) => {
          const next = moved(e.key, e.shiftKey ? "coarse" : "fine", at, window);
          if (next === undefined) return;
          e.preventDefault();
          moment.value = next;
        }}
        onPointerDown={(e) => {
          e.currentTarget.setPointerCapture(e.pointerId);
          fromPointer(e);
        }}
        onPointerMove={fromPointer}
        onPointerLeave={() => {
          moment.value = null;
        }}
      >
        {inView.map(({ event, from, to }) => (
          <span
            key={event.name}
            class="timeline-event"
            style={{
              left: share(Math.max(from, window.from)),
              width: `calc(${share(Math.min(to, window.to))} - ${share(Math.max(from, window.from))})`,
            }}
            title={`${event.type} ${event.name}: ${when(from * 1000, window.now * 1000)}`}
          >
            <b>{event.name}</b>
          </span>
        ))}
        <span class="timeline-now" style={{ left: share(window.now) }}>
          <b>now</b>
        </span>
        {moment.value !== null && <span class="timeline-thumb" style={{ left: share(at) }} />}
      </div>
    </div>
  );
}
