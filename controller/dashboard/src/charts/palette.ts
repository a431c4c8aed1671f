// The colours of the style sheet, as canvases need them: resolved for the theme that is shown.

const NAMES = [
  "ink",
  "ink-2",
  "ink-3",
  "line",
  "card",
  "forecast",
  "plan",
  "running",
  "event",
  "node",
  "signal",
] as const;

export type Colour = (typeof NAMES)[number];
export type Palette = Record<Colour, string>;

export function palette(): Palette {
  const probe = document.createElement("span");
  document.body.append(probe);
  const found = Object.fromEntries(
    NAMES.map((name) => {
      probe.style.color = `var(--${name})`;
      return [name, getComputedStyle(probe).color];
    }),
  );
  probe.remove();
  return found as Palette;
}

/** The same colour, as see-through as `alpha` says. */
export function faded(colour: string, alpha: number): string {
  const parts = colour.match(/[\d.]+/g) ?? [];
  return `rgba(${parts.slice(0, 3).join(",")},${alpha})`;
}

/** Stripes of a colour: for what is asked for and not there yet. Where nothing can be painted, a faint wash. */
export function striped(colour: string): CanvasPattern | string {
  const size = 6 * devicePixelRatio;
  const tile = document.createElement("canvas");
  tile.width = size;
  tile.height = size;
  const paint = tile.getContext("2d");
  if (paint === null) return faded(colour, 0.15);
  paint.strokeStyle = faded(colour, 0.6);
  paint.lineWidth = 1.4 * devicePixelRatio;
  for (const shift of [-size, 0, size]) {
    paint.moveTo(shift, size);
    paint.lineTo(shift + size, 0);
  }
  paint.stroke();
  return paint.createPattern(tile, "repeat") ?? faded(colour, 0.15);
}
