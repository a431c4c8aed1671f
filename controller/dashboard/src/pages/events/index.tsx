// The calendar of what moves demand: what was expected of each event, learned from its kind, and observed.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { api } from "../../api/client";
import type { EventRow } from "../../api/types";
import { Empty, Fault, Loading } from "../../parts/atoms";
import { Page } from "../../parts/page";
import { useAsked } from "../../state/asked";
import { session } from "../../state/session";
import { Agenda } from "./agenda";
import { EventDialog } from "./dialog";
import { MonthView, Turn, WeekView } from "./sheets";

type View = "agenda" | "week" | "month";
const VIEWS: [View, string][] = [
  ["agenda", "Agenda"],
  ["week", "Week"],
  ["month", "Month"],
];

/** How often the calendar is asked for anew: learned and observed demand move. */
const AGAIN_MS = 30_000;

export default function EventsPage(): JSX.Element {
  const { said: events, fault, ask } = useAsked(api.events, AGAIN_MS);
  const shown = useSignal<View>("agenda");
  const turnedTo = useSignal<number | null>(null);
  /** The event in the dialog; "new" for one that is not there yet. */
  const edited = useSignal<EventRow | "new" | null>(null);
  const known = events.value;
  const mayChange = session.value?.canChangeEvents === true;
  const now = known === null ? Date.now() : Date.parse(known.now);
  const at = turnedTo.value ?? now;
  const open = (event: EventRow) => {
    edited.value = event;
  };
  return (
    <Page
      title="Events"
      aside={
        <div class="page-tools">
          <fieldset class="segmented">
            <legend class="hidden">View</legend>
            {VIEWS.map(([id, title]) => (
              <button
                key={id}
                type="button"
                aria-pressed={shown.value === id}
                onClick={() => {
                  shown.value = id;
                }}
              >
                {title}
              </button>
            ))}
          </fieldset>
          {mayChange && (
            <button
              type="button"
              class="button button-main"
              onClick={() => {
                edited.value = "new";
              }}
            >
              Add event
            </button>
          )}
        </div>
      }
    >
      {known === null && fault.value !== null && <Fault problem={fault.value} retry={ask} />}
      {known === null && fault.value === null && <Loading what="the calendar" />}
      {known !== null && known.items.length === 0 && (
        <Empty title="No event is announced">
          <p>
            A DemandEvent says when something starts that moves demand: an on-sale, a kick-off, a campaign.
            Scalers prepare for it, and learn from it what the next one will bring.
          </p>
        </Empty>
      )}
      {known !== null && 0 < known.items.length && (
        <>
          {shown.value !== "agenda" && (
            <Turn
              by={shown.value}
              at={at}
              now={now}
              turn={(next) => {
                turnedTo.value = next;
              }}
            />
          )}
          {shown.value === "agenda" && <Agenda events={known.items} now={now} open={open} />}
          {shown.value === "week" && <WeekView events={known.items} at={at} now={now} open={open} />}
          {shown.value === "month" && <MonthView events={known.items} at={at} now={now} open={open} />}
        </>
      )}
      {edited.value !== null && (
        <EventDialog
          edited={edited.value === "new" ? null : edited.value}
          known={known?.items ?? []}
          now={now}
          mayChange={mayChange ? "may-change" : "read-only"}
          done={(outcome) => {
            edited.value = null;
            if (outcome === "changed") ask();
          }}
        />
      )}
    </Page>
  );
}
