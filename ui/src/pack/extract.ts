/** What may be taken out of a pack: original fragments of a span, and names that say camera and instant. */

import type { Fragment, PackCamera, PackFile } from "./pack";

/** `20261105T204012Z`, or with `withMs` `20261105T204012.412Z`. */
export function utcName(atUs: number, withMs = false): string {
  const text = new Date(Math.floor(atUs / 1000)).toISOString().replaceAll(/[-:]/g, "");
  return withMs ? text : text.replace(/\.\d+Z$/, "Z");
}

/** A camera's number as a part of a file name. */
export function safeNumber(number: string): string {
  return number.replaceAll(/[^A-Za-z0-9-]/g, "") || "camera";
}

export interface Sequence {
  readonly name: string;
  readonly blob: Blob;
  readonly fromUs: number;
  readonly toUs: number;
}

/** One MP4 for each file of the pack that the span touches: its head and the whole fragments, byte for byte. */
export function sequences(camera: PackCamera, fromUs: number, toUs: number): Sequence[] {
  return camera.files.flatMap((file) => {
    const chosen = chosenFragments(file, fromUs, toUs);
    const [first] = chosen;
    const last = chosen.at(-1);
    if (!first || !last || !file.file) return [];
    const parts = [file.file.slice(0, file.headBytes), file.file.slice(first.offset, last.offset + last.bytes)];
    const name = `${safeNumber(camera.number)}-${utcName(first.fromUs)}-extrait.mp4`;
    return [{ name, blob: new Blob(parts, { type: "video/mp4" }), fromUs: first.fromUs, toUs: last.toUs }];
  });
}

/** From the key picture the first one needs, to the last that begins before the end. */
function chosenFragments(file: PackFile, fromUs: number, toUs: number): readonly Fragment[] {
  let first = file.fragments.findIndex((one) => one.toUs > fromUs);
  if (first < 0) return [];
  while (first > 0 && !file.fragments[first]?.isKey) first -= 1;
  return file.fragments.slice(first).filter((one) => one.fromUs < toUs);
}
