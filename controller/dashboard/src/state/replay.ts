// The replay that is looked at, where the dashboard runs on one.
import { signal } from "@preact/signals";
import { api, type Problem } from "../api/client";
import type { ReplayCommand, ReplayState } from "../api/types";
import { refused } from "./session";

export const replay = signal<ReplayState | null>(null);
export const replayFault = signal<Problem | null>(null);

export async function loadReplay(): Promise<void> {
  await settle(() => api.replay());
}

export async function command(asked: ReplayCommand): Promise<void> {
  await settle(() => api.command(asked));
}

async function settle(ask: () => Promise<ReplayState>): Promise<void> {
  try {
    replay.value = await ask();
    replayFault.value = null;
  } catch (error) {
    replayFault.value = refused(error);
  }
}
