/** The presets of a PTZ: chosen, named, given their share of the time, added from the present aim, removed. */

import { useEffect, useState } from "preact/hooks";
import * as presets from "./presets";
import * as store from "./store";
import type { CameraRow, Preset } from "./types";
import { figure, percent, w } from "./words";

const nameOf = (one: Preset, at: number): string => one.name || w("preset.nth", { number: at + 1 });

export function PresetList({ row, aim }: { row: CameraRow; aim: presets.Aim }) {
  const rows = presets.presetsOf(row);
  const inHand = store.preset.value;
  const add = (): void => {
    store.change(presets.withPreset(store.draft.value, row, aim));
    store.presetAt.value = rows.length;
  };
  return (
    <section class="presets" aria-labelledby="h-presets">
      <h3 id="h-presets">{w("presets")}{rows.length > 0 && <span class="soft"> · {w("preset.time", { share: percent(presets.sharesTogether(row)) })}</span>}</h3>
      {rows.length === 0 && <p class="small soft">{w("preset.none")}</p>}
      <ul class="rows">
        {rows.map((one, at) => (
          <li key={at}>
            <button type="button" class="item" aria-pressed={at === inHand} onClick={() => { store.presetAt.value = at; }}>
              <b>{at + 1}</b> <span class="soft">{one.name || "–"}</span>
              <span class="num">{`${figure(one.bearing_deg)}° · ${figure(one.hfov_deg)}° · ${percent(one.time_share)}`}</span>
            </button>
          </li>
        ))}
      </ul>
      {rows[inHand] && <PresetForm row={row} at={inHand} preset={rows[inHand]} />}
      <div class="row tight">
        <button type="button" class="btn" onClick={add}>{w("preset.add")}</button>
        {rows.length > 1 && <button type="button" class="btn" onClick={() => store.change(presets.sharedOut(store.draft.value, row))}>{w("preset.even")}</button>}
      </div>
    </section>
  );
}

function PresetForm({ row, at, preset }: { row: CameraRow; at: number; preset: Preset }) {
  const rename = (name: string): void => store.change(presets.changedPreset(store.draft.value, row, at, { name }), `preset name ${row.id} ${at}`);
  const drop = (): void => {
    store.change(presets.withoutPreset(store.draft.value, row, at));
    store.presetAt.value = Math.max(0, at - 1);
  };
  return (
    <div class="numbers preset-form" role="group" aria-label={nameOf(preset, at)}>
      <div class="number">
        <label for="preset-name">{w("preset.name")}</label>
        <input id="preset-name" value={preset.name} maxLength={60} onInput={(event) => rename(event.currentTarget.value)} onBlur={store.endDrag} />
      </div>
      <ShareInput row={row} at={at} preset={preset} />
      <p class="small soft">{w("preset.hint")} <button type="button" class="link" onClick={drop}>{w("preset.remove", { name: nameOf(preset, at) })}</button></p>
    </div>
  );
}

const inPercent = (share: number): string => String(Math.round(share * 10_000) / 100);

/** A share that would bring the sum over 100 % is kept out, and the mend is said at the field. */
function ShareInput({ row, at, preset }: { row: CameraRow; at: number; preset: Preset }) {
  const [text, setText] = useState(inPercent(preset.time_share));
  useEffect(() => setText(inPercent(preset.time_share)), [row.id, at, preset.time_share]);
  const left = presets.shareLeft(row, at);
  const given = Number(text.replace(",", ".")) / 100;
  const isNumber = text.trim() !== "" && Number.isFinite(given) && given >= 0;
  const fault = !isNumber ? w("preset.share.number") : given > left + 1e-9 ? w("preset.share.over", { left: percent(left) }) : "";
  const read = (typed: string): void => {
    setText(typed);
    const share = Number(typed.replace(",", ".")) / 100;
    if (typed.trim() !== "" && share >= 0 && share <= left + 1e-9) store.change(presets.changedPreset(store.draft.value, row, at, { time_share: share }), `preset share ${row.id} ${at}`);
  };
  return (
    <div class="number">
      <label for="preset-share">{w("preset.share")} <span class="soft">%</span></label>
      <input id="preset-share" inputMode="decimal" value={text} aria-invalid={fault !== ""} aria-describedby="preset-share-said" onInput={(event) => read(event.currentTarget.value)} onBlur={store.endDrag} />
      <p id="preset-share-said" class="error-line" role="status">{fault}</p>
    </div>
  );
}
