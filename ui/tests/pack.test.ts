import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { safeNumber, sequences, utcName } from "../src/pack/extract";
import { MANIFEST, NotAPack, packRoot } from "../src/pack/folder";
import { covered, fileAt, type Pack, readPack, UnreadableManifest } from "../src/pack/pack";
import { Seal } from "../src/pack/seal";
import { Sha256 } from "../src/pack/sha256";

const hex = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");
const START = 1_790_000_000_000_000;
const SECOND = 1e6;

/** A file of a head of 10 bytes and fragments of 4 bytes of boxes and 6 of samples, a second each. */
function original(path: string, camera: string, fromUs: number, seconds: number) {
  const bytes = new Uint8Array(10 + 10 * seconds).map((_, i) => (i * 7 + path.length) % 251);
  const fragments = Array.from({ length: seconds }, (_, i) => {
    const offset = 10 + 10 * i;
    return {
      offset,
      bytes: 10,
      boxes: 4,
      boxes_sha256: hex(bytes.subarray(offset, offset + 4)),
      payload_sha256: hex(bytes.subarray(offset + 4, offset + 10)),
      start_at_us: fromUs + i * SECOND,
      duration_ticks90k: 90_000,
      is_key: i % 2 === 0,
    };
  });
  const raw = {
    path, camera, codec: "h264", mime_codec: "avc1.4d401f", width_px: 704, height_px: 576, start_at_us: fromUs,
    end_at_us: fromUs + seconds * SECOND, bytes: bytes.length, sha256: hex(bytes), head_bytes: 10,
    head_sha256: hex(bytes.subarray(0, 10)), fragments,
  };
  return { raw, bytes };
}

function made() {
  const first = original("original/C01-a.mp4", "c01", START, 4);
  const second = original("original/C01-b.mp4", "c01", START + 10 * SECOND, 3);
  const slip = new TextEncoder().encode("bordereau");
  const lines = [first, second].map(({ raw }) => `${raw.sha256}  ${raw.path}\n`).join("");
  const manifest = {
    format: "beffroi-pack", version: 1, number: "R-2026-039",
    town: { name: "Millau", time_zone: "Europe/Paris", fictional: true },
    requisition: { article: "CPP, art. 60-1", procedure: "2026/1" },
    asked: { from_at_us: START, to_at_us: START + 13 * SECOND },
    cameras: [{
      id: "c01", number: "C01", name: "Mandarous", place: "place du Mandarous",
      gaps: [{ from_at_us: START + 4 * SECOND, to_at_us: START + 10 * SECOND, cause: "link" }],
      clock: { offset_ms: 40 }, masks: [], working_copies: [],
    }],
    originals: [second.raw, first.raw],
    files: [
      { path: "bordereau.pdf", bytes: slip.length, sha256: hex(slip) },
      ...[first, second].map(({ raw }) => ({ path: raw.path, bytes: raw.bytes, sha256: raw.sha256 })),
    ],
    originals_sha256: hex(lines), stamp: "non horodaté par un tiers",
  };
  const files = new Map<string, Uint8Array<ArrayBuffer>>([
    ["bordereau.pdf", slip],
    [first.raw.path, first.bytes],
    [second.raw.path, second.bytes],
    [MANIFEST, new TextEncoder().encode(JSON.stringify(manifest))],
  ]);
  return { manifest, files };
}

function opened(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): Promise<Pack> {
  return readPack(new Map([...files].map(([path, bytes]) => [path, new File([bytes], path)])));
}

const never = new AbortController().signal;

async function found(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>) {
  const pack = await opened(files);
  const seal = new Seal(pack);
  await seal.checkAll(() => undefined, never);
  return { seal, pack, said: seal.damages.map((one) => [one.what, one.path, one.fromByte, one.toByte]) };
}

test("digests of streams are those of the whole, wherever the pieces are cut", () => {
  const bytes = new Uint8Array(1000).map((_, i) => (i * 31) % 256);
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1000]) {
    for (const piece of [1, 7, 64, 100, 1000]) {
      const hash = new Sha256();
      for (let at = 0; at < length; at += piece) hash.update(bytes.subarray(at, Math.min(length, at + piece)));
      expect(hash.hex()).toBe(hex(bytes.subarray(0, length)));
    }
  }
});

test("a whole pack matches, and gives the digest that is on the slip", async () => {
  const { manifest, files } = made();
  const { said, seal } = await found(files);
  expect(said).toEqual([]);
  expect(seal.originalsSha256).toBe(manifest.originals_sha256);
  expect(seal.readFragments).toBe(7);
});

test("every flipped byte of every file is told with its range", async () => {
  const { files } = made();
  for (const [path, bytes] of files) {
    if (path === MANIFEST) continue;
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] as number) ^ 1;
      const { said } = await found(new Map([...files, [path, flipped]]));
      expect(said).toHaveLength(1);
      const [what, where, from, to] = said[0] as [string, string, number, number];
      expect([what, where]).toEqual(["altered", path]);
      if (path.startsWith("original/")) expect(from <= at && at < to).toBe(true);
    }
  }
});

test("files that are gone, cut, lengthened or added are told", async () => {
  const { files } = made();
  const path = "original/C01-a.mp4";
  const bytes = files.get(path) as Uint8Array<ArrayBuffer>;
  const without = new Map(files);
  without.delete(path);
  expect((await found(without)).said).toContainEqual(["missing", path, 0, 0]);
  expect((await found(new Map([...files, [path, bytes.slice(0, 45)]]))).said).toContainEqual(["length", path, 45, 50]);
  const longer = new Uint8Array([...bytes, 1, 2]);
  expect((await found(new Map([...files, [path, longer]]))).said).toContainEqual(["length", path, 50, 52]);
  expect((await found(new Map([...files, ["original/x.mp4", bytes]]))).said).toContainEqual(["unlisted", "original/x.mp4", 0, 0]);
});

test("a sequence is the head and whole fragments from the key picture on, one file for each run", async () => {
  const { files } = made();
  const [camera] = (await opened(files)).cameras;
  if (!camera) throw new Error("one camera expected");
  const cut = sequences(camera, START + 3.5 * SECOND, START + 10.5 * SECOND);
  expect(cut.map((one) => one.name)).toEqual(["C01-20260921T141322Z-extrait.mp4", "C01-20260921T141330Z-extrait.mp4"]);
  const source = files.get("original/C01-a.mp4") as Uint8Array;
  const bytes = new Uint8Array(await (cut[0]?.blob as Blob).arrayBuffer());
  expect([...bytes]).toEqual([...source.subarray(0, 10), ...source.subarray(30, 50)]);
});

test("what a camera covers, its gaps and the file of an instant come from the manifest", async () => {
  const [camera] = (await opened(made().files)).cameras;
  if (!camera) throw new Error("one camera expected");
  expect(covered(camera).spans).toHaveLength(2);
  expect(covered(camera).gaps[0]?.cause).toBe("link");
  expect(fileAt(camera, START + 5 * SECOND)).toBeNull();
  expect(fileAt(camera, START + 10 * SECOND)?.path).toBe("original/C01-b.mp4");
});

test("the pack is found whether the disc, the folder or one above is picked; without a manifest it is none", () => {
  const file = new File([], "x");
  const paths = ["disc/R-1/manifest.json", "disc/R-1/original/a.mp4", "disc/lecteur/index.html"].map((one) => [one, file] as const);
  expect([...packRoot(paths).keys()]).toEqual(["manifest.json", "original/a.mp4"]);
  expect(() => packRoot(paths.slice(1))).toThrow(NotAPack);
});

test("a manifest of another format, or cut, is refused", async () => {
  const { files } = made();
  for (const text of ["{", "null", '{"format":"other"}', '{"format":"beffroi-pack","version":2}', '{"format":"beffroi-pack","version":1}']) {
    const bytes = new TextEncoder().encode(text);
    await expect(opened(new Map([...files, [MANIFEST, bytes]]))).rejects.toThrow(UnreadableManifest);
  }
});

test("names say camera and UTC instant, and are safe on any disc", () => {
  expect(utcName(START + 412_345)).toBe("20260921T141320Z");
  expect(utcName(START + 412_345, true)).toBe("20260921T141320.412Z");
  expect(safeNumber("C 08/../b")).toBe("C08b");
});
