import { defineConfig } from "vite";
import { onePage } from "./one-page.ts";

/** The offline reader: one file, everything inside. */
export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/beffroi/evidence/packs/reader",
    emptyOutDir: false,
    target: "es2022",
    assetsInlineLimit: () => true,
    cssCodeSplit: false,
    modulePreload: false,
    rollupOptions: { input: "src/reader/main.tsx", output: { codeSplitting: false } },
  },
  plugins: [onePage()],
});
