/** What a post shows before anyone chose: the same cameras each time, none that needs converting. Pure. */

import type { Camera } from "../../api";
import { distanceM, neighbours } from "../../map/geometry";

/**
 * Cameras fit for the spot, best first: recording, a main stream every browser decodes, a clock that tells the truth,
 * the most recording neighbours around, then by number.
 */
export function bestFirst(candidates: readonly Camera[], all: readonly Camera[]): Camera[] {
  return candidates
    .map((camera) => ({ camera, marks: marks(camera, all) }))
    .sort((a, b) => compare(b.marks, a.marks) || byNumber(a.camera, b.camera))
    .map((one) => one.camera);
}

/** `count` cameras, the recording ones first, each as far as can be from those already taken; by number when equal. */
export function spread(candidates: readonly Camera[], taken: readonly Camera[], count: number): Camera[] {
  const chosen: Camera[] = [];
  const rest = [...candidates].sort((a, b) => Number(isRecording(b)) - Number(isRecording(a)) || byNumber(a, b));
  while (chosen.length < count && rest.length > 0) {
    const recording = rest.filter(isRecording);
    const next = farthest(recording.length > 0 ? recording : rest, [...taken, ...chosen]);
    rest.splice(rest.indexOf(next), 1);
    chosen.push(next);
  }
  return chosen;
}

function farthest(candidates: readonly Camera[], from: readonly Camera[]): Camera {
  const apartM = (one: Camera): number => Math.min(...from.map((other) => distanceM(one, other)));
  return candidates.reduce((best, one) => (apartM(one) > apartM(best) ? one : best));
}

function marks(camera: Camera, all: readonly Camera[]): number[] {
  const around = Object.values(neighbours(camera, all));
  const isTrue = Math.abs(camera.clock_offset_ms ?? 0) < 2000;
  const recording = around.filter((one) => isRecording(one.camera)).length;
  return [Number(isRecording(camera)), Number(isPlain(camera)), Number(isTrue), around.length, recording];
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, mark] of a.entries()) if (mark !== b[i]) return mark - (b[i] ?? 0);
  return 0;
}

function isRecording(camera: Camera): boolean {
  return camera.state === "recording";
}

/** H.264 as it comes; H.265 may have to be converted by the node. */
function isPlain(camera: Camera): boolean {
  const codec = camera.streams.find((one) => one.stream === "main")?.codec.toLowerCase() ?? "";
  return codec.startsWith("avc") || codec === "h264";
}

function byNumber(a: Camera, b: Camera): number {
  return a.number.localeCompare(b.number);
}
