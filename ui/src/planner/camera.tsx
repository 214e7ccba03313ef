/** The chosen camera: its numbers, editable, and what they give. */

import { useEffect, useRef, useState } from "preact/hooks";
import { inLanguage } from "../i18n";
import { lensOf } from "./cone";
import { withoutCamera, withTwin } from "./edit";
import { along, pasted } from "./plane";
import * as store from "./store";
import type { CameraRow, CameraView } from "./types";
import { figure, percent, w, type Word } from "./words";

interface NumberField {
  readonly name: "bearing_deg" | "tilt_deg" | "height_m" | "hfov_deg";
  readonly word: Word;
  readonly unit: string;
  readonly step: number;
  readonly least: number;
  readonly most: number;
}

const FIELDS: readonly NumberField[] = [
  { name: "bearing_deg", word: "bearing", unit: "°", step: 1, least: -1, most: 361 },
  { name: "tilt_deg", word: "tilt", unit: "°", step: 1, least: -30, most: 90 },
  { name: "height_m", word: "height", unit: "m", step: 0.5, least: 1.6, most: 100 },
  { name: "hfov_deg", word: "hfov", unit: "°", step: 1, least: 2, most: 170 },
];

function NumberInput({ field, value }: { field: NumberField; value: number }) {
  const id = `camera-${field.name}`;
  const set = (text: string): void => {
    const given = Number(text);
    if (text !== "" && Number.isFinite(given)) store.changeChosen({ [field.name]: given }, field.name);
  };
  return (
    <div class="number">
      <label for={id}>{w(field.word)} <span class="soft">{field.unit}</span></label>
      <input
        id={id} type="number" value={value} step={field.step} min={field.least} max={field.most}
        onInput={(event) => set(event.currentTarget.value)} onBlur={store.endDrag}
      />
    </div>
  );
}

function Position({ row }: { row: CameraRow }) {
  const [lon, lat] = row.position;
  const [text, setText] = useState("");
  useEffect(() => setText(`${lat}, ${lon}`), [row.id, lat, lon]);
  const read = pasted(text, store.plane.value.centre);
  const put = (at: CameraRow["position"]): void => { store.changeChosen({ position: at }); };
  const step = (deg: number): void => {
    const to = along(store.plane.value.spot(row.position), deg, 1);
    store.changeChosen({ position: store.plane.value.lonLat(to) }, "step");
  };
  return (
    <div class="field">
      <label for="camera-position">{w("position")}</label>
      <div class="row tight">
        <input id="camera-position" value={text} onInput={(event) => setText(event.currentTarget.value)}
          onChange={() => { if (read.is === "good") put(read.at); }} aria-describedby="position-said" />
      </div>
      <p id="position-said" class="error-line" role="status">
        {read.is === "swapped" && <>{w("position.swapped")} <button type="button" class="link" onClick={() => put(read.at)}>{w("position.swap")}</button></>}
        {read.is === "far" && w("position.far", { km: figure(read.km) })}
        {read.is === "unreadable" && text !== "" && w("position.unreadable")}
      </p>
      <div class="row tight" role="group" aria-label={w("move")}>
        <span class="soft small">{w("move")}</span>
        {([["north", 0, "↑"], ["south", 180, "↓"], ["west", 270, "←"], ["east", 90, "→"]] as const).map(([word, deg, sign]) => (
          <button type="button" class="btn small" aria-label={`${w("move")}, ${w(word)}`} onClick={() => step(deg)}>{sign}</button>
        ))}
      </div>
    </div>
  );
}

function Preview({ svg }: { svg: string }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const drawn = svg ? new DOMParser().parseFromString(svg, "image/svg+xml").documentElement : null;
    drawn?.setAttribute("aria-label", w("preview"));
    box.current?.replaceChildren(...(drawn ? [document.importNode(drawn, true)] : []));
  }, [svg]);
  return <figure class="preview"><div ref={box} /><figcaption class="small soft">{w("preview")}</figcaption></figure>;
}

function Figures({ view }: { view: CameraView }) {
  const classes = store.ground.value?.classes ?? [];
  const { camera } = view;
  if (!camera) return null;
  const [feet, head] = camera.reaches;
  const reached = new Set(camera.bands.filter((band) => band.area_m2 > 0.5).map((band) => band.class_id));
  const metres = (value: number | null | undefined): string => (value == null ? "∞" : `${figure(Math.max(0, value), 1)} m`);
  return (
    <>
      <table class="tight">
        <thead><tr><th scope="col">{w("class")}</th><th scope="col" class="num">{w("density")}</th><th scope="col" class="num">{w("distance")}</th><th scope="col" class="num">{w("depression")}</th></tr></thead>
        <tbody>
          {classes.map((one) => (
            <tr>
              <th scope="row">{inLanguage({ message: one.name, message_fr: one.name_fr })}</th>
              <td class="num">{figure(one.least_px_m, one.least_px_m % 1 ? 1 : 0)}</td>
              <td class="num">{reached.has(one.id) ? metres(camera.class_distances_m[one.id]) : "–"}</td>
              <td class="num">{reached.has(one.id) ? `${figure(camera.depression_deg[one.id] ?? 0, 1)}°` : "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl class="facts small">
        <dt>{w("dead")}</dt><dd>{metres(feet?.near_m)} ({w("dead.head")} {metres(head?.near_m)})</dd>
        <dt>{w("ground")}</dt><dd>{figure(camera.ground_m2)} m²</dd>
      </dl>
      <h3>{w("sees")}</h3>
      <SeenZones view={view} />
    </>
  );
}

function SeenZones({ view }: { view: CameraView }) {
  const shares = view.zones.map((zone) => ({ zone, share: zone.classes.find((one) => one.class_id === store.classId.value)?.by_one ?? 0 }));
  if (shares.length === 0) return <p class="small soft">{w("sees.nothing")}</p>;
  return <ul class="small sees">{shares.map(({ zone, share }) => <li><span>{store.zoneName(zone.id)}</span> <b>{percent(share)}</b></li>)}</ul>;
}

function Model({ row }: { row: CameraRow }) {
  const models = store.ground.value?.models ?? [];
  const choose = (id: string): void => {
    const model = models.find((one) => one.id === id);
    if (model) store.changeChosen({ model: id, width_px: null, height_px: null, hfov_deg: model.hfov_deg, kind: model.kind, presets: [] });
  };
  return (
    <div class="field">
      <label for="camera-model">{w("model")}</label>
      <select id="camera-model" value={row.model ?? ""} onChange={(event) => choose(event.currentTarget.value)}>
        {!row.model && <option value="">{`${w("model.own")} (${row.width_px} × ${row.height_px})`}</option>}
        {models.map((one) => <option value={one.id}>{one.name}</option>)}
      </select>
    </div>
  );
}

/** The phase it is built in, and the mast it shares: cost counts masts, the slider phases. */
function Place({ row }: { row: CameraRow }) {
  return (
    <div class="numbers">
      <div class="number">
        <label for="camera-phase">{w("phase.of")}</label>
        <select id="camera-phase" value={row.phase ?? ""} onChange={(event) => store.changeChosen({ phase: event.currentTarget.value })}>
          <option value="">–</option>
          {store.ground.value?.phases.map((one) => <option value={one.id}>{one.name}</option>)}
        </select>
      </div>
      <div class="number">
        <label for="camera-site">{w("site")}</label>
        <input id="camera-site" value={row.site ?? ""} maxLength={63} onInput={(event) => store.changeChosen({ site: event.currentTarget.value }, "site")} onBlur={store.endDrag} />
      </div>
    </div>
  );
}

function drop(row: CameraRow): void {
  store.change(withoutCamera(store.draft.value, row.id));
  store.chosenId.value = null;
}

function twin(row: CameraRow): void {
  const { draft, id } = withTwin(store.draft.value, row);
  store.change(draft);
  store.chosenId.value = id;
}

export function CameraPanel() {
  const row = store.chosen.value;
  const lens = row && lensOf(row, store.ground.value?.models ?? []);
  if (!row || !lens) return <p class="soft">{w("none.chosen")}</p>;
  const view = store.viewOf(row);
  return (
    <>
      <header><h2>{row.id}</h2><span class="r soft">{view ? store.answeredMs.value !== null && w("answered", { ms: store.answeredMs.value }) : w("coarse")}</span></header>
      <div class="numbers">
        {FIELDS.map((field) => <NumberInput field={field} value={field.name === "hfov_deg" ? lens.hfovDeg : row[field.name]} />)}
      </div>
      {view && <Warnings view={view} />}
      {view && <Figures view={view} />}
      {view?.preview && <Preview svg={view.preview} />}
      <Model row={row} />
      <Position row={row} />
      <Place row={row} />
      <div class="row">
        <button type="button" class="btn" onClick={() => twin(row)}>{w("add.twin")}</button>
        <button type="button" class="btn" onClick={() => drop(row)}>{w("remove")}</button>
      </div>
    </>
  );
}

function Warnings({ view }: { view: CameraView }) {
  const told = view.warnings.map((one) => inLanguage(one));
  if (view.assumed_heights > 0) told.push(w("assumed", { count: view.assumed_heights }));
  return told.length === 0 ? null : <ul class="warned" aria-label={w("warnings")}>{told.map((one) => <li>{one}</li>)}</ul>;
}
