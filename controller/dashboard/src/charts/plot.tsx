// uPlot as a part of the page: made once for a shape of data, fed afterwards, and cursors in step with each other.
import { type Signal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { painted } from "../state/theme";
import { clock, compact, day } from "../words/format";
import { type Palette, palette } from "./palette";

/** Columns: null is a gap, undefined a time at which another column has its value. */
export type Data = (number | null | undefined)[][];

export interface Shape {
  series: (colours: Palette) => uPlot.Series[];
  bands?: (colours: Palette) => uPlot.Band[];
  /** What is painted under and over the lines. */
  under?: (plot: uPlot, colours: Palette) => void;
  over?: (plot: uPlot, colours: Palette) => void;
  height: number;
  /** Whole numbers only on the value axis. */
  whole?: "whole";
  timeAxis: "shown" | "hidden";
}

/** Where the plot area starts and ends, so that charts under each other share their time axis. */
export const GUTTER = { left: 52, right: 14 };

function axes(shape: Shape, colours: Palette): uPlot.Axis[] {
  const font = "500 11px Geist Variable, system-ui, sans-serif";
  const grid = { stroke: colours.line, width: 1 };
  return [
    {
      stroke: colours["ink-3"],
      font,
      grid: { ...grid, show: shape.timeAxis === "shown" },
      ticks: { show: false },
      size: shape.timeAxis === "shown" ? 26 : 6,
      space: 72,
      gap: 6,
      values: (_, splits) =>
        shape.timeAxis === "hidden"
          ? splits.map(() => "")
          : splits.map((at) =>
              new Date(at * 1000).getHours() + new Date(at * 1000).getMinutes() === 0
                ? day(at * 1000)
                : clock(at * 1000),
            ),
    },
    {
      stroke: colours["ink-3"],
      font,
      grid,
      ticks: { show: false },
      size: GUTTER.left,
      space: 34,
      gap: 8,
      incrs: shape.whole ? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] : undefined,
      values: (_, splits) => splits.map((value) => compact(value)),
    } as uPlot.Axis,
  ];
}

function make(host: HTMLElement, shape: Shape, data: Data, props: Live): uPlot {
  const colours = palette();
  return new uPlot(
    {
      width: Math.max(host.clientWidth, 120),
      height: shape.height,
      padding: [10, GUTTER.right, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: false, y: false },
        bind: { dblclick: () => null },
      },
      scales: {
        x: { time: true, range: () => [props.range.current.from, props.range.current.to] },
        y: { range: (_, __, most) => [0, !Number.isFinite(most) || most <= 0 ? 1 : most * 1.12] },
      },
      axes: axes(shape, colours),
      series: [{}, ...shape.series(colours)],
      bands: shape.bands?.(colours) ?? [],
      hooks: {
        drawClear: [(plot) => shape.under?.(plot, colours)],
        draw: [(plot) => shape.over?.(plot, colours)],
        setCursor: [
          (plot) => {
            const left = plot.cursor.left ?? -1;
            if (!props.pointed.current) return;
            props.moment.value = left < 0 ? null : plot.posToVal(left, "x");
          },
        ],
      },
    },
    data as uPlot.AlignedData,
    host,
  );
}

interface Live {
  moment: Signal<number | null>;
  range: { current: { from: number; to: number } };
  pointed: { current: boolean };
}

export function Plot(props: {
  shape: Shape;
  /** Changes when the shape must be made anew: other series, other height. */
  shapeKey: string;
  data: Data;
  from: number;
  to: number;
  /** Seconds since 1970 that the cursor points at, in all charts that share it. */
  moment: Signal<number | null>;
  label: string;
}): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const range = useRef({ from: props.from, to: props.to });
  const pointed = useRef(false);
  const newest = useRef(props);
  newest.current = props;
  range.current = { from: props.from, to: props.to };
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const live = { moment: props.moment, range, pointed };
    const build = () => {
      plot.current?.destroy();
      plot.current = make(element, newest.current.shape, newest.current.data, live);
    };
    // Builds at once, and again whenever the colours change.
    const stop = painted.subscribe(() => build());
    const resize = new ResizeObserver(() => {
      const width = Math.max(element.clientWidth, 120);
      if (plot.current && plot.current.width !== width)
        plot.current.setSize({ width, height: props.shape.height });
    });
    resize.observe(element);
    void document.fonts.ready.then(() => plot.current?.redraw(false, true));
    return () => {
      stop();
      resize.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [props.shapeKey]);

  useEffect(() => {
    plot.current?.setData(props.data as uPlot.AlignedData);
    point(plot.current, newest.current.moment.peek());
  }, [props.data, props.from, props.to]);

  useSignalEffect(() => {
    const at = props.moment.value;
    if (!pointed.current) point(plot.current, at);
  });

  return (
    <div
      ref={host}
      class="plot"
      role="img"
      aria-label={props.label}
      onPointerEnter={() => {
        pointed.current = true;
      }}
      onPointerLeave={() => {
        pointed.current = false;
        props.moment.value = null;
      }}
    />
  );
}

function point(plot: uPlot | null, at: number | null): void {
  if (plot === null) return;
  const left = at === null ? -10 : plot.valToPos(at, "x");
  plot.setCursor({ left, top: at === null ? -10 : 1 }, false);
}
