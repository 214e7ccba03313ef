/** Live pictures by WebCodecs: one decoder, one canvas, each frame drawn at once and closed at once. */

import { base64Bytes, type LiveFrame, type StreamMessage } from "./wire";

export interface PictureSink {
  /** A picture is on screen. */
  onDrawn(frame: LiveFrame): void;
  /** Frames left out because this machine is too slow. */
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

/** Frames in the decoder beyond which it is better to wait for the next key frame than to show the past. */
const QUEUE_MAX = 12;
/** The first frames are a whole group of pictures sent at once. */
const BURST_MAX = 300;
const CAUGHT_UP = 3;
const PENDING_MAX = 128;

export class CanvasDecoder implements LiveDecoder {
  readonly element = document.createElement("canvas");
  private readonly context: CanvasRenderingContext2D | null;
  private decoder: VideoDecoder | null = null;
  private config: VideoDecoderConfig | null = null;
  private waitsForKey = true;
  private isCatchingUp = true;
  private skipped = 0;
  private readonly pending = new Map<number, LiveFrame>();

  constructor(private readonly sink: PictureSink) {
    this.context = this.element.getContext("2d", { alpha: false, desynchronized: true });
  }

  configure(stream: StreamMessage): void {
    this.config = {
      codec: stream.codec,
      codedWidth: stream.width_px,
      codedHeight: stream.height_px,
      optimizeForLatency: true,
      ...(stream.description ? { description: base64Bytes(stream.description) } : {}),
    };
    this.element.width = stream.width_px;
    this.element.height = stream.height_px;
    this.restart();
  }

  push(frame: LiveFrame): void {
    if (!this.decoder || this.decoder.state !== "configured") return;
    if (frame.afterBreak) this.waitsForKey = true;
    if (this.waitsForKey && !frame.isKey) return this.skip();
    if (!frame.isKey && this.isOverrun(this.decoder.decodeQueueSize)) {
      this.waitsForKey = true;
      return this.skip();
    }
    this.waitsForKey = false;
    this.tellSkipped();
    const timestamp = Math.round((frame.ticks90k * 100) / 9);
    if (this.pending.size > PENDING_MAX) this.pending.clear();
    this.pending.set(timestamp, frame);
    this.decoder.decode(
      new EncodedVideoChunk({ type: frame.isKey ? "key" : "delta", timestamp, data: frame.payload }),
    );
  }

  close(): void {
    if (this.decoder && this.decoder.state !== "closed") this.decoder.close();
    this.decoder = null;
    this.pending.clear();
  }

  private restart(): void {
    if (!this.config) return;
    this.close();
    this.decoder = new VideoDecoder({
      output: (picture) => this.draw(picture),
      error: (error) => this.onError(error),
    });
    this.waitsForKey = true;
    this.isCatchingUp = true;
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
    const frame = this.pending.get(picture.timestamp);
    this.pending.delete(picture.timestamp);
    if (this.element.width !== picture.displayWidth) this.element.width = picture.displayWidth;
    if (this.element.height !== picture.displayHeight) this.element.height = picture.displayHeight;
    this.context?.drawImage(picture, 0, 0);
    picture.close();
    if (frame) this.sink.onDrawn(frame);
  }

  private isOverrun(queued: number): boolean {
    if (queued <= CAUGHT_UP) this.isCatchingUp = false;
    return queued > (this.isCatchingUp ? BURST_MAX : QUEUE_MAX);
  }

  private skip(): void {
    this.skipped += 1;
  }

  private tellSkipped(): void {
    if (this.skipped > 0) this.sink.onSkipped(this.skipped);
    this.skipped = 0;
  }
}
