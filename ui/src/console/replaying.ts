/** Opens a replayer for a camera: which streams, converted or not, under the grants of the moment. */

import type { Camera } from "../api";
import { FootageCache, FootageDoors, NodeFootage, Replayer, type ReplayReport, ReplayScreen } from "../media";
import { grants, isDecodable, nowUs, oldestUs } from "./store";

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
  const doors = new FootageDoors(camera.node_url, camera.id, grants, () => oldestUs(camera));
  const source = mainSource(camera);
  const sub = camera.streams.find((one) => one.stream === "sub");
  const isSmallUsed = sub && isDecodable(sub.codec) && source !== "sub";
  const large = { stream: "main", transcoded: source === "transcoded", otherwise: sub ? "sub" : null } as const;
  const footage = new NodeFootage(doors, source === "sub" ? SMALL : large);
  const screen = new ReplayScreen({
    canvas,
    main: new FootageCache(footage, nowUs),
    sub: isSmallUsed ? new FootageCache(new NodeFootage(doors, SMALL), nowUs) : null,
    nowUs,
  });
  const replayer = new Replayer({ screens: [screen], nowUs, onChange });
  return { replayer, doors, source: () => (footage.isFallenBack ? "sub" : source) };
}
