/** Replay of one camera: the picture, the instant, what exists and what does not. RELECTURE is said everywhere. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Camera } from "../../api";
import { causeWords, duration, folded, hourSecond, t } from "../../i18n";
import { type Binding, Button, helpBinding, KeyHints, Panel, useKeys } from "../../kit";
import { driveBindings, zoomBinding } from "../../replay/drive";
import { AgentSlot, Banner, Brand, ReasonSlot, Tags, TownClock } from "../frame";
import { canReplay } from "../../media";
import { focusCameraList } from "../map-panel";
import { NoReplay } from "../picture";
import { cameras, currentLanguage, has, isAskingReason, reason, words, zone } from "../store";
import { InstantPanel, SelectionPanel, TimelineList } from "./facts";
import * as replay from "./model";
import { TimelinePanel } from "./timeline-panel";

export function Relecture() {
  useEffect(() => replay.openFromAddress(), []);
  const bindings = replayBindings();
  useKeys(bindings);
  const camera = replay.camera.value;
  return (
    <div class="rel">
      <header class="topbar">
        <Brand />
        <Tags />
        <span class="replay-tag">{t("replay")}</span>
        <ReasonSlot />
        <span class="sep" />
        <AgentSlot />
        <span class="sep" />
        <TownClock isSmall />
        <Button onClick={backToLive} cap="T">
          {t("replay.back")}
        </Button>
      </header>
      <Banner />
      <main class="main">{camera && <Picture camera={camera} key={`${camera.id}-${reason.value?.sinceUs}`} />}</main>
      <CameraChoice />
      <aside class="facts">
        {camera && (
          <>
            <InstantPanel camera={camera} />
            <SelectionPanel camera={camera} />
            <TimelineList />
          </>
        )}
      </aside>
      <TimelinePanel />
      <KeyHints bindings={bindings} />
    </div>
  );
}

function Picture({ camera }: { camera: Camera }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (!canvas.current) return;
    return replay.openOn(canvas.current, camera);
  }, []);
  const report = replay.report.value;
  const isShown = report !== null && (report.state === "showing" || report.pictureAtUs !== null);
  return (
    <>
      <div class="pic" data-state={report?.state ?? "idle"} data-picture-at-us={report?.pictureAtUs ?? ""}>
        <div class={isShown ? "surface" : "surface off"}>
          <canvas ref={canvas} aria-label={camera.name} role="img" />
        </div>
        {!isShown && <Absence />}
      </div>
      <div class="head">
        <h1 class="cut">{camera.name}</h1>
        <span class="soft nowrap">
          {camera.number} · {t("spot.heading", { deg: Math.round(camera.bearing_deg) })}
        </span>
        <span class="grow" />
        <span class="word">{t("replay")}</span>
        {report?.isAltered === true ? (
          <b class="altered cut" role="alert">
            {t("replay.altered")}
          </b>
        ) : (
          <span class="soft cut">{sourceWords()}</span>
        )}
      </div>
    </>
  );
}

function sourceWords(): string {
  const report = replay.report.value;
  if (report && replay.shownUs.value !== report.atUs) {
    return t("replay.onTheWay", { time: hourSecond(report.atUs, zone(), currentLanguage()) });
  }
  if (report?.isSmallStream) return t("replay.small");
  const source = replay.opened.value?.source();
  if (source === "transcoded") return t("replay.converted");
  return source === "sub" ? t("replay.smallOnly") : t("replay.original");
}

/** Words in place of the picture: a gap with its cause, nothing recorded, a refusal. */
function Absence() {
  if (!canReplay()) return <NoReplay />;
  const report = replay.report.value;
  const piece = replay.herePiece.value;
  if (report === null || report.state === "loading" || report.state === "idle") {
    return <div class="none plain">{reason.value ? t("state.loading") : t("state.noReason")}</div>;
  }
  if (report.state === "failed") {
    return (
      <div class="none" role="alert">
        <b>{t("replay.failed")}</b>
        <span>{words(report.error)}</span>
      </div>
    );
  }
  const next = replay.afterGapUs.value;
  const hour = (atUs: number): string => hourSecond(atUs, zone(), currentLanguage());
  const isGap = piece?.kind === "gap";
  return (
    <div class="none">
      <b>
        {isGap ? t("replay.gap.text", { duration: duration(piece.toUs - piece.fromUs, currentLanguage()) }) : t("replay.nothing")}
      </b>
      <span>{isGap ? causeWords(piece.cause) : t("replay.nothing.hint")}</span>
      {isGap && <span>{t("replay.gap.from", { from: hour(piece.fromUs), to: hour(piece.toUs) })}</span>}
      {next !== null && (
        <Button onClick={replay.skipGap} cap="S">
          {t("replay.gap.skip", { time: hour(next) })}
        </Button>
      )}
    </div>
  );
}

/** The middle column: another camera at the same instant. */
function CameraChoice() {
  const filter = useSignal("");
  const asked = folded(filter.value);
  const shown = cameras.value.filter((one) => folded(`${one.number} ${one.name}`).includes(asked));
  return (
    <Panel title={t("replay.camera")} class="choice-panel">
      <label class="field">
        <span class="vh">{t("map.filter")}</span>
        <input
          value={filter.value}
          placeholder={t("map.filter")}
          onInput={(event) => (filter.value = event.currentTarget.value)}
        />
      </label>
      <ol id="camera-list" class="see-list">
        {shown.map((one) => (
          <li key={one.id}>
            <button
              type="button"
              class={one.id === replay.cameraId.value ? "row on" : "row"}
              aria-current={one.id === replay.cameraId.value}
              onClick={() => replay.choose(one.id)}
            >
              <span class="num">{one.number}</span>
              <span class="cut">{one.name}</span>
            </button>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function backToLive(): void {
  location.assign(`/poste/?camera=${encodeURIComponent(replay.cameraId.value ?? "")}`);
}

function nextCamera(by: 1 | -1): void {
  const list = cameras.value;
  const at = list.findIndex((one) => one.id === replay.cameraId.value);
  const next = list[(at + by + list.length) % list.length];
  if (next) replay.choose(next.id);
}

function replayBindings(): Binding[] {
  const keys: Binding[] = [
    ...driveBindings(replay.desk),
    { caps: ["V"], words: t("keys.lock"), on: ["v"], run: replay.lockHere },
    { caps: ["E"], words: t("keys.extraction"), on: ["e"], run: replay.askExtraction },
    {
      caps: ["X"],
      words: t("keys.export"),
      on: ["x"],
      run: () => document.querySelector<HTMLButtonElement>(".export")?.click(),
      isMinor: true,
    },
    { caps: ["T"], words: t("keys.direct"), on: ["t"], run: backToLive },
    { caps: ["S"], words: t("keys.gap"), on: ["s"], run: replay.skipGap, isMinor: true },
    zoomBinding(replay.desk),
    { caps: ["N", "P"], words: t("keys.camera"), on: ["n", "p"], run: (press) => nextCamera(press === "n" ? 1 : -1), isMinor: true },
    { caps: ["M"], words: t("keys.list"), on: ["m"], run: focusCameraList, isMinor: true },
    { caps: ["O"], words: t("keys.reason"), on: ["o"], run: () => (isAskingReason.value = true), isMinor: true },
    helpBinding(),
  ];
  const without = [...(has("export") ? [] : ["x"]), ...(has("lock") ? [] : ["v", "e"])];
  return keys.filter((one) => !one.on.some((key) => without.includes(key)));
}

