/** Decoding to one exact picture, or a whole group of pictures, by WebCodecs. */

import type { Picture, Track } from "./mp4";

export function decoderConfig(track: Track): VideoDecoderConfig {
  return {
    codec: track.codec,
    codedWidth: track.widthPx,
    codedHeight: track.heightPx,
    description: track.description,
    // Without it the decoder keeps a picture back for each of its threads.
    optimizeForLatency: true,
  };
}

export function chunkOf(picture: Picture): EncodedVideoChunk {
  return new EncodedVideoChunk({
    type: picture.isKey ? "key" : "delta",
    timestamp: picture.atUs,
    data: picture.bytes,
  });
}

/**
 * Decodes `pictures` (a key picture first) and hands each decoded frame to `keep`, which closes it.
 * Resolves when all were decoded; rejects with the decoder's own error, or AbortError.
 */
export async function decodeAll(
  pictures: readonly Picture[],
  keep: (frame: VideoFrame) => void,
  signal: AbortSignal,
): Promise<void> {
  const first = pictures[0];
  if (!first) return;
  let failure: Error | null = null;
  const decoder = new VideoDecoder({ output: keep, error: (error) => (failure = error) });
  const abort = (): void => {
    if (decoder.state !== "closed") decoder.close();
  };
  signal.addEventListener("abort", abort);
  try {
    signal.throwIfAborted();
    decoder.configure(decoderConfig(first.track));
    for (const picture of pictures) decoder.decode(chunkOf(picture));
    await decoder.flush();
    if (failure) throw failure;
  } finally {
    signal.removeEventListener("abort", abort);
    abort();
  }
}

/** A few decoded pictures, so that stepping back and forth does not decode the group again each time. */
export class FrameShelf<Frame extends VideoFrame | ImageBitmap> {
  private readonly frames = new Map<number, Frame>();

  constructor(private readonly size: number) {}

  get(atUs: number): Frame | undefined {
    return this.frames.get(atUs);
  }

  put(atUs: number, frame: Frame): void {
    this.frames.get(atUs)?.close();
    this.frames.delete(atUs);
    this.frames.set(atUs, frame);
    for (const [oldest, frame] of this.frames) {
      if (this.frames.size <= this.size) break;
      frame.close();
      this.frames.delete(oldest);
    }
  }

  /** The last frame not after `atUs`, and not before `fromUs`. */
  lastBefore(atUs: number, fromUs: number): { atUs: number; frame: Frame } | null {
    let best: { atUs: number; frame: Frame } | null = null;
    for (const [at, frame] of this.frames) {
      if (at <= atUs && at >= fromUs && (!best || at > best.atUs)) best = { atUs: at, frame };
    }
    return best;
  }

  clear(): void {
    for (const frame of this.frames.values()) frame.close();
    this.frames.clear();
  }
}
