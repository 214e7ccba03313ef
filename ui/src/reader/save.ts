/** Pictures and sequences taken out of the pack, saved by the browser. */

import { FootageCache } from "../media";
import { Painter } from "../media/painter";
import { pictureAt } from "../media/pictures";
import { StandingPicture } from "../media/standing";
import { safeNumber, sequences, utcName } from "../pack/extract";
import { PackFootage } from "../pack/footage";
import type { PackCamera } from "../pack/pack";
import { opened } from "./model";

export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The decoded picture of an instant as PNG, at its own size; returns its name, or null when there is none. */
export async function savePicture(camera: PackCamera, atUs: number): Promise<string | null> {
  const { seal } = opened.value ?? {};
  if (!seal) return null;
  const cache = new FootageCache(new PackFootage(camera, seal), () => atUs + 1e6);
  const { signal } = new AbortController();
  const pictures = await cache.around(atUs, signal);
  const wanted = pictureAt(pictures, atUs);
  if (!wanted) return null;
  const canvas = document.createElement("canvas");
  const painter = new Painter(canvas);
  const standing = new StandingPicture();
  let takenUs = wanted.atUs;
  const show = async (picture: VideoFrame): Promise<void> => {
    takenUs = picture.timestamp;
    await painter.paint(picture, () => true);
  };
  await standing.show(pictures, wanted, { show, keyFirst: false, signal });
  standing.clear();
  const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!png) return null;
  const name = `${safeNumber(camera.number)}-${utcName(takenUs, true)}.png`;
  save(png, name);
  return name;
}

/** The original fragments of a span; returns the names of the files. */
export function saveSequence(camera: PackCamera, fromUs: number, toUs: number): string[] {
  return sequences(camera, fromUs, toUs).map(({ name, blob }) => {
    save(blob, name);
    return name;
  });
}
