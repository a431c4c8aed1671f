// Events in the order of time: what is ahead first, what was below.
import type { JSX } from "preact";
import { Link } from "wouter-preact";
import type { EventRow } from "../../api/types";
import { startOfDay } from "../../state/calendar";
import { calledOff } from "../../state/event-form";
import { paths } from "../../state/router";
import { amount, away, clock, percent, utc, wholeDay } from "../../words/format";
import { Sizes } from "./sizes";

const starts = (event: EventRow): number => Date.parse(event.startsAt);
const ends = (event: EventRow): number => Date.parse(event.endsAt);

interface Props {
  events: readonly EventRow[];
  now: number;
  open: (event: EventRow) => void;
}

export function Agenda({ events, now, open }: Props): JSX.Element {
  const ahead = events.filter((event) => now <= ends(event)).sort((a, b) => starts(a) - starts(b));
  const over = events.filter((event) => ends(event) < now).sort((a, b) => starts(b) - starts(a));
  return (
    <div class="agenda">
      <h2 class="section">Ahead</h2>
      {ahead.length === 0 ? (
        <p class="quiet">Nothing is announced.</p>
      ) : (
        <Days events={ahead} now={now} open={open} />
      )}
      {0 < over.length && (
        <>
          <h2 class="section">Over</h2>
          <Days events={over} now={now} open={open} />
        </>
      )}
    </div>
  );
}

function Days({ events, now, open }: Props): JSX.Element {
  const days = new Map<number, EventRow[]>();
  for (const event of events) {
    const day = startOfDay(starts(event)).getTime();
    days.set(day, [...(days.get(day) ?? []), event]);
  }
  return (
    <ol class="days">
      {[...days].map(([day, those]) => (
        <li key={day} class="day">
          <h3>{wholeDay(day)}</h3>
          <ul>
            {those.map((event) => (
              <Entry key={`${event.namespace}/${event.name}`} event={event} now={now} open={open} />
            ))}
          </ul>
        </li>
      ))}
    </ol>
  );
}

function Entry({
  event,
  now,
  open,
}: {
  event: EventRow;
  now: number;
  open: (event: EventRow) => void;
}): JSX.Element {
  return (
    <li class={calledOff(event) ? "entry entry-off" : "entry"}>
      <p class="entry-time">
        <time dateTime={event.startsAt} title={utc(event.startsAt)}>
          {clock(event.startsAt)}
        </time>
        <time class="quiet" dateTime={event.endsAt} title={utc(event.endsAt)}>
          {clock(event.endsAt)}
        </time>
      </p>
      <div class="entry-main">
        <p class="entry-name">
          <button type="button" class="plain" onClick={() => open(event)}>
            {event.name}
          </button>
          <span class="tag tag-event">{event.type}</span>
          {event.effect !== "Demand" && <span class="tag">{event.effect}</span>}
          <span class="quiet">
            {calledOff(event) ? "called off" : event.phase.toLowerCase()}
            {now < starts(event) && `, ${away(event.startsAt, now)}`}
            {event.confidence < 1 && `, ${percent(event.confidence)} sure`}
            {event.magnitude !== null && `, size ${amount(event.magnitude)}`}
          </span>
        </p>
        <p class="entry-who">
          <span class="quiet">{event.namespace}</span>
          {event.scalers.slice(0, 3).map((key) => {
            const [ns = "", name = ""] = key.split("/");
            return (
              <Link key={key} href={paths.scaler(ns, name)}>
                {name}
              </Link>
            );
          })}
          {3 < event.scalers.length && <span class="quiet">and {event.scalers.length - 3} more</span>}
          {event.scalers.length === 0 && <span class="quiet">no scaler heeds it</span>}
        </p>
        {event.problem !== null && <p class="entry-problem">{event.problem}</p>}
      </div>
      <Sizes event={event} />
    </li>
  );
}
