// Who comes in, and what becomes of a page when a session ends.
import { execFileSync } from "node:child_process";
import { accessible, expect, onlySimulated, settled, shoot, test, visit } from "./support";

test.use({ simulated: { door: "token" } });

test("a wrong token is refused in words, and the page that was asked for follows the right one", async ({
  page,
  served,
}) => {
  await page.goto("/setup");
  const field = page.getByLabel("Kubernetes token");
  const inside = page.getByRole("navigation", { name: "Pages" });
  await expect(field.or(inside)).toBeVisible();
  test.skip(await inside.isVisible(), "nobody has to sign in here");
  await accessible(page);
  await shoot(page, "sign-in");
  await field.fill("no-such-token");
  await page.getByRole("button", { name: "Sign in with the token" }).click();
  await expect(page.getByRole("alert")).not.toBeEmpty();
  await shoot(page, "sign-in-refused");
  test.skip(served.token === null, "no token is given");
  await field.fill(served.token ?? "");
  await page.getByRole("button", { name: "Sign in with the token" }).click();
  await expect(page).toHaveURL(/\/setup$/);
  await settled(page);
  expect(await page.evaluate(() => document.cookie)).toBe("");
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain(
    served.token,
  );
});

test("a session that ends leads to sign-in, and back to the page", async ({ page, served }) => {
  const fixture = onlySimulated(served);
  await page.goto("/scalers/live/gateway/accuracy");
  await page.getByLabel("Kubernetes token").fill(served.token ?? "");
  await page.getByRole("button", { name: "Sign in with the token" }).click();
  await settled(page);
  fixture.expireSessions();
  await expect(page.getByLabel("Kubernetes token")).toBeVisible();
  await page.reload();
  await page.getByLabel("Kubernetes token").fill(served.token ?? "");
  await page.getByRole("button", { name: "Sign in with the token" }).click();
  await expect(page).toHaveURL(/\/scalers\/live\/gateway\/accuracy$/);
  await settled(page);
});

test("a session that the cluster ends leads to sign-in, and back", async ({ page, served }) => {
  const end = process.env.PRESCALE_END_SESSIONS;
  test.skip(end === undefined, "needs a server whose sessions a command ends");
  await visit(page, served, "/events");
  await settled(page);
  execFileSync("sh", ["-c", end ?? ""]);
  await page.reload();
  await expect(page.getByLabel("Kubernetes token")).toBeVisible({ timeout: 30_000 });
  await page.reload();
  await page.getByLabel("Kubernetes token").fill(served.token ?? "");
  await page.getByRole("button", { name: "Sign in with the token" }).click();
  await expect(page).toHaveURL(/\/events$/);
});

test("signing out ends the session", async ({ page, served }) => {
  onlySimulated(served);
  await page.goto("/");
  await page.getByLabel("Kubernetes token").fill(served.token ?? "");
  await page.getByRole("button", { name: "Sign in with the token" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByLabel("Kubernetes token")).toBeVisible();
  await page.goto("/events");
  await expect(page.getByLabel("Kubernetes token")).toBeVisible();
});

test("no link through sign-in leads to another site", async ({ page, served }) => {
  onlySimulated(served);
  await page.goto("/sign-in?back=//evil.example/");
  await page.getByLabel("Kubernetes token").fill(served.token ?? "");
  await page.getByRole("button", { name: "Sign in with the token" }).click();
  await expect(page.locator("main h1")).toHaveText("Fleet");
  expect(new URL(page.url()).hostname).toBe("127.0.0.1");
});
