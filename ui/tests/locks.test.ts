import { beforeEach, expect, test, vi } from "vitest";
import { type Hold, mayNotLeave, wantsFactor, WebError } from "../src/api";
import { FootageDoors } from "../src/media/footage";
import { GrantRefused, type Grants } from "../src/media/grants";

const MIN = 60e6;
const HOUR = 60 * MIN;
const NOW = 1_790_000_000_000_000;

beforeEach(() => {
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
  vi.useFakeTimers({ now: NOW / 1000 });
});

const locks = await (async () => {
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
  return import("../src/console/locks");
})();

function held(fromUs: number, toUs: number, more: Partial<Hold> = {}): Hold {
  const untilUs = (performance.timeOrigin + performance.now()) * 1000 + 24 * HOUR;
  return { id: `h${fromUs}`, camera: "c08", kind: "incident", from_at_us: fromUs, to_at_us: toUs, until_at_us: untilUs, ...more };
}

test("one key locks what is marked, else five minutes around the instant, never what has not happened", () => {
  const marked = { fromUs: 1, toUs: 2 };
  expect(locks.lockSpan(marked, NOW, NOW)).toBe(marked);
  expect(locks.lockSpan(null, NOW - HOUR, NOW)).toEqual({ fromUs: NOW - HOUR - 5 * MIN, toUs: NOW - HOUR + 5 * MIN });
  expect(locks.lockSpan(null, NOW - MIN, NOW)).toEqual({ fromUs: NOW - 6 * MIN, toUs: NOW });
});

test("the facts of a lock are the reason's words, cut to what web takes", () => {
  expect(locks.lockFacts("Flagrance", "")).toBe("Flagrance");
  expect(locks.lockFacts("Réquisition", "R-2026-039")).toBe("Réquisition R-2026-039");
  expect(locks.lockFacts("x".repeat(200), "")).toHaveLength(120);
});

test("what remains to hold is what no lock of this camera covers", () => {
  const all = [held(20, 30), held(10, 22), held(0, 100, { camera: "c07" }), held(50, 60)];
  expect(locks.unheld(all, "c08", { fromUs: 0, toUs: 55 })).toEqual([
    { fromUs: 0, toUs: 10 },
    { fromUs: 30, toUs: 50 },
  ]);
  expect(locks.unheld([], "c08", { fromUs: 1, toUs: 2 })).toEqual([{ fromUs: 1, toUs: 2 }]);
});

test("a lock is drawn with its number and end date in words; one that ended is not", () => {
  const [band, ...others] = locks.holdBands([held(0, 10, { number: "R-2026-039" }), held(0, 10, { until_at_us: 5 })], "c08");
  expect(others).toEqual([]);
  expect(band?.words[0]).toMatch(/^VERROU R-2026-039, fin \w+\. \d+ \w+\.?$/);
  expect(locks.holdBands([held(0, 10)], "c08")[0]?.words[1]).toBe("VERROU");
});

test("an extraction is asked for with cameras and hours filled in", () => {
  const address = locks.requestAddress([{ id: "c08" }, { id: "c07" }] as never, { fromUs: 1.4, toUs: 9 });
  expect(address).toBe("/requisitions/appel/?cameras=c08&cameras=c07&from_at_us=1&to_at_us=9");
});

test("the second factor is asked again only when web says so; a session that ended is another thing", () => {
  const said = { kind: "not-authenticated", message: "", message_fr: "" };
  expect(wantsFactor(new WebError(401, { ...said, field: "second_factor" }))).toBe(true);
  expect(wantsFactor(new WebError(401, said))).toBe(false);
  expect(wantsFactor(new Error("x"))).toBe(false);
});

test("what may not leave is told from a reason to correct, in a grant's answer and in the whole request's", () => {
  const said = { kind: "barred-by-law", message: "", message_fr: "", field: "reason.code", article: "CPP 60-1" };
  expect(mayNotLeave(new GrantRefused(said))).toBe(true);
  expect(mayNotLeave(new WebError(403, said))).toBe(true);
  expect(mayNotLeave(new WebError(403, { ...said, field: "reason.reference" }))).toBe(false);
  expect(mayNotLeave(new GrantRefused({ ...said, kind: "not-permitted" }))).toBe(false);
});

test("questions are shortened to the agent's depth of replay, those before it altogether are asked as they are", async () => {
  const asked: { from_at_us: number; to_at_us: number }[] = [];
  const grants = { get: async (question: never) => (asked.push(question), { token: "t", node_url: "http://n" }) } as unknown as Grants;
  const fetched: string[] = [];
  vi.stubGlobal("fetch", async (url: string) => (fetched.push(url), new Response("{}")));
  const oldestUs = NOW - 3 * HOUR;
  const doors = new FootageDoors("http://n", "c08", grants, () => oldestUs);
  await doors.coverage("main", { from_at_us: NOW - 40 * HOUR, to_at_us: NOW });
  await doors.coverage("main", { from_at_us: NOW - 50 * HOUR, to_at_us: NOW - 40 * HOUR });
  expect(asked[0]?.from_at_us).toBe(oldestUs);
  expect(fetched[0]).toContain(`from_at_us=${oldestUs}&`);
  expect(asked[1]?.from_at_us).toBeLessThan(NOW - 50 * HOUR);
});
