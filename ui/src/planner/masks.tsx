/** The planned privacy masks of the chosen camera, and what they cost; those that cannot be, loudly. */

import { inLanguage } from "../i18n";
import { lensOf } from "./cone";
import { middleOf } from "./plane";
import { presetsOf } from "./presets";
import * as store from "./store";
import type { CameraMasks, CameraRow, Dwelling } from "./types";
import { figure, percent, w } from "./words";

export function MaskPanel({ row }: { row: CameraRow }) {
  const view = store.pictured.value;
  const masks = view?.masks;
  return (
    <section aria-labelledby="h-masks">
      <h3 id="h-masks">{w("masks")}</h3>
      {!view && <p class="small soft" role="status">{w("computing")}</p>}
      {masks && masks.unmasked.length > 0 && <Unmaskable masks={masks} row={row} />}
      {masks && <Figures masks={masks} row={row} />}
    </section>
  );
}

const dwellingWords = (one: Dwelling): string => w(one.street ? "masks.dwelling.near" : "masks.dwelling", { id: one.id, street: one.street });

function Unmaskable({ masks, row }: { masks: CameraMasks; row: CameraRow }) {
  const reasons = (id: string) => masks.plan.refusals.filter((one) => one.building_id === id);
  const where = (at: number): string => (presetsOf(row).length ? `${w("preset.nth", { number: at + 1 })} : ` : "");
  return (
    <div class="notice bad unmaskable" role="alert">
      <b>{w("masks.barred", { count: masks.unmasked.length, article: masks.article })}</b>
      <ul>
        {masks.unmasked.map((one) => (
          <li key={one.id}>
            <b>{dwellingWords(one)}</b> <button type="button" class="link" onClick={() => { store.target.value = middleOf(store.plane.value, one.shape); }}>{w("masks.locate")}</button>
            {reasons(one.id).map((why) => <p class="small">{where(why.view)}{inLanguage({ message: why.reason, message_fr: why.reason_fr })}.</p>)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Figures({ masks, row }: { masks: CameraMasks; row: CameraRow }) {
  const { plan, device } = masks;
  const count = plan.views.reduce((sum, one) => sum + one.polygons.length, 0);
  const dwellings = new Set(plan.views.flatMap((one) => one.dwellings)).size;
  const margin = Math.max(...plan.views.map((one) => one.widest_margin_px));
  const lost = Object.entries(plan.lost).filter(([, share]) => share >= 0.0005);
  if (dwellings === 0) return <p class="small soft">{w("masks.none")}</p>;
  return (
    <>
      <dl class="facts small">
        <dt>{w("masks.count")}</dt><dd><b>{figure(count)}</b>, {inLanguage({ message: device.said, message_fr: device.said_fr })}</dd>
        <dt>{w("masks.dwellings")}</dt><dd>{figure(dwellings)}</dd>
        <dt>{w("masks.margin")}</dt><dd>{marginWords(margin, row)}, {w("masks.doubt", { map: figure(masks.map_doubt_m, 1), aim: figure(masks.aim_doubt_deg, 1) })}</dd>
        <dt>{w("masks.lost")}</dt><dd><b>{percent(masks.lost_share)}</b> {w("masks.lost.of")}</dd>
      </dl>
      {lost.length > 0 && <ul class="small lost">{lost.map(([zone, share]) => <li key={zone}><span>{store.zoneName(zone)}</span> <span class="num">{percent(share)}</span></li>)}</ul>}
      <Views masks={masks} row={row} />
    </>
  );
}

function marginWords(marginPx: number, row: CameraRow): string {
  const { widthPx } = lensOf(row, store.ground.value?.models ?? []);
  return w("masks.margin.px", { px: figure(marginPx), share: percent(marginPx / widthPx) });
}

/** What the masks hide of each picture: one line, or one a preset. */
function Views({ masks, row }: { masks: CameraMasks; row: CameraRow }) {
  const { views } = masks.plan;
  if (!presetsOf(row).length) return <p class="small">{w("masks.picture", { share: percent(views[0]?.picture_share ?? 0) })}</p>;
  return (
    <table class="tight">
      <thead><tr><th scope="col">{w("preset.one")}</th><th scope="col" class="num">{w("masks.count")}</th><th scope="col" class="num">{w("masks.picture.short")}</th></tr></thead>
      <tbody>{views.map((one) => <tr key={one.view}><th scope="row">{one.view + 1} {presetsOf(row)[one.view]?.name}</th><td class="num">{one.polygons.length}</td><td class="num">{percent(one.picture_share)}</td></tr>)}</tbody>
    </table>
  );
}
