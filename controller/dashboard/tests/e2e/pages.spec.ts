// Each page in light, dark and at phone width: it shows, breaks no policy, and axe finds nothing grave.
import { accessible, expect, modeOf, scalerPath, settled, shoot, test, visit } from "./support";

const LOOKS = [
  { name: "light", colorScheme: "light", viewport: { width: 1380, height: 900 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1380, height: 900 } },
  { name: "phone", colorScheme: "light", viewport: { width: 390, height: 844 } },
] as const;

for (const { name: look, ...use } of LOOKS) {
  test.describe(look, () => {
    test.use(use);

    for (const [name, path] of [
      ["fleet", "/"],
      ["events", "/events"],
      ["setup", "/setup"],
    ] as const) {
      test(`${name} shows`, async ({ page, served }) => {
        await visit(page, served, "/setup");
        await visit(page, served, path === "/" ? await fleetPath(page) : path);
        if (path === "/") await page.getByRole("link", { name: "Fleet", exact: true }).click();
        await settled(page);
        await expect(page.locator("main h1")).toHaveText(new RegExp(name, "i"));
        await fits(page);
        await accessible(page);
        await shoot(page, `${name}-${look}`);
      });
    }

    for (const [name, tab] of [
      ["scaler", ""],
      ["accuracy", "/accuracy"],
      ["what-if", "/what-if"],
    ] as const) {
      test(`${name} shows`, async ({ page, served }) => {
        await visit(page, served, (await scalerPath(page, served)) + tab);
        await settled(page);
        await expect(page.locator(".headline-sentence")).not.toBeEmpty();
        await fits(page);
        await accessible(page);
        await shoot(page, `${name}-${look}`);
      });
    }

    test("calendar sheets show", async ({ page, served }) => {
      await visit(page, served, "/events");
      await settled(page);
      test.skip((await page.locator(".agenda").count()) === 0, "the calendar is empty");
      await page.getByRole("button", { name: "Week" }).click();
      await accessible(page);
      await shoot(page, `events-week-${look}`);
      await page.getByRole("button", { name: "Month" }).click();
      await accessible(page);
      await shoot(page, `events-month-${look}`);
    });
  });
}

/** A replay leads from the first page to its scaler once: going there first leaves the list a click away. */
async function fleetPath(page: import("@playwright/test").Page): Promise<string> {
  return (await modeOf(page)) === "replay" ? "/setup" : "/";
}

/** Nothing is wider than the screen. */
async function fits(page: import("@playwright/test").Page): Promise<void> {
  const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(wide).toBeLessThanOrEqual(seen ?? 0);
}
