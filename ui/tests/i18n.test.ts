import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fill } from "../src/i18n";
import { en } from "../src/i18n/en";
import { fr } from "../src/i18n/fr";
import { GAP_CAUSES } from "../src/media/wire";

const fields = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? "").sort();

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.tsx?$/.test(name) && !["fr.ts", "en.ts"].includes(name) ? [readFileSync(path, "utf8")] : [];
  });
}

test("English is complete and says nothing more than French", () => {
  expect(Object.keys(en).sort()).toEqual(Object.keys(fr).sort());
});

test("both languages fill the same fields and leave none empty", () => {
  for (const [key, french] of Object.entries(fr)) {
    const english = en[key as keyof typeof en];
    expect(fields(english), key).toEqual(fields(french));
    expect(english.trim() && french.trim(), key).not.toBe("");
  }
});

test("every cause of a gap has its words", () => {
  for (const cause of GAP_CAUSES) expect(fr).toHaveProperty([`cause.${cause}`]);
});

test("no message is left unused", () => {
  const code = sources(join(import.meta.dirname, "../src")).join("\n");
  const families = [...code.matchAll(/`([a-z.]+\.)\$\{/g)].map((found) => found[1] ?? "");
  const unused = Object.keys(fr).filter((key) => !code.includes(`"${key}"`) && !families.some((one) => key.startsWith(one)));
  expect(unused).toEqual([]);
});

test("an unknown field stays visible instead of vanishing", () => {
  expect(fill("à {metres} m, {x}", { metres: 3 })).toBe("à 3 m, {x}");
});
