// Two namespaces, and people who may see one, both, or none: on a real control plane only.
import { expect, settled, test, visit } from "./support";

const OLGA = process.env.PRESCALE_TOKEN_BOTH;
const NOBODY = process.env.PRESCALE_TOKEN_NONE;
const ELSEWHERE = process.env.PRESCALE_SCALER_ELSEWHERE ?? "";

test("who may see one namespace is told nothing of the other", async ({ page, served }) => {
  test.skip(OLGA === undefined || served.token === null, "needs a server with rights, and tokens");
  await visit(page, served, "/");
  await settled(page);
  await expect(page.locator("[data-row]")).toHaveCount(1);
  await expect(page.getByText(ELSEWHERE.split("/")[1] ?? "")).toHaveCount(0);
  await page.goto(`/scalers/${ELSEWHERE}`);
  await expect(page.getByRole("heading", { name: "Not found" })).toBeVisible();
  await page.goto("/events");
  await settled(page);
  await expect(page.getByRole("button", { name: "Add event" })).toBeVisible();
});

test("who may see both sees both, and who may not write sees no way to", async ({ page, served }) => {
  test.skip(OLGA === undefined, "needs a server with rights, and tokens");
  await visit(page, { ...served, token: OLGA ?? null }, "/");
  await settled(page);
  await expect(page.locator("[data-row]")).toHaveCount(2);
  await page.goto("/events");
  await settled(page);
  await expect(page.locator(".entry").first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Add event" })).toHaveCount(0);
});

test("who may see nothing is told so, kindly", async ({ page, served }) => {
  test.skip(NOBODY === undefined, "needs a server with rights, and tokens");
  await visit(page, { ...served, token: NOBODY ?? null }, "/");
  await settled(page);
  await expect(page.getByRole("heading", { name: "No scaler to see yet" })).toBeVisible();
});
