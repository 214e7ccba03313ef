/** What a timeline row shows: recorded, gap with its cause, or nothing ever recorded. Pure. */

export interface Piece {
  readonly kind: "recorded" | "gap" | "unknown";
  readonly fromUs: number;
  readonly toUs: number;
  /** Cause of a gap, empty otherwise. */
  readonly cause: string;
}

/** Something said of a span, drawn over what was recorded: a hold, or footage that is not what was sealed. */
export interface Band {
  readonly kind: "hold" | "damage";
  readonly fromUs: number;
  readonly toUs: number;
  /** The longest that fits is written. */
  readonly words: readonly string[];
}

interface Covered {
  readonly spans: readonly { from_at_us: number; to_at_us: number }[];
  readonly gaps: readonly { from_at_us: number; to_at_us: number; cause: string }[];
}

/** Pieces in time order, clipped to the window and without holes. Gaps win over footage where both are said. */
export function pieces(covered: Covered, fromUs: number, toUs: number): Piece[] {
  const said: Piece[] = [
    ...covered.gaps.map((gap) => piece("gap", gap.from_at_us, gap.to_at_us, gap.cause)),
    ...covered.spans.map((span) => piece("recorded", span.from_at_us, span.to_at_us, "")),
  ].sort((a, b) => a.fromUs - b.fromUs || (a.kind === "gap" ? -1 : 1));
  const out: Piece[] = [];
  let atUs = fromUs;
  for (const one of said) {
    const start = Math.max(one.fromUs, atUs);
    const end = Math.min(one.toUs, toUs);
    if (end <= start) continue;
    if (start > atUs) out.push(piece("unknown", atUs, start, ""));
    out.push(piece(one.kind, start, end, one.cause));
    atUs = end;
  }
  if (atUs < toUs) out.push(piece("unknown", atUs, toUs, ""));
  return out;
}

function piece(kind: Piece["kind"], fromUs: number, toUs: number, cause: string): Piece {
  return { kind, fromUs, toUs, cause };
}

export function pieceAt(all: readonly Piece[], atUs: number): Piece | null {
  return all.find((one) => one.fromUs <= atUs && atUs < one.toUs) ?? null;
}

/** Start of the first footage after an instant, or null. */
export function nextRecorded(all: readonly Piece[], atUs: number): number | null {
  const next = all.find((one) => one.kind === "recorded" && one.toUs > atUs);
  return next ? Math.max(next.fromUs, atUs) : null;
}

/** Gaps too short to draw or to list one by one (a frame or two) are left to the counters. */
export const LISTED_GAP_MIN_US = 500_000;

/** Everything that is missing: gaps with their cause, and time never recorded. */
export function listedGaps(all: readonly Piece[]): Piece[] {
  return all.filter((one) => one.kind !== "recorded" && one.toUs - one.fromUs >= LISTED_GAP_MIN_US);
}

/** An in-out selection: the two ends in any order, null while one is missing. */
export interface Selection {
  readonly fromUs: number | null;
  readonly toUs: number | null;
}

export function selectionSpan(selection: Selection): { fromUs: number; toUs: number } | null {
  const { fromUs, toUs } = selection;
  if (fromUs === null || toUs === null || fromUs === toUs) return null;
  return { fromUs: Math.min(fromUs, toUs), toUs: Math.max(fromUs, toUs) };
}

/** Recorded part of a span, microseconds. */
export function recordedUs(all: readonly Piece[], fromUs: number, toUs: number): number {
  return all
    .filter((one) => one.kind === "recorded")
    .reduce((sum, one) => sum + Math.max(0, Math.min(one.toUs, toUs) - Math.max(one.fromUs, fromUs)), 0);
}
