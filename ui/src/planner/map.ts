/** The plan as a map in SVG: ground once, cones and handles at each change. Metres inside, no framework. */

import { scaleBarM } from "../map/geometry";
import { make } from "../map/svg";
import type { CoarseBand } from "./cone";
import { drawGround } from "./ground";
import { along, bearingDeg, type Plane, ringsOf, type Spot } from "./plane";
import type { Aim } from "./presets";
import type { Area, Band, CameraRow, DensityClass, Ground, ZoneRow } from "./types";

/** A camera, or a PTZ at one of its presets. */
export interface Shown {
  readonly row: CameraRow;
  readonly hfovDeg: number;
  /** What web said of this very row; null while it has not. */
  readonly exact: { readonly bands: readonly Band[]; readonly dead: Area | null } | null;
  readonly coarse: readonly CoarseBand[];
  /** The preset, when it is another than the one that is turned. */
  readonly aside: number | null;
  /** Distance where each class ends on the axis. */
  readonly endsM: Readonly<Record<string, number>>;
}

export interface MapView {
  readonly cameras: readonly Shown[];
  readonly zones: readonly ZoneRow[];
  readonly chosen: string | null;
  readonly classes: readonly DensityClass[];
  /** Corners of the zone being drawn. */
  readonly drawing: readonly Spot[] | null;
  /** Dwellings that no mask of the chosen camera hides. */
  readonly unmasked: readonly Area[];
  /** Zones that must be seen and places for masts, while they are being chosen. */
  readonly limits: { readonly zones: readonly Area[]; readonly spots: readonly { readonly at: Spot; readonly isBarred: boolean }[] } | null;
}

export type Handle = "turn" | "zoom" | "mast";

export interface MapHandlers {
  /** `preset`: one of a PTZ's, when it was its own mark. */
  onChoose(id: string, preset: number | null): void;
  onDrag(id: string, handle: Handle, to: Spot): void;
  onDrop(): void;
  onGround(at: Spot): void;
  /** What is shown moved: for whoever drops things by keyboard, and for the map beside. */
  onMiddle(at: Spot, mPerPx: number): void;
}

const HANDLE_PX = 96;
const M_PER_PX = { least: 0.04, most: 12 } as const;
const DRAG_MIN_PX = 4;

export class PlanMap {
  private middle: Spot = { x: 0, y: 0 };
  private mPerPx = 2;
  private size = { widthPx: 600, heightPx: 480 };
  private view: MapView = { cameras: [], zones: [], chosen: null, classes: [], drawing: null, unmasked: [], limits: null };
  private drag: { x: number; y: number; middle: Spot; id: string; preset: number | null; handle: Handle | "pan"; isMoving: boolean } | null = null;
  private readonly layer: SVGGElement;
  private readonly resize: ResizeObserver;

  constructor(
    private readonly svg: SVGSVGElement,
    ground: Ground,
    private readonly plane: Plane,
    private readonly handlers: MapHandlers,
  ) {
    svg.replaceChildren(drawGround(ground, plane));
    this.layer = make("g", {}, svg);
    this.resize = new ResizeObserver(() => this.measure());
    this.resize.observe(svg);
    svg.addEventListener("wheel", this.onWheel, { passive: false });
    svg.addEventListener("pointerdown", this.onDown);
    svg.addEventListener("pointermove", this.onMove);
    svg.addEventListener("pointerup", this.onUp);
    svg.addEventListener("pointercancel", this.onUp);
    this.measure();
  }

  /** Shows the same place as the map beside. */
  follow(at: Spot, mPerPx: number): void {
    this.middle = at;
    this.mPerPx = mPerPx;
    this.draw();
  }

  private moved(): void {
    this.draw();
    this.handlers.onMiddle(this.middle, this.mPerPx);
  }

  show(view: MapView): void {
    this.view = view;
    this.draw();
  }

  zoom(factor: number): void {
    this.mPerPx = Math.min(M_PER_PX.most, Math.max(M_PER_PX.least, this.mPerPx / factor));
    this.moved();
  }

  /** By parts of what is shown. */
  pan(east: number, south: number): void {
    const { widthPx, heightPx } = this.size;
    this.middle = { x: this.middle.x + east * widthPx * this.mPerPx, y: this.middle.y + south * heightPx * this.mPerPx };
    this.moved();
  }

  /** Brings a spot to the middle, near enough to read its cone. */
  goTo(at: Spot, mPerPx = 0.28): void {
    this.middle = at;
    this.mPerPx = Math.min(this.mPerPx, mPerPx);
    this.moved();
  }

  /** All of these in the picture. */
  fit(spots: readonly Spot[]): void {
    if (spots.length === 0) return;
    const [xs, ys] = [spots.map((one) => one.x), spots.map((one) => one.y)];
    const [west, east, north, south] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    this.middle = { x: (west + east) / 2, y: (north + south) / 2 };
    this.mPerPx = Math.max((east - west) / this.size.widthPx, (south - north) / this.size.heightPx, 0.25) * 1.12;
    this.moved();
  }

  close(): void {
    this.resize.disconnect();
    this.svg.removeEventListener("wheel", this.onWheel);
    this.svg.removeEventListener("pointerdown", this.onDown);
    this.svg.removeEventListener("pointermove", this.onMove);
    this.svg.removeEventListener("pointerup", this.onUp);
    this.svg.removeEventListener("pointercancel", this.onUp);
    this.svg.replaceChildren();
  }

  private measure(): void {
    const box = this.svg.getBoundingClientRect();
    if (box.width > 0) this.size = { widthPx: box.width, heightPx: box.height };
    this.draw();
  }

  private spotAt(event: MouseEvent): Spot {
    const box = this.svg.getBoundingClientRect();
    return {
      x: this.middle.x + (event.clientX - box.left - this.size.widthPx / 2) * this.mPerPx,
      y: this.middle.y + (event.clientY - box.top - this.size.heightPx / 2) * this.mPerPx,
    };
  }

  private readonly onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    const before = this.spotAt(event);
    this.mPerPx = Math.min(M_PER_PX.most, Math.max(M_PER_PX.least, this.mPerPx * 1.0015 ** event.deltaY));
    const after = this.spotAt(event);
    this.middle = { x: this.middle.x + before.x - after.x, y: this.middle.y + before.y - after.y };
    this.moved();
  };

  private readonly onDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const held = (event.target as Element).closest<SVGElement>("[data-camera]");
    const id = held?.dataset["camera"] ?? "";
    const handle = (held?.dataset["handle"] ?? "pan") as Handle | "pan";
    const number = held?.dataset["preset"];
    const preset = number === undefined ? null : Number(number);
    this.drag = { x: event.clientX, y: event.clientY, middle: this.middle, id, preset, handle, isMoving: false };
    this.svg.setPointerCapture(event.pointerId);
  };

  private readonly onMove = (event: PointerEvent): void => {
    const { drag } = this;
    if (!drag) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    drag.isMoving ||= Math.hypot(dx, dy) > DRAG_MIN_PX;
    if (!drag.isMoving) return;
    if (drag.handle !== "pan") this.handlers.onDrag(drag.id, drag.handle, this.spotAt(event));
    else {
      this.middle = { x: drag.middle.x - dx * this.mPerPx, y: drag.middle.y - dy * this.mPerPx };
      this.moved();
    }
  };

  private readonly onUp = (event: PointerEvent): void => {
    const { drag } = this;
    this.drag = null;
    if (!drag) return;
    if (drag.isMoving) {
      if (drag.handle !== "pan") this.handlers.onDrop();
    } else if (drag.id && !this.view.drawing && !this.view.limits) this.handlers.onChoose(drag.id, drag.preset);
    else this.handlers.onGround(this.spotAt(event));
  };

  private draw(): void {
    const { widthPx, heightPx } = this.size;
    const [width, height] = [widthPx * this.mPerPx, heightPx * this.mPerPx];
    this.svg.setAttribute("viewBox", `${this.middle.x - width / 2} ${this.middle.y - height / 2} ${width} ${height}`);
    this.layer.replaceChildren();
    for (const zone of this.view.zones) this.area(zone.shape, "zone drawn");
    const ordered = [...this.view.cameras].sort((a, b) => this.rank(a) - this.rank(b));
    for (const one of ordered) this.drawCone(one);
    for (const one of ordered) this.drawMark(one);
    for (const shape of this.view.unmasked) this.area(shape, "unmasked");
    this.drawDrawing();
    this.drawLimits();
    this.drawScale();
  }

  private area(area: Area | null, css: string): void {
    const d = this.plane.path(ringsOf(area));
    if (d) make("path", { d, class: css }, this.layer);
  }

  /** What is turned lies over its other presets, and these over other cameras. */
  private rank(one: Shown): number {
    if (one.row.id !== this.view.chosen) return 0;
    return one.aside === null ? 2 : 1;
  }

  private drawCone(one: Shown): void {
    const css = ["band", "band aside", "band chosen"][this.rank(one)] ?? "band";
    const isAimed = this.rank(one) === 2;
    const rank = new Map(this.view.classes.map((level, index) => [level.id, index]));
    if (one.exact) {
      for (const band of one.exact.bands) this.area(band.geometry, `${css} b${rank.get(band.class_id) ?? 0}`);
      if (isAimed) this.area(one.exact.dead, "dead");
    } else {
      for (const band of one.coarse) {
        const d = `M${band.corners.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z`;
        make("path", { d, class: `${css} coarse b${rank.get(band.classId) ?? 0}` }, this.layer);
      }
    }
    if (isAimed) this.drawEnds(one);
  }

  /** "62,5 · 38,8 m" where a class ends on the axis. */
  private drawEnds(one: Shown): void {
    const at = this.plane.spot(one.row.position);
    for (const level of this.view.classes) {
      const metres = one.endsM[level.id];
      if (metres === undefined || metres <= 0) continue;
      const text = `${this.number(level.least_px_m)} · ${this.number(metres)} m`;
      this.tag(along(at, one.row.bearing_deg, metres), text, "end");
    }
  }

  private number(value: number): string {
    return value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
  }

  private tag(at: Spot, text: string, css: string): SVGGElement {
    const px = this.mPerPx;
    const width = (text.length * 6.6 + 12) * px;
    const group = make("g", { class: `tag ${css}` }, this.layer);
    make("rect", { x: at.x - width / 2, y: at.y - 9 * px, width, height: 18 * px, rx: 3 * px }, group);
    const label = make("text", { x: at.x, y: at.y + 4 * px, "font-size": 11.5 * px }, group);
    label.textContent = text;
    return group;
  }

  private drawMark(one: Shown): void {
    const px = this.mPerPx;
    const at = this.plane.spot(one.row.position);
    const isChosen = one.row.id === this.view.chosen;
    const held = { "data-camera": one.row.id };
    if (one.aside !== null) return this.drawAside(one, at, one.aside);
    if (isChosen) {
      this.drawHandles(one, at);
      make("circle", { cx: at.x, cy: at.y, r: 8 * px, class: "mast chosen", ...held, "data-handle": "mast" }, this.layer);
      make("circle", { cx: at.x, cy: at.y, r: 2.5 * px, class: "mast-dot" }, this.layer);
    }
    if (!isChosen) make("circle", { cx: at.x, cy: at.y, r: 4 * px, class: "mast", ...held }, this.layer);
    if (!isChosen && px > 1.6) return;
    const name = isChosen ? `${one.row.id} · ${this.number(one.row.bearing_deg)}° · ${this.number(one.hfovDeg)}°` : one.row.id;
    const tag = this.tag(along(at, one.row.bearing_deg + (isChosen ? 180 : 0), (isChosen ? 26 : 20) * px), name, isChosen ? "name chosen" : "name");
    tag.dataset["camera"] = one.row.id;
  }

  /** The number of a preset, on its axis: a click takes it in hand. */
  private drawAside(one: Shown, at: Spot, preset: number): void {
    const tag = this.tag(along(at, one.row.bearing_deg, 70 * this.mPerPx), String(preset + 1), "name");
    Object.assign(tag.dataset, { camera: one.row.id, preset });
  }

  private drawHandles(one: Shown, at: Spot): void {
    const px = this.mPerPx;
    const held = { "data-camera": one.row.id };
    const ends = { turn: one.row.bearing_deg, zoom: one.row.bearing_deg + one.hfovDeg / 2 } as const;
    for (const handle of ["turn", "zoom"] as const) {
      const to = along(at, ends[handle], HANDLE_PX * px);
      make("path", { d: `M${at.x} ${at.y}L${to.x} ${to.y}`, class: "arm" }, this.layer);
      const shape = handle === "turn"
        ? make("circle", { cx: to.x, cy: to.y, r: 9 * px, class: "handle" }, this.layer)
        : make("rect", { x: to.x - 8 * px, y: to.y - 8 * px, width: 16 * px, height: 16 * px, class: "handle" }, this.layer);
      Object.assign(shape.dataset, { camera: held["data-camera"], handle });
    }
  }

  private drawDrawing(): void {
    const { drawing } = this.view;
    if (!drawing) return;
    const d = drawing.length ? `M${drawing.map(({ x, y }) => `${x} ${y}`).join("L")}` : "";
    make("path", { d, class: "drawing" }, this.layer);
    for (const { x, y } of drawing) make("circle", { cx: x, cy: y, r: 5 * this.mPerPx, class: "corner" }, this.layer);
  }

  /** A place is a diamond; a forbidden one is crossed out. */
  private drawLimits(): void {
    const px = this.mPerPx;
    for (const shape of this.view.limits?.zones ?? []) this.area(shape, "zone mandatory");
    for (const { at, isBarred } of this.view.limits?.spots ?? []) {
      const side = 6 * px;
      make("path", { d: `M${at.x} ${at.y - side}l${side} ${side}l${-side} ${side}l${-side} ${-side}z`, class: isBarred ? "spot barred" : "spot" }, this.layer);
      if (isBarred) make("path", { d: `M${at.x - side} ${at.y - side}l${2 * side} ${2 * side}m0 ${-2 * side}l${-2 * side} ${2 * side}`, class: "spot cross" }, this.layer);
    }
  }

  private drawScale(): void {
    const px = this.mPerPx;
    const metres = scaleBarM(1 / px, 130);
    const x = this.middle.x - (this.size.widthPx / 2 - 16) * px;
    const y = this.middle.y + (this.size.heightPx / 2 - 16) * px;
    make("path", { d: `M${x} ${y - 6 * px}v${6 * px}h${metres}v${-6 * px}`, class: "scale" }, this.layer);
    make("text", { x: x + metres / 2, y: y - 8 * px, "font-size": 12 * px, class: "scale-words" }, this.layer).textContent = `${metres} m`;
    const [nx, ny] = [this.middle.x + (this.size.widthPx / 2 - 26) * px, this.middle.y - (this.size.heightPx / 2 - 30) * px];
    make("circle", { cx: nx, cy: ny, r: 18 * px, class: "rose" }, this.layer);
    make("path", { d: `M${nx} ${ny - 14 * px}l${5 * px} ${13 * px}h${-10 * px}z`, class: "needle" }, this.layer);
    make("text", { x: nx, y: ny + 13 * px, "font-size": 12 * px, class: "scale-words" }, this.layer).textContent = "N";
  }
}

/** What a dragged handle asks for. */
export function dragged(row: CameraRow, at: Spot, handle: Handle, to: Spot): Partial<Aim> | Spot {
  if (handle === "mast") return to;
  const deg = bearingDeg(at, to);
  if (handle === "turn") return { bearing_deg: deg };
  const apart = Math.abs(((deg - row.bearing_deg + 540) % 360) - 180);
  return { hfov_deg: apart * 2 };
}
