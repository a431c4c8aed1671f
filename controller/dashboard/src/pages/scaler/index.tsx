// One scaler: what is coming, what is planned and why; how right that was; and what would be if.
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Link } from "wouter-preact";
import { Fault, Loading, ModeMark, StateMark, Time } from "../../parts/atoms";
import { Page } from "../../parts/page";
import { link } from "../../state/live";
import { paths } from "../../state/router";
import { loadScaler, lookAt, scalerFault, scalerGone, view } from "../../state/scaler";
import { clock, utc } from "../../words/format";
import { AccuracyTab } from "./accuracy";
import { Charts } from "./charts";
import { HeadlineBlock } from "./headline";
import { WhatIfTab } from "./what-if";

export type Tab = "" | "accuracy" | "what-if";

export default function ScalerPage({ ns, name, tab }: { ns: string; name: string; tab: Tab }): JSX.Element {
  useEffect(() => lookAt(ns, name), [ns, name]);
  const seen = view.value;
  if (scalerFault.value !== null && seen === null) {
    return (
      <Page title={name} crumb={ns}>
        <Fault problem={scalerFault.value} retry={() => void loadScaler()} />
        <p>
          <Link href={paths.fleet}>Back to the fleet</Link>
        </p>
      </Page>
    );
  }
  return (
    <Page
      title={name}
      crumb={ns}
      aside={
        seen && (
          <p class="page-marks">
            <ModeMark mode={seen.row.mode} />
            <StateMark state={seen.row.state} />
            <span>{seen.row.target}</span>
            <span class="quiet">
              as of <Time at={seen.plan.madeAt} now={seen.plan.madeAt} />
            </span>
          </p>
        )
      }
    >
      {seen === null ? (
        <Loading what="the scaler" />
      ) : (
        <>
          {scalerGone.value && <Gone ns={ns} name={name} />}
          {seen.row.wrong !== null && <Wrong />}
          <HeadlineBlock />
          <Tabs ns={ns} name={name} tab={tab} />
          {tab === "" && <Charts />}
          {tab === "accuracy" && <AccuracyTab ns={ns} name={name} />}
          {tab === "what-if" && <WhatIfTab ns={ns} name={name} />}
        </>
      )}
    </Page>
  );
}

function Tabs({ ns, name, tab }: { ns: string; name: string; tab: Tab }): JSX.Element {
  const tabs: [Tab, string][] = [
    ["", "Forecast and plan"],
    ["accuracy", "Accuracy"],
    ["what-if", "What if"],
  ];
  return (
    <nav class="tabs" aria-label="Views of this scaler">
      {tabs.map(([id, title]) => (
        <Link
          key={id}
          href={paths.scaler(ns, name, id === "" ? "" : `/${id}`)}
          aria-current={id === tab ? "page" : undefined}
        >
          {title}
        </Link>
      ))}
    </nav>
  );
}

function Wrong(): JSX.Element | null {
  const seen = view.value;
  if (seen === null) return null;
  const bad = seen.conditions.filter(
    (condition) =>
      condition.message !== "" &&
      seen.row.wrong?.includes(condition.message) === false &&
      condition.status === "False",
  );
  return (
    <div class={`notice notice-${seen.row.state}`} role="status">
      <StateMark state={seen.row.state} />
      <div>
        <p>{seen.row.wrong}</p>
        {bad.map((condition) => (
          <p key={condition.type} class="quiet">
            {condition.type}: {condition.message}
          </p>
        ))}
      </div>
    </div>
  );
}

function Gone({ ns, name }: { ns: string; name: string }): JSX.Element {
  return (
    <div class="notice notice-failing" role="alert">
      <StateMark state="failing" quiet="word-hidden" />
      <p>
        {ns}/{name} is no longer there, or you may no longer see it. What is shown is the last that was known
        {link.value.state === "up" ? "" : " before the connection was lost"}, at{" "}
        <time title={utc(view.value?.plan.madeAt ?? 0)}>{clock(view.value?.plan.madeAt ?? 0)}</time>.{" "}
        <Link href={paths.fleet}>Back to the fleet</Link>
      </p>
    </div>
  );
}
