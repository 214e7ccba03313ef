/** What all cameras see together, zone by zone; beside the compared scenario when there is one. */

import { inLanguage } from "../i18n";
import * as store from "./store";
import type { PlanFigures, Share } from "./types";
import { figure, percent, points, w } from "./words";

const shareOf = (figures: PlanFigures | null | undefined, zone: string): Share | undefined =>
  figures?.zones.find((one) => one.id === zone)?.classes.find((one) => one.class_id === store.classId.value);

/** The most that one camera's failure loses of a zone at the class shown. */
function worstLoss(figures: PlanFigures, zone: string): { id: string; share: number } | null {
  const losses = figures.losses.filter((one) => one.kind === "camera" && one.zone_id === zone && one.class_id === store.classId.value);
  const worst = losses.sort((a, b) => b.share - a.share)[0];
  return worst ? { id: worst.failed_id, share: worst.share } : null;
}

export function ClassChoice() {
  return (
    <span class="choice">
      <label for="class">{w("class")}</label>
      <select id="class" value={store.classId.value} onChange={(event) => { store.classId.value = event.currentTarget.value; }}>
        {store.ground.value?.classes.map((one) => (
          <option value={one.id}>{`${inLanguage({ message: one.name, message_fr: one.name_fr })}, ${figure(one.least_px_m, one.least_px_m % 1 ? 1 : 0)} px/m`}</option>
        ))}
      </select>
    </span>
  );
}

export function Shares() {
  const figures = store.figures.value;
  const other = store.other.value;
  if (!figures) return <p class="soft" role="status">{w("loading")}</p>;
  return (
    <section class="panel wide shares" aria-labelledby="h-shares">
      <header><h2 id="h-shares">{other ? w("beside") : w("share")}</h2><ClassChoice /></header>
      <table>
        <thead>
          <tr>
            <th scope="col">{w("legend.zone")}</th><th scope="col" class="num">{w("street")}</th>
            <th scope="col" class="num">{w("share")}</th><th scope="col" class="num">{w("share.two")}</th><th scope="col" class="num">{w("share.lost")}</th>
            {other && <><th scope="col" class="num">{other.name}</th><th scope="col" class="num">{w("difference")}</th></>}
          </tr>
        </thead>
        <tbody>
          {figures.zones.map((zone) => <ZoneRow key={zone.id} id={zone.id} streetM2={zone.street_m2} figures={figures} />)}
        </tbody>
      </table>
      <Totals figures={figures} />
      <p class="small soft">{w("note")} <a href="/programme/couverture/">{w("table.page")}</a></p>
      {figures.warnings.length > 0 && <ul class="warned" aria-label={w("warnings")}>{figures.warnings.map((one) => <li>{`${one.field} : ${inLanguage(one)}`}</li>)}</ul>}
    </section>
  );
}

function ZoneRow({ id, streetM2, figures }: { id: string; streetM2: number; figures: PlanFigures }) {
  const share = shareOf(figures, id);
  const loss = worstLoss(figures, id);
  const other = store.other.value;
  const theirs = other ? shareOf(other.figures, id) : undefined;
  return (
    <tr data-zone={id}>
      <th scope="row">{store.zoneName(id)}</th>
      <td class="num">{figure(streetM2)}</td>
      <td class="num"><b>{percent(share?.by_one ?? 0)}</b></td>
      <td class="num">{percent(share?.by_two ?? 0)}</td>
      <td class="num">{loss ? `${percent(loss.share)} (${loss.id})` : "–"}</td>
      {other && <><td class="num">{theirs ? percent(theirs.by_one) : "–"}</td><td class="num">{theirs ? points((share?.by_one ?? 0) - theirs.by_one) : "–"}</td></>}
    </tr>
  );
}

const costOf = (figures: PlanFigures): string =>
  w("cost.range", { low: figure(figures.cost.low_eur), high: figure(figures.cost.high_eur) });

function Totals({ figures }: { figures: PlanFigures }) {
  const other = store.other.value?.figures;
  const seen = (one: PlanFigures): string => figure(one.seen_m2[store.classId.value] ?? 0);
  const rows: readonly (readonly [string, (one: PlanFigures) => string])[] = [
    [w("cameras"), (one) => figure(one.cameras)],
    [w("sites"), (one) => figure(one.sites)],
    [w("seen"), seen],
    [figures.cost.is_guess ? `${w("cost")} (${w("cost.guess")})` : w("cost"), costOf],
  ];
  return (
    <>
      <dl class="facts totals">
        {rows.map(([name, of]) => <><dt>{name}</dt><dd><b>{of(figures)}</b>{other && ` · ${store.other.value?.name} : ${of(other)}`}</dd></>)}
      </dl>
      <p class="small soft">{inLanguage({ message: figures.cost.says, message_fr: figures.cost.says_fr })}</p>
    </>
  );
}
