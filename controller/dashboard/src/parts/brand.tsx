// The mark: steps that are there before the curve arrives.
import type { JSX } from "preact";

export function Brand(): JSX.Element {
  return (
    <span class="brand">
      <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
        <path class="brand-steps" d="M3 24h7v-7h7v-7h12" />
        <path class="brand-curve" d="M3 28c11 0 15-3 17.5-8s4.5-5 8.5-5" />
      </svg>
      Prescale
    </span>
  );
}
