// How long it takes from asking for a pod to its serving: as bars on one scale, and how each is known.
import type { JSX } from "preact";
import type { ScalerView } from "../../api/types";
import { Card } from "../../parts/atoms";
import { finePercent, span } from "../../words/format";
import { known } from "../../words/room";

const KINDS = [
  ["pod", "On a node that is there"],
  ["node", "On a node that is launched for it"],
] as const;

export function LeadTimes({ view }: { view: ScalerView }): JSX.Element {
  const { leadTimes, spec } = view;
  const longest = Math.max(leadTimes.pod.seconds, leadTimes.node.seconds, 1);
  const width = (seconds: number) => ({ width: `${(100 * Math.max(seconds, 0)) / longest}%` });
  return (
    <Card title="Lead times" note={`${finePercent(spec.risk)} of starts are faster`} class="leads">
      <dl>
        {KINDS.map(([kind, title]) => {
          const start = leadTimes[kind];
          const hpa = Math.min(leadTimes.hpaSeconds, start.seconds);
          return (
            <div key={kind}>
              <dt>
                {title} <b>{span(start.seconds)}</b>
              </dt>
              <dd>
                <span class="lead-bar" aria-hidden="true">
                  <i class="lead-hpa" style={width(hpa)} />
                  <i class={`lead-${kind}`} style={width(start.seconds - hpa)} />
                </span>
                <span class="quiet">{known(start, kind)}</span>
              </dd>
            </div>
          );
        })}
      </dl>
      <p class="quiet">
        <i class="key key-hpa" /> Of both, {span(leadTimes.hpaSeconds)} until the HPA reads the plan.
      </p>
    </Card>
  );
}
