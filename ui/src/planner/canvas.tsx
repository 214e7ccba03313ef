/** The map with its buttons and legend; another beside it for the compared scenario. */

import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { inLanguage } from "../i18n";
import { coarseBands, farthestM, lensOf, litM } from "./cone";
import { withCamera } from "./edit";
import * as limits from "./limits";
import { dragged, type Handle, type MapView, PlanMap, type Shown } from "./map";
import type { Spot } from "./plane";
import { aimed, presetsOf } from "./presets";
import * as store from "./store";
import type { Band, CameraRow, CameraView, Draft, Ground } from "./types";
import { figure, w } from "./words";

const SPOT_REACH_PX = 14;

/** By the light that is asked for. */
export function bandsOf(view: CameraView): readonly Band[] {
  return (store.isNight.value ? view.night?.bands : view.camera?.bands) ?? [];
}

function shownCamera(row: CameraRow, ground: Ground, aside: number | null = null): Shown {
  const lens = lensOf(row, ground.models);
  const view = store.viewOf(row);
  const at = store.plane.value.spot(row.position);
  const mostM = store.isNight.value ? litM(row, lens) : Infinity;
  const coarseEnds = ground.classes.map((one) => [one.id, Math.min(mostM, farthestM(row, lens, one.least_px_m))] as const);
  return {
    row,
    hfovDeg: lens.hfovDeg,
    exact: view && { bands: bandsOf(view), dead: view.dead },
    coarse: view ? [] : coarseBands(row, at, lens, ground.classes, mostM),
    aside,
    endsM: view?.camera ? endsM(view, mostM) : Object.fromEntries(coarseEnds),
  };
}

/** The chosen PTZ at each of its presets, the others with all theirs together. */
function shownAll(cameras: readonly CameraRow[], ground: Ground, isOther: boolean): Shown[] {
  return cameras.flatMap((row) => {
    const presets = presetsOf(row);
    if (isOther || row.id !== store.chosenId.value || !presets.length) return [shownCamera(row, ground)];
    const inHand = store.preset.value;
    return presets.map((_, index) => shownCamera(aimed(row, index), ground, index === inHand ? null : index));
  });
}

/** Where each class ends; one that would end in the dead zone shows no ground, and no label. */
function endsM(view: CameraView, mostM: number): Record<string, number> {
  const seen = bandsOf(view).filter((band) => band.area_m2 > 0.5).map((band) => band.class_id);
  return Object.fromEntries(seen.map((id) => [id, Math.min(mostM, view.camera?.class_distances_m[id] ?? 0)]));
}

function onDrag(id: string, handle: Handle, to: Spot): void {
  if (store.chosenId.value !== id) store.choose(id);
  const row = store.aim.value;
  if (!row) return;
  const plane = store.plane.value;
  const asked = dragged(row, plane.spot(row.position), handle, to);
  if ("x" in asked) store.changeChosen({ position: plane.lonLat(asked) }, handle);
  else store.changeAim(asked, handle);
}

export function dropCamera(at: Spot): void {
  const model = store.ground.value?.models.find((one) => one.id === store.modelId.value);
  if (!model) return;
  const { draft, id } = withCamera(store.draft.value, store.plane.value.lonLat(at), model);
  store.change(draft);
  store.choose(id);
  store.mode.value = "look";
}

function onGround(at: Spot): void {
  if (store.mode.value === "camera") dropCamera(at);
  else if (store.mode.value === "zone") store.drawing.value = [...store.drawing.value, at];
  else if (store.mode.value === "limits") limits.click(at, SPOT_REACH_PX * store.middle.mPerPx);
}

function shownLimits(): MapView["limits"] {
  const wanted = limits.allZones().filter((one) => limits.mandatory.value.has(one.id));
  const spots = limits.spots.value.map((one) => ({ at: store.plane.value.spot(one.position), isBarred: limits.forbidden.value.has(one.id) }));
  return { zones: wanted.map((one) => one.shape), spots };
}

function spotsOf(draft: Draft): Spot[] {
  return draft.cameras.map((row) => store.plane.value.spot(row.position));
}

/** Two maps side by side show the same place. */
const maps = new Set<PlanMap>();

function useMap(draftOf: () => Draft, isOther: boolean) {
  const svg = useRef<SVGSVGElement>(null);
  const map = useRef<PlanMap | null>(null);
  const ground = store.ground.value;
  useEffect(() => {
    if (!svg.current || !ground) return;
    const made = new PlanMap(svg.current, ground, store.plane.value, {
      onChoose: (id, preset) => { if (preset !== null || id !== store.chosenId.value) store.choose(id, preset ?? 0); },
      onDrag: isOther ? () => undefined : onDrag,
      onDrop: store.endDrag,
      onGround: isOther ? () => undefined : onGround,
      onMiddle: (at, mPerPx) => {
        Object.assign(store.middle, { at, mPerPx });
        for (const one of maps) if (one !== made) one.follow(at, mPerPx);
      },
    });
    map.current = made;
    maps.add(made);
    const stop = effect(() => {
      const { cameras, zones } = draftOf();
      const isDrawing = !isOther && store.mode.value === "zone";
      made.show({
        cameras: shownAll(cameras, ground, isOther),
        zones,
        chosen: store.chosenId.value,
        classes: ground.classes,
        drawing: isDrawing ? store.drawing.value : null,
        unmasked: isOther ? [] : (store.pictured.value?.masks?.unmasked ?? []).map((one) => one.shape),
        limits: !isOther && store.mode.value === "limits" ? shownLimits() : null,
      });
    });
    return () => { stop(); maps.delete(made); made.close(); };
  }, [ground]);
  return { svg, map };
}

export function Canvas({ draftOf, label, isOther = false }: { draftOf: () => Draft; label: string; isOther?: boolean }) {
  const { svg, map } = useMap(draftOf, isOther);
  useEffect(() => { if (!isOther) map.current?.fit(spotsOf(draftOf())); }, [store.opened.value, store.ground.value]);
  const id = store.chosenId.value;
  useEffect(() => {
    const row = draftOf().cameras.find((one) => one.id === id);
    if (row) map.current?.goTo(store.plane.value.spot(row.position));
  }, [id]);
  const target = store.target.value;
  useEffect(() => { if (target && !isOther) map.current?.goTo(target, 0.6); }, [target]);
  return (
    <figure class={`plan-map ${store.mode.value === "look" ? "" : "placing"}`}>
      <svg ref={svg} role="img" aria-label={label} />
      <div class="map-acts">
        <button type="button" class="btn" aria-label={w("zoom.in")} onClick={() => map.current?.zoom(1.5)}>+</button>
        <button type="button" class="btn" aria-label={w("zoom.out")} onClick={() => map.current?.zoom(1 / 1.5)}>−</button>
        {([["west", -1, 0, "←"], ["east", 1, 0, "→"], ["north", 0, -1, "↑"], ["south", 0, 1, "↓"]] as const).map(([word, x, y, sign]) => (
          <button type="button" class="btn" aria-label={`${w("pan")}, ${w(word)}`} onClick={() => map.current?.pan(x / 3, y / 3)}>{sign}</button>
        ))}
        <button type="button" class="btn" onClick={() => map.current?.fit(spotsOf(draftOf()))}>{w("zoom.all")}</button>
      </div>
    </figure>
  );
}

export function Legend() {
  const classes = store.ground.value?.classes ?? [];
  return (
    <p class="legend small">
      {classes.map((one, index) => (
        <span class={`key b${index}`}>{`${figure(one.least_px_m, one.least_px_m % 1 ? 1 : 0)} px/m : ${inLanguage({ message: one.name, message_fr: one.name_fr })}`}</span>
      ))}
      <span class="key dead">{w("legend.dead")}</span>
      <span class="key zone">{w("legend.zone")}</span>
      <span class="key assumed">{w("legend.assumed")}</span>
      {(store.pictured.value?.masks?.unmasked.length ?? 0) > 0 && <span class="key unmasked">{w("legend.unmasked")}</span>}
      {store.isNight.value && <b>{w("night.note")}</b>}
      <span class="soft">{w("approximate")}</span>
    </p>
  );
}
