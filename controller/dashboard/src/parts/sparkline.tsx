// The coming hour of a scaler, as small as a word.
import type { JSX } from "preact";

const WIDTH = 96;
const HEIGHT = 24;

/** The line from what is observed through what is forecast; `d` of a path. */
export function sparkPath(values: readonly number[], width = WIDTH, height = HEIGHT): string {
  const most = Math.max(...values, 1e-9);
  const step = width / Math.max(values.length - 1, 1);
  return values
    .map((value, i) => {
      const y = height - 2 - (Math.max(value, 0) / most) * (height - 4);
      return `${i === 0 ? "M" : "L"}${(i * step).toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
}

export function Sparkline({ demand, next }: { demand: number | null; next: readonly number[] }): JSX.Element {
  if (next.length < 2) return <span class="spark-none">no forecast</span>;
  const values = demand === null ? next : [demand, ...next];
  const path = sparkPath(values);
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
      <path class="spark-area" d={`${path}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`} />
      <path class="spark-line" d={path} />
    </svg>
  );
}
