// The list: a table of which only the rows in sight exist.
import type { JSX } from "preact";
import { memo } from "preact/compat";
import { useEffect, useRef } from "preact/hooks";
import { Link } from "wouter-preact";
import type { ScalerRow } from "../../api/types";
import { ModeMark, StateMark } from "../../parts/atoms";
import { narrow } from "../../parts/media";
import { Sparkline } from "../../parts/sparkline";
import { useVirtualRows } from "../../parts/virtual";
import { descending, fleetNow, keyOf, type SortBy, shown, sortBy } from "../../state/fleet";
import { paths } from "../../state/router";
import { amount, count, signedPercent, utc, when } from "../../words/format";

const ROW_HEIGHT = { wide: 44, narrow: 92 };

const COLUMNS: [string, SortBy | null, string][] = [
  ["Scaler", "name", "c-name"],
  ["Mode", "mode", "c-mode"],
  ["Demand", "demand", "c-number"],
  ["Planned / running", "planned", "c-number"],
  ["Next hour", null, "c-spark"],
  ["Peak ahead", "peak", "c-number"],
  ["Skill", "skill", "c-number"],
  ["State", "state", "c-state"],
];

/** Where the list was scrolled to when it was left, so that coming back lands there. */
let leftAt = 0;

export function List(): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const items = shown.value;
  const height = narrow.value ? ROW_HEIGHT.narrow : ROW_HEIGHT.wide;
  const rows = useVirtualRows({ count: items.length, height, scroller });
  const now = fleetNow.value ?? "";
  useEffect(() => {
    const element = scroller.current;
    if (element) element.scrollTop = leftAt;
    return () => {
      leftAt = element?.scrollTop ?? 0;
    };
  }, []);
  const walk = (e: JSX.TargetedKeyboardEvent<HTMLDivElement>) => {
    const index = Number(
      (e.target as HTMLElement).closest<HTMLElement>("[data-row]")?.dataset.row ?? Number.NaN,
    );
    const page = Math.floor((scroller.current?.clientHeight ?? height) / height) - 1;
    const steps: Record<string, number> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      PageDown: index + page,
      PageUp: index - page,
      Home: 0,
      End: items.length - 1,
    };
    const asked = steps[e.key];
    if (asked === undefined || !Number.isFinite(index)) return;
    e.preventDefault();
    const next = Math.min(Math.max(asked, 0), items.length - 1);
    rows.scrollToIndex(next, { align: "auto" });
    requestAnimationFrame(() =>
      requestAnimationFrame(() =>
        scroller.current
          ?.querySelector<HTMLElement>(`[data-row="${next}"] a`)
          ?.focus({ preventScroll: true }),
      ),
    );
  };
  return (
    <div class="list" role="table" aria-label="Scalers" aria-rowcount={items.length + 1}>
      <Head />
      <div class="list-scroll" ref={scroller} onKeyDown={walk} role="rowgroup">
        <div class="list-rows" role="presentation" style={{ height: `${rows.getTotalSize()}px` }}>
          {rows.getVirtualItems().map((slot) => {
            const row = items[slot.index];
            if (row === undefined) return null;
            return (
              <Row
                key={keyOf(row)}
                row={row}
                index={slot.index}
                top={slot.start}
                height={height}
                day={dayOf(row, now)}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** Only the day of now changes what a row says of its peak: rows are not drawn anew at each tick for nothing. */
function dayOf(row: ScalerRow, now: string): string {
  return row.peak === null ? "" : when(row.peak.at, now);
}

function Head(): JSX.Element {
  const press = (by: SortBy) => {
    const numbers = by !== "name" && by !== "mode" && by !== "state";
    if (sortBy.value === by) descending.value = !descending.value;
    else descending.value = numbers;
    sortBy.value = by;
  };
  return (
    <div class="list-head" role="rowgroup">
      <div class="row" role="row" aria-rowindex={1}>
        {COLUMNS.map(([title, by, name]) => {
          const sorted = by !== null && sortBy.value === by;
          const order = descending.value ? "descending" : "ascending";
          return (
            <div key={title} class={name} role="columnheader" aria-sort={sorted ? order : undefined}>
              {by === null ? (
                title
              ) : (
                <button type="button" onClick={() => press(by)}>
                  {title}
                  <i aria-hidden="true" class={sorted ? `arrow ${order}` : "arrow"} />
                </button>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface RowProps {
  row: ScalerRow;
  index: number;
  top: number;
  height: number;
  day: string;
}

const Row = memo(function Row({ row, index, top, height, day }: RowProps): JSX.Element {
  return (
    <div
      class="row"
      role="row"
      data-row={index}
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${top}px)`, height: `${height}px` }}
    >
      <div class="c-name" role="cell">
        <Link href={paths.scaler(row.namespace, row.name)}>{row.name}</Link>
        <span class="quiet">{row.namespace}</span>
      </div>
      <div class="c-mode" role="cell">
        <ModeMark mode={row.mode} />
      </div>
      <div class="c-number c-demand" role="cell">
        {amount(row.demand)}
      </div>
      <div class="c-number c-pods" role="cell">
        <b>{count(row.planned)}</b> <span class="quiet">/ {count(row.running)}</span>
      </div>
      <div class="c-spark" role="cell">
        <Sparkline demand={row.demand} next={row.next} />
      </div>
      <div class="c-number c-peak" role="cell">
        {row.peak === null ? (
          "–"
        ) : (
          <>
            {amount(row.peak.demand)} <time title={utc(row.peak.at)}>{day}</time>
          </>
        )}
      </div>
      <div class="c-number c-skill" role="cell">
        {signedPercent(row.skill)}
      </div>
      <div class="c-state" role="cell">
        <StateMark state={row.state} quiet="word-hidden" />
        <span class="wrong" title={row.wrong ?? row.reason}>
          {row.wrong ?? <span class="quiet">{row.reason}</span>}
        </span>
      </div>
    </div>
  );
});
