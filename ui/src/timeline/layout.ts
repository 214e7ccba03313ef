/** Where each part of the timeline lies, pixels from its top. Pure. */

export interface Strip {
  readonly top: number;
  readonly height: number;
}

export interface Layout {
  readonly ruler: Strip;
  readonly stills: Strip | null;
  /** The chosen camera's first. */
  readonly rows: readonly Strip[];
  readonly retention: Strip | null;
  readonly days: Strip | null;
  readonly height: number;
}

interface Shown {
  readonly rows: readonly unknown[];
  readonly stills: unknown;
  readonly retention: unknown;
}

const FIRST_ROW_PX = 60;
const ROW_PX = 20;
const BETWEEN_PX = 5;

export function layoutOf({ rows, stills, retention }: Shown): Layout {
  const ruler = { top: 4, height: 24 };
  const strips: { stills: Strip | null; rows: Strip[]; retention: Strip | null; days: Strip | null } = {
    stills: stills === null ? null : { top: 34, height: 74 },
    rows: [],
    retention: null,
    days: null,
  };
  let at = stills === null ? 36 : 118;
  for (let i = 0; i < rows.length; i += 1) {
    const height = i === 0 ? FIRST_ROW_PX : ROW_PX;
    strips.rows.push({ top: at, height });
    at += height + (i === 0 ? BETWEEN_PX * 2 : BETWEEN_PX);
  }
  at += 24;
  if (retention !== null) {
    strips.retention = { top: at, height: 26 };
    strips.days = { top: at + 30, height: 18 };
    at += 60;
  }
  return { ruler, ...strips, height: at };
}
