// Who is signed in, and what they may do.
import { signal } from "@preact/signals";
import { navigate } from "wouter-preact/use-browser-location";
import { api, Problem, useCsrf } from "../api/client";
import type { Session } from "../api/types";
import { paths, signInPath } from "./router";

/** undefined until the controller has answered; null when nobody is signed in. */
export const session = signal<Session | null | undefined>(undefined);

/** The ways to sign in that the controller offers. */
export const signInWays = signal<readonly string[]>(["token"]);

/** Why the session could not be asked for; null while it could. */
export const sessionFault = signal<Problem | null>(null);

export function begin(entered: Session): void {
  useCsrf(entered.csrf ?? "");
  sessionFault.value = null;
  session.value = entered;
}

/** Asks who is signed in; goes to the sign-in page, and back here afterwards, when nobody is. */
export async function askSession(): Promise<void> {
  try {
    begin(await api.session());
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 401) signedOut(error.signIn);
    else sessionFault.value = error;
  }
}

export function signedOut(ways: readonly string[] = []): void {
  if (0 < ways.length) signInWays.value = ways;
  session.value = null;
  sessionFault.value = null;
  // Who is on the sign-in page already keeps the way back that it knows.
  if (location.pathname !== paths.signIn) {
    navigate(signInPath(location.pathname + location.search), { replace: true });
  }
}

export async function signOut(): Promise<void> {
  await api.signOut().catch(() => undefined);
  session.value = null;
  navigate("/sign-in");
}

/** Whatever a page asked for and was refused: a 401 is the end of the session, everything else is the page's to show. */
export function refused(error: unknown): Problem | null {
  if (error instanceof DOMException && error.name === "AbortError") return null;
  if (!(error instanceof Problem)) throw error;
  if (error.status !== 401) return error;
  signedOut(error.signIn);
  return null;
}
