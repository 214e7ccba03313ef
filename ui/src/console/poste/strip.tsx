/** The strip under the spot: four, six or nine tiles chosen by hand. Nothing changes there by itself. */

import type { Camera } from "../../api";
import { t } from "../../i18n";
import { PictureBox, StateLine, useLive } from "../picture";
import { tileWays } from "../store";
import { show, strip, stripCount } from "./model";

export function Strip() {
  return (
    <section class="strip-box" aria-label={t("strip.label")}>
      <ul class="strip" data-count={stripCount.value}>
        {strip.value.map((camera, i) => (
          <li class="tile" key={camera.id}>
            <Tile camera={camera} cap={String(i + 1)} onClick={() => show(camera.id)} />
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Tile({ camera, cap, onClick }: { camera: Camera; cap: string; onClick: () => void }) {
  const { host, report } = useLive(camera, tileWays(camera));
  return (
    <button type="button" class="cover" onClick={onClick} title={t("tile.toSpot")}>
      <PictureBox camera={camera} report={report} host={host} isSmall />
      <span class="cap">
        {cap && <kbd aria-hidden="true">{cap}</kbd>}
        <b class="cut">{camera.name}</b>
        <StateLine camera={camera} report={report} />
      </span>
    </button>
  );
}
