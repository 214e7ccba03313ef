/** What all cameras see together, zone by zone, by day and at night; beside another scenario, what is common to both. */

import { useState } from "preact/hooks";
import { inLanguage } from "../i18n";
import { withNightRange } from "./edit";
import { presetsOf } from "./presets";
import * as store from "./store";
import type { PlanFigures, PlanMasks, Share } from "./types";
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

/** By the light that is asked for. */
const byLight = (share: Share | undefined): number => (store.isNight.value ? share?.at_night : share?.by_one) ?? 0;

/** Of none is it known how far it sees at night. */
const isDark = (figures: PlanFigures): boolean => figures.night_unknown.length === figures.cameras;

const hasPresets = (): boolean => store.shown.value.cameras.some((row) => presetsOf(row).length > 0);

export function Shares() {
  const figures = store.figures.value;
  const other = store.other.value;
  if (!figures) return <p class="soft" role="status">{w("loading")}</p>;
  return (
    <section class="panel wide shares" aria-labelledby="h-shares">
      <header><h2 id="h-shares">{other ? w("beside") : w("share")}</h2><ClassChoice /></header>
      <table>
        <Head otherName={other?.name} />
        <tbody>
          {figures.zones.map((zone) => <ZoneRow key={zone.id} id={zone.id} streetM2={zone.street_m2} figures={figures} />)}
        </tbody>
      </table>
      {hasPresets() && <p class="small soft">{w("share.words")}</p>}
      <NightUnknown ids={figures.night_unknown} />
      <Totals figures={figures} />
      <Masked />
      <p class="small soft">{w("note")} {w("night.note")} <a href="/programme/couverture/">{w("table.page")}</a></p>
      {figures.warnings.length > 0 && <ul class="warned" aria-label={w("warnings")}>{figures.warnings.map((one) => <li>{`${one.field} : ${inLanguage(one)}`}</li>)}</ul>}
    </section>
  );
}

function Head({ otherName }: { otherName: string | undefined }) {
  const isNight = store.isNight.value;
  return (
    <thead>
      <tr>
        <th scope="col">{w("legend.zone")}</th><th scope="col" class="num">{w("street")}</th>
        <th scope="col" class={isNight ? "num" : "num lit"}>{w(hasPresets() ? "share.potential" : "day")}</th>
        <th scope="col" class={isNight ? "num lit" : "num"}>{w("night")}</th>
        {hasPresets() && <th scope="col" class="num">{w("share.instant")}</th>}
        {otherName === undefined && <th scope="col" class="num">{w("share.two")}</th>}
        <th scope="col" class="num">{w("share.lost")}</th>
        {otherName === undefined && <th scope="col" class="num">{w("share.masked")}</th>}
        {otherName !== undefined && <><th scope="col" class="num">{otherName}, {w(isNight ? "night" : "day").toLowerCase()}</th><th scope="col" class="num">{w("difference")}</th></>}
      </tr>
    </thead>
  );
}

function ZoneRow({ id, streetM2, figures }: { id: string; streetM2: number; figures: PlanFigures }) {
  const share = shareOf(figures, id);
  const loss = worstLoss(figures, id);
  const other = store.other.value;
  const isNight = store.isNight.value;
  const isTold = other && !(isNight && isDark(other.figures));
  const theirs = isTold ? shareOf(other.figures, id) : undefined;
  return (
    <tr data-zone={id}>
      <th scope="row">{store.zoneName(id)}</th>
      <td class="num">{figure(streetM2)}</td>
      <td class={isNight ? "num" : "num lit"}>{percent(share?.by_one ?? 0)}</td>
      <td class={isNight ? "num lit" : "num"}>{isDark(figures) ? "–" : percent(share?.at_night ?? 0)}</td>
      {hasPresets() && <td class="num">{percent(share?.at_an_instant ?? 0)}</td>}
      {!other && <td class="num">{percent(share?.by_two ?? 0)}</td>}
      <td class="num">{loss ? `${percent(loss.share)} (${loss.id})` : "–"}</td>
      {!other && <td class="num">{maskedWords(id)}</td>}
      {other && <><td class="num">{theirs ? percent(byLight(theirs)) : "–"}</td><td class="num">{theirs ? points(byLight(share) - byLight(theirs)) : "–"}</td></>}
    </tr>
  );
}

function maskedWords(zone: string): string {
  const masks = store.planMasks.value;
  if (!masks) return "…";
  const lost = masks.lost.find((one) => one.zone_id === zone && one.class_id === store.classId.value);
  return lost ? percent(lost.share) : "–";
}

/** Cameras that count for nothing at night because nobody said how far they see; one range for all of them mends it. */
function NightUnknown({ ids }: { ids: readonly string[] }) {
  const [range, setRange] = useState(30);
  if (ids.length === 0) return null;
  const give = (event: Event): void => { event.preventDefault(); store.change(withNightRange(store.draft.value, ids, range)); };
  return (
    <form class="warned row" onSubmit={give}>
      <span>{w("night.unknown.many", { count: ids.length })}</span>
      <label for="night-for-all">{w("night.give")}</label>
      <input id="night-for-all" type="number" min={1} max={1000} required value={range} onInput={(event) => setRange(Number(event.currentTarget.value))} /> m
      <button class="btn small">{w("apply")}</button>
    </form>
  );
}

/** All cameras masked: their number, and whoever has a dwelling that cannot be. */
function Masked() {
  const masks = store.planMasks.value;
  if (!masks) return <p class="small soft" role="status">{w("masks.computing")}</p>;
  if (masks.unmasked.length === 0) return <p class="small">{w("masks.all", { count: figure(masks.masks), cameras: figure(masks.cameras) })}</p>;
  return <Unmaskable masks={masks} />;
}

function Unmaskable({ masks }: { masks: PlanMasks }) {
  return (
    <div class="notice bad unmaskable">
      <b>{w("masks.barred.plan", { count: masks.unmasked.length, cameras: figure(masks.cameras), article: masks.article })}</b>
      <ul>
        {masks.unmasked.map((one) => (
          <li key={one.camera_id}>
            <button type="button" class="link" onClick={() => store.choose(one.camera_id)}>{one.camera_id}</button> ({one.dwellings.join(", ")}) : {inLanguage({ message: one.reason, message_fr: one.reason_fr })}.
          </li>
        ))}
      </ul>
    </div>
  );
}

const costOf = (figures: PlanFigures): string =>
  w("cost.range", { low: figure(figures.cost.low_eur), high: figure(figures.cost.high_eur) });

function Totals({ figures }: { figures: PlanFigures }) {
  const other = store.other.value?.figures;
  const seen = (one: PlanFigures): string =>
    w(isDark(one) ? "seen.day" : "seen.light", { day: figure(one.seen_m2[store.classId.value] ?? 0), night: figure(one.seen_at_night_m2[store.classId.value] ?? 0) });
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
