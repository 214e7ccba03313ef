/** Live pictures by WebCodecs: one decoder, one surface; every frame pushed is drawn or told as left out. */

import { browserNowUs } from "./clock";
import { firstPictures } from "./first";
import { type Backlog, Pace } from "./pace";
import { makeSurface, type PictureSink, type Surface } from "./surface";
import { base64Bytes, type LiveFrame, type StreamMessage } from "./wire";

/** What both kinds of live decoder do. */
export interface LiveDecoder {
  readonly element: HTMLElement;
  configure(stream: StreamMessage): void;
  push(frame: LiveFrame): void;
  close(): void;
}

interface Inside {
  readonly frame: LiveFrame;
  readonly sinceMs: number;
}

export class CodecDecoder implements LiveDecoder {
  readonly element: HTMLElement;
  private decoder: VideoDecoder | null = null;
  private config: VideoDecoderConfig | null = null;
  private readonly pace = new Pace();
  /** What the decoder has not given back, oldest first. */
  private readonly inside = new Map<number, Inside>();
  /** What follows the first key frame, until every picture asked for with this one is there. */
  private held: LiveFrame[] | null = [];

  constructor(
    private readonly sink: PictureSink,
    private readonly surface: Surface = makeSurface(sink),
  ) {
    firstPictures.await(this);
    this.element = surface.element;
  }

  configure(stream: StreamMessage): void {
    this.config = {
      codec: stream.codec,
      codedWidth: stream.width_px,
      codedHeight: stream.height_px,
      optimizeForLatency: true,
      ...(stream.description ? { description: base64Bytes(stream.description) } : {}),
    };
    this.restart();
  }

  push(frame: LiveFrame): void {
    if (!this.held) return this.decode(frame);
    if (this.held.push(frame) > 1) return;
    this.decode(frame);
    firstPictures.hold(() => this.goOn());
  }

  private goOn(): void {
    const rest = this.held?.slice(1) ?? [];
    this.held = null;
    for (const frame of rest) this.decode(frame);
  }

  private decode(frame: LiveFrame): void {
    if (this.decoder?.state !== "configured") return this.sink.onSkipped(1);
    const nowMs = browserNowUs() / 1000;
    const verdict = this.pace.arrived(frame, nowMs, this.backlog(nowMs));
    if (verdict === "skip") return this.sink.onSkipped(1);
    if (verdict === "restart") {
      this.restart();
      return this.decode(frame);
    }
    const timestamp = Math.round((frame.ticks90k * 100) / 9);
    this.inside.set(timestamp, { frame, sinceMs: nowMs });
    this.decoder.decode(new EncodedVideoChunk({ type: frame.isKey ? "key" : "delta", timestamp, data: frame.payload }));
  }

  close(): void {
    firstPictures.settle(this);
    if (this.held && this.held.length > 1) this.sink.onSkipped(this.held.length - 1);
    this.held = null;
    this.closeDecoder();
    this.surface.close();
  }

  private restart(): void {
    if (!this.config) return;
    this.closeDecoder();
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

  private closeDecoder(): void {
    if (this.decoder && this.decoder.state !== "closed") this.decoder.close();
    this.decoder = null;
    if (this.inside.size > 0) this.sink.onSkipped(this.inside.size);
    this.inside.clear();
  }

  private draw(picture: VideoFrame): void {
    firstPictures.settle(this);
    const drawn = this.takeOut(picture.timestamp);
    const nowMs = browserNowUs() / 1000;
    if (!drawn) return picture.close();
    if (this.pace.draws(nowMs, nowMs - drawn.sinceMs, this.inside.size)) this.surface.show(picture, drawn.frame);
    else {
      picture.close();
      this.sink.onSkipped(1);
    }
  }

  /** Pictures come out in the order they are shown: an older one still inside never will. */
  private takeOut(timestamp: number): Inside | undefined {
    const taken = this.inside.get(timestamp);
    if (!taken) return undefined;
    this.inside.delete(timestamp);
    const stale = [...this.inside.keys()].filter((one) => one < timestamp);
    for (const one of stale) this.inside.delete(one);
    if (stale.length > 0) this.sink.onSkipped(stale.length);
    return taken;
  }

  private backlog(nowMs: number): Backlog {
    const [oldest] = this.inside.values();
    return { frames: this.inside.size, oldestWaitMs: oldest ? nowMs - oldest.sinceMs : 0 };
  }
}
