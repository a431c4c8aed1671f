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
