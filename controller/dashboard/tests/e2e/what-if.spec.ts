// The plan changes with what is asked, and goes back.
import { expect, onlySimulated, scalerPath, settled, shoot, test, visit } from "./support";

test("an event that is called off takes its pods with it", async ({ page, served }) => {
  onlySimulated(served);
  await visit(page, served, "/scalers/live/gateway/what-if");
  await settled(page);
  await page
    .getByRole("group", { name: /champions-final/ })
    .getByLabel("were called off")
    .check();
  await expect(page.getByText(/instead of \d+: \d+ fewer/)).toBeVisible();
  await shoot(page, "what-if-cancelled");
  await page.getByRole("button", { name: "Back to what is" }).click();
  await expect(page.getByText("Nothing is changed yet")).toBeVisible();
});

test("limits that are moved are asked for, and answered in a sentence", async ({ page, served }) => {
  await visit(page, served, `${await scalerPath(page, served)}/what-if`);
  await settled(page);
  const least = page.getByLabel("Least replicas");
  await least.fill(String(Number(await least.inputValue()) + 2));
  await expect(page.getByText("Nothing is changed yet")).toBeHidden();
  await expect(page.locator(".whatif-result .says")).not.toBeEmpty();
  await expect(page.locator(".whatif-result .fault")).toHaveCount(0);
});

test("an event beyond the forecast is brought nearer, and is not said to be in the plan before", async ({
  page,
  served,
}) => {
  onlySimulated(served);
  await visit(page, served, "/scalers/live/gateway/what-if");
  await settled(page);
  await expect(page.getByText(/A plan is made as far as is forecast: 1 h/)).toBeVisible();
  await page.getByRole("button", { name: /newsletter: … it started in 30 min/ }).click();
  const moved = page.getByRole("group", { name: /newsletter/ });
  await expect(moved.getByText(/sooner/)).toBeVisible();
  await expect(page.getByText("Nothing is changed yet")).toBeHidden();
  await page.getByRole("button", { name: "… there were one more event" }).click();
  await page.getByLabel("Starts in, minutes").fill("90");
  await expect(page.getByText("after all that is forecast: the plan does not show it")).toBeVisible();
});
