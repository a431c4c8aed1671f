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

test("who may see both sees both, and is told by the cluster that they may not write", async ({
  page,
  served,
}) => {
  test.skip(OLGA === undefined, "needs a server with rights, and tokens");
  await visit(page, { ...served, token: OLGA ?? null }, "/");
  await settled(page);
  await expect(page.locator("[data-row]")).toHaveCount(2);
  await page.goto("/events");
  await settled(page);
  await expect(page.locator(".entry").first()).toBeVisible();
  await page.getByRole("button", { name: "Add event" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name *").fill("not-mine");
  await dialog.getByLabel("Type *").fill("on-sale");
  await dialog.getByLabel("Or lasts").fill("2h");
  await dialog.getByRole("button", { name: "Add event" }).click();
  await expect(dialog.getByRole("alert")).toContainText(/may not|cannot|forbidden/i);
});

test("who may see nothing is told so, kindly", async ({ page, served }) => {
  test.skip(NOBODY === undefined, "needs a server with rights, and tokens");
  await visit(page, { ...served, token: NOBODY ?? null }, "/");
  await settled(page);
  await expect(page.getByRole("heading", { name: "No scaler to see yet" })).toBeVisible();
});
