// What an event was expected to bring and what was seen, on one scale, and by how much events of its type lift demand.
import type { JSX } from "preact";
import type { EventShort } from "../../api/types";
import { amount } from "../../words/format";

export function Sizes({ event }: { event: EventShort }): JSX.Element {
  const sizes: [string, string, number | null][] = [
    ["Expected", "forecast", event.expectedPeak],
    ["Observed", "ink", event.observedPeak],
  ];
  const most = Math.max(...sizes.map(([, , value]) => value ?? 0), 1e-9);
  return (
    <dl class="sizes">
      {sizes.map(([label, mark, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            <span class="bar-cell">
              {value !== null && (
                <span class={`bar bar-${mark}`} style={{ width: `${(100 * value) / most}%` }} />
              )}
            </span>
            <b>{amount(value)}</b>
          </dd>
        </div>
      ))}
      <div>
        <dt>Learned</dt>
        <dd class="sizes-learned">
          {event.learnedUplift === null ? "not yet" : <b>{amount(event.learnedUplift)}× usual demand</b>}
        </dd>
      </div>
    </dl>
  );
}
