/** The timeline of the pack: the leading camera, then each camera shown; the list beside it says the same. */

import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { causeWords, currentLanguage, duration, hourMinute, hourSecond, longInstant, shortDay, t, townParts } from "../i18n";
import { Timeline, type TimelineRow, type TimelineView, type Words } from "../timeline/canvas";
import { layoutOf } from "../timeline/layout";
import type { PackCamera } from "../pack/pack";
import * as reader from "./model";

const ROWS_MAX = 6;

function words(): Words {
  const { zone } = reader.desk;
  const language = currentLanguage();
  return {
    rowLabels: { ruler: t("timeline.townTime"), retention: "", days: "" },
    tick: (atUs, stepS) =>
      stepS < 60 ? hourSecond(atUs, zone, language).replace(/[.,]0$/, "") : hourMinute(atUs, zone, language),
    gap: (piece) => [t("replay.gap.text", { duration: duration(piece.toUs - piece.fromUs, language) }), causeWords(piece.cause)],
    unknown: t("reader.notInPack"),
    erased: "",
    now: "",
    limit: () => "",
    day: (atUs) => shortDay(atUs, zone, language),
    playhead: (atUs) => hourSecond(atUs, zone, language),
    offsetMinAt: (atUs) => townParts(atUs, zone).offsetMin,
  };
}

function rowOf(camera: PackCamera, isFirst: boolean): TimelineRow {
  return {
    label: isFirst ? t("reader.leading") : camera.number,
    note: camera.number,
    pieces: reader.piecesOf(camera),
    bands: reader.damageBands(camera, t("reader.verdict.altered")),
  };
}

function view(): TimelineView {
  const { leader, opened } = reader;
  const others = (opened.value?.pack.cameras ?? []).slice(0, ROWS_MAX);
  const first = leader.value ? [rowOf(leader.value, true)] : [];
  return {
    scale: reader.desk.scale.value,
    atUs: reader.desk.atUs.value,
    rows: others.length > 1 ? [...first, ...others.map((one) => rowOf(one, false))] : first,
    retention: null,
    selection: reader.desk.selection.value,
    stills: null,
  };
}

export function PackTimeline() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const made = useRef<Timeline | null>(null);
  const language = currentLanguage();
  const rows = Math.min(ROWS_MAX, reader.opened.value?.pack.cameras.length ?? 1);
  const { height } = layoutOf({ rows: Array(rows > 1 ? rows + 1 : 1).fill(0), stills: null, retention: null });
  useEffect(() => {
    if (!canvas.current) return;
    const timeline = new Timeline(canvas.current, words(), {
      onSeek: (atUs) => void reader.desk.seek(atUs),
      onHover: () => undefined,
      onScale: (scale) => (reader.desk.scale.value = scale),
    });
    made.current = timeline;
    timeline.show(view());
    return () => {
      made.current = null;
      timeline.close();
    };
  }, [language]);
  useSignalEffect(() => made.current?.show(view()));
  const atUs = reader.desk.atUs.value;
  const { fromUs, toUs } = reader.desk.scale.value;
  return (
    <canvas
      ref={canvas}
      class="tl"
      style={{ height: `${height}px` }}
      role="slider"
      tabIndex={0}
      aria-label={t("reader.timeline")}
      aria-valuemin={Math.round(fromUs / 1e6)}
      aria-valuemax={Math.round(toUs / 1e6)}
      aria-valuenow={Math.round(atUs / 1e6)}
      aria-valuetext={longInstant(atUs, reader.desk.zone, language)}
    />
  );
}
