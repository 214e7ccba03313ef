/** The ground of the map, drawn once: water, streets, buildings, zones, perimeter. */

import { linesOf, make } from "../map/svg";
import { type Plane, ringsOf } from "./plane";
import type { Ground } from "./types";

export function drawGround(ground: Ground, plane: Plane): SVGGElement {
  const layer = make("g", { class: "ground" });
  for (const { geometry } of ground.water.features) {
    const isArea = geometry.type.includes("Polygon");
    make("path", { d: plane.path(linesOf(geometry), isArea), class: isArea ? "water" : "water-line" }, layer);
  }
  for (const { geometry, properties } of ground.streets.features) {
    const wide = 2 * (Number(properties["half_width_m"] ?? 3) + Number(properties["pavement_m"] ?? 1.5));
    const d = plane.path(linesOf(geometry), false);
    make("path", { d, class: "pavement", "stroke-width": wide }, layer);
  }
  const [known, assumed] = [false, true].map((one) => ground.buildings.filter(({ is_assumed }) => is_assumed === one));
  for (const [rows, css] of [[known, "building"], [assumed, "building assumed"]] as const) {
    const d = (rows ?? []).map(({ rings }) => plane.path(rings)).join("");
    if (d) make("path", { d, class: css }, layer);
  }
  for (const zone of ground.zones) make("path", { d: plane.path(ringsOf(zone.shape)), class: "zone" }, layer);
  if (ground.perimeter) make("path", { d: plane.path(ringsOf(ground.perimeter)), class: "perimeter" }, layer);
  drawNames(ground, plane, layer);
  return layer;
}

/** Streets' names along their longest side, once each. */
function drawNames(ground: Ground, plane: Plane, layer: Element): void {
  const said = new Set<string>();
  for (const { geometry, properties } of ground.streets.features) {
    const name = String(properties["name"] ?? "");
    const line = (linesOf(geometry)[0] ?? []).map((at) => plane.spot(at));
    const sides = line.slice(1).map((end, index) => [line[index] ?? end, end] as const);
    const long = sides.map(([a, b]) => ({ a, b, metres: Math.hypot(b.x - a.x, b.y - a.y) })).sort((a, b) => b.metres - a.metres)[0];
    if (!name || said.has(name) || !long || long.metres < name.length * 2.2) continue;
    said.add(name);
    const { a, b } = long.a.x <= long.b.x ? long : { a: long.b, b: long.a };
    const turn = (Math.atan2(b.y - a.y, b.x - a.x) * 180) / Math.PI;
    const [x, y] = [(a.x + b.x) / 2, (a.y + b.y) / 2];
    make("text", { x, y: y + 1.3, transform: `rotate(${turn} ${x} ${y})`, class: "street-name" }, layer).textContent = name;
  }
}
