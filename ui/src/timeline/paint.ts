/** Drawing of each row of the timeline. A state is said by its shape and its word before its colour. */

import { type Pen, type Retention, retentionSpan, STILL_PX, type TimelineRow, type TimelineView } from "./canvas";
import { type Band, LISTED_GAP_MIN_US, type Piece } from "./coverage";
import type { Strip } from "./layout";
import { majorStepS, type Scale, ticks, toPx } from "./scale";

const DAY_US = 86400e6;

function text(pen: Pen, words: string, x: number, y: number, style: { font?: string; colour?: string; align?: CanvasTextAlign } = {}): void {
  const { context, colours } = pen;
  context.font = `${style.font ?? "400 13px"} Inter`;
  context.fillStyle = style.colour ?? colours.ink;
  context.textAlign = style.align ?? "left";
  context.fillText(words, x, y);
}

function line(pen: Pen, colour: string, widthPx: number, ...points: readonly (readonly [number, number])[]): void {
  const { context } = pen;
  context.strokeStyle = colour;
  context.lineWidth = widthPx;
  context.beginPath();
  points.forEach(([x, y], i) => (i === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
  context.stroke();
}

export function paintRuler(pen: Pen): void {
  const bottom = pen.layout.ruler.top + pen.layout.ruler.height;
  const stepS = majorStepS(pen.scale);
  for (const tick of ticks(pen.scale, pen.words.offsetMinAt)) {
    const x = Math.round(toPx(pen.scale, tick.atUs)) + 0.5;
    const top = bottom - (tick.isMajor ? 8 : 4);
    line(pen, tick.isMajor ? pen.colours.soft : "#59616a", 1, [x, top], [x, bottom]);
    if (tick.isMajor) text(pen, pen.words.tick(tick.atUs, stepS), x + 4, bottom - 9, { colour: pen.colours.soft });
  }
}

/** Kept stills, one per slot; an empty slot stays a plain box. */
export function paintStills(pen: Pen, stills: TimelineView["stills"]): void {
  const { context, colours, layout } = pen;
  if (!stills || !layout.stills) return;
  const { top, height } = layout.stills;
  context.fillStyle = colours.ground;
  context.fillRect(0, top, pen.widthPx, height);
  context.save();
  context.beginPath();
  context.rect(0, top, pen.widthPx, height);
  context.clip();
  for (const [atUs, still] of stills) {
    if (!still) continue;
    const x = toPx(pen.scale, atUs) - STILL_PX / 2;
    context.drawImage(still, x, top, STILL_PX - 2, height);
  }
  context.restore();
}

/** Hatching: what is missing looks like nothing that was recorded. */
function hatch(pen: Pen, x: number, y: number, widthPx: number, heightPx: number): void {
  const { context, colours } = pen;
  context.save();
  context.beginPath();
  context.rect(x, y, widthPx, heightPx);
  context.clip();
  context.fillStyle = "#1b1e21";
  context.fillRect(x, y, widthPx, heightPx);
  for (let at = x - heightPx; at < x + widthPx; at += 9) {
    line(pen, "#4a5159", 2, [at, y + heightPx], [at + heightPx, y]);
  }
  context.restore();
  context.save();
  context.setLineDash([3, 3]);
  context.strokeStyle = colours.faint;
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 0.5, Math.max(1, widthPx - 1), heightPx - 1);
  context.restore();
}

export function paintRow(pen: Pen, row: TimelineRow, index: number): void {
  const strip = pen.layout.rows[index];
  if (!strip) return;
  for (const piece of row.pieces) {
    const x = Math.max(0, toPx(pen.scale, piece.fromUs));
    const widthPx = Math.min(pen.widthPx, toPx(pen.scale, piece.toUs)) - x;
    if (widthPx <= 0) continue;
    if (piece.kind === "recorded") {
      pen.context.fillStyle = pen.colours.recorded;
      pen.context.fillRect(x, strip.top, widthPx, strip.height);
    } else if (piece.kind === "gap") {
      hatch(pen, x, strip.top, Math.max(3, widthPx), strip.height);
      gapWords(pen, piece, strip, { x, widthPx });
    } else unknownWords(pen, strip, { x, widthPx });
  }
  for (const band of row.bands) paintBand(pen, band, strip);
}

interface Stretch {
  readonly x: number;
  readonly widthPx: number;
}

const BAND_PX = 20;

/** At the foot of a high row, over the whole of a low one: its frame, stripes and words in its colour. */
function paintBand(pen: Pen, band: Band, strip: Strip): void {
  const { context, colours } = pen;
  const x = Math.max(-2, toPx(pen.scale, band.fromUs));
  const widthPx = Math.max(4, Math.min(pen.widthPx + 2, toPx(pen.scale, band.toUs)) - x);
  if (x > pen.widthPx || toPx(pen.scale, band.toUs) < 0) return;
  const colour = band.kind === "hold" ? colours.hold : colours.attention;
  const top = strip.top + strip.height - BAND_PX;
  context.save();
  context.beginPath();
  context.rect(x, top, widthPx, BAND_PX);
  context.clip();
  context.fillStyle = "#3b3a30";
  context.fillRect(x, top, widthPx, BAND_PX);
  for (let at = x - BAND_PX; at < x + widthPx; at += 9) line(pen, `${colour}55`, 2, [at, top + BAND_PX], [at + BAND_PX, top]);
  context.restore();
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.strokeRect(x + 0.5, top + 0.5, Math.max(1, widthPx - 1), BAND_PX - 1);
  context.font = "600 13px Inter";
  const words = band.words.find((one) => context.measureText(one).width + 12 <= widthPx);
  if (words) outlined(pen, words, x + widthPx / 2, top + 15, { font: "600 13px", colour });
}

function outlined(pen: Pen, words: string, x: number, y: number, style: { font: string; colour?: string }): void {
  const { context } = pen;
  context.font = `${style.font} Inter`;
  context.textAlign = "center";
  context.lineJoin = "round";
  context.strokeStyle = "#1b1e21";
  context.lineWidth = 6;
  context.strokeText(words, x, y);
  text(pen, words, x, y, { ...style, align: "center" });
}

/** Length and cause on a high row, the cause alone on a low one. */
function gapWords(pen: Pen, piece: Piece, { top, height }: Strip, { x, widthPx }: Stretch): void {
  const fits = (words: string, font: string): boolean => {
    pen.context.font = `${font} Inter`;
    return pen.context.measureText(words).width + 12 <= widthPx;
  };
  const [title, cause] = pen.words.gap(piece);
  const middle = x + widthPx / 2;
  if (height < 40) {
    if (fits(cause, "400 13px")) outlined(pen, cause, middle, top + height / 2 + 5, { font: "400 13px" });
    return;
  }
  if (!fits(title, "600 13px")) return;
  outlined(pen, title, middle, top + 26, { font: "600 13px" });
  if (fits(cause, "400 13px")) outlined(pen, cause, middle, top + 43, { font: "400 13px" });
}

function unknownWords(pen: Pen, { top, height }: Strip, { x, widthPx }: Stretch): void {
  const { context, colours } = pen;
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, top + 0.5, widthPx - 1, height - 1);
  context.font = "400 13px Inter";
  if (context.measureText(pen.words.unknown).width + 16 > widthPx) return;
  text(pen, pen.words.unknown, x + widthPx / 2, top + height / 2 + 5, { colour: colours.soft, align: "center" });
}

/** Lower edge of the cameras' rows. */
function rowsEnd(pen: Pen): number {
  const last = pen.layout.rows.at(-1) ?? pen.layout.ruler;
  return last.top + last.height;
}

export function paintSelection(pen: Pen, selection: TimelineView["selection"]): void {
  const { fromUs, toUs } = selection;
  const top = pen.layout.ruler.top + 4;
  const bottom = rowsEnd(pen) + 6;
  if (fromUs !== null && toUs !== null) {
    const a = toPx(pen.scale, Math.min(fromUs, toUs));
    const b = toPx(pen.scale, Math.max(fromUs, toUs));
    pen.context.fillStyle = `${pen.colours.accent}26`;
    pen.context.fillRect(a, top, b - a, bottom - top);
  }
  for (const [atUs, side] of [
    [fromUs, 1],
    [toUs, -1],
  ] as const) {
    if (atUs === null) continue;
    const x = toPx(pen.scale, atUs);
    line(pen, pen.colours.accent, 2.5, [x + side * 9, top], [x, top], [x, bottom], [x + side * 9, bottom]);
  }
}

export function paintPlayhead(pen: Pen, atUs: number): void {
  const { context, colours } = pen;
  const x = toPx(pen.scale, atUs);
  if (x < -60 || x > pen.widthPx + 60) return;
  const bottom = rowsEnd(pen) + 8;
  line(pen, colours.replay, 2.5, [x, pen.layout.ruler.top + 18], [x, bottom]);
  const words = pen.words.playhead(atUs);
  context.font = "650 13px Inter";
  const widthPx = context.measureText(words).width + 16;
  const left = Math.min(pen.widthPx - widthPx, Math.max(0, x - widthPx / 2));
  context.fillStyle = colours.replay;
  context.beginPath();
  context.roundRect(left, pen.layout.ruler.top, widthPx, 20, 4);
  context.fill();
  text(pen, words, left + widthPx / 2, pen.layout.ruler.top + 15, {
    font: "650 13px",
    colour: colours.replayInk,
    align: "center",
  });
}

export function paintHover(pen: Pen, x: number): void {
  pen.context.save();
  pen.context.setLineDash([4, 3]);
  line(pen, pen.colours.ink, 1, [x, pen.layout.ruler.top], [x, rowsEnd(pen) + 6]);
  pen.context.restore();
}

export function paintRetention(pen: Pen, view: TimelineView, retention: Retention): void {
  const { retention: strip, days } = pen.layout;
  if (!strip || !days) return;
  const { top, height } = strip;
  const { nowUs, fromUs, pieces } = retention;
  const scale: Scale = { ...retentionSpan(retention), widthPx: pen.widthPx };
  const limitPx = toPx(scale, fromUs);
  const nowPx = toPx(scale, nowUs);
  hatch(pen, 0, top, limitPx, height);
  outlined(pen, pen.words.erased, limitPx / 2, top + 17, { font: "500 13px" });
  for (const piece of pieces) {
    if (piece.kind === "unknown") continue;
    const x = toPx(scale, piece.fromUs);
    const widthPx = toPx(scale, piece.toUs) - x;
    if (piece.kind === "recorded") {
      pen.context.fillStyle = pen.colours.older;
      pen.context.fillRect(x, top, Math.max(1, widthPx), height);
    } else if (piece.toUs - piece.fromUs > LISTED_GAP_MIN_US) hatch(pen, x, top, Math.max(2, widthPx), height);
  }
  for (const band of view.rows[0]?.bands ?? []) {
    const x = toPx(scale, band.fromUs);
    pen.context.strokeStyle = pen.colours.hold;
    pen.context.lineWidth = 2;
    pen.context.strokeRect(x, top + 3, Math.max(4, toPx(scale, band.toUs) - x), height - 6);
  }
  pen.context.lineWidth = 1;
  pen.context.strokeStyle = pen.colours.line;
  pen.context.strokeRect(limitPx + 0.5, top + 0.5, pen.widthPx - limitPx - 1, height - 1);
  paintDays(pen, scale, days);
  line(pen, pen.colours.ink, 2, [limitPx, top - 6], [limitPx, top + height + 6]);
  outlinedLeft(pen, pen.words.limit(fromUs), limitPx + 7, top + 17);
  line(pen, pen.colours.ink, 1.5, [nowPx, top - 5], [nowPx, top + height + 5]);
  text(pen, pen.words.now, nowPx + 6, top + 17, { font: "600 13px" });
  paintWindow(pen, scale, view, strip);
}

function outlinedLeft(pen: Pen, words: string, x: number, y: number): void {
  pen.context.font = "600 13px Inter";
  outlined(pen, words, x + pen.context.measureText(words).width / 2, y, { font: "600 13px" });
}

function paintDays(pen: Pen, scale: Scale, { top }: Strip): void {
  const offsetUs = pen.words.offsetMinAt(scale.fromUs) * 60e6;
  const dayPx = (DAY_US / (scale.toUs - scale.fromUs)) * pen.widthPx;
  const every = Math.max(1, Math.ceil(110 / dayPx));
  let count = 0;
  for (let at = Math.ceil((scale.fromUs + offsetUs) / DAY_US) * DAY_US - offsetUs; at < scale.toUs; at += DAY_US) {
    const x = toPx(scale, at);
    line(pen, pen.colours.faint, 1, [x, top - 2], [x, top + 4]);
    const isLabelled = count % every === 0 && x < pen.widthPx - 70;
    if (isLabelled) text(pen, pen.words.day(at), x + 4, top + 13, { colour: pen.colours.soft });
    count += 1;
  }
}

/** Where the window above stands in the whole. */
function paintWindow(pen: Pen, scale: Scale, view: TimelineView, { top, height }: Strip): void {
  const a = toPx(scale, view.scale.fromUs);
  const b = toPx(scale, view.scale.toUs);
  const middle = toPx(scale, view.atUs);
  const left = Math.min(a, middle - 5);
  pen.context.strokeStyle = pen.colours.replay;
  pen.context.lineWidth = 2.5;
  pen.context.beginPath();
  pen.context.roundRect(left, top - 5, Math.max(b - left, 10), height + 10, 2);
  pen.context.stroke();
}
