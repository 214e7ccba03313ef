/** Scenario, undo, phase, comparison, saving, printing. */

import { useState } from "preact/hooks";
import * as store from "./store";
import { w } from "./words";

const nameOf = (one: { id: string; name: string }): string => (one.id === store.TOWN ? w("town.plan") : one.name);

function Scenarios() {
  return (
    <span class="choice">
      <label for="scenario">{w("scenario")}</label>
      <select id="scenario" value={store.base.value?.id ?? store.TOWN} onChange={(event) => void store.open(event.currentTarget.value)}>
        {store.names.value.map((one) => <option value={one.id}>{nameOf(one)}{one.version ? ` (${w("version", { version: one.version })})` : ""}</option>)}
      </select>
    </span>
  );
}

function Versions() {
  const versions = store.base.value?.versions ?? [];
  if (versions.length < 2) return null;
  return (
    <span class="choice">
      <label for="version">{w("version.take")}</label>
      <select id="version" value="" onChange={(event) => { const asked = event.currentTarget; if (asked.value) void store.takeUp(Number(asked.value)); asked.value = ""; }}>
        <option value="">–</option>
        {versions.slice(1).map((one) => <option value={one.number}>{[one.number, dayOf(one.at), one.note].filter(Boolean).join(" · ")}</option>)}
      </select>
    </span>
  );
}

const dayOf = (at: string): string => new Date(at).toLocaleDateString(document.documentElement.lang, { dateStyle: "medium" });

/** Towards the programme: what is retained is a kept version. */
function Retain() {
  const base = store.base.value;
  if (!base || base.id === store.TOWN) return null;
  if (store.isChanged.value) return <span class="small soft">{w("retain.save")}</span>;
  return <a class="btn" href={`/programme/plan/scenarios/${encodeURIComponent(base.id)}/retenir/`}>{w("retain")}</a>;
}

function Compare() {
  const [id, setId] = useState("");
  return (
    <span class="choice">
      <label for="compare">{w("compare")}</label>
      <select id="compare" value={id} onChange={(event) => { setId(event.currentTarget.value); void store.compareWith(event.currentTarget.value); }}>
        <option value="">{w("compare.none")}</option>
        {store.names.value.map((one) => <option value={one.id}>{nameOf(one)}</option>)}
      </select>
    </span>
  );
}

function Phases() {
  const phases = store.ground.value?.phases ?? [];
  const at = Math.min(store.phase.value, phases.length);
  const words = phases[at]?.name ?? w("phase.all");
  if (phases.length === 0) return null;
  return (
    <span class="choice">
      <label for="phase">{w("phase")}</label>
      <input id="phase" type="range" min={0} max={phases.length} value={at} aria-valuetext={words} onInput={(event) => { store.phase.value = Number(event.currentTarget.value); }} />
      <output for="phase">{words}</output>
    </span>
  );
}

/** What the map, the shares and the camera's table show. */
function Light() {
  return (
    <span class="choice" role="group" aria-label={w("light")}>
      {([["day", false], ["night", true]] as const).map(([word, isNight]) => (
        <button type="button" class="btn" aria-pressed={store.isNight.value === isNight} onClick={() => { store.isNight.value = isNight; }}>{w(word)}</button>
      ))}
    </span>
  );
}

function Save({ canSave }: { canSave: boolean }) {
  const own = store.base.value && store.base.value.id !== store.TOWN ? store.base.value.name : "";
  const [name, setName] = useState<string | null>(null);
  const [note, setNote] = useState("");
  if (!canSave) return <p class="small soft">{w("save.barred")}</p>;
  const asked = name ?? own;
  const keep = (isNew: boolean) => (event: Event): void => { event.preventDefault(); if (asked.trim()) void store.save(asked.trim(), note, isNew); };
  return (
    <form class="save" onSubmit={keep(false)}>
      <span class="choice"><label for="save-name">{w("save.name")}</label><input id="save-name" value={asked} maxLength={120} required onInput={(event) => setName(event.currentTarget.value)} /></span>
      <span class="choice"><label for="save-note">{w("save.note")}</label><input id="save-note" value={note} maxLength={200} onInput={(event) => setNote(event.currentTarget.value)} /></span>
      <button class="btn main">{w("save")}</button>
      {own && <button type="button" class="btn" onClick={keep(true)}>{w("save.new")}</button>}
      <Versions />
      <Retain />
    </form>
  );
}

/** What the sheet is of: scenario, version, phase, day. */
function printed(): string {
  const base = store.base.value;
  const phases = store.ground.value?.phases ?? [];
  const day = new Date().toLocaleDateString(document.documentElement.lang, { dateStyle: "full" });
  const version = base?.version ? w("version", { version: base.version }) : "";
  return [base && nameOf(base), version, `${w("phase")} : ${phases[store.phase.value]?.name ?? w("phase.all")}`, w(store.isNight.value ? "night" : "day"), day].filter(Boolean).join(" · ");
}

export function Bar({ canSave }: { canSave: boolean }) {
  const { past, future } = store.history.value;
  return (
    <>
      <div class="bar-acts">
        <Scenarios />
        <button type="button" class="btn" disabled={past.length === 0} aria-keyshortcuts="Control+Z" onClick={store.undo}>{w("undo")}</button>
        <button type="button" class="btn" disabled={future.length === 0} aria-keyshortcuts="Control+Y" onClick={store.redo}>{w("redo")}</button>
        <Light />
        <Phases />
        <Compare />
        <button type="button" class="btn" onClick={() => window.print()}>{w("print")}</button>
      </div>
      <Save canSave={canSave} />
      {store.isChanged.value && <p class="small soft">{w("changed")}</p>}
      <p class="print-only"><b>{printed()}</b></p>
    </>
  );
}
