// What is painted into a chart beside its lines: spans of events, and the line of now.
import type uPlot from "uplot";
import { faded, type Palette } from "./palette";

export interface Span {
  from: number;
  to: number;
}

/** A faint column for each event, with its start marked. */
export function paintEvents(plot: uPlot, colours: Palette, spans: readonly Span[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const span of spans) {
    const left = plot.valToPos(span.from, "x", true);
    const right = plot.valToPos(span.to, "x", true);
    ctx.fillStyle = faded(colours.event, 0.07);
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.fillStyle = faded(colours.event, 0.7);
    ctx.fillRect(Math.round(left), bbox.top, devicePixelRatio, bbox.height);
  }
  ctx.restore();
}

export function paintNow(plot: uPlot, colours: Palette, now: number): void {
  const { ctx, bbox } = plot;
  const at = Math.round(plot.valToPos(now, "x", true));
  if (at < bbox.left || bbox.left + bbox.width < at) return;
  ctx.save();
  ctx.fillStyle = colours.ink;
  ctx.fillRect(at, bbox.top, devicePixelRatio * 1.5, bbox.height);
  ctx.restore();
}

/** The future is another country: paper of another shade after now. */
export function paintFuture(plot: uPlot, colours: Palette, now: number): void {
  const { ctx, bbox } = plot;
  const at = Math.max(plot.valToPos(now, "x", true), bbox.left);
  ctx.save();
  ctx.fillStyle = faded(colours.forecast, 0.045);
  ctx.fillRect(at, bbox.top, Math.max(bbox.left + bbox.width - at, 0), bbox.height);
  ctx.restore();
}
