import { defineConfig } from "@playwright/test";

// PRESCALE_DASHBOARD=URL runs the suite against a controller or a demo; without it, against the simulated fleet.
export default defineConfig({
  testDir: "tests",
  testMatch: process.env.PRESCALE_BENCH ? "bench/*.spec.ts" : "e2e/*.spec.ts",
  outputDir: "test-results",
  fullyParallel: false,
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    locale: "en-GB",
    timezoneId: "Europe/Paris",
    ignoreHTTPSErrors: true,
    viewport: { width: 1380, height: 900 },
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox"],
    },
    trace: "off",
  },
});
