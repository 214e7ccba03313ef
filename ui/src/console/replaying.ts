/** Opens a replayer for a camera: which streams, converted or not, under the grants of the moment. */

import type { Camera } from "../api";
import { FootageCache, FootageDoors, Replayer, type ReplayReport } from "../media";
import { grants, isDecodable, nowUs } from "./store";

export type MainSource = "original" | "transcoded" | "sub";

export interface OpenedReplay {
  readonly replayer: Replayer;
  readonly doors: FootageDoors;
  /** What the large picture is made of at this moment. */
  readonly source: () => MainSource;
}

const SMALL = { stream: "sub", transcoded: false, otherwise: null } as const;

/** A main stream this browser cannot read is converted by the node. */
export function mainSource(camera: Camera): MainSource {
  const main = camera.streams.find((one) => one.stream === "main");
  if (!main) return "sub";
  return isDecodable(main.codec) ? "original" : "transcoded";
}

export function openReplayer(
  camera: Camera,
  canvas: HTMLCanvasElement,
  onChange: (report: ReplayReport) => void,
): OpenedReplay {
  const doors = new FootageDoors(camera.node_url, camera.id, grants);
  const source = mainSource(camera);
  const sub = camera.streams.find((one) => one.stream === "sub");
  const subCache =
    sub && isDecodable(sub.codec) && source !== "sub" ? new FootageCache(doors, SMALL, nowUs) : null;
  const large = { stream: "main", transcoded: source === "transcoded", otherwise: sub ? "sub" : null } as const;
  const main = new FootageCache(doors, source === "sub" ? SMALL : large, nowUs);
  const replayer = new Replayer({ canvas, main, sub: subCache, nowUs, onChange });
  return { replayer, doors, source: () => (main.isFallenBack ? "sub" : source) };
}
