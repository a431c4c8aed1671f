// Signing in: by OIDC where the controller has it, or by a Kubernetes token.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { api, Problem } from "../api/client";
import { Brand } from "../parts/brand";
import { backPath } from "../state/router";
import { begin, session, signInWays } from "../state/session";

/** Why a sign-in by OIDC came back without a session, by the word in `?failed=`. */
const FAILED: Record<string, string> = {
  denied: "The identity provider did not sign you in.",
  expired: "That sign-in took too long, or was begun in another window. Please try again.",
  unavailable: "The identity provider does not answer. Please try again, or use a token.",
  refused: "The cluster does not know the identity that you signed in with.",
};

export default function SignInPage(): JSX.Element {
  const [, navigate] = useLocation();
  const token = useSignal("");
  const busy = useSignal(false);
  const fault = useSignal<string | null>(
    FAILED[new URLSearchParams(location.search).get("failed") ?? ""] ?? null,
  );
  const back = backPath(location.search);
  useEffect(() => {
    document.title = "Sign in · Prescale";
  }, []);
  const enter = async (e: Event) => {
    e.preventDefault();
    busy.value = true;
    fault.value = null;
    try {
      begin(await api.signIn(token.value.trim()));
      token.value = "";
      navigate(back, { replace: true });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      fault.value = error.detail || error.title;
    } finally {
      busy.value = false;
    }
  };
  if (session.value) {
    return (
      <main id="main" class="sign-in">
        <Brand />
        <h1>You are signed in as {session.value.user}</h1>
        <a class="button button-main" href={back}>
          Go on
        </a>
      </main>
    );
  }
  const ways = signInWays.value;
  return (
    <main id="main" class="sign-in">
      <Brand />
      <h1>Sign in</h1>
      <p class="quiet">You see the namespaces in which you may read PredictiveScalers.</p>
      {fault.value !== null && (
        <p class="form-fault" role="alert">
          {fault.value}
        </p>
      )}
      {ways.includes("oidc") && (
        <a class="button button-main" href={`/auth/login?to=${encodeURIComponent(back)}`}>
          Sign in with single sign-on
        </a>
      )}
      {ways.includes("oidc") && ways.includes("token") && <p class="or">or</p>}
      {ways.includes("token") && (
        <form onSubmit={(e) => void enter(e)}>
          <label>
            <span>Kubernetes token</span>
            <input
              type="password"
              autocomplete="off"
              spellcheck={false}
              required
              value={token.value}
              aria-describedby="token-how"
              onInput={(e) => {
                token.value = e.currentTarget.value;
              }}
            />
          </label>
          <p id="token-how" class="quiet">
            For example of <code>kubectl create token NAME</code>. It is sent to the controller only, and kept
            nowhere here.
          </p>
          <button
            type="submit"
            class={ways.includes("oidc") ? "button" : "button button-main"}
            disabled={busy.value}
          >
            {busy.value ? "Signing in …" : "Sign in with the token"}
          </button>
        </form>
      )}
    </main>
  );
}
