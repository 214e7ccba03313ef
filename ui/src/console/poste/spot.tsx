/** The spot: state in words, place and direction, recording, age, clock; north and south neighbours as rails. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Camera } from "../../api";
import { hourSecond, signedSeconds, t } from "../../i18n";
import { Button, Icon } from "../../kit";
import { NEIGHBOUR_MAX_M, PAD_KEYS } from "../../map/geometry";
import { canReplay, type PlayerReport, type ReplayReport } from "../../media";
import { age, hasPicture, NoReplay, PictureBox, useLive } from "../picture";
import { heldWords, JUST_NOW_US, lockState } from "../locks";
import { openReplayer } from "../replaying";
import { currentLanguage, has, isClockWrong, spotWays, words, zone } from "../store";
import { around, reviewFromUs, show, spot } from "./model";
import { backToLive, lockJustNow, openReplay, openWall, review } from "./actions";
import { absenceWords, placeWords } from "./neighbours";

export function Spot() {
  const camera = spot.value;
  if (!camera) return <NoSpot />;
  return reviewFromUs.value === null ? (
    <LiveSpot key={camera.id} camera={camera} />
  ) : (
    <ReviewSpot key={`${camera.id}-${reviewFromUs.value}`} camera={camera} fromUs={reviewFromUs.value} />
  );
}

function NoSpot() {
  return (
    <section class="spot">
      <div class="none">
        <b>{t("spot.none")}</b>
        <span>{t("spot.none.hint")}</span>
      </div>
    </section>
  );
}

function LiveSpot({ camera }: { camera: Camera }) {
  const { host, report } = useLive(camera, spotWays(camera));
  return (
    <section class="spot" aria-label={camera.name}>
      <div class="head">
        <LiveBadge report={report} camera={camera} />
        <Title camera={camera} />
        <span class="grow" />
        <span class={camera.state === "recording" ? "tag" : "tag attention"}>
          <i class="ring" />
          {camera.state === "recording" ? t("spot.rec") : t("spot.rec.off")}
        </span>
        <div class="two right nowrap">
          <span>
            {t("spot.age")} <b class="strong">{hasPicture(report) ? age(report) : "—"}</b>
          </span>
          <span>{clockWords(camera)}</span>
        </div>
      </div>
      <Rail direction="n" />
      <PictureBox camera={camera} report={report} host={host} />
      <Rail direction="s" />
      <div class="foot">
        {has("lock") && <LockButton />}
        {has("replay") && (
          <>
            <Button onClick={review} cap="←">
              <Icon name="back" />
              {t("spot.replay10")}
            </Button>
            <Button onClick={openReplay} cap="R">
              <Icon name="film" />
              {t("spot.openReplay")}
            </Button>
          </>
        )}
        <span class="grow" />
        <SourceWords camera={camera} report={report} />
        <Button onClick={openWall} cap="W">
          <Icon name="wall" />
          {t("spot.wall")}
        </Button>
      </div>
    </section>
  );
}

/** Locks the last minutes, and says until when; in words, since nothing may be drawn over the picture. */
function LockButton() {
  const state = lockState.value;
  const [one] = state.kind === "held" ? state.holds : [];
  return (
    <>
      <Button onClick={lockJustNow} cap="V" isDisabled={state.kind === "running"} class="lock">
        <Icon name="lock" />
        {t("lock.minutes", { minutes: Math.round(JUST_NOW_US / 60e6) })}
      </Button>
      <span role="status" class={state.kind === "failed" ? "attention said" : "held said"}>
        {state.kind === "failed" && t("lock.failed", { message: state.message })}
        {one && heldWords(one)}
      </span>
    </>
  );
}

function LiveBadge({ report, camera }: { report: PlayerReport | null; camera: Camera }) {
  if (report?.state === "live" && camera.state === "recording") {
    return (
      <span class="direct">
        <i class="dot" />
        {t("live")}
      </span>
    );
  }
  if (report?.state === "late") {
    return (
      <span class="direct late">
        <Icon name="clock" />
        {t("state.late", { age: age(report) })}
      </span>
    );
  }
  const isWaiting = report === null || report.state === "connecting" || report.state === "idle";
  return <span class="direct off">{isWaiting ? t("state.connecting") : t("state.noImage")}</span>;
}

function Title({ camera }: { camera: Camera }) {
  return (
    <>
      <h2 class="cut">{camera.name}</h2>
      <span class="soft nowrap">
        {camera.number} · {t("spot.heading", { deg: Math.round(camera.bearing_deg) })}
      </span>
    </>
  );
}

function SourceWords({ report, camera }: { report: PlayerReport | null; camera: Camera }) {
  const isSmall = report?.stream === "sub";
  const hasMain = camera.streams.some((one) => one.stream === "main");
  if (report?.transcoded) return <span class="soft note">{t("spot.transcoded")}</span>;
  return isSmall && hasMain ? <span class="soft note">{t("spot.smallStream")}</span> : null;
}

function clockWords(camera: Camera): string {
  if (camera.clock_offset_ms === null) return t("spot.clock.unknown");
  const offset = signedSeconds(camera.clock_offset_ms, currentLanguage());
  return t(isClockWrong(camera.clock_offset_ms) ? "spot.clock.wrong" : "spot.clock", { offset });
}

/** North above the picture, south below: a name to go to, or why there is none. */
function Rail({ direction }: { direction: "n" | "s" }) {
  const next = around.value[direction];
  const turnDeg = direction === "n" ? 0 : 180;
  const key = PAD_KEYS[direction];
  const isOut = next && next.camera.state !== "recording";
  return (
    <div class="rail">
      <Icon name="arrow" turnDeg={turnDeg} />
      <b>{t(`direction.${direction}`)}</b>
      {!next && <span>{t("neighbour.none", { metres: NEIGHBOUR_MAX_M })}</span>}
      {next && isOut && <span>{absenceWords(next.camera)}</span>}
      {next && (
        <button type="button" class="plain" onClick={() => show(next.camera.id)}>
          {isOut ? "" : `${next.camera.name} · ${placeWords(next)}`}
          <kbd title={`${t("keys.pad")} ${key}`}>{key}</kbd>
        </button>
      )}
    </div>
  );
}

/** The last seconds again, in place of the live picture, under the word RELECTURE. */
function ReviewSpot({ camera, fromUs }: { camera: Camera; fromUs: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [report, setReport] = useState<ReplayReport | null>(null);
  useEffect(() => {
    if (!canvas.current || !canReplay()) return;
    const opened = openReplayer(camera, canvas.current, setReport);
    void opened.replayer.seek(fromUs).then(() => opened.replayer.play());
    return () => opened.replayer.close();
  }, [camera.id, fromUs]);
  const isShown = report?.state === "showing" || report?.state === "loading";
  return (
    <section class="spot" aria-label={camera.name}>
      <div class="head">
        <span class="replay-tag">{t("replay")}</span>
        <Title camera={camera} />
        <span class="grow" />
        <div class="two right nowrap">
          <span>
            <b class="strong">{report ? hourSecond(report.atUs, zone(), currentLanguage()) : "—"}</b>
          </span>
          <span>{t("spot.still")}</span>
        </div>
      </div>
      <Rail direction="n" />
      <div class="pic" data-camera={camera.id} data-state={report?.state ?? "idle"}>
        <div class={isShown ? "surface" : "surface off"}>
          <canvas ref={canvas} />
        </div>
        {!isShown && <ReviewAbsence report={report} />}
      </div>
      <Rail direction="s" />
      <div class="foot">
        <Button onClick={backToLive} cap="T" isFirst>
          {t("replay.back")}
        </Button>
        <Button onClick={review} cap="←">
          <Icon name="back" />
          {t("spot.replay10")}
        </Button>
        <Button onClick={openReplay} cap="R">
          <Icon name="film" />
          {t("spot.openReplay")}
        </Button>
      </div>
    </section>
  );
}

function ReviewAbsence({ report }: { report: ReplayReport | null }) {
  if (!canReplay()) return <NoReplay />;
  const isFailed = report?.state === "failed";
  return (
    <div class="none">
      <b>{isFailed ? t("replay.failed") : report ? t("replay.nothing") : t("state.loading")}</b>
      <span>{isFailed ? words(report.error) : t("replay.nothing.hint")}</span>
    </div>
  );
}
