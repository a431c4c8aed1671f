// What the specs share: a server to test (real by PRESCALE_DASHBOARD, else simulated), behind a gate that can be cut.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";
import type { Fleet, Session } from "../../src/api/types";
import { Fixture, type FixtureOptions, TOKEN } from "../fixture/server";
import { Gate } from "./gate";

const REAL = process.env.PRESCALE_DASHBOARD;
/** A token of somebody who may see scalers, where the real server wants one. */
const REAL_TOKEN = process.env.PRESCALE_TOKEN;

export interface Served {
  gate: Gate;
  /** Where pages are asked for: the gate, but for a server that answers at its own address only. */
  url: string;
  /** null against a real server. */
  fixture: Fixture | null;
  token: string | null;
}

interface Options {
  simulated: Partial<FixtureOptions>;
}

export const test = base.extend<Options & { served: Served }>({
  simulated: [{}, { option: true }],
  served: async ({ simulated }, use) => {
    const fixture =
      REAL === undefined
        ? await new Fixture({ scalers: 60, mode: "live", door: "open", every: 300, ...simulated }).start()
        : null;
    const gate = await new Gate(new URL(REAL ?? fixture?.url ?? "")).open();
    const url = REAL !== undefined && (await misdirected(gate.url)) ? REAL : gate.url;
    await use({ gate, url, fixture, token: REAL === undefined ? TOKEN : (REAL_TOKEN ?? null) });
    await gate.cut();
    await fixture?.stop();
  },
  baseURL: async ({ served }, use) => {
    await use(served.url);
  },
  page: async ({ page }, use) => {
    const bad: string[] = [];
    page.on("pageerror", (error) => bad.push(error.message));
    page.on("console", (message) => {
      const text = message.text();
      // A refused policy is a fault of ours wherever it happens; a lost connection is what some specs are about.
      if (message.type() === "error" && /Content Security Policy|Refused/.test(text)) bad.push(text);
    });
    await use(page);
    expect(bad, "errors in the page").toEqual([]);
  },
});

/** A replay answers at the host and port that it was opened on, and nowhere else. */
async function misdirected(url: string): Promise<boolean> {
  const MISDIRECTED = 421;
  const answer = await fetch(`${url}/api/v1/session`).catch(() => null);
  return answer?.status === MISDIRECTED;
}

export { expect };

/** Skips what only a server can show that does what the spec asks of it. */
export function onlySimulated(served: Served): Fixture {
  test.skip(served.fixture === null, "needs a server that the spec may steer");
  return served.fixture as Fixture;
}

/** Goes to a page, signing in on the way where the server wants that. */
export async function visit(page: Page, served: Served, path: string): Promise<void> {
  await page.goto(path);
  const field = page.getByLabel("Kubernetes token");
  const inside = page.getByRole("navigation", { name: "Pages" });
  await expect(field.or(inside)).toBeVisible();
  if (!(await field.isVisible())) return;
  if (served.token === null) throw new Error("the server wants a token: set PRESCALE_TOKEN");
  await field.fill(served.token);
  await page.getByRole("button", { name: "Sign in with the token" }).click();
  await expect(inside).toBeVisible();
}

/** The path of a scaler to look at: PRESCALE_SCALER, or the first of the list. */
export async function scalerPath(page: Page, served: Served): Promise<string> {
  const given = process.env.PRESCALE_SCALER;
  if (given !== undefined) return `/scalers/${given}`;
  if (served.fixture !== null) return "/scalers/live/gateway";
  await visit(page, served, "/setup");
  const fleet = await call<Fleet>(page, "/api/v1/scalers");
  const first = fleet.items[0];
  if (first === undefined) throw new Error("the server has no scaler to look at");
  return `/scalers/${encodeURIComponent(first.namespace)}/${encodeURIComponent(first.name)}`;
}

export async function modeOf(page: Page): Promise<Session["mode"]> {
  return (await call<Session>(page, "/api/v1/session")).mode;
}

function call<T>(page: Page, path: string): Promise<T> {
  return page.evaluate(async (asked) => (await fetch(asked)).json(), path) as Promise<T>;
}

/** Waits until nothing on the page says that it is loading. */
export async function settled(page: Page): Promise<void> {
  await expect(page.locator("main h1")).toBeVisible();
  await expect(page.locator(".loading")).toHaveCount(0);
}

const SHOTS = fileURLToPath(new URL("../../shots/", import.meta.url));

export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: `${SHOTS}${name}.png`, fullPage: true, animations: "disabled" });
}

/** Nothing that axe calls serious or critical. */
export async function accessible(page: Page): Promise<void> {
  const found = await new AxeBuilder({ page }).analyze();
  const grave = found.violations
    .filter((violation) => violation.impact === "serious" || violation.impact === "critical")
    .map(
      (violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(" ")).join("; ")}`,
    );
  expect(grave).toEqual([]);
}
