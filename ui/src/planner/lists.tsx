/** The list twin: every camera and zone, with what the map can do. */

import { lensOf } from "./cone";
import { dropCamera } from "./canvas";
import { middleOf } from "./plane";
import * as store from "./store";
import { figure, w } from "./words";
import { addSquare, endDrawing, stopDrawing } from "./zones";

export function CameraList() {
  const models = store.ground.value?.models ?? [];
  return (
    <section class="panel list" aria-labelledby="h-cameras">
      <header><h2 id="h-cameras">{w("cameras")}</h2><span class="r soft">{store.shown.value.cameras.length}</span></header>
      <ul class="rows">
        {store.shown.value.cameras.map((row) => (
          <li key={row.id}>
            <button type="button" class="item" aria-pressed={row.id === store.chosenId.value} onClick={() => store.choose(row.id)}>
              <b>{row.id}</b> <span class="soft">{store.siteName(row.site)}</span>
              <span class="num">{`${figure(row.bearing_deg)}° · ${figure(lensOf(row, models).hfovDeg)}°`}</span>
            </button>
          </li>
        ))}
      </ul>
      <AddCamera />
    </section>
  );
}

function AddCamera() {
  const isPlacing = store.mode.value === "camera";
  return (
    <details>
      <summary>{w("add.camera")}</summary>
      <div class="field">
        <label for="new-model">{w("model")}</label>
        <select id="new-model" value={store.modelId.value} onChange={(event) => { store.modelId.value = event.currentTarget.value; }}>
          {store.ground.value?.models.map((one) => <option value={one.id}>{one.name}</option>)}
        </select>
      </div>
      <div class="row tight">
        <button type="button" class="btn" onClick={() => dropCamera(store.middle.at)}>{w("add.here")}</button>
        <button type="button" class="btn" aria-pressed={isPlacing} onClick={() => { store.mode.value = isPlacing ? "look" : "camera"; }}>{w("add.click")}</button>
      </div>
      {isPlacing && <p class="small" role="status">{w("add.clicking")}</p>}
    </details>
  );
}

export function ZoneList() {
  const isDrawing = store.mode.value === "zone";
  return (
    <section class="panel list" aria-labelledby="h-zones">
      <header><h2 id="h-zones">{w("zones")}</h2><span class="r soft">{w("zone.drawn")} : {store.draft.value.zones.length}</span></header>
      <div class="row tight">
        {!isDrawing && <button type="button" class="btn" onClick={() => { store.mode.value = "zone"; store.drawing.value = []; }}>{w("zone.draw")}</button>}
        {!isDrawing && <button type="button" class="btn" onClick={addSquare}>{w("zone.square")}</button>}
        {isDrawing && <button type="button" class="btn" onClick={endDrawing}>{w("zone.end")}</button>}
        {isDrawing && <button type="button" class="btn" onClick={stopDrawing}>{w("cancel")}</button>}
      </div>
      {isDrawing && <p class="small" role="status">{w("zone.drawing")}</p>}
      <ul class="rows">
        {store.draft.value.zones.map((zone) => (
          <li key={zone.id}>
            <button type="button" class="item" aria-pressed={zone.id === store.chosenId.value} onClick={() => store.choose(zone.id)}>
              <b>{zone.name || zone.id}</b>
            </button>
          </li>
        ))}
        {store.ground.value?.zones.map((zone) => (
          <li key={zone.id}>
            <button type="button" class="item" onClick={() => { store.target.value = middleOf(store.plane.value, zone.shape); }}>{zone.name}</button>
          </li>
        ))}
      </ul>
    </section>
  );
}
