/** The timeline drawn on a canvas: ruler, stills, cameras with their gaps and holds, retention. No framework. */

import type { Band, Piece } from "./coverage";
import { type Layout, layoutOf } from "./layout";
import { paintHover, paintPlayhead, paintRetention, paintRow, paintRuler, paintSelection, paintStills } from "./paint";
import { type Scale, toUs, zoomed } from "./scale";

export const LABELS_PX = 132;
export const STILL_PX = 132;

export interface Colours {
  readonly ink: string;
  readonly soft: string;
  readonly faint: string;
  readonly line: string;
  readonly ground: string;
  readonly accent: string;
  readonly replay: string;
  readonly replayInk: string;
  readonly recorded: string;
  readonly older: string;
  readonly hold: string;
  readonly attention: string;
}

/** Words and figures the drawing needs; the caller knows language and zone. */
export interface Words {
  readonly rowLabels: { readonly ruler: string; readonly retention: string; readonly days: string };
  tick(atUs: number, stepS: number): string;
  gap(piece: Piece): readonly [string, string];
  readonly unknown: string;
  readonly erased: string;
  readonly now: string;
  limit(atUs: number): string;
  day(atUs: number): string;
  playhead(atUs: number): string;
  offsetMinAt(atUs: number): number;
}

export interface TimelineRow {
  readonly label: string;
  /** Second line, where the row is high enough. */
  readonly note: string;
  readonly pieces: readonly Piece[];
  readonly bands: readonly Band[];
}

export interface Retention {
  readonly fromUs: number;
  readonly nowUs: number;
  readonly pieces: readonly Piece[];
}

export interface TimelineView {
  readonly scale: Omit<Scale, "widthPx">;
  readonly atUs: number;
  /** The chosen camera first, drawn higher than the others. */
  readonly rows: readonly TimelineRow[];
  /** Null: footage that does not pass away. */
  readonly retention: Retention | null;
  readonly selection: { readonly fromUs: number | null; readonly toUs: number | null };
  /** Key instant of the slot to its picture; null: none are kept. */
  readonly stills: ReadonlyMap<number, ImageBitmap | null> | null;
}

export interface TimelineHandlers {
  onSeek(atUs: number): void;
  /** Null: the pointer left. `px` counts from the left edge of the canvas. */
  onHover(hover: { readonly atUs: number; readonly px: number } | null): void;
  onScale(scale: Omit<Scale, "widthPx">): void;
}

export interface Pen {
  readonly context: CanvasRenderingContext2D;
  readonly colours: Colours;
  readonly words: Words;
  readonly scale: Scale;
  readonly widthPx: number;
  readonly layout: Layout;
}

const WHEEL_ZOOM = 1.25;

export class Timeline {
  private readonly context: CanvasRenderingContext2D | null;
  private view: TimelineView | null = null;
  private hoverPx: number | null = null;
  private isDragging = false;
  private isAsked = false;
  private widthPx = 0;
  private heightPx = 0;
  private readonly resize: ResizeObserver;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly words: Words,
    private readonly handlers: TimelineHandlers,
  ) {
    this.context = canvas.getContext("2d");
    this.resize = new ResizeObserver(() => this.measure());
    this.resize.observe(canvas);
    canvas.addEventListener("pointerdown", this.onDown);
    canvas.addEventListener("pointermove", this.onMove);
    canvas.addEventListener("pointerup", this.onUp);
    canvas.addEventListener("pointerleave", this.onLeave);
    canvas.addEventListener("wheel", this.onWheel, { passive: false });
    this.measure();
  }

  show(view: TimelineView): void {
    this.view = view;
    this.ask();
  }

  close(): void {
    this.resize.disconnect();
    this.canvas.removeEventListener("pointerdown", this.onDown);
    this.canvas.removeEventListener("pointermove", this.onMove);
    this.canvas.removeEventListener("pointerup", this.onUp);
    this.canvas.removeEventListener("pointerleave", this.onLeave);
    this.canvas.removeEventListener("wheel", this.onWheel);
  }

  /** Width of the part that stands for time. */
  get trackPx(): number {
    return Math.max(1, this.widthPx - LABELS_PX);
  }

  private measure(): void {
    const box = this.canvas.getBoundingClientRect();
    this.widthPx = box.width;
    this.canvas.width = Math.round(box.width * devicePixelRatio);
    this.heightPx = box.height;
    this.canvas.height = Math.round(box.height * devicePixelRatio);
    this.ask();
  }

  /** At most one drawing per screen refresh. */
  private ask(): void {
    if (this.isAsked) return;
    this.isAsked = true;
    requestAnimationFrame(() => {
      this.isAsked = false;
      this.draw();
    });
  }

  private draw(): void {
    const { context, view } = this;
    if (!context || !view || this.widthPx < LABELS_PX) return;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.widthPx, this.heightPx);
    const scale = { ...view.scale, widthPx: this.trackPx };
    const layout = layoutOf(view);
    const pen: Pen = { context, colours: this.colours(), words: this.words, scale, widthPx: this.trackPx, layout };
    context.save();
    this.labels(pen, view);
    context.translate(LABELS_PX, 0);
    paintRuler(pen);
    paintStills(pen, view.stills);
    view.rows.forEach((row, i) => paintRow(pen, row, i));
    paintSelection(pen, view.selection);
    if (view.retention) paintRetention(pen, view, view.retention);
    if (this.hoverPx !== null) paintHover(pen, this.hoverPx - LABELS_PX);
    paintPlayhead(pen, view.atUs);
    context.restore();
  }

  private labels({ context, colours, words, layout }: Pen, view: TimelineView): void {
    const { rowLabels } = words;
    const line = (text: string, y: number, isStrong: boolean): void => {
      context.font = isStrong ? "600 13px Inter" : "400 13px Inter";
      context.fillStyle = isStrong ? colours.ink : colours.soft;
      context.textAlign = "left";
      context.fillText(text, 0, y, LABELS_PX - 8);
    };
    line(rowLabels.ruler, layout.ruler.top + 15, false);
    view.rows.forEach((row, i) => {
      const { top, height } = layout.rows[i] ?? layout.ruler;
      line(row.label, top + (i === 0 ? 26 : height / 2 + 5), i === 0);
      if (i === 0) line(row.note, top + 44, false);
    });
    if (!layout.retention) return;
    line(rowLabels.retention, layout.retention.top + 11, true);
    line(rowLabels.days, layout.retention.top + 28, false);
  }

  private colours(): Colours {
    const style = getComputedStyle(this.canvas);
    const of = (name: string): string => style.getPropertyValue(name).trim();
    return {
      ink: of("--ink"),
      soft: of("--ink-soft"),
      faint: of("--ink-faint"),
      line: of("--line-colour"),
      ground: of("--ground"),
      accent: of("--accent"),
      replay: of("--replay"),
      replayInk: "#23123a",
      recorded: "#5b6670",
      older: "#4c555e",
      hold: of("--hold"),
      attention: of("--attention"),
    };
  }

  private at(event: PointerEvent | WheelEvent): { px: number; y: number } {
    const box = this.canvas.getBoundingClientRect();
    return { px: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** The instant under the pointer: in the window, or in the whole retention on its row. */
  private instant(px: number, y: number): number | null {
    const { view } = this;
    if (!view || px < LABELS_PX) return null;
    const track = px - LABELS_PX;
    const { retention } = view;
    if (!retention || this.isInWindow(y)) return toUs({ ...view.scale, widthPx: this.trackPx }, track);
    const span = retentionSpan(retention);
    const atUs = toUs({ ...span, widthPx: this.trackPx }, track);
    return Math.min(atUs, retention.nowUs);
  }

  private isInWindow(y: number): boolean {
    const { retention } = this.view ? layoutOf(this.view) : { retention: null };
    return retention === null || y < retention.top - 8;
  }

  private readonly onDown = (event: PointerEvent): void => {
    const { px, y } = this.at(event);
    const atUs = this.instant(px, y);
    if (atUs === null || event.button !== 0) return;
    this.isDragging = true;
    this.canvas.setPointerCapture(event.pointerId);
    this.handlers.onSeek(atUs);
  };

  private readonly onMove = (event: PointerEvent): void => {
    const { px, y } = this.at(event);
    const atUs = this.instant(px, y);
    this.hoverPx = atUs === null || !this.isInWindow(y) ? null : px;
    this.handlers.onHover(atUs === null ? null : { atUs, px });
    if (this.isDragging && atUs !== null) this.handlers.onSeek(atUs);
    this.ask();
  };

  private readonly onUp = (): void => {
    this.isDragging = false;
  };

  private readonly onLeave = (): void => {
    this.hoverPx = null;
    this.handlers.onHover(null);
    this.ask();
  };

  private readonly onWheel = (event: WheelEvent): void => {
    const { view } = this;
    if (!view) return;
    event.preventDefault();
    const { px } = this.at(event);
    const scale = { ...view.scale, widthPx: this.trackPx };
    const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (isSideways) {
      const by = ((event.deltaX || event.deltaY) / this.trackPx) * (scale.toUs - scale.fromUs);
      return this.handlers.onScale({ fromUs: scale.fromUs + by, toUs: scale.toUs + by });
    }
    const anchorUs = toUs(scale, Math.max(0, px - LABELS_PX));
    this.handlers.onScale(zoomed(scale, event.deltaY < 0 ? WHEEL_ZOOM : 1 / WHEEL_ZOOM, anchorUs));
  };
}

/** The retention row: what is erased on the left, now and a little room on the right. */
export function retentionSpan(retention: { fromUs: number; nowUs: number }): { fromUs: number; toUs: number } {
  const kept = retention.nowUs - retention.fromUs;
  return { fromUs: retention.fromUs - kept * 0.08, toUs: retention.nowUs + kept * 0.09 };
}
