/** The list twin of what the optimiser may do: counts, tilts, phases, mandatory zones, forbidden masts. */

import { useState } from "preact/hooks";
import * as limits from "./limits";
import * as store from "./store";
import { figure, w } from "./words";

const whole = (text: string): number | null => (/^\d{1,3}$/.test(text.trim()) && Number(text) > 0 ? Number(text) : null);

function Counts() {
  const own = limits.ownCounts.value;
  const isByPhase = limits.isByPhase.value;
  return (
    <div class="numbers three">
      <div class="number"><label for="limit-cameras">{w("cameras")}</label><input id="limit-cameras" inputMode="numeric" disabled={isByPhase} placeholder={String(own.cameras)} value={limits.cameras.value ?? ""} onInput={(event) => { limits.cameras.value = whole(event.currentTarget.value); }} /></div>
      <div class="number"><label for="limit-sites">{w("sites")}</label><input id="limit-sites" inputMode="numeric" disabled={isByPhase} placeholder={String(own.sites)} value={limits.sites.value ?? ""} onInput={(event) => { limits.sites.value = whole(event.currentTarget.value); }} /></div>
      <div class="number"><label for="limit-tilts">{w("limit.tilts")}</label><input id="limit-tilts" value={limits.tilts.value} onInput={(event) => { limits.tilts.value = event.currentTarget.value; }} onBlur={() => { limits.tilts.value = limits.tiltsDeg.value.join(", "); }} /></div>
    </div>
  );
}

function Phases() {
  const rows = limits.phases.value;
  const nameOf = (id: string): string => store.ground.value?.phases.find((one) => one.id === id)?.name ?? id;
  const put = (row: limits.PhaseLimit, part: Partial<limits.PhaseLimit>): void => {
    limits.phaseLimits.value = new Map(limits.phaseLimits.value).set(row.phase, { ...row, ...part });
  };
  if (rows.length < 2) return null;
  return (
    <>
      <div class="check"><input type="checkbox" id="limit-phases" checked={limits.isByPhase.value} onChange={(event) => { limits.isByPhase.value = event.currentTarget.checked; }} /><label for="limit-phases">{w("limit.phases")}</label></div>
      {limits.isByPhase.value && (
        <table class="tight">
          <thead><tr><th scope="col">{w("phase.of")}</th><th scope="col" class="num">{w("cameras")}</th><th scope="col" class="num">{w("limit.sites")}</th></tr></thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.phase}>
                <th scope="row">{nameOf(row.phase)}</th>
                {(["cameras", "sites"] as const).map((field) => (
                  <td class="num"><input class="count" inputMode="numeric" aria-label={`${nameOf(row.phase)}, ${field === "cameras" ? w("cameras") : w("limit.sites")}`} value={row[field]} onChange={(event) => put(row, { [field]: whole(event.currentTarget.value) ?? row[field] })} /></td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function MandatoryZones() {
  const zones = limits.allZones();
  const nameOf = (id: string): string => zones.find((one) => one.id === id)?.name || id;
  const rest = zones.filter((one) => !limits.mandatory.value.has(one.id));
  return (
    <fieldset class="field">
      <legend>{w("limit.zones")}</legend>
      <ul>
        {[...limits.mandatory.value].map(([id, percent]) => (
          <li key={id} class="row tight">
            <span class="grow">{nameOf(id)}</span>
            <input class="count" inputMode="numeric" aria-label={w("limit.share", { zone: nameOf(id) })} value={percent} onChange={(event) => limits.setMandatory(id, whole(event.currentTarget.value) ?? percent)} /> %
            <button type="button" class="btn small" aria-label={w("limit.free", { zone: nameOf(id) })} onClick={() => limits.setMandatory(id, null)}>{w("remove")}</button>
          </li>
        ))}
      </ul>
      <select aria-label={w("limit.zone.add")} value="" onChange={(event) => { if (event.currentTarget.value) limits.setMandatory(event.currentTarget.value, limits.LEAST_PERCENT); event.currentTarget.value = ""; }}>
        <option value="">{w("limit.zone.add")}</option>
        {rest.map((one) => <option value={one.id}>{one.name || one.id}</option>)}
      </select>
    </fieldset>
  );
}

function Masts() {
  const [asked, setAsked] = useState("");
  const spots = limits.spots.value;
  const found = spots.filter((one) => `${one.name} ${one.id}`.toLowerCase().includes(asked.toLowerCase()));
  return (
    <fieldset class="field">
      <legend>{w("limit.masts", { barred: limits.forbidden.value.size, count: figure(spots.length) })}</legend>
      <input aria-label={w("limit.search")} placeholder={w("limit.search")} value={asked} onInput={(event) => setAsked(event.currentTarget.value)} />
      <ul class="rows masts">
        {found.map((one) => (
          <li key={one.id} class="check"><input type="checkbox" id={`mast-${one.id}`} checked={limits.forbidden.value.has(one.id)} onChange={(event) => limits.bar(one.id, event.currentTarget.checked)} /><label for={`mast-${one.id}`}>{one.name}{one.is_own && <span class="soft"> · {w("limit.own")}</span>}</label></li>
        ))}
      </ul>
    </fieldset>
  );
}

/** The map may be far up the page. */
function chooseOnMap(isOn: boolean): void {
  store.mode.value = isOn ? "limits" : "look";
  if (isOn) document.querySelector(".plan-map")?.scrollIntoView({ block: "center" });
}

export function LimitForm() {
  const isOnMap = store.mode.value === "limits";
  return (
    <details class="limits" onToggle={(event) => { if (event.currentTarget.open && store.base.value) void limits.loadSpots(store.base.value.id); }}>
      <summary>{w("limit")}</summary>
      <Counts />
      <Phases />
      <button type="button" class="btn" aria-pressed={isOnMap} onClick={() => chooseOnMap(!isOnMap)}>{w("limit.map")}</button>
      {isOnMap && <p class="small" role="status">{w("limit.clicking")}</p>}
      <div class="pair"><MandatoryZones /><Masts /></div>
    </details>
  );
}
