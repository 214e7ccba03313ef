import { expect, test } from "vitest";
import { backoffMs } from "../src/media/live";
import { judge } from "../src/media/player";
import { percentile } from "../src/media/stats";
import { parseFrame } from "../src/media/wire";

function frame(version: number, flags: number, payload: number[], saidBytes = payload.length): ArrayBuffer {
  const message = new ArrayBuffer(32 + payload.length);
  const view = new DataView(message);
  view.setUint8(0, version);
  view.setUint8(1, flags);
  view.setUint16(2, 513);
  view.setUint32(4, saidBytes);
  view.setBigInt64(8, -90_000n);
  view.setBigInt64(16, 1_790_000_000_123_456n);
  view.setBigInt64(24, 1_790_000_000_223_456n);
  new Uint8Array(message, 32).set(payload);
  return message;
}

test("a frame header gives tile, flags, ticks and exact microseconds", () => {
  const read = parseFrame(frame(1, 0b101, [1, 2, 3]));
  expect(read).toMatchObject({ tile: 513, isKey: true, afterBreak: false, startsWithInit: true, ticks90k: -90_000 });
  expect(read.atUs).toBe(1_790_000_000_123_456);
  expect(read.sentAtUs).toBe(1_790_000_000_223_456);
  expect([...read.payload]).toEqual([1, 2, 3]);
});

test("a frame of another version, cut or with a wrong length is refused", () => {
  expect(() => parseFrame(frame(2, 0, [1]))).toThrow(RangeError);
  expect(() => parseFrame(frame(1, 0, [1, 2], 3))).toThrow(RangeError);
  expect(() => parseFrame(new ArrayBuffer(31))).toThrow(RangeError);
});

test("waiting before a reconnection doubles up to eight seconds, with jitter", () => {
  expect([0, 1, 2, 10].map((n) => backoffMs(n, () => 1))).toEqual([400, 800, 1600, 8000]);
  expect(backoffMs(0, () => 0)).toBe(200);
});

const fresh = { isLinkUp: true, cameraState: "recording", silentMs: 40, ageMs: 80, askedMs: 9000 } as const;

test("a picture is live only while fresh pictures arrive", () => {
  expect(judge(fresh)).toBe("live");
  expect(judge({ ...fresh, ageMs: 1500 })).toBe("late");
  expect(judge({ ...fresh, silentMs: 3000 })).toBe("late");
  expect(judge({ ...fresh, silentMs: 9000 })).toBe("lost");
  expect(judge({ ...fresh, isLinkUp: false })).toBe("lost");
  expect(judge({ ...fresh, cameraState: "silent" })).toBe("lost");
});

test("a picture never seen is connecting, then lost", () => {
  expect(judge({ ...fresh, silentMs: null, ageMs: null, askedMs: 500 })).toBe("connecting");
  expect(judge({ ...fresh, silentMs: null, ageMs: null, askedMs: 7000 })).toBe("lost");
});

test("percentiles are of the nearest rank", () => {
  const sorted = Array.from({ length: 100 }, (_, i) => i + 1);
  expect([percentile(sorted, 0.5), percentile(sorted, 0.95), percentile(sorted, 1)]).toEqual([51, 96, 100]);
  expect(percentile([], 0.5)).toBeNaN();
});
