// The whole way through the page without a mouse.
import { expect, onlySimulated, scalerPath, settled, test, visit } from "./support";

test("keys lead from the search to a scaler and back", async ({ page, served }) => {
  onlySimulated(served);
  await visit(page, served, "/");
  await settled(page);
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox", { name: /Search/ })).toBeFocused();
  await page.keyboard.type("gateway");
  await expect(page.getByText("1 of 60")).toBeVisible();
  const link = page.getByRole("link", { name: "gateway" });
  for (let presses = 0; presses < 20; presses += 1) {
    if (await link.evaluate((element) => element === document.activeElement)) break;
    await page.keyboard.press("Tab");
  }
  await expect(link).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("main h1")).toHaveText("gateway");
  await expect(page.locator("main h1")).toBeFocused();
  await page.goBack();
  await expect(page.locator("main h1")).toHaveText("Fleet");
});

test("arrow keys walk the rows of a long list", async ({ page, served }) => {
  onlySimulated(served);
  await visit(page, served, "/");
  await settled(page);
  await page.locator('[data-row="0"] a').focus();
  for (let row = 1; row <= 3; row += 1) {
    await page.keyboard.press("ArrowDown");
    await expect(page.locator(`[data-row="${row}"] a`)).toBeFocused();
  }
  await page.keyboard.press("End");
  await expect(page.locator('[data-row="59"] a')).toBeFocused();
});

test("the first Tab offers to skip to the content", async ({ page, served }) => {
  await visit(page, served, "/setup");
  await settled(page);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "To the content" })).toBeFocused();
});

test("arrow keys move the moment that the charts show, and tell it", async ({ page, served }) => {
  await visit(page, served, await scalerPath(page, served));
  await settled(page);
  const slider = page.getByRole("slider", { name: /Moment/ });
  await slider.focus();
  await expect(page.locator(".panel h2")).toContainText("Now");
  // A controller that has just started comes to know a few steps in half a minute.
  await expect(async () => {
    await page.keyboard.press("Escape");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await expect(page.locator(".panel h2")).toContainText("Then", { timeout: 1_000 });
    await expect(slider).toHaveAttribute("aria-valuetext", /Demand/, { timeout: 1_000 });
  }).toPass({ timeout: 40_000 });
  await page.keyboard.press("Escape");
  await page.keyboard.press("PageUp");
  await expect(page.locator(".panel h2")).toContainText("Ahead");
  await page.keyboard.press("Escape");
  await expect(page.locator(".panel h2")).toContainText("Now");
});

test("the charts are there as a table", async ({ page, served }) => {
  await visit(page, served, await scalerPath(page, served));
  await settled(page);
  await page.getByText("The charts as a table").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("columnheader", { name: "Planned" })).toBeVisible();
  expect(await page.locator(".data tbody tr").count()).toBeGreaterThan(1);
});

test("the colours that were chosen stay", async ({ page, served }) => {
  await visit(page, served, "/setup");
  const button = page.getByRole("button", { name: /Colours/ });
  await button.press("Enter");
  await button.press("Enter");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});
