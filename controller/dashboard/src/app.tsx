// The shell: who is there, where they go, what is live, and which page shows.
import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Link, Redirect, Route, Switch, useLocation } from "wouter-preact";
import FleetPage from "./pages/fleet";
import SignInPage from "./pages/sign-in";
import { Empty, Fault, Loading } from "./parts/atoms";
import { GoneBanner, LinkBanner } from "./parts/banner";
import { Brand } from "./parts/brand";
import { ReplayBar } from "./parts/replay-bar";
import { applyDelta, loadFleet, rows } from "./state/fleet";
import { generation, link, openLive } from "./state/live";
import { loadReplay, replay } from "./state/replay";
import { named, paths, signInPath } from "./state/router";
import { loadScaler, scalerGone, ticked } from "./state/scaler";
import { askSession, session, sessionFault, signOut } from "./state/session";
import { setTheme, type Theme, theme } from "./state/theme";

/** A page whose code is fetched when it is first looked at. */
function later<P extends object>(load: () => Promise<{ default: ComponentType<P> }>, what: string) {
  let found: ComponentType<P> | null = null;
  return function Later(props: P): JSX.Element {
    const [, shown] = useState(0);
    useEffect(() => {
      if (found !== null) return;
      void load().then((module) => {
        found = module.default;
        shown((n) => n + 1);
      });
    }, []);
    const Found = found;
    return Found === null ? <Loading what={what} /> : <Found {...props} />;
  };
}

const ScalerPage = later(() => import("./pages/scaler"), "the scaler");
const EventsPage = later(() => import("./pages/events"), "the calendar");
const SetupPage = later(() => import("./pages/setup"), "the setup");

export function App(): JSX.Element {
  const [path] = useLocation();
  useEffect(() => void askSession(), []);
  const signedIn = session.value;
  if (sessionFault.value !== null && !signedIn) {
    return (
      <main id="main" class="page">
        <Fault problem={sessionFault.value} retry={() => void askSession()} />
      </main>
    );
  }
  if (path === paths.signIn) return <SignInPage />;
  if (signedIn === undefined) return <Loading what="the dashboard" />;
  if (signedIn === null) return <Redirect to={signInPath(path)} replace />;
  return <Signed path={path} />;
}

/** The scaler that a path is about, as the stream wants it. */
function scalerOf(path: string): string | null {
  const [, ns, name] = /^\/scalers\/([^/]+)\/([^/]+)/.exec(path) ?? [];
  return ns === undefined || name === undefined ? null : `${named(ns)}/${named(name)}`;
}

function Signed({ path }: { path: string }): JSX.Element {
  const scaler = scalerOf(path);
  const mode = session.value?.mode ?? "live";
  useEffect(
    () =>
      openLive(scaler, {
        fleet: (delta) => {
          applyDelta(delta);
          if (scaler !== null && delta.removed.includes(scaler)) scalerGone.value = true;
        },
        scaler: ticked,
        replay: (state) => {
          replay.value = state;
        },
      }),
    [scaler],
  );
  useEffect(() => {
    void loadFleet();
    if (mode === "replay") void loadReplay();
  }, [mode]);
  useEffect(
    () =>
      generation.subscribe((hole) => {
        if (hole === 0) return;
        void loadFleet();
        void loadScaler();
        if (mode === "replay") void loadReplay();
      }),
    [mode],
  );
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <Header path={path} />
      <LinkBanner />
      <GoneBanner />
      {mode === "replay" && <ReplayBar />}
      <Pages mode={mode} />
    </>
  );
}

/** A replay is about one scaler: it opens there, once; the list stays a click away. */
let opened = false;

function Pages({ mode }: { mode: "live" | "replay" }): JSX.Element {
  const [path] = useLocation();
  const only = rows.value.values().next().value;
  if (mode === "replay" && !opened && path === paths.fleet) {
    if (only === undefined) return <Loading what="the replay" />;
    opened = true;
    return <Redirect to={paths.scaler(only.namespace, only.name)} replace />;
  }
  opened = true;
  return (
    <Switch>
      <Route path="/">
        <FleetPage />
      </Route>
      <Route path="/scalers/:ns/:name/accuracy">
        {(p) => <ScalerPage ns={named(p.ns)} name={named(p.name)} tab="accuracy" />}
      </Route>
      <Route path="/scalers/:ns/:name/what-if">
        {(p) => <ScalerPage ns={named(p.ns)} name={named(p.name)} tab="what-if" />}
      </Route>
      <Route path="/scalers/:ns/:name">
        {(p) => <ScalerPage ns={named(p.ns)} name={named(p.name)} tab="" />}
      </Route>
      <Route path="/events">
        <EventsPage />
      </Route>
      <Route path="/setup">
        <SetupPage />
      </Route>
      <Route>
        <main id="main" class="page">
          <Empty title="No such page">
            <p>
              <Link href={paths.fleet}>To the fleet</Link>
            </p>
          </Empty>
        </main>
      </Route>
    </Switch>
  );
}

const LINK_WORDS = { opening: "Connecting", up: "Live", down: "Not live" } as const;

function Header({ path }: { path: string }): JSX.Element {
  const here = (to: string) =>
    to === "/" ? path === "/" || path.startsWith("/scalers") : path.startsWith(to);
  const entered = session.value;
  return (
    <header class="top">
      <Link href={paths.fleet} class="home" aria-label="Prescale, to the fleet">
        <Brand />
      </Link>
      <nav class="nav" aria-label="Pages">
        {(
          [
            [paths.fleet, "Fleet"],
            [paths.events, "Events"],
            [paths.setup, "Setup"],
          ] as const
        ).map(([to, title]) => (
          <Link key={to} href={to} aria-current={here(to) ? "page" : undefined}>
            {title}
          </Link>
        ))}
      </nav>
      <div class="top-end">
        <span class={`live live-${link.value.state}`}>
          <i aria-hidden="true" />
          {LINK_WORDS[link.value.state]}
        </span>
        {entered?.cluster && <span class="cluster">{entered.cluster}</span>}
        <ThemeChoice />
        {entered && entered.via !== "replay" && entered.via !== "anonymous" && (
          <span class="user">
            <span title={entered.user}>{entered.user}</span>
            <button type="button" class="button button-small" onClick={() => void signOut()}>
              Sign out
            </button>
          </span>
        )}
        {entered?.via === "anonymous" && (
          <Link class="button button-small" href={paths.signIn}>
            Sign in
          </Link>
        )}
      </div>
    </header>
  );
}

const THEMES: [Theme, string][] = [
  ["system", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];

function ThemeChoice(): JSX.Element {
  const at = THEMES.findIndex(([id]) => id === theme.value);
  const [next, title] = THEMES[(at + 1) % THEMES.length] ?? ["system", ""];
  const words = THEMES[at]?.[1] ?? "";
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={`Colours: ${words}. Change to: ${title}`}
      title={`Colours: ${words}`}
      onClick={() => setTheme(next)}
    >
      <svg viewBox="0 0 18 18" width="18" height="18" aria-hidden="true">
        <circle cx="9" cy="9" r="6.5" fill="none" stroke="currentColor" stroke-width="1.5" />
        {theme.value === "system" && <path d="M9 2.5a6.5 6.5 0 0 1 0 13Z" fill="currentColor" />}
        {theme.value === "dark" && <circle cx="9" cy="9" r="6.5" fill="currentColor" />}
      </svg>
    </button>
  );
}
