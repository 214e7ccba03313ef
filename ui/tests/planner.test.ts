import { expect, test } from "vitest";
import { coarseBands, farthestM, focalPx, lensOf, litM, reachM } from "../src/planner/cone";
import { changedCamera, until, withCamera, withNightRange, withoutCamera, withTwin, withZone } from "../src/planner/edit";
import { begun, closed, redone, stepped, undone } from "../src/planner/history";
import { along, bearingDeg, crossesItself, pasted, Plane } from "../src/planner/plane";
import { aimed, changedPreset, sharedOut, shareLeft, withoutPreset, withPreset } from "../src/planner/presets";
import type { CameraRow, Draft, Model } from "../src/planner/types";

const CENTRE = [3.0783, 44.0989] as const;
const camera: CameraRow = {
  id: "c01", position: [3.0783, 44.0989], height_m: 6, bearing_deg: 90, tilt_deg: 18,
  width_px: 2688, height_px: 1520, hfov_deg: 58, phase: "p1",
};
const model: Model = { id: "m", name: "M", kind: "fixed", width_px: 1920, height_px: 1080, hfov_deg: 87.6, hfov_tele_deg: null, night_range_m: 30 };
const draft: Draft = { cameras: [camera], zones: [] };

test("what is undone can be done again, and a new step forgets what was undone", () => {
  const two = stepped(stepped(begun(0), 1), 2);
  expect(undone(two).now).toBe(1);
  expect(redone(undone(two)).now).toBe(2);
  expect(redone(stepped(undone(two), 3)).now).toBe(3);
  expect(undone(undone(undone(two))).now).toBe(0);
});

test("all steps of one drag are undone together, two drags one by one", () => {
  const first = closed(stepped(stepped(begun(0), 1, "turn"), 2, "turn"));
  const second = stepped(stepped(first, 3, "turn"), 4, "turn");
  expect(undone(second).now).toBe(2);
  expect(undone(undone(second)).now).toBe(0);
});

test("a spot of the plane comes back to its degrees", () => {
  const plane = new Plane(CENTRE);
  const at = [3.0815, 44.1012] as const;
  const back = plane.lonLat(plane.spot(at));
  expect(back[0]).toBeCloseTo(at[0], 6);
  expect(back[1]).toBeCloseTo(at[1], 6);
});

test("bearings go clockwise from north", () => {
  const origin = { x: 0, y: 0 };
  for (const deg of [0, 45, 90, 200, 315]) expect(bearingDeg(origin, along(origin, deg, 10))).toBeCloseTo(deg, 6);
});

test("optics agree with the library's: C01 of the model sheet", () => {
  const lens = lensOf(camera, []);
  expect(focalPx(lens)).toBeCloseTo(2424.6, 0);
  // At a target of 1.5 m: near = 4.5 / tan(18° + 17.4°), identify = (9.70 m of depth - 4.5 sin 18°) / cos 18°.
  expect(reachM(camera, lens).nearM).toBeCloseTo(6.33, 1);
  expect(farthestM(camera, lens, 250)).toBeCloseTo(8.74, 1);
  expect(reachM({ ...camera, tilt_deg: 10 }, lens).farM).toBe(Infinity);
});

test("bands look along the bearing and the finest ends nearest", () => {
  const classes = [25, 62.5, 125, 250].map((least) => ({ id: String(least), name: "", name_fr: "", least_px_m: least }));
  const bands = coarseBands(camera, { x: 0, y: 0 }, lensOf(camera, []), classes);
  const farthest = bands.map((band) => Math.max(...band.corners.map(({ x }) => x)));
  expect(farthest).toEqual([...farthest].sort((a, b) => b - a));
  expect(bands.every((band) => band.corners.every(({ x }) => x > 0))).toBe(true);
});

test("a bearing past north wraps, a field stays one that a lens has", () => {
  expect(changedCamera(draft, "c01", { bearing_deg: 361.26 }).cameras[0]?.bearing_deg).toBe(1.3);
  expect(changedCamera(draft, "c01", { bearing_deg: 359.98 }).cameras[0]?.bearing_deg).toBe(0);
  expect(changedCamera(draft, "c01", { hfov_deg: 300 }).cameras[0]?.hfov_deg).toBe(170);
});

test("dropped cameras have ids of their own and go alone", () => {
  const one = withCamera(draft, [3.08, 44.1], model);
  const two = withTwin(one.draft, camera);
  expect([one.id, two.id]).toEqual(["nouvelle-1", "nouvelle-2"]);
  expect(two.draft.cameras.at(-1)?.bearing_deg).toBe(270);
  expect(withoutCamera(two.draft, "nouvelle-1").cameras.map((row) => row.id)).toEqual(["c01", "nouvelle-2"]);
});

test("a drawn zone is a closed ring", () => {
  const { draft: drawn } = withZone(draft, [[3, 44], [3.1, 44], [3.1, 44.1]], "Essai");
  const ring = drawn.zones[0]?.shape.coordinates[0] as readonly (readonly number[])[];
  expect(ring.at(-1)).toEqual(ring[0]);
});

test("a ring whose sides cross is told, whichever sides", () => {
  const square = [{ x: 0, y: 0 }, { x: 9, y: 0 }, { x: 9, y: 9 }, { x: 0, y: 9 }];
  expect(crossesItself(square)).toBe(false);
  const [a, b, c, d] = square as [{ x: number; y: number }, { x: number; y: number }, { x: number; y: number }, { x: number; y: number }];
  expect(crossesItself([a, c, b, d])).toBe(true);
  expect(crossesItself([a, b, d, c])).toBe(true);
});

test("pasted coordinates are read latitude first, and told when swapped, far or no numbers", () => {
  expect(pasted("44.0989, 3.0783", CENTRE)).toEqual({ is: "good", at: [3.0783, 44.0989] });
  expect(pasted("3.0783 44.0989", CENTRE)).toEqual({ is: "swapped", at: [3.0783, 44.0989] });
  expect(pasted("48.85;2.35", CENTRE).is).toBe("far");
  expect(pasted("place du Mandarous", CENTRE).is).toBe("unreadable");
});

test("a phase shows its cameras, those before it, and those of no phase yet", () => {
  const late = { ...camera, id: "c02", phase: "p2" };
  const fresh = { ...camera, id: "c03", phase: "" };
  const all = { cameras: [camera, late, fresh], zones: [] };
  const shown = until(all, [{ id: "p1" }, { id: "p2" }], 0).cameras.map((row) => row.id);
  expect(shown).toEqual(["c01", "c03"]);
});

const north = { bearing_deg: 350, tilt_deg: 12, hfov_deg: 30 };
const south = { bearing_deg: 170, tilt_deg: 8, hfov_deg: 60 };
const rowOf = (given: Draft): CameraRow => given.cameras[0] as CameraRow;
const turning = withPreset(withPreset(draft, camera, north), rowOf(withPreset(draft, camera, north)), south);

test("the first preset takes all the time and is where the camera rests; the next has what is left", () => {
  const row = rowOf(turning);
  expect(row.presets?.map((one) => one.time_share)).toEqual([1, 0]);
  expect([row.bearing_deg, row.tilt_deg, row.hfov_deg]).toEqual([350, 12, 30]);
  expect(shareLeft(row, 1)).toBe(0);
  expect(rowOf(sharedOut(turning, row)).presets?.map((one) => one.time_share)).toEqual([0.5, 0.5]);
});

test("three even shares never exceed the whole", () => {
  const row = rowOf(withPreset(turning, rowOf(turning), south));
  const shares = rowOf(sharedOut(turning, row)).presets?.map((one) => one.time_share) ?? [];
  expect(shares.length).toBe(3);
  expect(shares.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(1);
});

test("a preset is turned alone, and the camera seen at it is a camera of its own", () => {
  const turned = rowOf(changedPreset(turning, rowOf(turning), 1, { bearing_deg: 365, name: "Quai" }));
  expect(turned.presets?.[0]?.bearing_deg).toBe(350);
  expect(turned.presets?.[1]).toMatchObject({ bearing_deg: 5, name: "Quai", tilt_deg: 8 });
  expect(aimed(turned, 1)).toMatchObject({ bearing_deg: 5, hfov_deg: 60, presets: [] });
  expect(aimed(camera, 3)).toBe(camera);
});

test("when the first preset goes the camera rests at the next; without one it keeps its aim", () => {
  const next = withoutPreset(turning, rowOf(turning), 0);
  expect(rowOf(next)).toMatchObject({ bearing_deg: 170, hfov_deg: 60 });
  expect(rowOf(withoutPreset(next, rowOf(next), 0))).toMatchObject({ bearing_deg: 170, presets: [] });
});

test("what is done to presets is undone like the rest", () => {
  const done = stepped(stepped(begun(draft), turning), withoutPreset(turning, rowOf(turning), 1));
  expect(rowOf(undone(done).now).presets?.length).toBe(2);
  expect(rowOf(undone(undone(done)).now).presets).toBeUndefined();
});

test("a night range reaches the ground by Pythagoras, and nothing when nobody stated it", () => {
  expect(litM(camera, lensOf(camera, []))).toBe(0);
  const stated = rowOf(withNightRange(draft, ["c01"], 30));
  expect(litM(stated, lensOf(stated, []))).toBeCloseTo(Math.sqrt(900 - 4.5 ** 2), 6);
  expect(lensOf({ ...camera, model: "m" }, [model]).nightRangeM).toBe(30);
});
