/** Driving and timeline: everything by key, the canvas for the eye, the list twin for everyone. */

import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import {
  causeWords,
  duration,
  hourMinute,
  hourSecond,
  longInstant,
  shortDay,
  t,
  townParts,
} from "../../i18n";
import { DriveBar } from "../../replay/drive";
import { pieces } from "../../timeline/coverage";
import { LABELS_PX, STILL_PX, Timeline, type TimelineView, type Words } from "../../timeline/canvas";
import { holdBands, holds } from "../locks";
import { currentLanguage, isDepthShort, nowUs, oldestUs, tickUs, zone } from "../store";
import * as replay from "./model";
import { Stills } from "./stills";

export const timeline: { current: Timeline | null } = { current: null };

export function TimelinePanel() {
  return (
    <section class="time" aria-label={t("drive.label")}>
      <DriveBar desk={replay.desk} beyond={t("drive.goto.future")} />
      <TimelineCanvas />
    </section>
  );
}

function timelineWords(): Words {
  const language = currentLanguage();
  const camera = replay.camera.value;
  const days = Math.round((camera?.retention_s ?? 0) / 86400);
  const isShort = camera !== null && isDepthShort(camera);
  return {
    rowLabels: {
      ruler: t("timeline.townTime"),
      retention: t("timeline.retention"),
      days: t("timeline.retention.days", { days }),
    },
    tick: (atUs, stepS) =>
      stepS < 60 ? hourSecond(atUs, zone(), language).replace(/[.,]0$/, "") : hourMinute(atUs, zone(), language),
    gap: (piece) => [
      t("replay.gap.text", { duration: duration(piece.toUs - piece.fromUs, language) }),
      causeWords(piece.cause),
    ],
    unknown: t("timeline.list.unknown"),
    erased: t(isShort ? "timeline.beyond" : "timeline.erased"),
    now: t("timeline.now"),
    limit: (atUs) => t(isShort ? "timeline.depth" : "timeline.limit", { when: `${shortDay(atUs, zone(), language)} ${hourMinute(atUs, zone(), language)}` }),
    day: (atUs) => shortDay(atUs, zone(), language),
    playhead: (atUs) => hourSecond(atUs, zone(), language),
    offsetMinAt: (atUs) => townParts(atUs, zone()).offsetMin,
  };
}

/** The view as of now; `atUs` alone moves between two of them. */
function currentView(stills: TimelineView["stills"]): TimelineView {
  const camera = replay.camera.value;
  const now = tickUs.value || nowUs();
  const fromUs = camera ? oldestUs(camera) : now - 86_400e6;
  const wide = replay.wideCoverage.value;
  return {
    scale: replay.scale.value,
    atUs: replay.atUs.value,
    rows: [
      {
        label: t("timeline.camera"),
        note: camera ? `${camera.number} · ${t("spot.heading", { deg: Math.round(camera.bearing_deg) })}` : "",
        pieces: replay.windowPieces.value,
        bands: camera ? holdBands(holds.value, camera.id) : [],
      },
    ],
    retention: { fromUs, nowUs: now, pieces: wide ? pieces(wide, fromUs, now) : [] },
    selection: replay.selection.value,
    stills,
  };
}

const COVERAGE_DELAY_MS = 120;
const COVERAGE_EVERY_MS = 8000;
const WIDE_EVERY_MS = 60_000;

function useCoverage(): void {
  useSignalEffect(() => {
    const isReady = replay.opened.value !== null && replay.isSettled.value;
    if (!isReady || !replay.isUncovered.value) return;
    const timer = setTimeout(() => void replay.loadCoverage(), COVERAGE_DELAY_MS);
    return () => clearTimeout(timer);
  });
  useEffect(() => {
    const near = setInterval(() => void replay.loadCoverage(), COVERAGE_EVERY_MS);
    const wide = setInterval(() => {
      void replay.loadWideCoverage();
      void replay.loadHolds();
    }, WIDE_EVERY_MS);
    return () => {
      clearInterval(near);
      clearInterval(wide);
    };
  }, []);
  useSignalEffect(() => {
    const isKnown = replay.wideCoverage.value !== null;
    if (!replay.opened.value || !replay.isSettled.value || isKnown) return;
    void replay.loadWideCoverage();
    void replay.loadHolds();
  });
}

function TimelineCanvas() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const hover = useSignal<{ atUs: number; px: number } | null>(null);
  const stills = useRef(new Stills());
  const cameraId = replay.cameraId.value;
  useCoverage();
  useEffect(() => {
    if (!canvas.current) return;
    const made = new Timeline(canvas.current, timelineWords(), {
      onSeek: (atUs) => void replay.desk.seek(atUs),
      onHover: (at) => (hover.value = at),
      onScale: (scale) => (replay.scale.value = scale),
    });
    timeline.current = made;
    stills.current.onChange = () => made.show(currentView(stills.current.shown));
    return () => {
      timeline.current = null;
      made.close();
    };
  }, [cameraId]);
  useSignalEffect(() => {
    const { doors } = replay.opened.value ?? {};
    const view = currentView(stills.current.shown);
    const slots = Math.ceil((timeline.current?.trackPx ?? 1740) / STILL_PX);
    if (!replay.isSettled.value) stills.current.rest();
    else if (doors) stills.current.want(doors, view.scale, replay.windowPieces.value, slots);
    timeline.current?.show({ ...view, stills: stills.current.shown });
  });
  const value = replay.atUs.value;
  return (
    <div class="timeline">
      <canvas
        ref={canvas}
        class="tl"
        role="slider"
        tabIndex={0}
        aria-label={t("timeline.label")}
        aria-valuemin={Math.round(replay.scale.value.fromUs / 1e6)}
        aria-valuemax={Math.round(replay.scale.value.toUs / 1e6)}
        aria-valuenow={Math.round(value / 1e6)}
        aria-valuetext={longInstant(value, zone(), currentLanguage())}
      />
      {hover.value && <HoverStill atUs={hover.value.atUs} px={hover.value.px} stills={stills.current} />}
    </div>
  );
}

/** A still of the instant under the pointer, inside the panel, never over a picture. */
function HoverStill({ atUs, px, stills }: { atUs: number; px: number; stills: Stills }) {
  const picture = useRef<HTMLCanvasElement>(null);
  const isEmpty = useSignal(false);
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    const { doors } = replay.opened.value ?? {};
    if (box.current) box.current.style.left = `${Math.max(LABELS_PX, px - 70)}px`;
    if (!doors) return;
    return stills.hover(doors, atUs, (bitmap) => {
      isEmpty.value = bitmap === null;
      if (bitmap) picture.current?.getContext("2d")?.drawImage(bitmap, 0, 0, 128, 72);
    });
  }, [Math.round(atUs / 1e6), px]);
  return (
    <figure class="hover" ref={box}>
      <canvas ref={picture} width={128} height={72} class={isEmpty.value ? "off" : ""} />
      {isEmpty.value && <span class="soft">{t("timeline.still.none")}</span>}
      <figcaption>{hourSecond(atUs, zone(), currentLanguage())}</figcaption>
    </figure>
  );
}
