import { expect, test } from "vitest";
import { bearingDeg, directionOf, distanceM, neighbours, PAD_KEYS, rankedBySight, scaleBarM, sightOf } from "../src/map/geometry";
import { shortened } from "../src/map/sketch";

const MANDAROUS = { lat: 44.1001, lon: 3.078 };
const at = (eastM: number, northM: number) => ({
  lat: MANDAROUS.lat + northM / 111_195,
  lon: MANDAROUS.lon + eastM / (111_195 * Math.cos((MANDAROUS.lat * Math.PI) / 180)),
});
const camera = (id: string, eastM: number, northM: number, bearing = 0, kind = "fixed") => ({
  id,
  ...at(eastM, northM),
  bearing_deg: bearing,
  hfov_deg: 60,
  range_m: 80,
  kind,
});

test("bearings are true and distances in metres", () => {
  expect(bearingDeg(MANDAROUS, at(0, 100))).toBeCloseTo(0, 1);
  expect(bearingDeg(MANDAROUS, at(100, 0))).toBeCloseTo(90, 1);
  expect(bearingDeg(MANDAROUS, at(-100, -100))).toBeCloseTo(225, 1);
  expect(distanceM(MANDAROUS, at(300, 400))).toBeCloseTo(500, 0);
});

test("eight directions of 45 degrees, on the keys of the numeric pad", () => {
  expect([0, 22, 23, 90, 180, 270, 337, 338, 359].map(directionOf)).toEqual(["n", "n", "ne", "e", "s", "w", "nw", "n", "n"]);
  expect([PAD_KEYS.n, PAD_KEYS.e, PAD_KEYS.sw]).toEqual(["8", "6", "1"]);
});

test("each direction shows its nearest camera, and stays empty beyond 250 m", () => {
  const centre = camera("c", 0, 0);
  const found = neighbours(centre, [centre, camera("near", 0, 60), camera("far", 0, 120), camera("lost", 300, 0)]);
  expect(found.n?.camera.id).toBe("near");
  expect(found.n?.distanceM).toBeCloseTo(60, 0);
  expect(found.e).toBeUndefined();
});

test("a camera on the same mast stands where it looks", () => {
  const centre = camera("c", 0, 0);
  const found = neighbours(centre, [camera("twin", 1, 1, 270)]);
  expect(found.w).toMatchObject({ isSameMast: true, bearingDeg: 270 });
});

test("cameras are ranked by how well they see a point, not by distance alone", () => {
  const point = at(0, 50);
  const sees = camera("sees", 0, 0, 0);
  const back = camera("back", 0, 40, 180);
  const dome = camera("dome", 30, 50, 90, "ptz");
  expect(sightOf(sees, point)).toBe("well");
  expect(sightOf(back, point)).toBe("behind");
  expect(rankedBySight([back, dome, sees], point).map((one) => one.camera.id)).toEqual(["sees", "dome", "back"]);
  expect(sightOf(sees, at(0, 120))).toBe("far");
});

test("the scale bar is a round distance", () => {
  expect(scaleBarM(0.5, 90)).toBe(100);
  expect(scaleBarM(2, 90)).toBe(20);
});

test("names on the map are the short ones people say", () => {
  expect(shortened("Boulevard de Bonald")).toBe("bd de Bonald");
  expect(shortened("Place du Mandarous")).toBe("Mandarous");
});
