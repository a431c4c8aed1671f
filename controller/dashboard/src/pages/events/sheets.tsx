// The calendar as sheets: a week by hours, a month by days.
import type { JSX } from "preact";
import type { EventRow } from "../../api/types";
import { addDays, DAY_MS, firstDayOfWeek, monthSheet, startOfDay, weekSheet } from "../../state/calendar";
import { calledOff } from "../../state/event-form";
import { clock, day, month, utc } from "../../words/format";

interface Props {
  events: readonly EventRow[];
  at: number;
  now: number;
  open: (event: EventRow) => void;
}

const firstDay = (): number => firstDayOfWeek(navigator.language);
const starts = (event: EventRow): number => Date.parse(event.startsAt);
const ends = (event: EventRow): number => Date.parse(event.endsAt);

export function Turn(props: {
  by: "week" | "month";
  at: number;
  now: number;
  turn: (to: number) => void;
}): JSX.Element {
  const moved = (sign: number) => {
    if (props.by === "week") return addDays(new Date(props.at), 7 * sign).getTime();
    const date = startOfDay(props.at);
    date.setDate(1);
    date.setMonth(date.getMonth() + sign);
    return date.getTime();
  };
  const days = weekSheet(props.at, firstDay());
  const title =
    props.by === "month"
      ? month(props.at)
      : `${day(days[0]?.getTime() ?? props.at)} – ${day(days[6]?.getTime() ?? props.at)}`;
  return (
    <div class="turn">
      <button
        type="button"
        class="button button-small"
        onClick={() => props.turn(moved(-1))}
        aria-label={`${props.by} before`}
      >
        ←
      </button>
      <button type="button" class="button button-small" onClick={() => props.turn(props.now)}>
        Today
      </button>
      <button
        type="button"
        class="button button-small"
        onClick={() => props.turn(moved(1))}
        aria-label={`${props.by} after`}
      >
        →
      </button>
      <h2 aria-live="polite">{title}</h2>
    </div>
  );
}

const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });

export function MonthView({ events, at, now, open }: Props): JSX.Element {
  const days = monthSheet(at, firstDay());
  const shown = new Date(at).getMonth();
  const today = startOfDay(now).getTime();
  const weeks = Array.from({ length: days.length / 7 }, (_, i) => days.slice(7 * i, 7 * i + 7));
  return (
    <table class="month">
      <caption class="hidden">Events of {month(at)}</caption>
      <thead>
        <tr>
          {days.slice(0, 7).map((date) => (
            <th key={date.getTime()} scope="col">
              {weekday.format(date)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeks.map((week) => (
          <tr key={week[0]?.getTime()}>
            {week.map((date) => {
              const from = date.getTime();
              const to = addDays(date, 1).getTime();
              const those = events
                .filter((e) => from <= starts(e) && starts(e) < to)
                .sort((a, b) => starts(a) - starts(b));
              const kind = `${date.getMonth() === shown ? "" : "other"} ${from === today ? "today" : ""}`;
              return (
                <td key={from} class={kind}>
                  <span class="date">{date.getDate()}</span>
                  {those.map((event) => (
                    <Chip key={`${event.namespace}/${event.name}`} event={event} open={open} />
                  ))}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Chip({ event, open }: { event: EventRow; open: (event: EventRow) => void }): JSX.Element {
  return (
    <button
      type="button"
      class={calledOff(event) ? "cal-chip cal-off" : "cal-chip"}
      title={`${event.name}, ${utc(event.startsAt)}`}
      aria-label={`${event.name}, ${clock(event.startsAt)}`}
      onClick={() => open(event)}
    >
      <time>{clock(event.startsAt)}</time> <span>{event.name}</span>
    </button>
  );
}

const HOURS = [0, 4, 8, 12, 16, 20];

export function WeekView({ events, at, now, open }: Props): JSX.Element {
  const days = weekSheet(at, firstDay());
  const today = startOfDay(now).getTime();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="week" aria-label="Week" tabIndex={0}>
      <div class="week-hours" aria-hidden="true">
        {HOURS.map((hour) => (
          <span key={hour} style={{ top: `${(100 * hour) / 24}%` }}>
            {clock(new Date(2026, 0, 5, hour).getTime())}
          </span>
        ))}
      </div>
      {days.map((date) => {
        const from = date.getTime();
        const to = addDays(date, 1).getTime();
        const those = events
          .filter((e) => starts(e) < to && from < ends(e))
          .sort((a, b) => starts(a) - starts(b));
        return (
          <div key={from} class={from === today ? "week-day today" : "week-day"}>
            <h3>{day(from)}</h3>
            <div class="week-column">
              {those.map((event, i) => {
                const top = Math.max(starts(event) - from, 0) / DAY_MS;
                const beside = those.slice(0, i).filter((other) => starts(event) < ends(other)).length;
                return (
                  <button
                    key={`${event.namespace}/${event.name}`}
                    type="button"
                    class={calledOff(event) ? "cal-block cal-off" : "cal-block"}
                    style={{
                      top: `${100 * top}%`,
                      height: `max(34px, ${(100 * (Math.min(ends(event), to) - Math.max(starts(event), from))) / DAY_MS}%)`,
                      left: `${Math.min(beside, 3) * 18}%`,
                    }}
                    title={`${event.name}, ${utc(event.startsAt)}`}
                    onClick={() => open(event)}
                  >
                    <time>{clock(event.startsAt)}</time> <span>{event.name}</span>
                  </button>
                );
              })}
              {from === today && <i class="week-now" style={{ top: `${(100 * (now - from)) / DAY_MS}%` }} />}
            </div>
          </div>
        );
      })}
    </section>
  );
}
