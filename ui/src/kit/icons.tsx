/** Drawn signs, 18 × 18, beside a word as a rule: hidden from screen readers. */

const PATHS = {
  search: "M8 3a5 5 0 1 0 0 10a5 5 0 1 0 0-10M12 12l4 4",
  back: "M3.2 9a5.8 5.8 0 1 0 1.9-4.3L3 6.6M3 2.800v3.800h3.800",
  clock: "M9 2.400a6.600 6.600 0 1 0 0 13.200a6.600 6.600 0 1 0 0-13.200M9 5.200V9l2.600 1.800",
  user: "M9 2.600a3.200 3.200 0 1 0 0 6.400a3.200 3.200 0 1 0 0-6.400M2.800 15.800c.6-3.400 3-5 6.200-5s5.600 1.600 6.200 5",
  why: "M3 3.500h12v9H8.500L5 15.500v-3H3z",
  out: "M9 11V2.500M5.600 5.600L9 2.200l3.400 3.400M3 10.500v5h12v-5",
  arrow: "M9 16V2.500M4.600 7L9 2.500 13.400 7",
  cross: "M4 4l10 10M14 4L4 14",
  triangle: "M9 2l7.600 13.600H1.400z",
  disk: "M3 4.500h12v9H3zM3 10.500h12M12.500 12h.01",
  wall: "M2.500 3.500h13v11h-13zM9 3.500v11M2.500 9h13",
  film: "M2.500 4h13v10h-13zM5.500 4v10M12.500 4v10M5.500 9h7",
  lock: "M4 8h10v8H4zM6 8V5.500a3 3 0 0 1 6 0V8",
  play: "M5 3l10 6-10 6z",
  pause: "M4 3h4v12H4zM10.500 3h4v12h-4z",
  reverse: "M13 3L3 9l10 6z",
  left: "M11 4L6 9l5 5",
  right: "M7 4l5 5-5 5",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, full, turnDeg }: { name: IconName; full?: boolean; turnDeg?: number }) {
  const turn = turnDeg === undefined ? {} : { transform: `rotate(${turnDeg} 9 9)` };
  return (
    <svg class={full ? "ico full" : "ico"} viewBox="0 0 18 18" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} {...turn} />
    </svg>
  );
}

export function Belfry() {
  return (
    <svg class="belfry" viewBox="0 0 20 26" width="17" height="24" aria-hidden="true" focusable="false">
      <path d="M10 0l5.500 7h-11zM4.500 8h11v3h-11zM6 12h8v13H6z" />
    </svg>
  );
}
