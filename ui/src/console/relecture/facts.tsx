/** The instant, the selection with its export, and the timeline in words. */

import { useSignal } from "@preact/signals";
import type { Camera } from "../../api";
import {
  bytes,
  causeWords,
  duration,
  hourMinute,
  hourSecond,
  longInstant,
  signedSeconds,
  t,
} from "../../i18n";
import { Button, Icon, Panel } from "../../kit";
import { Instant } from "../../replay/instant";
import { listedGaps, type Piece } from "../../timeline/coverage";
import * as locks from "../locks";
import { currentLanguage, has, isClockWrong, nowUs, tickUs, zone } from "../store";
import * as replay from "./model";
import { type ExportState, exportSpan, ManifestView } from "./export";

export function InstantPanel({ camera }: { camera: Camera }) {
  const atUs = replay.shownUs.value;
  const now = Math.max(tickUs.value, atUs);
  if (atUs === 0) return <NoInstant />;
  return (
    <section class="panel now-panel">
      <Instant atUs={atUs} zone={zone()}>
        {` · ${t("instant.ago", { duration: duration(now - atUs, currentLanguage()) })}`}
      </Instant>
      <div class="clk">
        <span class="soft">{t("instant.clock")}</span>
        <ClockOffset camera={camera} />
        <span class="soft cut">{t("instant.clock.note")}</span>
      </div>
    </section>
  );
}

/** Nothing was asked for yet: an hour would be one that nobody chose. */
function NoInstant() {
  return (
    <section class="panel now-panel">
      <div class="now">
        <p class="big">—</p>
        <p class="soft">{t("state.noReason")}</p>
      </div>
    </section>
  );
}

function ClockOffset({ camera }: { camera: Camera }) {
  const { clock_offset_ms: offsetMs } = camera;
  if (offsetMs === null) return <b>{t("spot.clock.unknown")}</b>;
  return (
    <b class={isClockWrong(offsetMs) ? "fix" : ""}>
      {isClockWrong(offsetMs) && <Icon name="clock" />}
      {camera.number} {signedSeconds(offsetMs, currentLanguage())}
    </b>
  );
}

export function SelectionPanel({ camera }: { camera: Camera }) {
  const span = replay.selected.value;
  const { fromUs, toUs } = replay.selection.value;
  const one = fromUs ?? toUs;
  const language = currentLanguage();
  const expires = span ? longInstant(span.fromUs + camera.retention_s * 1e6, zone(), language) : "";
  return (
    <Panel title={t("selection.title")} aside={span && <span class="cut">{t("selection.expires", { when: expires })}</span>}>
      {!span && one === null && <Empty />}
      {!span && one !== null && (
        <p class="pad soft">
          {t(fromUs !== null ? "selection.start" : "selection.end", { time: hourSecond(one, zone(), language) })}
        </p>
      )}
      {span && <SpanFacts camera={camera} fromUs={span.fromUs} toUs={span.toUs} />}
    </Panel>
  );
}

function Empty() {
  return (
    <div class="pad">
      <p>{t("selection.none")}</p>
      <p class="soft">{t("selection.none.hint")}</p>
      {has("lock") && <LockActs />}
    </div>
  );
}

/** Lock at once; ask for an extraction, which a second person validates. */
function LockActs() {
  const state = locks.lockState.value;
  return (
    <>
      <div class="acts">
        <Button onClick={replay.lockHere} cap="V" isFirst isDisabled={state.kind === "running"} class="lock">
          <Icon name="lock" />
          {t(replay.selected.value ? "lock.do" : "lock.around")}
        </Button>
        <Button onClick={replay.askExtraction} cap="E">
          <Icon name="out" />
          {t("lock.request")}
        </Button>
      </div>
      <p class={state.kind === "failed" ? "pad attention small" : "pad soft small"} role="status">
        {state.kind === "held" && state.holds.map((one) => locks.heldWords(one)).join(" ")}
        {state.kind === "failed" && t("lock.failed", { message: state.message })}
        {state.kind === "running" && t("lock.running")}
        {state.kind === "idle" && t("lock.note")}
      </p>
    </>
  );
}

/** What of the selection is locked already and until when, and what is not. */
function HeldFacts({ camera, fromUs, toUs }: { camera: Camera; fromUs: number; toUs: number }) {
  const held = locks.holdsIn(locks.holds.value, camera.id, { fromUs, toUs });
  if (held.length === 0) return null;
  const left = locks.unheld(locks.holds.value, camera.id, { fromUs, toUs });
  return (
    <>
      <dt>{t("lock.already")}</dt>
      <dd>
        {held.map((one) => (
          <span class="lined" key={one.id}>
            {locks.spanWords({ fromUs: one.from_at_us, toUs: one.to_at_us })} {one.number}
            <span class="lined held">
              <Icon name="lock" /> {t("lock.ends", { until: locks.untilWords(one) })}
            </span>
          </span>
        ))}
      </dd>
      {left.length > 0 && (
        <>
          <dt>{t("lock.left")}</dt>
          <dd>{left.map((one) => locks.spanWords(one)).join(", ")}</dd>
        </>
      )}
    </>
  );
}

const MISSING_SHOWN = 2;

function SpanFacts({ camera, fromUs, toUs }: { camera: Camera; fromUs: number; toUs: number }) {
  const language = currentLanguage();
  const state = useSignal<ExportState>({ kind: "idle" });
  const missing = listedGaps(replay.windowPieces.value).filter((gap) => gap.fromUs < toUs && gap.toUs > fromUs);
  const hour = (atUs: number): string => hourSecond(atUs, zone(), language);
  return (
    <>
      <dl class="kv">
        <dt>{t("selection.span")}</dt>
        <dd>
          <b class="strong">
            {hour(fromUs)} → {hour(toUs)}
          </b>
          , {duration(toUs - fromUs, language)}, {camera.number}
        </dd>
        <HeldFacts camera={camera} fromUs={fromUs} toUs={toUs} />
        <dt>{t("selection.missing")}</dt>
        <dd>
          {missing.length === 0 && t("selection.missing.none")}
          {missing.slice(0, MISSING_SHOWN).map((gap) => (
            <span class="lined" key={gap.fromUs}>
              {t("selection.missing.one", { from: hour(gap.fromUs), to: hour(gap.toUs), cause: pieceWords(gap) })}
            </span>
          ))}
          {missing.length > MISSING_SHOWN && t("selection.missing.more", { count: missing.length - MISSING_SHOWN })}
        </dd>
      </dl>
      {has("lock") && <LockActs />}
      <div class="acts">
        <Button
          onClick={() => void exportSpan(camera, { fromUs, toUs }, state)}
          cap="X"
          isDisabled={!has("export") || state.value.kind === "running"}
          class="export"
        >
          <Icon name="out" />
          {t("export.do")}
        </Button>
        <Button onClick={replay.desk.clearSelection}>{t("selection.clear")}</Button>
      </div>
      <ExportWords state={state.value} />
    </>
  );
}

function ExportWords({ state }: { state: ExportState }) {
  if (!has("export")) return <p class="pad soft small">{t("export.noRight")}</p>;
  if (state.kind === "idle") return <p class="pad soft small">{t("export.note")}</p>;
  if (state.kind === "running") {
    return (
      <p class="pad" role="status">
        {t("export.running", { size: bytes(state.bytes) })}{" "}
        <Button onClick={() => state.abort.abort()}>{t("export.cancel")}</Button>
      </p>
    );
  }
  if (state.kind === "failed") {
    return (
      <p class="pad attention" role="alert">
        {t("export.failed", { message: state.message })}
      </p>
    );
  }
  return <ManifestView done={state} />;
}

function pieceWords(piece: Piece): string {
  return piece.kind === "gap" ? causeWords(piece.cause) : t("timeline.list.unknown");
}

/** `TROU 3 min 30 s · fibre coupée`, or time never recorded with its length. */
function missingWords(piece: Piece): string {
  const length = duration(piece.toUs - piece.fromUs, currentLanguage());
  if (piece.kind === "gap") return `${t("replay.gap.text", { duration: length })} · ${causeWords(piece.cause)}`;
  return `${t("timeline.list.unknown")}, ${length}`;
}

/** The list twin of the timeline. */
export function TimelineList() {
  const { fromUs, toUs } = replay.scale.value;
  const language = currentLanguage();
  const gaps = listedGaps(replay.windowPieces.value);
  const to = Math.min(toUs, nowUs());
  const window = t("timeline.window", { from: hourMinute(fromUs, zone(), language), to: hourMinute(to, zone(), language) });
  const isKnown = replay.coverage.value !== null;
  return (
    <Panel title={t("timeline.list")} aside={<span>{window}</span>} class="grow list-panel">
      {replay.coverageError.value && <p class="pad attention">{replay.coverageError.value}</p>}
      {isKnown && gaps.length === 0 && <p class="pad soft">{t("timeline.list.none")}</p>}
      <ol class="marks">
        {gaps.map((gap) => (
          <li key={gap.fromUs}>
            <button type="button" class="plain block" onClick={() => void replay.desk.seek(gap.fromUs)} title={t("timeline.go")}>
              <span>{hourSecond(gap.fromUs, zone(), language)}</span>
              <i class="hatch" />
              <span class="cut">
                {missingWords(gap)}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
