// Events, read and written.
import { accessible, expect, onlySimulated, settled, shoot, test, visit } from "./support";

test("what the server refuses stands at its field, and what it takes is in the calendar", async ({
  page,
  served,
}) => {
  onlySimulated(served);
  await visit(page, served, "/events");
  await settled(page);
  await page.getByRole("button", { name: "Add event" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name *").fill("Not A Name");
  await dialog.getByLabel("Type *").fill("on-sale");
  await dialog.getByLabel("Highest demand expected").fill("many");
  await dialog.getByRole("button", { name: "Add event" }).click();
  await expect(dialog.getByText("“many” is not a number")).toBeVisible();
  await dialog.getByLabel("Highest demand expected").fill("4200");
  await dialog.getByRole("button", { name: "Add event" }).click();
  await expect(dialog.getByText(/lowercase RFC 1123/)).toBeVisible();
  await expect(dialog.getByLabel("Name *")).toBeFocused();
  await accessible(page);
  await shoot(page, "event-refused");
  await dialog.getByLabel("Name *").fill("winter-tour");
  await dialog.getByLabel("Ends").fill("2020-01-01T10:00");
  await dialog.getByRole("button", { name: "Add event" }).click();
  await expect(dialog.getByText(/is not after startsAt/)).toBeVisible();
  await dialog.getByLabel("Ends").fill("");
  await dialog.getByRole("button", { name: "Add event" }).click();
  await expect(dialog.getByText("spec.endsAt is missing: write it, or spec.duration")).toBeVisible();
  await dialog.getByLabel("Or lasts").fill("2h");
  await dialog.getByRole("button", { name: "Add event" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("button", { name: "winter-tour" })).toBeVisible();
});

test("an event is called off, and removed only on the second word", async ({ page, served }) => {
  onlySimulated(served);
  await visit(page, served, "/events");
  await page.getByRole("button", { name: "newsletter" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Called off").check();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("listitem").filter({ hasText: "newsletter" }).last()).toContainText(
    "called off",
  );
  await page.getByRole("button", { name: "newsletter" }).click();
  await dialog.getByRole("button", { name: "Remove" }).click();
  await expect(dialog).toBeVisible();
  await dialog.getByRole("button", { name: "Really remove it?" }).click();
  await expect(page.getByRole("button", { name: "newsletter" })).toHaveCount(0);
});

test("who may not write sees no way to", async ({ page, served }) => {
  onlySimulated(served).canChangeEvents = false;
  await visit(page, served, "/events");
  await settled(page);
  await expect(page.getByRole("button", { name: "Add event" })).toHaveCount(0);
  await page.getByRole("button", { name: "champions-final" }).click();
  await expect(page.getByRole("button", { name: "Save" })).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});
