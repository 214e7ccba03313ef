import { expect, test } from "vitest";
import {
  clockTime,
  duration,
  hourSecond,
  longInstant,
  offsetWords,
  readTyped,
  signedSeconds,
  townInstants,
  townParts,
  typedForm,
} from "../src/i18n/time";

const PARIS = "Europe/Paris";
const us = (iso: string): number => Date.parse(iso) * 1000;

test("dates are written in full in French and in English", () => {
  const at = us("2025-06-03T12:05:00Z");
  expect(longInstant(at, PARIS, "fr")).toBe("mardi 3 juin 2025 à 14 h 05");
  expect(longInstant(at, PARIS, "en")).toMatch(/^Tuesday,? 3 June 2025 at 14:05$/);
});

test("the first of a month is written 1er in French, and no other day is", () => {
  const first = Date.UTC(2025, 5, 1, 12, 5) * 1000;
  expect(longInstant(first, PARIS, "fr")).toBe("dimanche 1er juin 2025 à 14 h 05");
  expect(longInstant(first + 10 * 86_400e6, PARIS, "fr")).toBe("mercredi 11 juin 2025 à 14 h 05");
});

test("the town's clock follows summer and winter time", () => {
  expect(clockTime(us("2026-11-06T15:42:08Z"), PARIS)).toBe("16:42:08");
  expect(offsetWords(townParts(us("2026-11-06T15:42:08Z"), PARIS).offsetMin)).toBe("UTC+1");
  expect(offsetWords(townParts(us("2026-07-06T15:42:08Z"), PARIS).offsetMin)).toBe("UTC+2");
});

test("October's double hour gives two instants, one hour apart, the earlier first", () => {
  const typed = { year: 2026, month: 10, day: 25, hour: 2, minute: 30, second: 12.4 };
  expect(townInstants(typed, PARIS)).toEqual([us("2026-10-25T00:30:12.400Z"), us("2026-10-25T01:30:12.400Z")]);
});

test("March's missing hour gives none", () => {
  expect(townInstants({ year: 2026, month: 3, day: 29, hour: 2, minute: 30, second: 0 }, PARIS)).toEqual([]);
});

test("any other hour gives one instant", () => {
  const typed = { year: 2026, month: 10, day: 25, hour: 4, minute: 0, second: 0 };
  expect(townInstants(typed, PARIS)).toEqual([us("2026-10-25T03:00:00Z")]);
});

const TODAY = us("2026-11-06T15:42:08Z");

test.each([
  ["05/11/2026 21:40:12,4", [2026, 11, 5, 21, 40, 12.4]],
  ["5/11 21h40", [2026, 11, 5, 21, 40, 0]],
  ["21 h 40", [2026, 11, 6, 21, 40, 0]],
  ["21:40:12", [2026, 11, 6, 21, 40, 12]],
  ["21 h 40 min 12,4", [2026, 11, 6, 21, 40, 12.4]],
  ["2026-11-05T21:40:12", [2026, 11, 5, 21, 40, 12]],
])("people may type %s", (text, [year, month, day, hour, minute, second]) => {
  expect(readTyped(text, TODAY, PARIS)).toEqual({ year, month, day, hour, minute, second });
});

test.each(["", "demain", "32/01/2026 10:00", "29/02/2026 10:00", "10:61", "25:00"])("%j is not a date", (text) => {
  expect(readTyped(text, TODAY, PARIS)).toBeNull();
});

test("what the field shows can be typed again", () => {
  const at = us("2026-11-05T20:40:12.400Z");
  const typed = readTyped(typedForm(at, PARIS, "fr"), TODAY, PARIS);
  expect(typed && townInstants(typed, PARIS)).toEqual([at]);
});

test("durations and clock offsets are said as people say them", () => {
  expect(duration(210e6, "fr")).toBe("3 min 30 s");
  expect(duration((19 * 3600 + 116) * 1e6, "fr")).toBe("19 h 01 min 56 s");
  expect(signedSeconds(40, "fr")).toBe("+0,04 s");
  expect(signedSeconds(-40_200, "en")).toBe("−40 s");
  expect(hourSecond(us("2026-11-05T20:40:12.400Z"), PARIS, "fr")).toBe("21 h 40 min 12,4");
});
