/** Presets of a PTZ: what each change gives. Pure. */

import { changedCamera, tidy } from "./edit";
import type { CameraRow, Draft, Preset } from "./types";

/** Where a camera looks: its own aim, or one of its presets. */
export interface Aim {
  readonly bearing_deg: number;
  readonly tilt_deg: number;
  readonly hfov_deg: number;
}

/** The finest step of a share that is kept: a hundredth of a per cent. */
const SHARE_STEP = 1e-4;

export const presetsOf = (row: CameraRow): readonly Preset[] => row.presets ?? [];

/** The camera while it looks at one of its presets, as a camera of its own; itself without presets. */
export function aimed(row: CameraRow, at: number): CameraRow {
  const preset = presetsOf(row)[at];
  if (!preset) return row;
  const { bearing_deg, tilt_deg, hfov_deg } = preset;
  return { ...row, bearing_deg, tilt_deg, hfov_deg, presets: [] };
}

/** What is left of the time when the others have theirs; never below 0. */
export function shareLeft(row: CameraRow, at: number): number {
  const others = presetsOf(row).reduce((sum, one, index) => (index === at ? sum : sum + one.time_share), 0);
  return Math.max(0, floored(1 - others));
}

export const sharesTogether = (row: CameraRow): number => presetsOf(row).reduce((sum, one) => sum + one.time_share, 0);

const floored = (share: number): number => Math.floor(share / SHARE_STEP + 1e-6) * SHARE_STEP;

/** One more, from an aim: it has the time that is left. */
export function withPreset(draft: Draft, row: CameraRow, aim: Aim): Draft {
  const { bearing_deg, tilt_deg, hfov_deg } = aim;
  const made = { name: "", bearing_deg, tilt_deg, hfov_deg, time_share: shareLeft(row, -1) };
  return kept(draft, row, [...presetsOf(row), made]);
}

export function changedPreset(draft: Draft, row: CameraRow, at: number, part: Partial<Preset>): Draft {
  return kept(draft, row, presetsOf(row).map((one, index) => (index === at ? tidied(row, { ...one, ...part }) : one)));
}

export function withoutPreset(draft: Draft, row: CameraRow, at: number): Draft {
  return kept(draft, row, presetsOf(row).filter((_, index) => index !== at));
}

/** The same time for each. */
export function sharedOut(draft: Draft, row: CameraRow): Draft {
  const presets = presetsOf(row);
  return kept(draft, row, presets.map((one) => ({ ...one, time_share: floored(1 / presets.length) })));
}

function tidied(row: CameraRow, preset: Preset): Preset {
  const { bearing_deg, tilt_deg, hfov_deg } = tidy({ ...row, ...preset, hfov_deg: preset.hfov_deg });
  return { ...preset, bearing_deg, tilt_deg, hfov_deg: hfov_deg ?? preset.hfov_deg };
}

/** The first one is where it rests: the camera's own aim follows. */
function kept(draft: Draft, row: CameraRow, presets: readonly Preset[]): Draft {
  const [first] = presets;
  const rest = first && { bearing_deg: first.bearing_deg, tilt_deg: first.tilt_deg, hfov_deg: first.hfov_deg };
  return changedCamera(draft, row.id, { presets, ...rest });
}
