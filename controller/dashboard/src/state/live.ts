// The one stream from the controller that a page has: it feeds the fleet, the scaler looked at and the replay.
//
// The browser resumes a stream that breaks (Last-Event-ID). Where it gives up, since the controller answered with an
// error, we ask for the session, which tells a sign-in that ended from a controller that is not there, and open anew.
import { signal } from "@preact/signals";
import { api, Problem } from "../api/client";
import type { FleetNews, ReplayState, ScalerView } from "../api/types";
import { begin, session, signedOut } from "./session";

export type Link = { state: "opening" | "up"; since: number } | { state: "down"; since: number };

export const link = signal<Link>({ state: "opening", since: Date.now() });

/** Raised whenever what is shown may have holes: after a stream that could not resume. */
export const generation = signal(0);

/** The newest that was heard of the fleet, by list or stream; what follows it is asked for. */
let heardOf: string | null = null;

/** The list was read, which knows everything up to `since`. */
export function knownSince(since: string): void {
  heardOf = since;
}

export interface Listeners {
  fleet: (delta: FleetNews) => void;
  scaler: (view: ScalerView) => void;
  replay: (state: ReplayState) => void;
}

/** Waits between tries to open a stream anew. The controller starts within seconds. */
const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000];

/** Silence after which we ask whether anybody is there: three keep-alives of the stream, which the browser hides. */
const SILENCE_MS = 45_000;

/** Opens the stream; what is returned closes it for good. */
export function openLive(scaler: string | null, listeners: Listeners): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let tries = 0;
  let closed = false;
  let heard = Date.now();
  let broken = false;
  /** Whether the server knows where this stream goes on after a break: without that, what was missed is read anew. */
  let anchored = false;

  const heardNow = () => {
    heard = Date.now();
    if (link.value.state !== "up") link.value = { state: "up", since: heard };
  };
  const lost = () => {
    if (link.value.state !== "down") link.value = { state: "down", since: Date.now() };
  };
  const again = () => {
    source?.close();
    broken = true;
    const wait = RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] ?? 8_000;
    tries += 1;
    clearTimeout(timer);
    timer = setTimeout(() => void probe(), wait * (0.75 + Math.random() / 2));
  };
  const probe = async () => {
    if (closed) return;
    try {
      begin(await api.session());
      open();
    } catch (error) {
      if (closed) return;
      if (error instanceof Problem && error.status === 401) signedOut(error.signIn);
      else again();
    }
  };
  const parsed =
    <T>(handle: (value: T) => void) =>
    (message: MessageEvent<string>) => {
      heardNow();
      if (message.lastEventId !== "") {
        heardOf = message.lastEventId;
        anchored = true;
      }
      handle(JSON.parse(message.data) as T);
    };
  const open = () => {
    source?.close();
    const query = new URLSearchParams();
    if (scaler !== null) query.set("scaler", scaler);
    if (heardOf !== null) query.set("since", heardOf);
    anchored = heardOf !== null;
    source = new EventSource(`/api/v1/stream?${query}`);
    source.addEventListener("open", () => {
      tries = 0;
      heardNow();
      if (broken) generation.value += 1;
      broken = false;
    });
    source.addEventListener("error", () => {
      lost();
      if (!anchored) broken = true;
      if (source?.readyState === EventSource.CLOSED) again();
    });
    source.addEventListener("fleet", parsed(listeners.fleet));
    source.addEventListener("scaler", parsed(listeners.scaler));
    source.addEventListener("replay", parsed(listeners.replay));
    source.addEventListener("reset", () => {
      heardOf = null;
      generation.value += 1;
    });
  };
  const offline = () => {
    lost();
  };
  const online = () => {
    tries = 0;
    again();
  };
  const watch = setInterval(() => {
    if (link.value.state !== "up" || Date.now() - heard < SILENCE_MS || session.value === null) return;
    api.session().then(heardNow, () => {
      lost();
      again();
    });
  }, 5_000);
  addEventListener("offline", offline);
  addEventListener("online", online);
  open();
  return () => {
    closed = true;
    source?.close();
    clearTimeout(timer);
    clearInterval(watch);
    removeEventListener("offline", offline);
    removeEventListener("online", online);
  };
}
