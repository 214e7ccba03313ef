/** The chosen drawn zone, and the drawing of one. */

import { useEffect, useState } from "preact/hooks";
import { changedZone, withoutZone, withZone } from "./edit";
import { crossesItself, pasted, ringsOf, type Spot } from "./plane";
import * as store from "./store";
import type { LonLat, ZoneRow } from "./types";
import { w } from "./words";

const HALF_M = 30;

/** Adds a zone; says why not when its sides cross. */
export function addZone(corners: readonly Spot[]): boolean {
  const fault = faultOf(corners);
  if (fault) {
    store.tell(fault, true);
    return false;
  }
  const ring = corners.map((at) => store.plane.value.lonLat(at));
  const { draft, id } = withZone(store.draft.value, ring, w("zone.new"));
  store.change(draft);
  store.choose(id);
  return true;
}

function faultOf(corners: readonly Spot[]): string {
  if (corners.length < 3) return w("zone.few");
  return crossesItself(corners) ? w("zone.crossed") : "";
}

export function addSquare(): void {
  const { x, y } = store.middle.at;
  addZone([[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([a, b]) => ({ x: x + HALF_M * (a ?? 0), y: y + HALF_M * (b ?? 0) })));
}

export function stopDrawing(): void {
  store.mode.value = "look";
  store.drawing.value = [];
}

export function endDrawing(): void {
  if (addZone(store.drawing.value)) stopDrawing();
}

const textOf = (zone: ZoneRow): string =>
  (ringsOf(zone.shape)[0] ?? []).slice(0, -1).map(([lon, lat]) => `${lat}, ${lon}`).join("\n");

/** From a drawing to a zone of the town: a page, for it asks who proposes it and what a camera can change there. */
function Pour({ zone }: { zone: ZoneRow }) {
  const base = store.base.value;
  if (!base || base.id === store.TOWN || store.isChanged.value) return <p class="small soft">{w("zone.pour.save")}</p>;
  const page = `/programme/plan/scenarios/${encodeURIComponent(base.id)}/verser/?zone=${encodeURIComponent(zone.id)}`;
  return <p><a class="btn main" href={page}>{w("zone.pour")}</a></p>;
}

export function ZonePanel({ zone, canSave }: { zone: ZoneRow; canSave: boolean }) {
  const [text, setText] = useState("");
  useEffect(() => setText(textOf(zone)), [zone]);
  const apply = (): void => {
    const read = text.trim().split("\n").map((line) => pasted(line, store.plane.value.centre));
    const ring = read.flatMap((one) => (one.is === "good" ? [one.at] : [])) as LonLat[];
    if (ring.length < read.length) return store.tell(read.some((one) => one.is === "swapped") ? w("position.swapped") : w("position.unreadable"), true);
    const fault = faultOf(ring.map((at) => store.plane.value.spot(at)));
    if (fault) return store.tell(fault, true);
    store.change(changedZone(store.draft.value, zone.id, { ring }));
  };
  return (
    <>
      <header><h2>{zone.name || zone.id}</h2></header>
      <div class="field">
        <label for="zone-name">{w("zone.name")}</label>
        <input id="zone-name" value={zone.name ?? ""} onInput={(event) => store.change(changedZone(store.draft.value, zone.id, { name: event.currentTarget.value }), `name ${zone.id}`)} />
      </div>
      <div class="field">
        <label for="zone-corners">{w("zone.corners")}</label>
        <textarea id="zone-corners" rows={6} value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </div>
      <div class="row">
        <button type="button" class="btn" onClick={apply}>{w("apply")}</button>
        <button type="button" class="btn" onClick={() => { store.change(withoutZone(store.draft.value, zone.id)); store.choose(null); }}>{w("remove")}</button>
      </div>
      {canSave && <Pour zone={zone} />}
    </>
  );
}
