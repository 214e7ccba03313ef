/** The chosen camera: its numbers, editable, and what they give. */

import { useEffect, useRef, useState } from "preact/hooks";
import { inLanguage } from "../i18n";
import { bandsOf } from "./canvas";
import { depressionDeg, type Lens, lensOf } from "./cone";
import { withoutCamera, withTwin } from "./edit";
import { MaskPanel } from "./masks";
import { along, pasted } from "./plane";
import { PresetList } from "./preset_list";
import { presetsOf } from "./presets";
import * as store from "./store";
import type { CameraFigures, CameraRow, CameraView } from "./types";
import { figure, percent, w, type Word } from "./words";

interface NumberField {
  readonly name: "bearing_deg" | "tilt_deg" | "height_m" | "hfov_deg" | "night_range_m";
  readonly word: Word;
  readonly unit: string;
  readonly step: number;
  readonly least: number;
  readonly most: number;
}

const FIELDS: readonly NumberField[] = [
  { name: "bearing_deg", word: "bearing", unit: "°", step: 1, least: -1, most: 361 },
  { name: "tilt_deg", word: "tilt", unit: "°", step: 1, least: -30, most: 90 },
  { name: "hfov_deg", word: "hfov", unit: "°", step: 1, least: 2, most: 170 },
  { name: "height_m", word: "height", unit: "m", step: 0.5, least: 1.6, most: 100 },
  { name: "night_range_m", word: "night.range", unit: "m", step: 5, least: 0, most: 1000 },
];

/** Height and night range are the camera's; the rest is its aim, or that of the preset in hand. */
function set(name: NumberField["name"], text: string): void {
  const given = Number(text);
  if (name === "night_range_m" && text === "") return store.changeChosen({ [name]: null }, name);
  if (text === "" || !Number.isFinite(given)) return;
  if (name === "height_m" || name === "night_range_m") store.changeChosen({ [name]: given }, name);
  else store.changeAim({ [name]: given }, name);
}

function NumberInput({ field, value }: { field: NumberField; value: number | null }) {
  const id = `camera-${field.name}`;
  return (
    <div class="number">
      <label for={id}>{w(field.word)} <span class="soft">{field.unit}</span></label>
      <input
        id={id} type="number" value={value ?? ""} step={field.step} min={field.least} max={field.most}
        placeholder={value === null ? "?" : undefined}
        onInput={(event) => set(field.name, event.currentTarget.value)} onBlur={store.endDrag}
      />
    </div>
  );
}

function Numbers({ row, lens }: { row: CameraRow; lens: Lens }) {
  const value = { ...row, hfov_deg: lens.hfovDeg, night_range_m: lens.nightRangeM };
  return <div class="numbers three">{FIELDS.map((field) => <NumberInput field={field} value={value[field.name]} />)}</div>;
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

function Preview({ view }: { view: CameraView }) {
  const box = useRef<HTMLDivElement>(null);
  const [hasMasks, setHasMasks] = useState(true);
  useEffect(() => {
    const drawn = view.preview ? new DOMParser().parseFromString(view.preview, "image/svg+xml").documentElement : null;
    drawn?.setAttribute("aria-label", w("preview"));
    box.current?.replaceChildren(...(drawn ? [document.importNode(drawn, true)] : []));
  }, [view.preview]);
  return (
    <figure class={hasMasks ? "preview" : "preview bare"}>
      <div ref={box} />
      <figcaption class="small soft">{w("preview")}</figcaption>
      <div class="check"><input type="checkbox" id="show-masks" checked={hasMasks} onChange={(event) => setHasMasks(event.currentTarget.checked)} /><label for="show-masks">{w("masks.show")}</label></div>
    </figure>
  );
}

/** Of the view in hand: where each class, or a finer one, ends by the light that is asked for. */
function Classes({ row, camera, view }: { row: CameraRow; camera: CameraFigures; view: CameraView }) {
  const isNight = store.isNight.value;
  const bands = bandsOf(view);
  const isReached = (id: string): boolean => bands.slice(bands.findIndex((one) => one.class_id === id)).some((one) => one.area_m2 > 0.5);
  const ends = (id: string): number => Math.min(camera.class_distances_m[id] ?? 0, isNight ? (view.night?.reach_m ?? 0) : Infinity);
  return (
    <table class="tight">
      <thead><tr><th scope="col">{w("class")}</th><th scope="col" class="num">{w("density")}</th><th scope="col" class="num">{w(isNight ? "distance.night" : "distance")}</th><th scope="col" class="num">{w("depression")}</th></tr></thead>
      <tbody>
        {store.ground.value?.classes.map((one) => (
          <tr>
            <th scope="row">{inLanguage({ message: one.name, message_fr: one.name_fr })}</th>
            <td class="num">{figure(one.least_px_m, one.least_px_m % 1 ? 1 : 0)}</td>
            <td class="num">{isReached(one.id) ? metres(ends(one.id)) : "–"}</td>
            <td class="num">{isReached(one.id) ? `${figure(depressionDeg(row, ends(one.id)), 1)}°` : "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const metres = (value: number | null | undefined): string => (value == null ? "∞" : `${figure(Math.max(0, value), 1)} m`);

function Figures({ row, view }: { row: CameraRow; view: CameraView }) {
  const { camera, night } = view;
  if (!camera) return null;
  const [feet, head] = camera.reaches;
  return (
    <>
      <Classes row={row} camera={camera} view={view} />
      <dl class="facts small">
        <dt>{w("dead")}</dt><dd>{metres(feet?.near_m)} ({w("dead.head")} {metres(head?.near_m)})</dd>
        <dt>{w("ground")}</dt><dd>{w(night ? "ground.light" : "ground.day", { day: figure(camera.ground_m2), night: figure(night?.ground_m2 ?? 0) })}</dd>
      </dl>
      {!night && <p class="small soft">{w("night.unknown.one")}</p>}
    </>
  );
}

/** Of the whole camera: a PTZ's presets together, then weighed by their time. */
function SeenZones({ row }: { row: CameraRow }) {
  const view = store.countedOf(row);
  const isTurned = presetsOf(row).length > 0;
  const shares = view?.zones.flatMap((zone) => zone.classes.filter((one) => one.class_id === store.classId.value).map((one) => ({ id: zone.id, one })));
  return (
    <>
      <h3>{w("sees")}</h3>
      {!shares && <p class="small soft" role="status">{w("computing")}</p>}
      {shares?.length === 0 && <p class="small soft">{w("sees.nothing")}</p>}
      {shares && shares.length > 0 && (
        <table class="tight sees">
          <thead><tr><th scope="col">{w("legend.zone")}</th><th scope="col" class="num">{w(isTurned ? "share.potential" : "day")}</th>{isTurned && <th scope="col" class="num">{w("share.instant")}</th>}<th scope="col" class="num">{w("night")}</th></tr></thead>
          <tbody>{shares.map(({ id, one }) => <tr key={id}><th scope="row">{store.zoneName(id)}</th><td class="num">{percent(one.by_one)}</td>{isTurned && <td class="num">{percent(one.at_an_instant)}</td>}<td class="num">{view?.night ? percent(one.at_night) : "–"}</td></tr>)}</tbody>
        </table>
      )}
      {isTurned && <p class="small soft">{w("share.words")}</p>}
    </>
  );
}

function Model({ row }: { row: CameraRow }) {
  const models = store.ground.value?.models ?? [];
  const choose = (id: string): void => {
    const model = models.find((one) => one.id === id);
    if (model) store.changeChosen({ model: id, width_px: null, height_px: null, hfov_deg: model.hfov_deg, night_range_m: null, kind: model.kind, presets: [] });
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
  store.choose(null);
}

function twin(row: CameraRow): void {
  const { draft, id } = withTwin(store.draft.value, row);
  store.change(draft);
  store.choose(id);
}

export function CameraPanel() {
  const [row, aim] = [store.chosen.value, store.aim.value];
  const models = store.ground.value?.models ?? [];
  if (!row || !aim) return <p class="soft">{w("none.chosen")}</p>;
  const [view, picture] = [store.viewOf(aim), store.pictured.value];
  const isPtz = row.kind === "ptz" || models.find((one) => one.id === row.model)?.kind === "ptz";
  return (
    <>
      <header><h2>{row.id}</h2><span class="r soft">{view ? store.answeredMs.value !== null && w("answered", { ms: store.answeredMs.value }) : w("coarse")}</span></header>
      {isPtz && <PresetList row={row} aim={{ ...aim, hfov_deg: lensOf(aim, models).hfovDeg }} />}
      <Numbers row={aim} lens={lensOf(aim, models)} />
      {view && <Warnings view={view} />}
      {view && <Figures row={aim} view={view} />}
      <SeenZones row={row} />
      {picture?.preview && <Preview view={picture} />}
      <MaskPanel row={row} />
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
