// How each chart of the scaler page looks: which lines, which colours, what is painted under them.
import uPlot from "uplot";
import { paintEvents, paintFuture, paintNow, type Span } from "../../charts/marks";
import { faded, striped } from "../../charts/palette";
import type { Shape } from "../../charts/plot";

/** What is painted behind and over the lines, read at each drawing. */
export interface Scene {
  now: number;
  spans: readonly Span[];
}

const under =
  (scene: () => Scene): NonNullable<Shape["under"]> =>
  (plot, colours) => {
    paintFuture(plot, colours, scene().now);
    paintEvents(plot, colours, scene().spans);
  };

const over =
  (scene: () => Scene): NonNullable<Shape["over"]> =>
  (plot, colours) => {
    paintNow(plot, colours, scene().now);
  };

const stepped = uPlot.paths.stepped?.({ align: 1 });
const paths = stepped === undefined ? {} : { paths: stepped };
const bare = { points: { show: false } };
const hidden = { ...bare, stroke: "transparent", width: 0 };

export function demandShape(scene: () => Scene, height: number): Shape {
  return {
    height,
    timeAxis: "hidden",
    under: under(scene),
    over: over(scene),
    series: (colours) => [
      { ...hidden, label: "0.99" },
      { ...bare, label: "0.95", stroke: colours.forecast, width: 1.5, dash: [5, 4] },
      { ...hidden, label: "0.9" },
      { ...hidden, label: "0.1" },
      { ...bare, label: "median", stroke: colours.forecast, width: 2.25 },
      { ...hidden, label: "was forecast, high" },
      { ...hidden, label: "was forecast, low" },
      { ...bare, label: "was forecast", stroke: faded(colours.forecast, 0.75), width: 1.25, dash: [2, 3] },
      { ...bare, ...paths, label: "ready pods can serve", stroke: colours.running, width: 1.5 },
      { ...bare, label: "demand", stroke: colours.ink, width: 2 },
    ],
    bands: (colours) => [
      { series: [1, 4], fill: faded(colours.forecast, 0.13) },
      { series: [3, 4], fill: faded(colours.forecast, 0.2) },
      { series: [6, 7], fill: faded(colours.forecast, 0.12) },
    ],
  };
}

export function replicaShape(scene: () => Scene, height: number): Shape {
  return {
    height,
    timeAxis: "shown",
    whole: "whole",
    under: under(scene),
    over: over(scene),
    series: (colours) => [
      {
        ...bare,
        ...paths,
        label: "ready",
        stroke: "transparent",
        width: 0,
        fill: faded(colours.running, 0.18),
      },
      { ...bare, ...paths, label: "running", stroke: colours.running, width: 2 },
      { ...bare, ...paths, label: "planned", stroke: colours.plan, width: 2 },
      { ...bare, ...paths, label: "to be asked for", stroke: colours.plan, width: 2, dash: [5, 4] },
      { ...hidden, ...paths, label: "room kept" },
      { ...hidden, ...paths, label: "room there" },
      { ...hidden, ...paths, label: "what is asked for" },
    ],
    bands: (colours) => [
      { series: [5, 6], fill: striped(colours.node) },
      { series: [6, 7], fill: faded(colours.node, 0.4) },
    ],
  };
}

export function nodeShape(scene: () => Scene, height: number): Shape {
  return {
    height,
    timeAxis: "hidden",
    whole: "whole",
    under: under(scene),
    over: over(scene),
    series: (colours) => [
      {
        ...bare,
        ...paths,
        label: "nodes",
        stroke: colours.node,
        width: 1.75,
        fill: faded(colours.node, 0.1),
      },
    ],
  };
}

export function signalShape(scene: () => Scene, height: number): Shape {
  return {
    height,
    timeAxis: "hidden",
    under: under(scene),
    over: over(scene),
    series: (colours) => [{ ...bare, label: "signal", stroke: colours.signal, width: 1.75 }],
  };
}
