// What other people named is text, whatever it looks like.
import { expect, onlySimulated, settled, test, visit } from "./support";

test("markup in names and messages is shown, and does nothing", async ({ page, served }) => {
  onlySimulated(served);
  const dialogs: string[] = [];
  page.on("dialog", (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  await visit(page, served, "/");
  await settled(page);
  await page.getByRole("link", { name: "<img src=x onerror=alert(1)>" }).click();
  await expect(page.locator("main h1")).toHaveText("<img src=x onerror=alert(1)>");
  await expect(page).toHaveTitle(/<img/);
  await settled(page);
  await expect(page.locator("main img")).toHaveCount(0);
  await page.getByRole("link", { name: "Fleet", exact: true }).click();
  await expect(page.getByText("<b>the last plan</b>").first()).toBeVisible();
  expect(dialogs).toEqual([]);
});
