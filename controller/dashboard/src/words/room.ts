// Node room, pods and lead times in words. Pure.
import type { LeadTimes, ScalerView, Start } from "../api/types";
import { count, pods } from "./format";

/** "12, 9 of them there": pods that room is kept for, and for how many of them it is surely there. */
export function room(kept: { pods: number | null; ready: number | null }): string {
  if (kept.pods === null || kept.pods === 0 || kept.ready === null) return count(kept.pods);
  return kept.pods <= kept.ready
    ? `${count(kept.pods)}, all there`
    : `${count(kept.pods)}, ${count(kept.ready)} there`;
}

export interface Part {
  mark: "running" | "starting" | "pending" | "room" | "awaited";
  label: string;
  pods: number;
}

/** The pods that exist, and after them the room that is kept for more; what is none is left out. */
export function parts(view: ScalerView): Part[] {
  const { workload, headroom } = view;
  const pending = view.pods?.pending ?? 0;
  const existing = workload?.existing ?? 0;
  const ready = Math.min(workload?.ready ?? existing - pending, existing);
  const there = Math.min(headroom.ready ?? 0, headroom.pods);
  const all: Part[] = [
    { mark: "running", label: workload?.ready == null ? "run" : "ready", pods: ready },
    { mark: "starting", label: "starting", pods: existing - ready - pending },
    { mark: "pending", label: "wait for a node", pods: pending },
    { mark: "room", label: "node room that is there", pods: there },
    { mark: "awaited", label: "node room that is awaited", pods: headroom.pods - there },
  ];
  return all.filter((part) => 0 < part.pods);
}

/** How room fares, in a sentence: the controller's, where it has one. */
export function faring(view: ScalerView): string {
  const { condition, pods: kept, by } = view.headroom;
  if (condition !== null) return capital(condition.message);
  if (kept === 0) return "No pod is foreseen beyond those that are asked for.";
  return `Room for ${pods(kept)} is kept${by === null ? "" : ` by a ${WAYS[by]}`}: ${room(view.headroom)}.`;
}

const WAYS = { CapacityBuffer: "CapacityBuffer", PlaceholderPods: "Deployment of placeholder pods" } as const;

/** How a lead time is known, and of how many starts. */
export function known(start: Start, kind: keyof LeadTimes & ("pod" | "node")): string {
  const seen = start.starts === 1 ? "1 start" : `${count(start.starts)} starts`;
  switch (start.how) {
    case "typed":
      return "as spec.leadTime says";
    case "measured":
      return `measured of ${seen} here`;
    case "pool":
      return `as nodes of its pool start, with ${seen} of its own`;
    case "prior":
      return start.starts === 0
        ? `a guess, until ${kind === "pod" ? "pods" : "nodes"} were seen to start`
        : `${seen} here, filled in with a guess until there are ten`;
  }
}

const capital = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1);
