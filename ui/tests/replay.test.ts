import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FootageCache, type Span } from "../src/media/cache";
import { type FootageDoors, NodeFootage } from "../src/media/footage";
import type { Picture, Track } from "../src/media/mp4";
import { Painter } from "../src/media/painter";
import { StandingPicture } from "../src/media/standing";

const FRAME_US = 40_000;
const track = { codec: "avc1.640028" } as Track;

function group(fromUs: number, count: number): Picture[] {
  return Array.from({ length: count }, (_, i) => {
    const atUs = fromUs + i * FRAME_US;
    return { track, atUs, decodeUs: atUs, durationUs: FRAME_US, isKey: i === 0, isAltered: false, bytes: new Uint8Array(1) };
  });
}

/** A decoded picture; knows how many of them are open. */
class FakeFrame {
  static open = 0;
  constructor(readonly timestamp: number) {
    FakeFrame.open += 1;
  }
  clone = (): FakeFrame => new FakeFrame(this.timestamp);
  close = (): void => void (FakeFrame.open -= 1);
}

/** Decodes at once, in order; gives nothing for the pictures it cannot build. */
class FakeDecoder {
  static decoded: number[] = [];
  static lost = new Set<number>();
  state = "unconfigured";
  constructor(private readonly init: { output: (frame: VideoFrame) => void }) {}
  configure(): void {
    this.state = "configured";
  }
  decode({ timestamp }: { timestamp: number }): void {
    FakeDecoder.decoded.push(timestamp);
    if (!FakeDecoder.lost.has(timestamp)) this.init.output(new FakeFrame(timestamp) as unknown as VideoFrame);
  }
  async flush(): Promise<void> {}
  close(): void {
    this.state = "closed";
  }
}

beforeEach(() => {
  FakeDecoder.decoded = [];
  FakeDecoder.lost.clear();
  FakeFrame.open = 0;
  vi.stubGlobal("VideoDecoder", FakeDecoder);
  vi.stubGlobal("EncodedVideoChunk", class { constructor(init: object) { Object.assign(this, init); } });
});
afterEach(() => vi.unstubAllGlobals());

function watched() {
  const shown: [number, boolean][] = [];
  const show = async ({ timestamp }: VideoFrame, isFinal: boolean): Promise<void> => void shown.push([timestamp, isFinal]);
  return { shown, show, signal: new AbortController().signal };
}

test("the key picture comes first, then the picture of the instant, each under its own instant", async () => {
  const all = [...group(0, 50), ...group(2e6, 50)];
  const { shown, ...rest } = watched();
  await new StandingPicture().show(all, all[70] as Picture, { ...rest, keyFirst: true });
  expect(shown).toEqual([
    [2e6, false],
    [2e6 + 20 * FRAME_US, true],
  ]);
});

test("an instant that is a key picture's shows that one alone, none of those decoded after it", async () => {
  const all = group(0, 50);
  const { shown, ...rest } = watched();
  await new StandingPicture().show(all, all[0] as Picture, { ...rest, keyFirst: true });
  expect(shown).toEqual([[0, true]]);
});

test("a step shows no key picture, and its neighbours are not decoded again", async () => {
  const all = group(0, 50);
  const { shown, ...rest } = watched();
  const standing = new StandingPicture();
  for (const index of [20, 21, 22, 18]) await standing.show(all, all[index] as Picture, { ...rest, keyFirst: false });
  expect(shown).toEqual([20, 21, 22, 18].map((index) => [index * FRAME_US, true]));
  expect(FakeDecoder.decoded).toHaveLength(23);
});

test("a picture that cannot be decoded leaves the one before it, under that one's own instant", async () => {
  const all = group(0, 50);
  const { shown, ...rest } = watched();
  for (const index of [30, 31]) FakeDecoder.lost.add(index * FRAME_US);
  await new StandingPicture().show(all, all[31] as Picture, { ...rest, keyFirst: false });
  expect(shown).toEqual([[29 * FRAME_US, true]]);
});

test("few decoded pictures stay open, and none once it is cleared", async () => {
  const all = group(0, 50);
  const { show, signal } = watched();
  const standing = new StandingPicture();
  for (const index of [10, 30, 48]) await standing.show(all, all[index] as Picture, { show, signal, keyFirst: true });
  expect(FakeFrame.open).toBeLessThanOrEqual(10);
  standing.clear();
  expect(FakeFrame.open).toBe(0);
});

test("a seek asks for the group of its instant alone, and for the whole chunk only when that does not hold it", async () => {
  const asked: Span[] = [];
  const doors = { media: async (_: string, span: Span) => (asked.push(span), new ArrayBuffer(0)) } as unknown as FootageDoors;
  const source = { stream: "main", transcoded: false, otherwise: null } as const;
  const cache = new FootageCache(new NodeFootage(doors, source), () => 1e12);
  const { signal } = new AbortController();
  await cache.around(9e6, signal);
  expect(asked).toEqual([
    { from_at_us: 9e6, to_at_us: 9e6 + 1 },
    { from_at_us: 8e6, to_at_us: 12e6 },
  ]);
  await cache.around(10e6, signal);
  expect(asked).toHaveLength(2);
});

/** A canvas that notes what is drawn; conversions end when they are told to. */
function slowCanvas() {
  const drawn: number[] = [];
  const ready = new Map<number, () => void>();
  class Frame {
    readonly format = "I420";
    readonly displayWidth = 1;
    readonly displayHeight = 1;
    readonly visibleRect = { width: 1, height: 1 };
    constructor(readonly timestamp: number) {}
    clone = (): Frame => this;
    close = (): void => undefined;
    copyTo = (bytes: Uint8ClampedArray): Promise<void> => {
      bytes[0] = this.timestamp;
      return new Promise((resolve) => ready.set(this.timestamp, resolve));
    };
  }
  vi.stubGlobal("VideoFrame", Frame);
  vi.stubGlobal("ImageData", class { constructor(readonly data: Uint8ClampedArray) {} });
  const context = { putImageData: ({ data }: ImageData) => drawn.push(data[0] ?? -1) };
  const painter = new Painter({ getContext: () => context } as unknown as HTMLCanvasElement);
  const paint = (at: number, isWanted = () => true) => painter.paint(new Frame(at) as unknown as VideoFrame, isWanted);
  return { paint, drawn, finish: (at: number) => ready.get(at)?.() };
}

test("an older picture that is ready late is not drawn over a newer one", async () => {
  const { paint, drawn, finish } = slowCanvas();
  const [older, newer] = [paint(1), paint(2)];
  finish(2);
  expect(await newer).toBe(true);
  finish(1);
  expect(await older).toBe(false);
  expect(drawn).toEqual([2]);
});

test("a picture nobody wants any more when it is ready is not drawn", async () => {
  const { paint, drawn, finish } = slowCanvas();
  let isWanted = true;
  const asked = paint(1, () => isWanted);
  isWanted = false;
  finish(1);
  expect(await asked).toBe(false);
  expect(drawn).toEqual([]);
});

test("a picture whose bytes changed since they were recorded is known by its instant", async () => {
  const pictures = group(0, 3).map((one, i) => ({ ...one, isAltered: i === 1 }));
  const cache = new FootageCache({ isQuickAlone: false, pictures: () => Promise.resolve(pictures) }, () => 1e9);
  await cache.get(0);
  expect([0, 1, 2].map((i) => cache.isAltered(i * FRAME_US))).toEqual([false, true, false]);
});
