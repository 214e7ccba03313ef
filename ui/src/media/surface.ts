/** The canvas of a live picture, painted the cheap way for this machine. */

let hasNoGpu: boolean | undefined;

/** True when canvases are painted by the processor. */
function paintsInSoftware(): boolean {
  hasNoGpu ??= document.createElement("canvas").getContext("webgl", { failIfMajorPerformanceCaveat: true }) === null;
  return hasNoGpu;
}

/**
 * With a graphics processor `drawImage` is best. Without one it goes through three copies of the picture: converting
 * into our own bytes and putting these costs half (704×576, Chromium 156: 2.0 ms against 2.9 to 5.2 of processor time).
 */
export class Surface {
  readonly element = document.createElement("canvas");
  private readonly context = this.element.getContext("2d", { alpha: false, desynchronized: true });
  private bytes: ImageData | null = null;
  private isBusy = false;

  resize(widthPx: number, heightPx: number): void {
    if (this.element.width !== widthPx) this.element.width = widthPx;
    if (this.element.height !== heightPx) this.element.height = heightPx;
  }

  /** Paints and closes `picture`, then calls `onShown`. */
  show(picture: VideoFrame, onShown: () => void): void {
    this.resize(picture.displayWidth, picture.displayHeight);
    if (paintsInSoftware() && !this.isBusy && isPlain(picture)) {
      void this.put(picture, onShown);
      return;
    }
    this.draw(picture);
    onShown();
  }

  private async put(picture: VideoFrame, onShown: () => void): Promise<void> {
    const { width, height } = this.element;
    if (this.bytes?.width !== width || this.bytes.height !== height) this.bytes = new ImageData(width, height);
    this.isBusy = true;
    try {
      await picture.copyTo(this.bytes.data, { format: "RGBA" });
      this.context?.putImageData(this.bytes, 0, 0);
      picture.close();
    } catch {
      hasNoGpu = false; // A browser that does not convert: from now on as with a graphics processor.
      this.draw(picture);
    }
    this.isBusy = false;
    onShown();
  }

  private draw(picture: VideoFrame): void {
    this.context?.drawImage(picture, 0, 0);
    picture.close();
  }
}

/** In memory, in planes, of square pixels. */
function isPlain(picture: VideoFrame): boolean {
  const { format, visibleRect } = picture;
  return format === "I420" && visibleRect?.width === picture.displayWidth && visibleRect.height === picture.displayHeight;
}
