/** What both maps draw with: SVG elements, and the lines of a GeoJSON geometry. No framework. */

/** Positions, longitude first. */
export type Line = readonly (readonly [number, number])[];

export interface Geometry {
  readonly type: string;
  readonly coordinates: unknown;
}

const SVG = "http://www.w3.org/2000/svg";

export function make<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>>,
  parent?: Element,
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  parent?.append(element);
  return element;
}

/** Lines and rings of any geometry. */
export function linesOf({ type, coordinates }: Geometry): readonly Line[] {
  if (type === "LineString") return [coordinates as Line];
  if (type === "MultiLineString" || type === "Polygon") return coordinates as readonly Line[];
  return type === "MultiPolygon" ? (coordinates as readonly (readonly Line[])[]).flat() : [];
}
