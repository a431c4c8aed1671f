// What happens to an open page when the world around it changes.
import { execFileSync } from "node:child_process";
import type { Page } from "@playwright/test";
import { expect, onlySimulated, scalerPath, settled, shoot, test, visit } from "./support";

const banner = (page: Page) => page.getByText("Connection lost");

test("a lost connection shows at once, and catches up", async ({ page, served }) => {
  test.skip(served.url !== served.gate.url, "the server cannot be reached through a gate");
  await visit(page, served, await scalerPath(page, served));
  await settled(page);
  await expect(page.locator(".live-up")).toBeVisible();
  await served.gate.cut();
  await expect(banner(page)).toBeVisible({ timeout: 5_000 });
  await shoot(page, "lost-connection");
  await served.gate.open();
  await expect(banner(page)).toBeHidden({ timeout: 30_000 });
  await expect(page.locator(".live-up")).toBeVisible();
});

test("a page outlives the restart of its controller, and shows what changed meanwhile", async ({
  page,
  served,
}) => {
  const fixture = onlySimulated(served);
  await visit(page, served, "/");
  await settled(page);
  await fixture.stop();
  await expect(banner(page)).toBeVisible({ timeout: 5_000 });
  fixture.world.removed.add("shop/checkout");
  await fixture.start();
  await expect(banner(page)).toBeHidden({ timeout: 30_000 });
  await expect(page.getByText("59 scalers")).toBeVisible();
  await expect(page.getByText("No longer there: shop/checkout")).toBeVisible();
});

test("a page outlives the restart of a real controller", async ({ page, served }) => {
  const restart = process.env.PRESCALE_RESTART;
  test.skip(restart === undefined, "needs a controller that a command restarts");
  test.setTimeout(180_000);
  await visit(page, served, await scalerPath(page, served));
  await settled(page);
  await expect(page.locator(".live-up")).toBeVisible();
  execFileSync("sh", ["-c", restart ?? ""]);
  await expect(banner(page)).toBeVisible({ timeout: 30_000 });
  await expect(banner(page)).toBeHidden({ timeout: 120_000 });
  const utc = page.locator(".panel-utc");
  const before = await utc.textContent();
  await expect(utc).not.toHaveText(before ?? "", { timeout: 90_000 });
});

test("demand moves without a reload", async ({ page, served }) => {
  await visit(page, served, await scalerPath(page, served));
  await settled(page);
  const utc = page.locator(".panel-utc");
  const before = await utc.textContent();
  await expect(utc).not.toHaveText(before ?? "", { timeout: 45_000 });
});

test("a scaler that goes is told in the list and on its page", async ({ page, served }) => {
  const fixture = onlySimulated(served);
  await visit(page, served, "/scalers/live/gateway");
  await settled(page);
  fixture.remove("live/gateway");
  await expect(page.getByText("is no longer there, or you may no longer see it")).toBeVisible();
  await shoot(page, "scaler-gone");
  await page.getByRole("link", { name: "Fleet", exact: true }).click();
  await expect(page.getByText("59 scalers")).toBeVisible();
});

test("a scaler that is not there is said in words", async ({ page, served }) => {
  await visit(page, served, "/scalers/live/nobody-has-this-name");
  await expect(page.getByRole("heading", { name: "Not found" })).toBeVisible();
});
