// What somebody must know of the page itself: that it is not up to date, and that scalers went.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { gone } from "../state/fleet";
import { link } from "../state/live";
import { exactClock, span, utc } from "../words/format";

/** A connection that is opened anew at once is not worth a word. */
const GRACE_MS = 300;

export function LinkBanner(): JSX.Element {
  const { state, since } = link.value;
  const now = useSignal(Date.now());
  useEffect(() => {
    if (state !== "down") return;
    const tick = () => {
      now.value = Date.now();
    };
    const soon = setTimeout(tick, GRACE_MS + 10);
    const timer = setInterval(tick, 1_000);
    return () => {
      clearTimeout(soon);
      clearInterval(timer);
    };
  }, [state, now]);
  const shown = state === "down" && GRACE_MS <= now.value - since;
  return (
    <div class="banner-place" role="status">
      {shown && (
        <p class="banner">
          <i class="banner-dot" aria-hidden="true" />
          <span>
            <b>Connection lost</b> at <time title={utc(since)}>{exactClock(since)}</time>
            {5_000 <= now.value - since && `, ${span((now.value - since) / 1000)} ago`}. What you see is the
            last that was known; it catches up by itself.
          </span>
        </p>
      )}
    </div>
  );
}

export function GoneBanner(): JSX.Element | null {
  const keys = gone.value;
  if (keys.length === 0) return null;
  const names = keys.slice(0, 3).join(", ");
  const more = keys.length - 3;
  return (
    <div class="banner banner-gone" role="status">
      <span>
        No longer there: <b>{names}</b>
        {0 < more && ` and ${more} more`}
      </span>
      <button
        type="button"
        class="button button-small"
        onClick={() => {
          gone.value = [];
        }}
      >
        Got it
      </button>
    </div>
  );
}
