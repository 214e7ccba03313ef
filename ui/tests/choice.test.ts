import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Camera } from "../src/api";
import { bestFirst, spread } from "../src/console/poste/choice";

/** The demo town as its text says it; one camera is dead, the others record. */
function town(): Camera[] {
  const text = readFileSync(new URL("../../src/beffroi/demo_town/cameras.csv", import.meta.url), "utf8");
  const [head = [], ...rows] = text.trim().split(/\r?\n/).map(cells);
  return rows.map((row) => camera(Object.fromEntries(head.map((name, i) => [name, row[i] ?? ""]))));
}

function cells(line: string): string[] {
  return [...line.matchAll(/("([^"]*)"|[^,]*)(?:,|$)/g)].slice(0, 20).map((found) => found[2] ?? found[1] ?? "");
}

function camera(row: Record<string, string>): Camera {
  const { id = "", number = "", name = "", codec = "", kind = "", zone = "" } = row;
  const main = { stream: "main", codec, width_px: 1280, height_px: 720, fallback: false };
  return {
    ...{ id, number, name, zone, kind, state: row["town_fault"] === "dead" ? "silent" : "recording" },
    ...{ lat: Number(row["lat"]), lon: Number(row["lon"]), bearing_deg: Number(row["bearing_deg"]) },
    ...{ clock_offset_ms: 0, streams: [main], workshop: false },
  } as unknown as Camera;
}

const fixed = (cameras: Camera[]): Camera[] => cameras.filter((one) => one.kind === "fixed");

test("the demo's post begins on the Mandarous towards Bonald", () => {
  const cameras = town();
  expect(cameras.length).toBeGreaterThanOrEqual(44);
  expect(bestFirst(fixed(cameras), cameras).slice(0, 1).map((one) => one.number)).toEqual(["C03"]);
});

test("a camera without picture, or to be converted, is not what a post begins on", () => {
  const cameras = town().map((one) => (one.number === "C03" ? { ...one, state: "silent" as const } : one));
  const [first] = bestFirst(fixed(cameras), cameras);
  expect(first?.state).toBe("recording");
  expect(first?.streams[0]?.codec).toBe("h264");
});

test("the strip is spread over the town, of cameras that record, and the same each time", () => {
  const cameras = town();
  const spot = cameras.filter((one) => one.number === "C03");
  const chosen = spread(cameras, spot, 9);
  expect(chosen.every((one) => one.state === "recording")).toBe(true);
  expect(new Set(chosen.map((one) => one.zone)).size).toBeGreaterThanOrEqual(7);
  expect(spread([...cameras].reverse(), spot, 9)).toEqual(chosen);
});
