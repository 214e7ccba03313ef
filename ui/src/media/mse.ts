/** Live pictures by Media Source Extensions, for browsers or contexts without WebCodecs. */

import type { LiveDecoder, PictureSink } from "./decoder";
import type { LiveFrame, StreamMessage } from "./wire";

const QUEUE_MAX = 120;
/** How far behind the newest picture playback may be before it jumps. */
const LAG_MAX_S = 0.6;
const LAG_WANTED_S = 0.12;
const KEPT_S = 6;

export class MseDecoder implements LiveDecoder {
  readonly element = document.createElement("video");
  private media: MediaSource | null = null;
  private buffer: SourceBuffer | null = null;
  private address = "";
  private mimeCodec = "";
  private queue: LiveFrame[] = [];
  private shown: LiveFrame | null = null;
  private skipped = 0;
  private waitsForKey = true;

  constructor(private readonly sink: PictureSink) {
    this.element.muted = true;
    this.element.autoplay = true;
    this.element.playsInline = true;
    this.element.disablePictureInPicture = true;
  }

  configure(stream: StreamMessage): void {
    this.close();
    this.mimeCodec = `video/mp4; codecs="${stream.codec}"`;
    this.media = new MediaSource();
    this.media.addEventListener("sourceopen", () => this.onOpen(), { once: true });
    this.address = URL.createObjectURL(this.media);
    this.element.src = this.address;
  }

  push(frame: LiveFrame): void {
    if (this.waitsForKey && !frame.isKey && !frame.startsWithInit) {
      this.skipped += 1;
      return;
    }
    if (this.queue.length >= QUEUE_MAX) {
      this.skipped += this.queue.length + 1;
      this.queue = [];
      this.waitsForKey = true;
      return;
    }
    if (this.skipped > 0) this.sink.onSkipped(this.skipped);
    this.skipped = 0;
    this.waitsForKey = false;
    this.queue.push(frame);
    this.feed();
  }

  close(): void {
    this.queue = [];
    this.buffer = null;
    this.media = null;
    this.element.removeAttribute("src");
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = "";
  }

  private onOpen(): void {
    if (!this.media) return;
    try {
      this.buffer = this.media.addSourceBuffer(this.mimeCodec);
    } catch (error) {
      this.sink.onError(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    this.buffer.addEventListener("updateend", () => this.onAppended());
    this.feed();
  }

  private feed(): void {
    if (!this.buffer || this.buffer.updating) return;
    const frame = this.queue.shift();
    if (!frame) return;
    try {
      this.buffer.appendBuffer(frame.payload);
      this.shown = frame;
    } catch (error) {
      this.sink.onError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private onAppended(): void {
    if (this.shown) this.sink.onDrawn(this.shown);
    this.followEnd();
    this.feed();
  }

  /** Stay near the newest picture and let go of the old ones. */
  private followEnd(): void {
    const { buffered } = this.element;
    if (!this.buffer || buffered.length === 0) return;
    const end = buffered.end(buffered.length - 1);
    const lag_s = end - this.element.currentTime;
    if (lag_s > LAG_MAX_S) this.element.currentTime = end - LAG_WANTED_S;
    if (this.element.paused) void this.element.play().catch(() => undefined);
    const start = buffered.start(0);
    if (!this.buffer.updating && end - start > KEPT_S * 2) this.buffer.remove(start, end - KEPT_S);
  }
}
