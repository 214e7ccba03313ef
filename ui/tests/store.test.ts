/** What the plan editor keeps of what web said, and when it asks again. */

import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { withZone } from "../src/planner/edit";
import { begun } from "../src/planner/history";
import * as store from "../src/planner/store";
import type { CameraRow, Ground } from "../src/planner/types";

const row: CameraRow = { id: "c01", position: [3.08, 44.1], height_m: 6, bearing_deg: 90, tilt_deg: 18, hfov_deg: 58 };
const RING = [[3.08, 44.1], [3.09, 44.1], [3.09, 44.11]] as const;
const asked: { path: string; zones: number; pictured: boolean }[] = [];

/** Web: a camera sees every drawn zone. */
function answer(path: string, init?: RequestInit): Response {
  const { zones = [], with_preview = false } = JSON.parse(String(init?.body ?? "{}"));
  asked.push({ path, zones: zones.length, pictured: with_preview });
  return new Response(JSON.stringify({ zones: zones.map(({ id }: { id: string }) => ({ id, classes: [] })), preview: "", masks: null }), { headers: { "Content-Type": "application/json" } });
}

beforeAll(() => {
  vi.useFakeTimers();
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("document", { querySelector: () => null });
  vi.stubGlobal("fetch", async (path: string, init?: RequestInit) => answer(path, init));
  store.watch();
});

beforeEach(async () => {
  store.ground.value = { phases: [], zones: [] } as unknown as Ground;
  store.history.value = begun({ cameras: [row], zones: [] });
  store.views.value = new Map();
  store.picture.value = null;
  store.choose("c01");
  await vi.advanceTimersByTimeAsync(2000);
  asked.length = 0;
});

afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const seen = (): readonly string[] | undefined => store.countedOf(row)?.zones.map((one) => one.id);

test("a zone drawn since is counted anew, and until then nothing old is told", async () => {
  expect(seen()).toEqual([]);
  const { draft, id } = withZone(store.draft.value, RING, "Parvis");
  store.change(draft);
  expect(seen()).toBeUndefined();
  expect(store.pictured.value).toBeNull();
  expect(store.viewOf(row)).not.toBeNull(); // its cone holds
  await vi.advanceTimersByTimeAsync(2000);
  expect(seen()).toEqual([id]);
  expect(store.pictured.value?.zones).toHaveLength(1);
  expect(asked.filter((one) => one.path.endsWith("/camera") && one.zones === 1 && one.pictured)).toHaveLength(1);
});

test("what is undone is counted as it was, and a camera that turns alone is asked about once", async () => {
  store.change(withZone(store.draft.value, RING, "Parvis").draft);
  await vi.advanceTimersByTimeAsync(2000);
  store.undo();
  expect(seen()).toBeUndefined();
  await vi.advanceTimersByTimeAsync(2000);
  expect(seen()).toEqual([]);
  asked.length = 0;
  store.choose(null);
  store.choose("c01");
  await vi.advanceTimersByTimeAsync(2000);
  expect(asked.filter((one) => one.path.endsWith("/camera"))).toEqual([]);
});
