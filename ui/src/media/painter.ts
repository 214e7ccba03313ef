/** Puts recorded pictures on a canvas, never an older one over a newer. */

type Drawable = VideoFrame | ImageBitmap;

export class Painter {
  private readonly context: CanvasRenderingContext2D | null;
  private spare: Uint8ClampedArray<ArrayBuffer> | null = null;
  private asked = 0;
  private drawn = 0;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext("2d", { alpha: false });
  }

  /**
   * Draws; `isWanted` is asked again when the picture is ready. Resolves to false when it was not drawn.
   * The picture may be closed at once.
   */
  async paint(picture: Drawable, isWanted: () => boolean): Promise<boolean> {
    const turn = (this.asked += 1);
    if (!isInMemory(picture)) return this.draw(picture, turn);
    const own = picture.clone();
    try {
      // A browser that does not convert draws.
      const ready = await this.converted(own).catch(() => own);
      return isWanted() && this.draw(ready, turn);
    } finally {
      own.close();
    }
  }

  private draw(ready: Drawable | ImageData, turn: number): boolean {
    if (turn < this.drawn) return false;
    this.drawn = turn;
    const { canvas, context } = this;
    const isFrame = ready instanceof VideoFrame;
    const widthPx = isFrame ? ready.displayWidth : ready.width;
    const heightPx = isFrame ? ready.displayHeight : ready.height;
    if (canvas.width !== widthPx) canvas.width = widthPx;
    if (canvas.height !== heightPx) canvas.height = heightPx;
    if (ready instanceof ImageData) {
      context?.putImageData(ready, 0, 0);
      this.spare = ready.data as Uint8ClampedArray<ArrayBuffer>;
    } else context?.drawImage(ready, 0, 0);
    return true;
  }

  /** The picture in own bytes: without a graphics processor, a third of what drawImage costs. */
  private async converted(frame: VideoFrame): Promise<ImageData> {
    const { displayWidth: widthPx, displayHeight: heightPx } = frame;
    const size = widthPx * heightPx * 4;
    const bytes = this.spare?.length === size ? this.spare : new Uint8ClampedArray(size);
    this.spare = null;
    await frame.copyTo(bytes, { format: "RGBA" });
    return new ImageData(bytes, widthPx, heightPx);
  }
}

/** Decoded by the processor, with square pixels. */
function isInMemory(picture: Drawable): picture is VideoFrame {
  if (!(picture instanceof VideoFrame) || picture.format !== "I420") return false;
  const { visibleRect: seen } = picture;
  return seen?.width === picture.displayWidth && seen.height === picture.displayHeight;
}
