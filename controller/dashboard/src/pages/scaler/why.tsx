// "Why this many?": the sentence that every part of Prescale prints, and the sum behind it.
import type { JSX } from "preact";
import type { ScalerView } from "../../api/types";
import { Card } from "../../parts/atoms";
import { pods } from "../../words/format";

export function Why({ view }: { view: ScalerView }): JSX.Element {
  const { reason, replicas } = view.plan;
  const last = reason.sum.length - 1;
  return (
    <Card title={`Why ${pods(replicas)}?`} class="why">
      <p class="why-sentence">{reason.sentence}</p>
      <dl class="sum">
        {reason.sum.map((line, i) => (
          <div key={line.label} class={i === last ? "sum-total" : undefined}>
            <dt>{line.label}</dt>
            <dd>{line.value}</dd>
          </div>
        ))}
      </dl>
      {view.forecast?.withheld && <p class="quiet">Forecast withheld: {view.forecast.withheld}</p>}
      {view.hpa.name !== null && (
        <p class="quiet">
          HPA {view.hpa.name}
          {view.hpa.says === null ? "" : `: ${view.hpa.says}`}
        </p>
      )}
    </Card>
  );
}
