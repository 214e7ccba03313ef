/** Where live pictures are shown, and when each was. */

import { browserNowUs } from "./clock";
import type { LiveFrame } from "./wire";

export interface PictureSink {
  /** `frame` went on screen at `atUs` (browser clock), the last of `pictures` since this was last told. */
  onDrawn(frame: LiveFrame, atUs: number, pictures: number): void;
  /** Frames left out because this machine, or the way to it, is too slow. */
  onSkipped(frames: number): void;
  onError(error: Error): void;
}

export interface Surface {
  readonly element: HTMLElement;
  /** Takes `picture` over, made of `frame`, and closes it. */
  show(picture: VideoFrame, frame: LiveFrame): void;
  close(): void;
}

/** Chromium's; other browsers have none, or in workers only. Source: W3C mediacapture-transform, 2021 draft. */
declare class MediaStreamTrackGenerator extends MediaStreamTrack {
  constructor(init: { kind: "video" });
  readonly writable: WritableStream<VideoFrame>;
}

export function makeSurface(sink: PictureSink): Surface {
  return typeof MediaStreamTrackGenerator === "undefined" ? new CanvasSurface(sink) : new VideoSurface(sink);
}

/** A `<video>` that never speaks, offers nothing and plays whatever is put in it. */
export function plainVideo(): HTMLVideoElement {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.disablePictureInPicture = true;
  video.disableRemotePlayback = true;
  return video;
}

/** Pictures handed over and not seen on screen yet: far more than a screen leaves waiting. */
const WAITING_MAX = 120;

/**
 * Pictures given to the compositor as they are: it converts and scales them off the page's thread, and shows the newest
 * only. Without a graphics processor a canvas would cost the page several copies of each.
 */
class VideoSurface implements Surface {
  readonly element = plainVideo();
  private readonly track = new MediaStreamTrackGenerator({ kind: "video" });
  private readonly writer = this.track.writable.getWriter();
  private readonly waiting = new Map<number, LiveFrame>();
  private presented = 0;

  constructor(private readonly sink: PictureSink) {
    this.element.srcObject = new MediaStream([this.track]);
    void this.element.play().catch(() => undefined);
    this.listen();
  }

  show(picture: VideoFrame, frame: LiveFrame): void {
    if (this.waiting.size >= WAITING_MAX) this.leaveOutWaiting();
    this.waiting.set(picture.timestamp, frame);
    this.writer.write(picture).catch(() => picture.close());
  }

  close(): void {
    this.track.stop();
    this.element.srcObject = null;
    this.leaveOutWaiting();
  }

  private listen(): void {
    this.element.requestVideoFrameCallback((_, seen) => {
      this.onPresented(seen);
      this.listen();
    });
  }

  /** One call may stand for several pictures: `presentedFrames` says how many, the others were overtaken. */
  private onPresented(seen: VideoFrameCallbackMetadata): void {
    const timestamp = Math.round(seen.mediaTime * 1e6);
    const frame = this.waiting.get(timestamp);
    if (!frame) return;
    let handed = 0;
    for (const one of this.waiting.keys()) {
      this.waiting.delete(one);
      handed += 1;
      if (one === timestamp) break;
    }
    const shown = Math.min(handed, Math.max(1, seen.presentedFrames - this.presented));
    this.presented = seen.presentedFrames;
    this.sink.onDrawn(frame, (performance.timeOrigin + seen.presentationTime) * 1000, shown);
    if (handed > shown) this.sink.onSkipped(handed - shown);
  }

  private leaveOutWaiting(): void {
    if (this.waiting.size > 0) this.sink.onSkipped(this.waiting.size);
    this.waiting.clear();
  }
}

class CanvasSurface implements Surface {
  readonly element = document.createElement("canvas");
  private readonly context = this.element.getContext("2d", { alpha: false, desynchronized: true });

  constructor(private readonly sink: PictureSink) {}

  show(picture: VideoFrame, frame: LiveFrame): void {
    const { displayWidth, displayHeight } = picture;
    if (this.element.width !== displayWidth) this.element.width = displayWidth;
    if (this.element.height !== displayHeight) this.element.height = displayHeight;
    this.context?.drawImage(picture, 0, 0);
    picture.close();
    this.sink.onDrawn(frame, browserNowUs(), 1);
  }

  close(): void {
    this.element.width = 0;
  }
}
