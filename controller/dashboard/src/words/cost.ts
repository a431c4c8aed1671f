// What nodes cost, in words. Money has no sign: it is in the currency of the prices, which only people know. Pure.
import type { Advice, Cost, CostSum } from "../api/types";
import { amount, count, MISSING } from "./format";

const cents = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const fine = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 2 });

export function money(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return MISSING;
  return Math.abs(value) < 0.1 && value !== 0 ? fine.format(value) : cents.format(value);
}

/** What is told of: money where every node has a price, and else node-hours. */
export function told(cost: Cost): {
  sum: CostSum;
  unit: "money" | "node-hours";
  say: (value: number | null) => string;
} {
  return cost.money === null
    ? { sum: cost.nodeHours, unit: "node-hours", say: (value) => amount(value) }
    : { sum: cost.money, unit: "money", say: money };
}

/** What was saved, against what, in a sentence. */
export function saved(cost: Cost): string {
  const { sum, unit, say } = told(cost);
  if (sum.saved === null || cost.alwaysOn === null) return "What it saves is not known yet.";
  const { replicas, source } = cost.alwaysOn;
  const kind = unit === "money" ? "" : " node-hours";
  const word = sum.saved < 0 ? "more" : "less";
  const why = source === "Observed" ? "the most that demand needed in 14 days" : "maxReplicas";
  return `${say(Math.abs(sum.saved))}${kind} ${word} than ${count(replicas)} replicas all the time: ${why}.`;
}

/** What the advice would save, in a sentence; null where nobody knows. */
export function advised(advice: Advice): string | null {
  if (advice.savesNodes === null) return null;
  const word = advice.savesNodes < 0 ? "more" : "fewer";
  const hourly =
    advice.savesPerHour === null
      ? ""
      : `, ${money(Math.abs(advice.savesPerHour))} an hour ${advice.savesPerHour < 0 ? "more" : "less"}`;
  return `Its pods would take up ${amount(Math.abs(advice.savesNodes))} nodes ${word}${hourly}. Nobody applies it.`;
}
