// A replay, as `make demo` opens it: four facts at once, and the bar that steers it.
import { accessible, expect, modeOf, settled, shoot, test, visit } from "./support";

test.use({ simulated: { mode: "replay" } });

test("a replay opens on its scaler and says when, how many, why and what it saved", async ({
  page,
  served,
}) => {
  await visit(page, served, "/");
  test.skip((await modeOf(page)) !== "replay", "the server is live");
  // One that is over, since it played on while other specs looked at it, begins anew.
  const pause = page.getByRole("button", { name: "Pause" });
  await expect(pause).toBeVisible();
  if (await pause.isDisabled()) await page.getByRole("button", { name: "Restart" }).click();
  await expect(pause).toBeEnabled({ timeout: 30_000 });
  await expect(page).toHaveURL(/\/scalers\//);
  await settled(page);
  const facts = page.locator(".headline dt");
  await expect(facts).toHaveText(["When", "How many pods", "Why", /saved/]);
  await accessible(page);
  await shoot(page, "replay");
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByRole("button", { name: "Go on" })).toBeVisible();
  await page.getByRole("button", { name: "Go on" }).click();
});

test("a replay that is brought to its end shows its result", async ({ page, served }) => {
  await visit(page, served, "/");
  test.skip((await modeOf(page)) !== "replay", "the server is live");
  // One that is over, since it played on while other specs looked at it, begins anew.
  const pause = page.getByRole("button", { name: "Pause" });
  await expect(pause).toBeVisible();
  if (await pause.isDisabled()) await page.getByRole("button", { name: "Restart" }).click();
  await expect(pause).toBeEnabled({ timeout: 30_000 });
  await settled(page);
  await page.getByLabel("Jump to").selectOption({ label: "the end" });
  await expect(page.getByText("The replay has ended.").first()).toBeVisible({ timeout: 50_000 });
  await expect(page.locator(".headline .fact").last()).toContainText("fewer late requests");
  await accessible(page);
  await shoot(page, "replay-ended");
  await page.getByRole("button", { name: "Restart" }).click();
  await expect(page.getByText("The replay has ended.")).toHaveCount(0);
});
