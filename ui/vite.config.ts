import { defineConfig } from "vitest/config";

/** The three console pages, and the plan editor; Django reads `.vite/manifest.json` to find its hashed names. */
export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/beffroi/web/static/console",
    emptyOutDir: true,
    manifest: true,
    target: "es2022",
    // Fonts stay files: the content security policy allows no data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { console: "src/console/main.tsx", planner: "src/planner/main.tsx" } },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
