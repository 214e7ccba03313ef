/** The map and its list twin: whatever the map shows and does, the list shows and does. */

import { useEffect, useRef } from "preact/hooks";
import type { Camera } from "../api";
import { t } from "../i18n";
import { Panel } from "../kit";
import { distanceM, rankedBySight, type Point } from "../map/geometry";
import { Sketch } from "../map/sketch";
import { cameras, loadMap, openCameras, townMap } from "./store";

export interface Target extends Point {
  readonly name: string;
}

export interface MapPanelProps {
  readonly chosen: string | null;
  readonly target: Target | null;
  readonly onCamera: (id: string) => void;
  readonly onPoint?: (point: Point) => void;
}

export function MapPanel(props: MapPanelProps) {
  useEffect(() => void loadMap(), []);
  return (
    <Panel title={t("map.title")} aside={<Approximate />} class="map-panel">
      <MapSketch {...props} />
      <CameraList {...props} />
    </Panel>
  );
}

function Approximate() {
  return townMap.value?.approximate ? <span>{t("map.approximate")}</span> : null;
}

function MapSketch({ chosen, target, onCamera, onPoint }: MapPanelProps) {
  const svg = useRef<SVGSVGElement>(null);
  const sketch = useRef<Sketch | null>(null);
  const handlers = useRef({ onCamera, onPoint });
  handlers.current = { onCamera, onPoint };
  const ground = townMap.value;
  const shown = openCameras.value;
  useEffect(() => {
    if (!svg.current || !ground) return;
    sketch.current = new Sketch(svg.current, ground, {
      onCamera: (id) => handlers.current.onCamera(id),
      onPoint: (at) => handlers.current.onPoint?.(at),
    });
    return () => {
      sketch.current?.close();
      sketch.current = null;
    };
  }, [ground]);
  useEffect(() => sketch.current?.show({ cameras: shown, chosen, target }), [ground, shown, chosen, target]);
  return <svg ref={svg} class="map" role="img" aria-label={t("map.label")} />;
}

interface Row {
  readonly camera: Camera;
  readonly words: string;
  readonly isPoor: boolean;
}

function rows(props: MapPanelProps): Row[] {
  const { chosen, target } = props;
  if (target) {
    return rankedBySight(openCameras.value, target)
      .slice(0, 12)
      .map(({ camera, sight, distanceM: apart }) => ({
        camera,
        words: t(`sight.${sight}`, { metres: Math.round(apart) }),
        isPoor: sight === "behind" || sight === "far",
      }));
  }
  const centre = cameras.value.find((one) => one.id === chosen);
  if (!centre) return cameras.value.map((camera) => ({ camera, words: camera.number, isPoor: false }));
  return cameras.value
    .map((camera) => ({ camera, apart: distanceM(centre, camera) }))
    .sort((a, b) => a.apart - b.apart || a.camera.number.localeCompare(b.camera.number))
    .map(({ camera, apart }) => ({ camera, words: `${Math.round(apart)} m`, isPoor: false }));
}

function CameraList(props: MapPanelProps) {
  const title = props.target
    ? t("map.see", { place: props.target.name })
    : t(props.chosen ? "map.list" : "map.listPlain");
  return (
    <div class="see">
      <h3 class="t">{title}</h3>
      <ol id="camera-list" aria-label={title} tabIndex={-1}>
        {rows(props).map((row) => (
          <li key={row.camera.id}>
            <CameraRow row={row} isOn={row.camera.id === props.chosen} onCamera={props.onCamera} />
          </li>
        ))}
      </ol>
    </div>
  );
}

function CameraRow({ row, isOn, onCamera }: { row: Row; isOn: boolean; onCamera: (id: string) => void }) {
  const { camera } = row;
  return (
    <button
      type="button"
      class={isOn ? "row on" : "row"}
      aria-current={isOn}
      onClick={() => onCamera(camera.id)}
      onKeyDown={moveInList}
    >
      <span class="num">{camera.number}</span>
      <span class={isOn ? "cut strong" : "cut"}>{camera.name}</span>
      <span class={row.isPoor ? "soft" : ""}>
        {camera.state === "recording" ? row.words : <NoImageWord camera={camera} />}
      </span>
    </button>
  );
}

function NoImageWord({ camera }: { camera: Camera }) {
  if (camera.state === "barred") return <span class="soft">{t("camera.barred")}</span>;
  return <span class="alert-word">▲ {t(`camera.${camera.state}`)}</span>;
}

/** Arrows go from row to row. */
function moveInList(event: KeyboardEvent): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0) return;
  event.preventDefault();
  event.stopPropagation();
  const list = (event.currentTarget as HTMLElement).closest("ol");
  const buttons = [...(list?.querySelectorAll<HTMLButtonElement>("button") ?? [])];
  const at = buttons.indexOf(event.currentTarget as HTMLButtonElement);
  buttons[at + step]?.focus();
}

/** Focus on the list twin, at the chosen camera. */
export function focusCameraList(): void {
  const list = document.querySelector("#camera-list");
  (list?.querySelector<HTMLButtonElement>(".row.on") ?? list?.querySelector<HTMLButtonElement>("button"))?.focus();
}
