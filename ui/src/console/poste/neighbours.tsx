/** Neighbours west and east of the spot; an empty direction says why it is empty. */

import type { Camera } from "../../api";
import { since, t } from "../../i18n";
import { Icon } from "../../kit";
import { type Direction, DIRECTIONS, type Neighbour, NEIGHBOUR_MAX_M, PAD_KEYS } from "../../map/geometry";
import { PictureBox, StateLine, useLive } from "../picture";
import { currentLanguage, nowUs, tileWays, zone } from "../store";
import { around, show } from "./model";

export function NeighbourColumn({ directions }: { directions: readonly Direction[] }) {
  return (
    <ul class="col">
      {directions.map((direction) => (
        <li class="nb" key={direction}>
          <NeighbourSlot direction={direction} next={around.value[direction]} />
        </li>
      ))}
    </ul>
  );
}

function NeighbourSlot({ direction, next }: { direction: Direction; next: Neighbour<Camera> | undefined }) {
  const turnDeg = next ? next.bearingDeg : DIRECTIONS.indexOf(direction) * 45;
  return (
    <>
      <div class="way">
        <Icon name="arrow" turnDeg={Math.round(turnDeg)} />
        <b>{t(`direction.${direction}`)}</b>
        <span class="grow" />
        <kbd title={`${t("keys.pad")} ${PAD_KEYS[direction]}`}>{PAD_KEYS[direction]}</kbd>
      </div>
      {next ? (
        <NeighbourPicture key={next.camera.id} next={next} />
      ) : (
        <p class="empty">{t("neighbour.none", { metres: NEIGHBOUR_MAX_M })}</p>
      )}
    </>
  );
}

function NeighbourPicture({ next }: { next: Neighbour<Camera> }) {
  const { camera } = next;
  const { host, report } = useLive(camera, tileWays(camera));
  return (
    <button type="button" class="cover" onClick={() => show(camera.id)} title={t("tile.toSpot")}>
      <PictureBox camera={camera} report={report} host={host} isSmall />
      <span class="nm">{camera.name}</span>
      <span class="st">
        <span>
          {Math.round(next.bearingDeg)}° · {placeWords(next)}
        </span>
        <StateLine camera={camera} report={report} />
      </span>
    </button>
  );
}

export function placeWords(next: Neighbour<Camera>): string {
  return next.isSameMast ? t("neighbour.sameMast") : t("neighbour.at", { metres: Math.round(next.distanceM) });
}

/** `Beffroi (C09) : pas d’image, caméra muette depuis 15 h 02`. */
export function absenceWords(camera: Camera): string {
  const from = t("state.since", { time: since(camera.since_at_us, nowUs(), zone(), currentLanguage()) });
  return t("neighbour.noImage", {
    name: camera.name,
    number: camera.number,
    cause: `${t(`camera.${camera.state}`)} ${from}`,
  });
}
