/** Live pictures by WebCodecs: one decoder, one canvas, each frame drawn at once and closed at once. */

import { browserNowUs } from "./clock";
import { type Backlog, Pace } from "./pace";
import { Surface } from "./surface";
import { base64Bytes, type LiveFrame, type StreamMessage } from "./wire";

export interface PictureSink {
  /** A picture is on screen. */
  onDrawn(frame: LiveFrame): void;
  /** Frames left out because this machine, or the way to it, is too slow. */
  onSkipped(frames: number): void;
  onError(error: Error): void;
}

/** What both kinds of live decoder do. */
export interface LiveDecoder {
  readonly element: HTMLElement;
  configure(stream: StreamMessage): void;
  push(frame: LiveFrame): void;
  close(): void;
}

export class CanvasDecoder implements LiveDecoder {
  private readonly surface = new Surface();
  readonly element = this.surface.element;
  private decoder: VideoDecoder | null = null;
  private config: VideoDecoderConfig | null = null;
  private readonly pace = new Pace();
  /** What the decoder has not given back, oldest first. */
  private readonly inside = new Map<number, { readonly frame: LiveFrame; readonly sinceMs: number }>();

  constructor(private readonly sink: PictureSink) {}

  configure(stream: StreamMessage): void {
    this.config = {
      codec: stream.codec,
      codedWidth: stream.width_px,
      codedHeight: stream.height_px,
      optimizeForLatency: true,
      ...(stream.description ? { description: base64Bytes(stream.description) } : {}),
    };
    this.surface.resize(stream.width_px, stream.height_px);
    this.restart();
  }

  push(frame: LiveFrame): void {
    if (this.decoder?.state !== "configured") return;
    const nowMs = browserNowUs() / 1000;
    const verdict = this.pace.arrived(frame, nowMs, this.backlog(nowMs));
    if (verdict === "skip") return;
    if (verdict === "restart") {
      this.restart();
      return this.push(frame);
    }
    this.tellLeftOut();
    const timestamp = Math.round((frame.ticks90k * 100) / 9);
    this.inside.set(timestamp, { frame, sinceMs: nowMs });
    this.decoder.decode(new EncodedVideoChunk({ type: frame.isKey ? "key" : "delta", timestamp, data: frame.payload }));
  }

  close(): void {
    if (this.decoder && this.decoder.state !== "closed") this.decoder.close();
    this.decoder = null;
    this.inside.clear();
  }

  private restart(): void {
    if (!this.config) return;
    this.close();
    this.decoder = new VideoDecoder({
      output: (picture) => this.draw(picture),
      error: (error) => this.onError(error),
    });
    this.pace.restart();
    try {
      this.decoder.configure(this.config);
    } catch (error) {
      this.onError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** A damaged frame closes the decoder: begin again at the next key frame. */
  private onError(error: Error): void {
    this.sink.onError(error);
    if (error.name !== "NotSupportedError" && error.name !== "TypeError") this.restart();
  }

  private draw(picture: VideoFrame): void {
    const drawn = this.inside.get(picture.timestamp);
    this.forgetUpTo(picture.timestamp);
    const nowMs = browserNowUs() / 1000;
    if (drawn && this.pace.draws(nowMs, nowMs - drawn.sinceMs, this.inside.size)) {
      this.surface.show(picture, () => this.sink.onDrawn(drawn.frame));
    } else picture.close();
  }

  /** Pictures come out in the order they are shown: an older one still inside never will. */
  private forgetUpTo(timestamp: number): void {
    for (const one of this.inside.keys()) if (one <= timestamp) this.inside.delete(one);
  }

  private backlog(nowMs: number): Backlog {
    const [oldest] = this.inside.values();
    return { frames: this.inside.size, oldestWaitMs: oldest ? nowMs - oldest.sinceMs : 0 };
  }

  private tellLeftOut(): void {
    const left = this.pace.takeLeftOut();
    if (left > 0) this.sink.onSkipped(left);
  }
}
