// How right the forecasts were, and what the plan is worth beside what really ran.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { api, type Problem } from "../../api/client";
import type { Accuracy, Outcome } from "../../api/types";
import { Card, DataTable, Empty, Fault, Loading } from "../../parts/atoms";
import { accuracy, view } from "../../state/scaler";
import { refused } from "../../state/session";
import { amount, count, day, finePercent, percent, signedPercent, span } from "../../words/format";
import { AdviceCard, CostCard } from "./cost";

export function AccuracyTab({ ns, name }: { ns: string; name: string }): JSX.Element {
  const fault = useSignal<Problem | null>(null);
  const load = () => {
    fault.value = null;
    api.accuracy(ns, name).then(
      (judged) => {
        accuracy.value = judged;
      },
      (error: unknown) => {
        fault.value = refused(error);
      },
    );
  };
  useEffect(load, [ns, name]);
  const judged = accuracy.value;
  const { cost, advice } = view.value ?? {};
  if (judged === null) {
    return fault.value === null ? (
      <Loading what="the accuracy" />
    ) : (
      <Fault problem={fault.value} retry={load} />
    );
  }
  return (
    <div class="accuracy">
      <Reality judged={judged} />
      {judged.judgedSteps === 0 ? (
        <Empty title="No forecast has been judged yet">
          <p>A forecast is judged when its time has come. The first ones are due within the hour.</p>
        </Empty>
      ) : (
        <>
          <Calibration judged={judged} />
          <Horizons judged={judged} />
        </>
      )}
      <Worth judged={judged} />
      {cost && <CostCard cost={cost} />}
      {advice && <AdviceCard advice={advice} />}
    </div>
  );
}

function Reality({ judged }: { judged: Accuracy }): JSX.Element {
  const shadow = view.value?.row.mode !== "Active";
  const longest = {
    late: most(judged, (o) => o.lateMinutes),
    hours: most(judged, (o) => o.replicaHours),
  };
  const avoided = judged.lateMinutesAvoided;
  return (
    <Card
      title={shadow ? "The plan beside what really ran" : "What ran, beside the plan"}
      note={`over ${span(judged.reality.minutes * 60)}`}
      class="reality"
    >
      {avoided !== null && (
        <p class="avoided">
          <b>{amount(Math.abs(avoided))}</b> {Math.abs(avoided) === 1 ? "late minute" : "late minutes"}{" "}
          {avoided < 0 ? "more" : "fewer"} than an HPA that follows the same demand
          {shadow ? ", had the plan run" : ""}
        </p>
      )}
      <p class="says">{judged.saysWhat}</p>
      <div class="versus">
        <Versus
          title="Late minutes"
          what="demand above what ready pods serve"
          of={(o) => o.lateMinutes}
          most={longest.late}
          judged={judged}
        />
        <Versus
          title="Replica-hours"
          what="replicas that ran, times hours"
          of={(o) => o.replicaHours}
          most={longest.hours}
          judged={judged}
        />
      </div>
    </Card>
  );
}

function most(judged: Accuracy, of: (outcome: Outcome) => number | null): number {
  return Math.max(...[judged.reality, judged.plan, judged.reactive].map((outcome) => of(outcome) ?? 0));
}

function Versus(props: {
  title: string;
  what: string;
  of: (outcome: Outcome) => number | null;
  most: number;
  judged: Accuracy;
}): JSX.Element {
  const rows: [string, string, number | null][] = [
    ["Really ran", "running", props.of(props.judged.reality)],
    ["Planned", "plan", props.of(props.judged.plan)],
    ["HPA on demand", "reactive", props.of(props.judged.reactive)],
  ];
  return (
    <div>
      <h3>
        {props.title} <span class="quiet">{props.what}</span>
      </h3>
      <dl class="bars">
        {rows.map(([label, mark, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              {value !== null && 0 < value && (
                <span class={`bar bar-${mark}`} style={{ width: `${(100 * value) / props.most}%` }} />
              )}
              <b>{amount(value)}</b>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

const SIDE = 240;
const at = (share: number): number => 8 + share * (SIDE - 16);

function Calibration({ judged }: { judged: Accuracy }): JSX.Element {
  const points = judged.calibration.filter((point) => point.covered !== null);
  const worst = points.reduce((most, p) => Math.max(most, Math.abs((p.covered ?? 0) - p.quantile)), 0);
  const says =
    points.length === 0
      ? "Nothing has been judged yet."
      : worst <= 0.05
        ? "Said and seen agree: demand stayed below each line as often as was said."
        : `Demand stayed below a line up to ${percent(worst)} more or less often than was said.`;
  return (
    <Card
      title="Calibration"
      note={`${count(judged.judgedSteps)} steps judged${judged.since === null ? "" : `, since ${day(judged.since)}`}`}
    >
      <p class="says">{says}</p>
      <div class="calibration">
        <figure>
          <svg viewBox={`0 0 ${SIDE} ${SIDE}`} role="img" aria-label={`Calibration: ${says}`}>
            <rect class="plot-frame" x="8" y="8" width={SIDE - 16} height={SIDE - 16} />
            {[0.25, 0.5, 0.75].map((share) => (
              <g key={share} class="plot-grid">
                <path d={`M${at(share)} 8V${SIDE - 8}`} />
                <path d={`M8 ${at(share)}H${SIDE - 8}`} />
              </g>
            ))}
            <path class="diagonal" d={`M8 ${SIDE - 8}L${SIDE - 8} 8`} />
            <path
              class="calibration-line"
              d={points
                .map((p, i) => `${i === 0 ? "M" : "L"}${at(p.quantile)} ${at(1 - (p.covered ?? 0))}`)
                .join("")}
            />
            {points.map((p) => (
              <circle
                key={p.quantile}
                class="calibration-point"
                cx={at(p.quantile)}
                cy={at(1 - (p.covered ?? 0))}
                r="5"
              />
            ))}
          </svg>
          <figcaption class="axis-note">across: said · up: seen · dotted: perfect</figcaption>
        </figure>
        <table class="said">
          <thead>
            <tr>
              <th scope="col">Said to stay below</th>
              <th scope="col">Seen</th>
            </tr>
          </thead>
          <tbody>
            {judged.calibration.map((p) => (
              <tr key={p.quantile}>
                <th scope="row">{percent(p.quantile)}</th>
                <td>{p.covered === null ? "–" : finePercent(p.covered)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function Horizons({ judged }: { judged: Accuracy }): JSX.Element {
  const open = useSignal(false);
  const known = judged.horizons.filter((h) => h.skill !== null);
  const best = known.reduce((most, h) => Math.max(most, h.skill ?? 0), 0);
  const reach = Math.max(0.2, ...known.map((h) => Math.abs(h.skill ?? 0)));
  const says =
    known.length === 0
      ? "Nothing has been judged yet."
      : best <= 0
        ? "No better than the last value so far."
        : `Up to ${percent(best)} less error than the last value has.`;
  return (
    <Card title="Skill by horizon" note="how much less wrong than the last value">
      <p class="says">{says}</p>
      <dl class="skills">
        {judged.horizons.map((h) => (
          <div key={h.horizonSeconds}>
            <dt>{span(h.horizonSeconds)}</dt>
            <dd>
              <SkillTrack value={h.skill} reach={reach} />
              <b>{signedPercent(h.skill)}</b>
            </dd>
          </div>
        ))}
      </dl>
      <DataTable
        caption="Skill as a table"
        head={["Horizon", "Error", "Of the last value", "Skill", "Steps"]}
        rows={() =>
          judged.horizons.map((h) => [
            span(h.horizonSeconds),
            amount(h.error),
            amount(h.lastValueError),
            signedPercent(h.skill),
            count(h.steps),
          ])
        }
        open={open.value}
        onToggle={(next) => {
          open.value = next;
        }}
      />
    </Card>
  );
}

function Worth({ judged }: { judged: Accuracy }): JSX.Element {
  const { events, signals, worthMinutes } = judged;
  const all = [...events, ...signals];
  const reach = Math.max(0.2, ...all.map((one) => Math.abs(one.saves ?? 0)));
  return (
    <Card
      title="What events and signals are worth"
      note={
        worthMinutes === null ? undefined : `error saved by knowing of them, over ${span(worthMinutes * 60)}`
      }
      class="worth"
    >
      {all.length === 0 && (
        <p class="quiet">No event concerns this scaler, and no signal runs ahead of it.</p>
      )}
      <ul class="worth-list">
        {events.map((event) => (
          <li key={`e ${event.class}`}>
            <span class="tag tag-event">event</span>
            <div>
              <b>{event.class}</b> <span class="quiet">seen {count(event.seen)}×</span>
              <p>{event.worth}</p>
            </div>
            <Saves value={event.saves} reach={reach} />
          </li>
        ))}
        {signals.map((signal) => (
          <li key={`s ${signal.name}`}>
            <span class="tag tag-signal">signal</span>
            <div>
              <b>{signal.name}</b>
              <p>{signal.worth ?? "too little was seen of it to tell"}</p>
            </div>
            <Saves value={signal.saves} reach={reach} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** A share that is saved, to the right; one that is lost, to the left. */
function Saves({ value, reach }: { value: number | null; reach: number }): JSX.Element {
  return (
    <span class="saves">
      <SkillTrack value={value} reach={reach} />
      <b>{signedPercent(value)}</b>
    </span>
  );
}

function SkillTrack({ value, reach }: { value: number | null; reach: number }): JSX.Element {
  const share = value ?? 0;
  return (
    <span class="skill-track" aria-hidden="true">
      <span
        class={share < 0 ? "skill-bar worse" : "skill-bar"}
        style={{ [share < 0 ? "right" : "left"]: "50%", width: `${(50 * Math.abs(share)) / reach}%` }}
      />
    </span>
  );
}
