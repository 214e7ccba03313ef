/** Live pictures by Media Source Extensions, for browsers or contexts without WebCodecs. */

import type { LiveDecoder } from "./decoder";
import { type PictureSink, plainVideo } from "./surface";
import type { LiveFrame, StreamMessage } from "./wire";

const QUEUE_MAX = 120;
/** How far behind the newest picture playback may be before it jumps. */
const LAG_MAX_S = 0.6;
const LAG_WANTED_S = 0.12;
const KEPT_S = 6;
/** Media time comes in whole microseconds. */
const SLACK_TICKS90K = 45;

export class MseDecoder implements LiveDecoder {
  readonly element = plainVideo();
  private media: MediaSource | null = null;
  private buffer: SourceBuffer | null = null;
  private mimeCodec = "";
  /** Not given to the browser yet. */
  private queue: LiveFrame[] = [];
  /** Given, and not seen on screen yet; oldest first. */
  private waiting: LiveFrame[] = [];
  /** Where the media time of this run begins. */
  private zeroTicks90k: number | null = null;
  private presented = 0;
  private waitsForKey = true;

  constructor(private readonly sink: PictureSink) {
    this.listen();
  }

  configure(stream: StreamMessage): void {
    this.close();
    this.mimeCodec = `video/mp4; codecs="${stream.codec}"`;
    const media = new MediaSource();
    this.media = media;
    const address = URL.createObjectURL(media);
    media.addEventListener("sourceopen", () => this.onOpen(media, address), { once: true });
    this.element.src = address;
    void this.element.play().catch(() => undefined); // Interrupted by the next `src`: that one plays.
  }

  push(frame: LiveFrame): void {
    if (this.queue.length >= QUEUE_MAX) this.leaveOutQueue();
    if (this.waitsForKey && !frame.isKey) return this.sink.onSkipped(1);
    this.waitsForKey = false;
    this.zeroTicks90k ??= frame.ticks90k;
    this.queue.push(frame);
    this.feed();
  }

  close(): void {
    const lost = this.queue.length + this.waiting.length;
    if (lost > 0) this.sink.onSkipped(lost);
    this.queue = [];
    this.waiting = [];
    this.zeroTicks90k = null;
    this.presented = 0;
    this.waitsForKey = true;
    this.buffer = null;
    this.media = null;
    this.element.removeAttribute("src");
    this.element.load();
  }

  private onOpen(media: MediaSource, address: string): void {
    URL.revokeObjectURL(address);
    if (media !== this.media) return;
    this.tried(() => {
      this.buffer = media.addSourceBuffer(this.mimeCodec);
      this.buffer.addEventListener("updateend", () => this.onAppended());
    });
    this.feed();
  }

  /** Everything that waits goes in at once: the first group of pictures, or one frame. */
  private feed(): void {
    if (!this.buffer || this.buffer.updating || this.queue.length === 0) return;
    const batch = this.queue.splice(0);
    this.waiting.push(...batch);
    this.tried(() => this.buffer?.appendBuffer(joined(batch)));
  }

  private onAppended(): void {
    this.followEnd();
    this.feed();
  }

  private listen(): void {
    this.element.requestVideoFrameCallback((_, seen) => {
      this.onPresented(seen);
      this.listen();
    });
  }

  private onPresented(seen: VideoFrameCallbackMetadata): void {
    const untilTicks90k = (this.zeroTicks90k ?? 0) + seen.mediaTime * 90_000 + SLACK_TICKS90K;
    const handed = this.waiting.filter((one) => one.ticks90k <= untilTicks90k);
    const frame = handed.at(-1);
    if (!frame) return;
    this.waiting = this.waiting.slice(handed.length);
    const shown = Math.min(handed.length, Math.max(1, seen.presentedFrames - this.presented));
    this.presented = seen.presentedFrames;
    this.sink.onDrawn(frame, (performance.timeOrigin + seen.presentationTime) * 1000, shown);
    if (handed.length > shown) this.sink.onSkipped(handed.length - shown);
  }

  /** Stay near the newest picture and let go of the old ones. */
  private followEnd(): void {
    const { buffered, currentTime } = this.element;
    if (!this.buffer || buffered.length === 0) return;
    const last = buffered.length - 1;
    const end = buffered.end(last);
    const isBehind = end - currentTime > LAG_MAX_S || currentTime < buffered.start(last);
    if (isBehind) this.element.currentTime = Math.max(buffered.start(last), end - LAG_WANTED_S);
    if (!this.buffer.updating && end - buffered.start(0) > KEPT_S * 2) this.buffer.remove(0, end - KEPT_S);
  }

  private leaveOutQueue(): void {
    this.sink.onSkipped(this.queue.length);
    this.queue = [];
    this.waitsForKey = true;
  }

  private tried(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.sink.onError(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

function joined(frames: readonly LiveFrame[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(frames.reduce((sum, one) => sum + one.payload.length, 0));
  let at = 0;
  for (const { payload } of frames) {
    bytes.set(payload, at);
    at += payload.length;
  }
  return bytes;
}
