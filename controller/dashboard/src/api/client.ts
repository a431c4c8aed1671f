// Calls of the controller's API. One place knows paths, the CSRF header and what a refusal looks like.
import type {
  Accuracy,
  EventDraft,
  EventRow,
  Events,
  Fleet,
  ReplayCommand,
  ReplayState,
  ScalerView,
  Session,
  Setup,
  Trail,
  WhatIf,
  WhatIfAnswer,
} from "./types";

/** A refusal of the API (RFC 9457), or status 0 when nothing answered. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    /** What is wrong at which field of a form, where the server says so. */
    readonly fields: ReadonlyMap<string, string> = new Map(),
    /** How to sign in, on a 401. */
    readonly signIn: readonly string[] = [],
  ) {
    super(detail || title);
  }
}

/** Set by the session, sent with whatever changes something. */
let csrf = "";
export function useCsrf(token: string): void {
  csrf = token;
}

async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  const said = (body ?? {}) as {
    title?: string;
    detail?: string;
    signIn?: string[];
    errors?: { field: string; detail: string }[];
  };
  const fields = new Map((said.errors ?? []).map((e) => [e.field, e.detail]));
  return new Problem(
    response.status,
    said.title ?? response.statusText,
    said.detail ?? "",
    fields,
    said.signIn ?? [],
  );
}

async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") {
    headers["X-Prescale-CSRF"] = csrf;
    headers["Content-Type"] = "application/json";
  }
  const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store" };
  if (body !== undefined) init.body = JSON.stringify(body);
  if (signal) init.signal = signal;
  const response = await fetch(path, init).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "No answer", "The controller does not answer.");
  });
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

const part = encodeURIComponent;
const scalerPath = (ns: string, name: string) => `/api/v1/scalers/${part(ns)}/${part(name)}`;
const eventPath = (ns: string, name: string) => `/api/v1/events/${part(ns)}/${part(name)}`;

export const api = {
  session: () => call<Session>("GET", "/api/v1/session"),
  signIn: (token: string) => call<Session>("POST", "/api/v1/session", { token }),
  signOut: () => call<void>("DELETE", "/api/v1/session"),
  fleet: (signal?: AbortSignal) => call<Fleet>("GET", "/api/v1/scalers", undefined, signal),
  scaler: (ns: string, name: string, signal?: AbortSignal) =>
    call<ScalerView>("GET", scalerPath(ns, name), undefined, signal),
  history: (ns: string, name: string, from: Date, to: Date, signal?: AbortSignal) =>
    call<Trail>(
      "GET",
      `${scalerPath(ns, name)}/history?from=${part(from.toISOString())}&to=${part(to.toISOString())}`,
      undefined,
      signal,
    ),
  accuracy: (ns: string, name: string, signal?: AbortSignal) =>
    call<Accuracy>("GET", `${scalerPath(ns, name)}/accuracy`, undefined, signal),
  whatIf: (ns: string, name: string, asked: WhatIf, signal?: AbortSignal) =>
    call<WhatIfAnswer>("POST", `${scalerPath(ns, name)}/what-if`, asked, signal),
  events: (signal?: AbortSignal) => call<Events>("GET", "/api/v1/events", undefined, signal),
  addEvent: (draft: EventDraft) => call<EventRow>("POST", "/api/v1/events", draft),
  changeEvent: (draft: EventDraft) => call<EventRow>("PUT", eventPath(draft.namespace, draft.name), draft),
  removeEvent: (ns: string, name: string) => call<void>("DELETE", eventPath(ns, name)),
  setup: (signal?: AbortSignal) => call<Setup>("GET", "/api/v1/setup", undefined, signal),
  replay: () => call<ReplayState>("GET", "/api/v1/replay"),
  command: (command: ReplayCommand) => call<ReplayState>("POST", "/api/v1/replay", command),
};
