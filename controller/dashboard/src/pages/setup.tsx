// What is connected, what fails, and how to fix it.
import type { JSX } from "preact";
import { api } from "../api/client";
import type { SetupItem } from "../api/types";
import { Empty, Fault, Loading } from "../parts/atoms";
import { Page } from "../parts/page";
import { useAsked } from "../state/asked";
import { session } from "../state/session";

const WORDS = { ok: "Working", failing: "Failing", off: "Off" } as const;
const ORDER = { failing: 0, ok: 1, off: 2 } as const;

/** How often the page asks again while it is open. */
const AGAIN_MS = 15_000;

export default function SetupPage(): JSX.Element {
  const { said: setup, fault, ask } = useAsked(api.setup, AGAIN_MS);
  const items = [...(setup.value?.items ?? [])].sort((a, b) => ORDER[a.state] - ORDER[b.state]);
  const failing = items.filter((item) => item.state === "failing").length;
  const summary =
    failing === 0
      ? "Everything that is set up works."
      : `${failing} of ${items.length} need${failing === 1 ? "s" : ""} somebody.`;
  return (
    <Page title="Setup" aside={<p class="quiet">Prescale {session.value?.version ?? ""}</p>}>
      {setup.value === null && fault.value !== null && <Fault problem={fault.value} retry={ask} />}
      {setup.value === null && fault.value === null && <Loading what="the setup" />}
      {setup.value !== null && items.length === 0 && <Empty title="Nothing is set up" />}
      {0 < items.length && (
        <>
          <p class="lead">{summary}</p>
          <ul class="setup">
            {items.map((item) => (
              <Item key={item.id} item={item} />
            ))}
          </ul>
        </>
      )}
    </Page>
  );
}

function Item({ item }: { item: SetupItem }): JSX.Element {
  return (
    <li class={`setup-item setup-${item.state}`}>
      <span class="setup-state">
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
          {item.state === "ok" && <path d="m3 8.5 3.5 3.5L13 4.5" />}
          {item.state === "failing" && <path d="m4 4 8 8m0-8-8 8" />}
          {item.state === "off" && <path d="M4 8h8" />}
        </svg>
        {WORDS[item.state]}
      </span>
      <div>
        <h2>{item.what}</h2>
        <p>{item.says}</p>
        {item.fix !== null && (
          <p class="fix">
            <b>{item.state === "off" ? "To turn it on:" : "To fix it:"}</b> {item.fix}
          </p>
        )}
      </div>
    </li>
  );
}
