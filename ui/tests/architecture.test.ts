import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";

const SOURCE = join(import.meta.dirname, "../src");
const MODULE_MAX_LINES = 800;
const MODULE_AIM_LINES = 420;

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

const code = files(SOURCE).filter((path) => /\.tsx?$/.test(path));
const imports = (path: string): string[] =>
  [...readFileSync(path, "utf8").matchAll(/(?:from|import)\s+"([^"]+)"/g)].map((found) => found[1] ?? "");

test.each(["media", "timeline", "map"])("%s imports no user interface framework and no other part", (part) => {
  for (const path of code.filter((one) => relative(SOURCE, one).startsWith(`${part}/`))) {
    expect(path).not.toMatch(/\.tsx$/);
    for (const name of imports(path)) expect(name, relative(SOURCE, path)).toMatch(/^\.\/[a-z0-9-]+$/);
  }
});

test("a pack is read with the pictures' and the timeline's code, without a user interface framework", () => {
  for (const path of code.filter((one) => relative(SOURCE, one).startsWith("pack/"))) {
    for (const name of imports(path)) expect(name, relative(SOURCE, path)).toMatch(/^(\.|\.\.\/media|\.\.\/timeline)\/[a-z0-9-]+$/);
  }
});

test.each(["console", "reader", "planner"])("%s is a top: nothing imports it", (part) => {
  for (const path of code.filter((one) => !relative(SOURCE, one).startsWith(`${part}/`))) {
    expect(imports(path).filter((name) => name.includes(part)), path).toEqual([]);
  }
});

test("the offline reader asks nobody: neither web's JSON nor a node's doors", () => {
  for (const path of code.filter((one) => /^(reader|pack|replay|timeline|kit)\//.test(relative(SOURCE, one)))) {
    expect(imports(path).filter((name) => /\/api|media\/(grants|live|footage)/.test(name)), path).toEqual([]);
    expect(readFileSync(path, "utf8"), path).not.toMatch(/\bfetch\(|WebSocket|XMLHttpRequest|sendBeacon|EventSource/);
  }
});

test("modules stay readable in one sitting", () => {
  const isWords = (path: string): boolean => /i18n\/(fr|en)\.ts$/.test(path);
  for (const path of code) {
    const lines = readFileSync(path, "utf8").split("\n").length;
    expect(lines, relative(SOURCE, path)).toBeLessThan(isWords(path) ? MODULE_MAX_LINES : MODULE_AIM_LINES);
  }
});

test("nothing asks the content security policy for an exception", () => {
  for (const path of code) {
    const text = readFileSync(path, "utf8");
    expect(text, path).not.toMatch(/\beval\(|new Function\(|innerHTML|dangerouslySetInnerHTML|https?:\/\/(?!www\.w3\.org)/);
  }
});

test("the lock file names no registry", () => {
  const lock = readFileSync(join(SOURCE, "../package-lock.json"), "utf8");
  expect(lock).not.toMatch(/"resolved"/);
});
