/** Entry of the plan editor: `<div id="planner" data-language="fr|en" data-can-save="yes|no">` in a page of web. */

import { render } from "preact";
import { useEffect } from "preact/hooks";
import "./planner.css";
import { setLanguage } from "../i18n";
import { Bar } from "./bar";
import { CameraPanel } from "./camera";
import { Canvas, Legend } from "./canvas";
import { CameraList, ZoneList } from "./lists";
import { Proposed } from "./proposal";
import { Shares } from "./shares";
import * as store from "./store";
import { w } from "./words";
import { stopDrawing, ZonePanel } from "./zones";

function onKey(event: KeyboardEvent): void {
  if (event.key === "Escape") return stopDrawing();
  const isField = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
  if (!(event.ctrlKey || event.metaKey) || (isField && event.target.type !== "number")) return;
  const key = event.key.toLowerCase();
  const act = key === "z" ? (event.shiftKey ? store.redo : store.undo) : key === "y" ? store.redo : null;
  if (!act) return;
  event.preventDefault();
  act();
}

function Said() {
  const told = store.said.value;
  return <div class={`notice said ${told?.isBad ? "bad" : "ok"}`} role="status" hidden={!told}>{told?.words}</div>;
}

function Planner({ canSave }: { canSave: boolean }) {
  useEffect(() => {
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  const other = store.other.value;
  const zone = store.chosenZone.value;
  if (!store.ground.value) return <><Said /><p class="soft" role="status">{w("loading")}</p></>;
  return (
    <>
      <Said />
      <Bar canSave={canSave} />
      <div class="planner">
        <div class="stack lists"><CameraList /><ZoneList /></div>
        <div class="stack middle">
          <div class={other ? "maps two-maps" : "maps"}>
            <Canvas draftOf={() => store.shown.value} label={w("map")} />
            {other && <Canvas draftOf={() => other.draft} label={w("map.other", { name: other.name })} isOther key={other.name} />}
          </div>
          <Legend />
          <Shares />
          <Proposed canSave={canSave} />
        </div>
        <section class="panel chosen-panel" aria-live="off">{zone ? <ZonePanel zone={zone} canSave={canSave} /> : <CameraPanel />}</section>
      </div>
    </>
  );
}

const host = document.getElementById("planner");
if (host) {
  setLanguage(host.dataset["language"] ?? document.documentElement.lang);
  host.replaceChildren();
  render(<Planner canSave={host.dataset["canSave"] === "yes"} />, host);
  void store.start();
}
