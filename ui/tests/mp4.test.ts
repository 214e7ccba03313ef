import { expect, test } from "vitest";
import { codecName, FootageError, parseFootage } from "../src/media/mp4";
import { groupOf, neededFor, neighbour, pictureAt } from "../src/media/pictures";

const u32 = (...values: number[]): number[] => values.flatMap((v) => [(v >>> 24) & 255, (v >>> 16) & 255, (v >>> 8) & 255, v & 255]);
const u64 = (value: bigint): number[] => u32(Number(value >> 32n), Number(value & 0xffffffffn));

function box(type: string, ...parts: number[][]): number[] {
  const body = parts.flat();
  return [...u32(body.length + 8), ...[...type].map((c) => c.charCodeAt(0)), ...body];
}

const AVCC = [1, 0x4d, 0x40, 0x1f, 255, 225];

function init(): number[] {
  const entry = new Array<number>(78).fill(0);
  entry.splice(24, 4, 2, 192, 2, 64); // 704 × 576
  const avc1 = box("avc1", entry, box("avcC", AVCC));
  const stsd = box("stsd", u32(0, 1), avc1);
  const mdhd = box("mdhd", u32(0, 0, 0, 90_000, 0, 0));
  const trak = box("trak", box("tkhd", u32(0, 0, 0, 1)), box("mdia", mdhd, box("minf", box("stbl", stsd))));
  return box("moov", trak, box("mvex", box("trex", u32(0, 1, 1, 0, 0, 0x10000))));
}

/** As the node writes: first sample flags, then duration, size and, for B-frames, a signed composition offset. */
function fragment(startUs: number, samples: { bytes: number[]; offset?: number }[], isKey = true): number[] {
  const hasOffsets = samples.some((one) => one.offset !== undefined);
  const ntp = ((BigInt(startUs) + 2208988800000000n) << 32n) / 1000000n;
  const rows = samples.flatMap((one) => u32(3600, one.bytes.length, ...(hasOffsets ? [(one.offset ?? 0) >>> 0] : [])));
  const flags = hasOffsets ? 0x01000b05 : 0x00000305;
  const moofBytes = 8 + 16 + 8 + 16 + 20 + 24 + rows.length;
  const trun = box("trun", u32(flags, samples.length, moofBytes + 8, isKey ? 0x2000000 : 0x10000), rows);
  const traf = box("traf", box("tfhd", u32(0x20000, 1)), box("tfdt", u32(0x01000000, 0, 0)), trun);
  const moof = box("moof", box("mfhd", u32(0, 1)), traf);
  return [...box("prft", u32(0x01000000, 1), u64(ntp), u64(0n)), ...moof, ...box("mdat", ...samples.map((one) => one.bytes))];
}

const buffer = (...parts: number[][]): ArrayBuffer => new Uint8Array(parts.flat()).buffer;
const START = 1_790_000_000_000_000;

test("samples come out with their bytes, key flags and wall time", () => {
  const pictures = parseFootage(buffer(init(), fragment(START, [{ bytes: [1] }, { bytes: [2, 2] }, { bytes: [3] }])));
  expect(pictures.map((one) => [...one.bytes])).toEqual([[1], [2, 2], [3]]);
  expect(pictures.map((one) => one.isKey)).toEqual([true, false, false]);
  expect(pictures.map((one) => one.atUs - START)).toEqual([0, 40_000, 80_000]);
  expect(pictures[0]?.track).toMatchObject({ codec: "avc1.4d401f", widthPx: 704, heightPx: 576, timescale: 90_000 });
});

test("signed composition offsets put B-frames back in place, the first picture on its wall time", () => {
  const b = [{ bytes: [1], offset: 0 }, { bytes: [2], offset: 7200 }, { bytes: [3], offset: -3600 }, { bytes: [4], offset: -3600 }];
  const pictures = parseFootage(buffer(init(), fragment(START, b)));
  expect(pictures.map((one) => one.atUs - START)).toEqual([0, 120_000, 40_000, 80_000]);
  expect(pictures.map((one) => one.decodeUs - START)).toEqual([0, 40_000, 80_000, 120_000]);
});

test("fragments of several files follow each other, each under its own configuration", () => {
  const pictures = parseFootage(
    buffer(init(), fragment(START, [{ bytes: [1] }]), fragment(START + 2e6, [{ bytes: [2] }], false), init(), fragment(START + 4e6, [{ bytes: [3] }])),
  );
  expect(pictures.map((one) => one.isKey)).toEqual([true, false, true]);
  expect(pictures[2]?.track).not.toBe(pictures[0]?.track);
});

test("cut footage is refused, never read past its end", () => {
  const whole = buffer(init(), fragment(START, [{ bytes: [1, 2, 3] }]));
  expect(() => parseFootage(whole.slice(0, whole.byteLength - 2))).toThrow(FootageError);
  expect(() => parseFootage(buffer(fragment(START, [{ bytes: [1] }])))).toThrow(FootageError);
});

test("H.265 is named as RFC 6381 wants it", () => {
  const record = new Uint8Array([1, 0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93]);
  expect(codecName("hvc1", record)).toBe("hvc1.1.6.L93.90");
});

const two = parseFootage(
  buffer(init(), fragment(START, [{ bytes: [1] }, { bytes: [2] }]), fragment(START + 80_000, [{ bytes: [3] }, { bytes: [4] }])),
);

test("an instant shows the last picture not after it, and nothing in a gap", () => {
  expect(pictureAt(two, START + 79_999)?.bytes[0]).toBe(2);
  expect(pictureAt(two, START + 80_000)?.bytes[0]).toBe(3);
  expect(pictureAt(two, START - 1)).toBeNull();
  expect(pictureAt(two, START + 5e6)).toBeNull();
});

test("stepping finds the very next and the very previous picture", () => {
  expect(neighbour(two, START + 40_000, 1)?.bytes[0]).toBe(3);
  expect(neighbour(two, START + 40_000, -1)?.bytes[0]).toBe(1);
  expect(neighbour(two, START, -1)).toBeNull();
});

test("decoding a picture needs its group from the key picture on, no more", () => {
  const wanted = two[3];
  if (!wanted) throw new Error("four pictures expected");
  const group = groupOf(two, wanted);
  expect(group.map((one) => one.bytes[0])).toEqual([3, 4]);
  expect(neededFor(group, group[0] ?? wanted).map((one) => one.bytes[0])).toEqual([3]);
});
