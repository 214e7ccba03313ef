/** The town as a sketch in SVG: water, streets, names, cones, chosen camera, north and scale. No framework. */

import { bearingDeg, distanceM, offsetM, type Point, scaleBarM, type Viewer } from "./geometry";
import { type Geometry, type Line, linesOf, make } from "./svg";

interface Shape {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly geometry: Geometry;
}

export interface SketchGround {
  readonly streets: { readonly features: readonly Shape[] };
  readonly water: { readonly features: readonly Shape[] };
  readonly places: readonly ({ readonly name: string } & Point)[];
}

export interface SketchCamera extends Viewer {
  readonly number: string;
  readonly state: string;
}

export interface SketchView {
  readonly cameras: readonly SketchCamera[];
  readonly chosen: string | null;
  /** A searched place. */
  readonly target: (Point & { readonly name: string }) | null;
}

export interface SketchHandlers {
  onCamera(id: string): void;
  onPoint(point: Point): void;
}

const START_M_PER_PX = 1.9;
const M_PER_PX_MIN = 0.25;
const M_PER_PX_MAX = 12;
const CONE_SMALL_PX = 26;
const DRAG_MIN_PX = 4;

export class Sketch {
  private centre: Point | null = null;
  private mPerPx = START_M_PER_PX;
  private view: SketchView = { cameras: [], chosen: null, target: null };
  private size = { widthPx: 390, heightPx: 352 };
  private drag: { x: number; y: number; centre: Point; isMoving: boolean } | null = null;
  private readonly layer: SVGGElement;
  private readonly resize: ResizeObserver;

  constructor(
    private readonly svg: SVGSVGElement,
    private readonly ground: SketchGround,
    private readonly handlers: SketchHandlers,
  ) {
    this.layer = make("g", {}, svg);
    this.resize = new ResizeObserver(() => this.measure());
    this.resize.observe(svg);
    svg.addEventListener("wheel", this.onWheel, { passive: false });
    svg.addEventListener("pointerdown", this.onDown);
    svg.addEventListener("pointermove", this.onMove);
    svg.addEventListener("pointerup", this.onUp);
    this.measure();
  }

  /** Shows cameras and choice; a newly chosen camera out of sight brings the map to it. */
  show(view: SketchView): void {
    const isNew = view.chosen !== this.view.chosen || view.target !== this.view.target;
    this.view = view;
    const chosen = view.target ?? view.cameras.find((one) => one.id === view.chosen) ?? null;
    if (chosen && (this.centre === null || (isNew && !this.isWellInside(chosen)))) this.centre = point(chosen);
    this.draw();
  }

  zoom(factor: number): void {
    this.mPerPx = Math.min(M_PER_PX_MAX, Math.max(M_PER_PX_MIN, this.mPerPx / factor));
    this.draw();
  }

  close(): void {
    this.resize.disconnect();
    this.svg.removeEventListener("wheel", this.onWheel);
    this.svg.removeEventListener("pointerdown", this.onDown);
    this.svg.removeEventListener("pointermove", this.onMove);
    this.svg.removeEventListener("pointerup", this.onUp);
    this.layer.remove();
  }

  private measure(): void {
    const box = this.svg.getBoundingClientRect();
    if (box.width > 0) this.size = { widthPx: box.width, heightPx: box.height };
    this.svg.setAttribute("viewBox", `0 0 ${this.size.widthPx} ${this.size.heightPx}`);
    this.draw();
  }

  private px(at: Point): { x: number; y: number } {
    const { eastM, northM } = offsetM(this.centre ?? at, at);
    return { x: this.size.widthPx / 2 + eastM / this.mPerPx, y: this.size.heightPx / 2 - northM / this.mPerPx };
  }

  private groundAt(x: number, y: number): Point {
    const centre = this.centre ?? { lat: 0, lon: 0 };
    const degPerM = 180 / (Math.PI * 6_371_008.8);
    const lat = centre.lat - (y - this.size.heightPx / 2) * this.mPerPx * degPerM;
    const lonPerM = degPerM / Math.cos((centre.lat * Math.PI) / 180);
    return { lat, lon: centre.lon + (x - this.size.widthPx / 2) * this.mPerPx * lonPerM };
  }

  private isWellInside(at: Point): boolean {
    const { x, y } = this.px(at);
    const margin = 0.18;
    const { widthPx, heightPx } = this.size;
    return x > widthPx * margin && x < widthPx * (1 - margin) && y > heightPx * margin && y < heightPx * (1 - margin);
  }

  private draw(): void {
    if (!this.centre) return;
    this.layer.replaceChildren();
    this.drawGround();
    this.drawCones();
    this.drawNames();
    this.drawCameras();
    this.drawTarget();
    this.drawNorthAndScale();
  }

  private path(ring: Line, isClosed: boolean): string {
    const points = ring.map(([lon, lat]) => this.px({ lat, lon }));
    return `M${points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}${isClosed ? "Z" : ""}`;
  }

  private drawGround(): void {
    for (const shape of this.ground.water.features) {
      const isArea = shape.geometry.type.includes("Polygon");
      for (const ring of linesOf(shape.geometry)) {
        make("path", { d: this.path(ring, isArea), class: isArea ? "water" : "water-line" }, this.layer);
      }
    }
    for (const shape of this.ground.streets.features) {
      const halfWidthM = Number(shape.properties["half_width_m"] ?? 3);
      const widthPx = Math.min(14, Math.max(1.4, (halfWidthM * 2) / this.mPerPx));
      for (const ring of linesOf(shape.geometry)) {
        make("path", { d: this.path(ring, false), class: "street", "stroke-width": widthPx.toFixed(1) }, this.layer);
      }
    }
  }

  private cone(camera: SketchCamera, lengthPx: number): string {
    const { x, y } = this.px(camera);
    const edge = (deg: number): string => {
      const rad = (deg * Math.PI) / 180;
      return `${(x + lengthPx * Math.sin(rad)).toFixed(1)} ${(y - lengthPx * Math.cos(rad)).toFixed(1)}`;
    };
    const half = Math.min(85, camera.hfov_deg / 2);
    return `M${x.toFixed(1)} ${y.toFixed(1)}L${edge(camera.bearing_deg - half)}A${lengthPx} ${lengthPx} 0 0 1 ${edge(camera.bearing_deg + half)}Z`;
  }

  private drawCones(): void {
    for (const camera of this.view.cameras) {
      if (camera.id === this.view.chosen || camera.state !== "recording") continue;
      make("path", { d: this.cone(camera, CONE_SMALL_PX), class: "cone" }, this.layer);
    }
    const chosen = this.view.cameras.find((one) => one.id === this.view.chosen);
    if (!chosen) return;
    const lengthPx = Math.min(110, Math.max(56, chosen.range_m / this.mPerPx));
    make("path", { d: this.cone(chosen, lengthPx), class: "cone chosen" }, this.layer);
  }

  private drawCameras(): void {
    const ordered = [...this.view.cameras].sort((a) => (a.id === this.view.chosen ? 1 : -1));
    for (const camera of ordered) {
      const { x, y } = this.px(camera);
      if (x < -20 || y < -20 || x > this.size.widthPx + 20 || y > this.size.heightPx + 20) continue;
      const mark = this.mark(camera, x, y);
      mark.dataset["camera"] = camera.id;
      make("title", {}, mark).textContent = camera.number;
    }
  }

  /** Shape says the state: dot recording, triangle without picture. */
  private mark(camera: SketchCamera, x: number, y: number): SVGElement {
    const isChosen = camera.id === this.view.chosen;
    if (camera.state === "recording") {
      return make("circle", { cx: x, cy: y, r: isChosen ? 5.5 : 3.6, class: isChosen ? "dot chosen" : "dot" }, this.layer);
    }
    const d = `M${x} ${y - 7}l7 12.500h-14z`;
    return make("path", { d, class: isChosen ? "trouble chosen" : "trouble" }, this.layer);
  }

  private drawNames(): void {
    const { target } = this.view;
    const taken = target ? [{ ...this.px(target), half: target.name.length * 3.8 }] : [];
    for (const place of this.ground.places) {
      const { x, y } = this.px(place);
      const name = shortened(place.name);
      const half = name.length * 3.5;
      if (x - half < 4 || x + half > this.size.widthPx - 4 || y < 30 || y > this.size.heightPx - 30) continue;
      if (taken.some((one) => Math.abs(one.y - y) < 18 && Math.abs(one.x - x) < one.half + half)) continue;
      taken.push({ x, y, half });
      make("text", { x, y: y - 10, class: "place", "text-anchor": "middle" }, this.layer).textContent = name;
    }
    const water = this.ground.water.features[0];
    const name = water?.properties["name"];
    if (water && typeof name === "string") this.drawWaterName(water, name);
  }

  /** On the stretch of bank nearest to the middle of the map. */
  private drawWaterName(water: Shape, name: string): void {
    const inside = linesOf(water.geometry)
      .flat()
      .map(([lon, lat]) => this.px({ lat, lon }))
      .filter(({ x, y }) => x > 40 && y > 60 && x < this.size.widthPx - 40 && y < this.size.heightPx - 60);
    const at = inside[Math.floor(inside.length / 4)];
    if (at) make("text", { x: at.x, y: at.y, class: "water-name", "text-anchor": "middle" }, this.layer).textContent = name;
  }

  private drawTarget(): void {
    const { target } = this.view;
    if (!target) return;
    const { x, y } = this.px(target);
    make("path", { d: `M${x - 9} ${y}h18M${x} ${y - 9}v18`, class: "target" }, this.layer);
    make("circle", { cx: x, cy: y, r: 7, class: "target" }, this.layer);
    make("text", { x, y: y - 14, class: "place strong", "text-anchor": "middle" }, this.layer).textContent = target.name;
  }

  private drawNorthAndScale(): void {
    const north = make("g", { transform: `translate(${this.size.widthPx - 30} 26)`, class: "north" }, this.layer);
    make("path", { d: "M0-11l6 12H-6z" }, north);
    make("text", { x: 10, y: 1 }, north).textContent = "N";
    const barM = scaleBarM(1 / this.mPerPx, 90);
    const barPx = barM / this.mPerPx;
    const bar = make("g", { transform: `translate(12 ${this.size.heightPx - 12})`, class: "scale" }, this.layer);
    make("path", { d: `M0-4v4h${barPx.toFixed(1)}v-4` }, bar);
    make("text", { x: barPx + 7, y: 2 }, bar).textContent = `${barM} m`;
  }

  private readonly onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    this.zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2);
  };

  private readonly onDown = (event: PointerEvent): void => {
    if (this.centre) this.drag = { x: event.clientX, y: event.clientY, centre: this.centre, isMoving: false };
  };

  private readonly onMove = (event: PointerEvent): void => {
    if (!this.drag || event.buttons === 0) return;
    const dx = event.clientX - this.drag.x;
    const dy = event.clientY - this.drag.y;
    if (!this.drag.isMoving && Math.hypot(dx, dy) < DRAG_MIN_PX) return;
    if (!this.drag.isMoving) this.svg.setPointerCapture(event.pointerId);
    this.drag.isMoving = true;
    this.centre = this.drag.centre;
    this.centre = this.groundAt(this.size.widthPx / 2 - dx, this.size.heightPx / 2 - dy);
    this.draw();
  };

  private readonly onUp = (event: PointerEvent): void => {
    const wasMoving = this.drag?.isMoving ?? false;
    this.drag = null;
    if (wasMoving) return;
    const box = this.svg.getBoundingClientRect();
    const at = this.groundAt(event.clientX - box.left, event.clientY - box.top);
    const near = this.nearest(at);
    if (near) this.handlers.onCamera(near.id);
    else this.handlers.onPoint(at);
  };

  /** The camera under the pointer, preferring, on a shared mast, the one that looks that way. */
  private nearest(at: Point): SketchCamera | null {
    const reach = 12 * this.mPerPx;
    const close = this.view.cameras.filter((one) => distanceM(one, at) <= reach);
    const off = (one: SketchCamera): number => Math.abs(((bearingDeg(one, at) - one.bearing_deg + 540) % 360) - 180);
    return close.sort((a, b) => distanceM(a, at) - distanceM(b, at) || off(a) - off(b))[0] ?? null;
  }
}

/** Names as people say them on a map: `bd de Bonald`, `Mandarous`. */
export function shortened(name: string): string {
  return name
    .replace(/^Boulevard\b/, "bd")
    .replace(/^Avenue\b/, "av.")
    .replace(/^Place (?:du |de la |des |de l[’'])?/, "")
    .replace(/^Maréchal-/, "");
}

function point(at: Point): Point {
  return { lat: at.lat, lon: at.lon };
}
