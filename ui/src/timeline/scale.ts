/** Timeline arithmetic: instants to pixels and back, ruler ticks in town time, zoom. Pure. */

export interface Scale {
  readonly fromUs: number;
  readonly toUs: number;
  readonly widthPx: number;
}

export function toPx(scale: Scale, atUs: number): number {
  return ((atUs - scale.fromUs) / (scale.toUs - scale.fromUs)) * scale.widthPx;
}

export function toUs(scale: Scale, px: number): number {
  return scale.fromUs + (px / scale.widthPx) * (scale.toUs - scale.fromUs);
}

export const SPAN_MIN_US = 20e6;
export const SPAN_MAX_US = 24 * 3600e6;

/** Zooms by `factor` (> 1: closer) keeping `anchorUs` where it is. */
export function zoomed(scale: Scale, factor: number, anchorUs: number): Scale {
  const span = scale.toUs - scale.fromUs;
  const wanted = Math.min(SPAN_MAX_US, Math.max(SPAN_MIN_US, span / factor));
  const share = (anchorUs - scale.fromUs) / span;
  const fromUs = anchorUs - share * wanted;
  return { ...scale, fromUs, toUs: fromUs + wanted };
}

export function moved(scale: Scale, byUs: number): Scale {
  return { ...scale, fromUs: scale.fromUs + byUs, toUs: scale.toUs + byUs };
}

/** Scrolls by whole screens so that `atUs` is inside, a margin kept; unchanged when it is. */
export function following(scale: Scale, atUs: number, margin = 0.04): Scale {
  const span = scale.toUs - scale.fromUs;
  const isInside = atUs >= scale.fromUs + span * margin && atUs <= scale.toUs - span * margin;
  return isInside ? scale : moved(scale, atUs - (scale.fromUs + span / 2));
}

const STEPS_S = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 21600, 43200, 86400];

export interface Tick {
  readonly atUs: number;
  readonly isMajor: boolean;
}

/** Step of the labelled ticks: at least `labelPx` between two. */
export function majorStepS(scale: Scale, labelPx = 110): number {
  const perPx_s = (scale.toUs - scale.fromUs) / 1e6 / scale.widthPx;
  return STEPS_S.find((step) => step >= perPx_s * labelPx) ?? 86400;
}

/** Ticks on round town times; `offsetMinAt` gives the town's offset from UTC at an instant. */
export function ticks(scale: Scale, offsetMinAt: (atUs: number) => number): Tick[] {
  const major = majorStepS(scale);
  const minor = major >= 10 ? major / 5 : major;
  const offset_s = offsetMinAt(scale.fromUs) * 60;
  const first = Math.ceil((scale.fromUs / 1e6 + offset_s) / minor);
  const found: Tick[] = [];
  for (let i = first; ; i += 1) {
    const local_s = i * minor;
    const atUs = (local_s - offset_s) * 1e6;
    if (atUs > scale.toUs) return found;
    found.push({ atUs, isMajor: Math.round(local_s) % major === 0 });
  }
}
