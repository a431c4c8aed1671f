import { defineConfig } from "vitest/config";

// The controller serves what comes out of here from its own origin: no path, no host, no inline code.
const api = process.env.PRESCALE_DASHBOARD ?? "http://127.0.0.1:8900";

// The controller refuses changes from a page of another host: it must see the one that the browser asked.
const way = { target: api, changeOrigin: false };
const proxy = { "/api": way, "/auth": way };

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    // Nothing becomes a data: URL, and no script is put into the page: both would need a laxer policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    license: { fileName: "licences.md" },
    chunkSizeWarningLimit: 200,
  },
  server: { proxy },
  preview: { proxy },
  test: { include: ["src/**/*.test.ts"] },
});
