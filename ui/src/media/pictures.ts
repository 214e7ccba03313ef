/** Finding pictures in a chunk: which one an instant shows, its neighbours, what decoding it needs. Pure. */

import type { Picture } from "./mp4";

/** A picture still shows this long when nothing follows it. */
const HOLD_US = 500_000;

/** Pictures in the order they are shown. */
export function inOrder(pictures: readonly Picture[]): Picture[] {
  return [...pictures].sort((a, b) => a.atUs - b.atUs);
}

/** The picture on screen at an instant: the last one not after it, unless it is long gone (a gap). */
export function pictureAt(pictures: readonly Picture[], atUs: number): Picture | null {
  let best: Picture | null = null;
  for (const one of pictures) if (one.atUs <= atUs && (!best || one.atUs > best.atUs)) best = one;
  if (!best) return null;
  return atUs - best.atUs <= Math.max(HOLD_US, best.durationUs * 2) ? best : null;
}

/** The picture shown next (`1`) or before (`-1`), within the chunk. */
export function neighbour(pictures: readonly Picture[], atUs: number, direction: 1 | -1): Picture | null {
  let best: Picture | null = null;
  for (const one of pictures) {
    const ahead = (one.atUs - atUs) * direction;
    if (ahead > 0 && (!best || ahead < (best.atUs - atUs) * direction)) best = one;
  }
  return best;
}

/** The group of pictures `wanted` belongs to, in decoding order, from its key picture to the next one. */
export function groupOf(pictures: readonly Picture[], wanted: Picture): readonly Picture[] {
  const index = pictures.indexOf(wanted);
  let start = index;
  while (start > 0 && !pictures[start]?.isKey) start -= 1;
  let end = index + 1;
  while (end < pictures.length && !pictures[end]?.isKey) end += 1;
  return pictures.slice(start, end);
}

/** The part of the group that decoding `wanted` needs; `reorder` more for streams that show later ones first. */
export function neededFor(group: readonly Picture[], wanted: Picture, reorder = 4): readonly Picture[] {
  const index = group.indexOf(wanted);
  const isReordered = group.some((one, i) => i > 0 && one.atUs < (group[i - 1] as Picture).atUs);
  return group.slice(0, index + 1 + (isReordered ? reorder : 0));
}
