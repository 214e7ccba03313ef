import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CodecDecoder } from "../src/media/decoder";
import { FirstPictures } from "../src/media/first";
import type { PictureSink, Surface } from "../src/media/surface";
import type { LiveFrame, StreamMessage } from "../src/media/wire";

interface Chunk {
  readonly type: string;
  readonly timestamp: number;
}

/** Gives pictures out when told to. */
class FakeVideoDecoder {
  static made: FakeVideoDecoder[] = [];
  state = "unconfigured";
  chunks: Chunk[] = [];

  constructor(private readonly to: { output: (picture: VideoFrame) => void; error: (error: Error) => void }) {
    FakeVideoDecoder.made.push(this);
  }

  configure(): void {
    this.state = "configured";
  }

  decode(chunk: Chunk): void {
    this.chunks.push(chunk);
  }

  close(): void {
    this.state = "closed";
  }

  /** The picture of the n-th chunk, and of none between. */
  giveOut(n: number): void {
    this.to.output({ timestamp: this.chunks[n]?.timestamp ?? -1, close: () => undefined } as VideoFrame);
  }

  fail(): void {
    this.to.error(new Error("damaged"));
  }
}

const STREAM = { codec: "avc1.4d401e", description: "" } as StreamMessage;

function frame(number: number, isKey = false): LiveFrame {
  const sentAtUs = number * 66_000;
  return { isKey, afterBreak: false, ticks90k: number * 6000, sentAtUs, payload: new Uint8Array() } as unknown as LiveFrame;
}

function tile() {
  const told = { drawn: 0, skipped: 0 };
  const sink: PictureSink = {
    onDrawn: () => (told.drawn += 1),
    onSkipped: (frames) => (told.skipped += frames),
    onError: () => undefined,
  };
  const surface: Surface = { element: {} as HTMLElement, show: (_, shown) => sink.onDrawn(shown, 0, 1), close: () => undefined };
  const decoder = new CodecDecoder(sink, surface);
  decoder.configure(STREAM);
  const inner = FakeVideoDecoder.made.at(-1) as FakeVideoDecoder;
  return { told, decoder, inner };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("VideoDecoder", FakeVideoDecoder);
  vi.stubGlobal("EncodedVideoChunk", function (init: Chunk) {
    return init;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("live decoder", () => {
  it("decodes the key frame of each tile before the rest of any", () => {
    const [one, other] = [tile(), tile()];
    for (const { decoder } of [one, other]) for (let n = 0; n < 5; n += 1) decoder.push(frame(n, n === 0));
    one.inner.giveOut(0);
    expect([one.inner.chunks.length, other.inner.chunks.length]).toEqual([1, 1]);
    other.inner.giveOut(0);
    expect([one.inner.chunks.length, other.inner.chunks.length]).toEqual([5, 5]);
    for (const { decoder } of [one, other]) decoder.close();
  });

  it("tells every frame once: drawn or left out", () => {
    const { told, decoder, inner } = tile();
    decoder.push(frame(0, true));
    inner.giveOut(0);
    for (let n = 1; n < 10; n += 1) decoder.push(frame(n));
    inner.giveOut(1);
    inner.giveOut(4);
    inner.giveOut(4);
    expect(told).toEqual({ drawn: 3, skipped: 2 });
    inner.fail();
    expect(told).toEqual({ drawn: 3, skipped: 7 });
    decoder.push(frame(10));
    decoder.close();
    expect(told).toEqual({ drawn: 3, skipped: 8 });
  });

  it("tells what it held as left out when it is closed", () => {
    const [{ told, decoder }, other] = [tile(), tile()];
    for (let n = 0; n < 4; n += 1) decoder.push(frame(n, n === 0));
    decoder.close();
    expect(told).toEqual({ drawn: 0, skipped: 4 });
    other.decoder.close();
  });
});

describe("first pictures", () => {
  it("goes on when all have one", () => {
    const first = new FirstPictures();
    const [a, b, goOn] = [{}, {}, vi.fn()];
    first.await(a);
    first.await(b);
    first.hold(goOn);
    first.settle(a);
    expect(goOn).not.toHaveBeenCalled();
    first.settle(b);
    expect(goOn).toHaveBeenCalledOnce();
  });

  it("does not wait for ever for a camera that sends nothing", () => {
    const first = new FirstPictures();
    const goOn = vi.fn();
    first.await({});
    first.hold(goOn);
    vi.advanceTimersByTime(1000);
    expect(goOn).toHaveBeenCalledOnce();
  });
});
