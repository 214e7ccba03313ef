import { expect, test } from "vitest";
import { listedGaps, nextRecorded, pieceAt, pieces, recordedUs, selectionSpan } from "../src/timeline/coverage";
import { following, majorStepS, moved, SPAN_MAX_US, SPAN_MIN_US, ticks, toPx, toUs, zoomed } from "../src/timeline/scale";

const scale = { fromUs: 0, toUs: 100e6, widthPx: 1000 };

test("pixels and instants are inverse of each other", () => {
  expect(toPx(scale, 25e6)).toBe(250);
  expect(toUs(scale, toPx(scale, 33e6))).toBeCloseTo(33e6);
});

test("zooming keeps what is under the pointer, within bounds", () => {
  const closer = zoomed(scale, 2, 25e6);
  expect(toPx(closer, 25e6)).toBeCloseTo(250);
  expect(closer.toUs - closer.fromUs).toBe(50e6);
  expect(zoomed(scale, 1000, 0).toUs - zoomed(scale, 1000, 0).fromUs).toBe(SPAN_MIN_US);
  expect(zoomed(scale, 1e-9, 0).toUs - zoomed(scale, 1e-9, 0).fromUs).toBe(SPAN_MAX_US);
});

test("the window stays while the playhead is inside, and follows it outside", () => {
  expect(following(scale, 50e6)).toBe(scale);
  const next = following(scale, 99e6);
  expect(toPx(next, 99e6)).toBe(500);
  expect(moved(scale, 5e6)).toMatchObject({ fromUs: 5e6, toUs: 105e6 });
});

test("ruler ticks stand on round hours of the town", () => {
  const hour = 3600e6;
  const day = { fromUs: Date.parse("2026-11-06T00:00:00Z") * 1000, toUs: Date.parse("2026-11-06T12:00:00Z") * 1000, widthPx: 1740 };
  const major = ticks(day, () => 60).filter((one) => one.isMajor);
  expect(majorStepS(day)).toBe(3600);
  expect(major.every((one) => one.atUs % hour === 0)).toBe(true);
  expect(ticks({ ...day, toUs: day.fromUs + 4 * hour, widthPx: 300 }, () => 330).filter((one) => one.isMajor)[0]?.atUs).toBe(
    day.fromUs + hour / 2,
  );
});

const covered = {
  spans: [
    { from_at_us: 10, to_at_us: 40 },
    { from_at_us: 60, to_at_us: 90 },
  ],
  gaps: [{ from_at_us: 40, to_at_us: 60, cause: "connect" }],
};

test("pieces cover the window without holes or overlap", () => {
  const all = pieces(covered, 0, 100);
  expect(all.map((one) => [one.kind, one.fromUs, one.toUs])).toEqual([
    ["unknown", 0, 10],
    ["recorded", 10, 40],
    ["gap", 40, 60],
    ["recorded", 60, 90],
    ["unknown", 90, 100],
  ]);
  expect(pieceAt(all, 40)?.cause).toBe("connect");
  expect(nextRecorded(all, 45)).toBe(60);
  expect(nextRecorded(all, 95)).toBeNull();
  expect(recordedUs(all, 30, 70)).toBe(20);
});

test("a gap wins over footage said at the same time", () => {
  const all = pieces({ spans: [{ from_at_us: 0, to_at_us: 100 }], gaps: [{ from_at_us: 0, to_at_us: 30, cause: "loss" }] }, 0, 100);
  expect(all.map((one) => one.kind)).toEqual(["gap", "recorded"]);
});

test("gaps of a frame or two are not listed one by one", () => {
  const all = pieces({ spans: [], gaps: [{ from_at_us: 0, to_at_us: 80_000, cause: "loss" }, { from_at_us: 1e6, to_at_us: 3e6, cause: "silent" }] }, 0, 4e6);
  expect(listedGaps(all).map((one) => one.kind)).toEqual(["unknown", "gap", "unknown"]);
});

test("a selection may be marked from either end", () => {
  expect(selectionSpan({ fromUs: 20, toUs: 5 })).toEqual({ fromUs: 5, toUs: 20 });
  expect(selectionSpan({ fromUs: 20, toUs: null })).toBeNull();
});
