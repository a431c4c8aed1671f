// Rows of a long list, of which only those in sight exist: @tanstack/virtual-core as a hook.
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualizerOptions,
} from "@tanstack/virtual-core";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useReducer, useState } from "preact/hooks";

export interface Rows {
  count: number;
  height: number;
  scroller: RefObject<HTMLElement>;
}

export function useVirtualRows({ count, height, scroller }: Rows): Virtualizer<HTMLElement, HTMLElement> {
  const [, redraw] = useReducer((n: number, _: undefined) => n + 1, 0);
  const options: VirtualizerOptions<HTMLElement, HTMLElement> = {
    count,
    estimateSize: () => height,
    getScrollElement: () => scroller.current,
    overscan: 8,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => redraw(undefined),
  };
  const [rows] = useState(() => new Virtualizer(options));
  rows.setOptions(options);
  useEffect(() => rows._didMount(), [rows]);
  useLayoutEffect(() => rows._willUpdate());
  useLayoutEffect(() => rows.measure(), [rows, height]);
  return rows;
}
