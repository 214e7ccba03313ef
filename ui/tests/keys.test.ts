import { expect, test } from "vitest";
import { isBrowsers, isSingleKey, pressed } from "../src/kit/keys";

const press = (key: string, code: string, held: Partial<Record<"shiftKey" | "ctrlKey" | "altKey" | "metaKey", boolean>> = {}) => ({
  key,
  code,
  shiftKey: false,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  ...held,
});

test("the numeric pad is told apart from the top row, whatever its lock", () => {
  expect(pressed(press("7", "Numpad7"))).toBe("Pad7");
  expect(pressed(press("Home", "Numpad7"))).toBe("Pad7");
  expect(pressed(press("7", "Digit7"))).toBe("Digit7");
});

test("the top row works on a French keyboard, where it writes signs", () => {
  expect(pressed(press("&", "Digit1"))).toBe("Digit1");
  expect(pressed(press("1", "Digit1", { shiftKey: true }))).toBe("Shift+Digit1");
  expect(pressed(press("[", "Digit5", { ctrlKey: true, altKey: true }))).toBe("[");
});

test("signs are taken by what they write", () => {
  expect(pressed(press("/", "Period", { shiftKey: true }))).toBe("/");
  expect(pressed(press("T", "KeyT", { shiftKey: true }))).toBe("t");
  expect(pressed(press("ArrowLeft", "ArrowLeft"))).toBe("ArrowLeft");
});

test("shortcuts of the browser stay the browser's, AltGr is not one", () => {
  expect(isBrowsers(press("r", "KeyR", { ctrlKey: true }))).toBe(true);
  expect(isBrowsers(press("[", "Digit5", { ctrlKey: true, altKey: true }))).toBe(false);
  expect(isBrowsers(press("r", "KeyR"))).toBe(false);
});

test("single keys are those that can be switched off", () => {
  expect(["t", "/", "Digit1", "Pad4"].every(isSingleKey)).toBe(true);
  expect(["ArrowLeft", "Escape", "Shift+Digit1"].some(isSingleKey)).toBe(false);
});
