/** One to four cameras on one clock. Each says what it is, where, its own instant, and whether it is as sealed. */

import { useEffect, useRef } from "preact/hooks";
import { causeWords, currentLanguage, duration, hourSecond, longDay, offsetWords, t, townParts, utcTime } from "../i18n";
import { Button } from "../kit";
import { fileAt, type PackCamera, type PackFile } from "../pack/pack";
import * as reader from "./model";

export function Pictures() {
  const canvases = useRef(new Map<string, HTMLCanvasElement>());
  const ids = reader.shownIds.value;
  const number = reader.opened.value?.pack.manifestSha256;
  useEffect(() => reader.openOn(canvases.current), [ids.join(), number]);
  return (
    <main class={`main pictures of-${Math.min(ids.length, reader.SHOWN_MAX)}`}>
      <h1 class="vh">{t("reader.title")}</h1>
      {reader.shown.value.map((camera) => (
        <Picture
          key={`${number}-${camera.id}`}
          camera={camera}
          keep={(canvas) => {
            if (canvas) canvases.current.set(camera.id, canvas);
            else canvases.current.delete(camera.id);
          }}
        />
      ))}
    </main>
  );
}

function Picture({ camera, keep }: { camera: PackCamera; keep: (canvas: HTMLCanvasElement | null) => void }) {
  const report = reader.screenOf(camera.id);
  const isShown = report !== null && (report.state === "showing" || report.pictureAtUs !== null);
  const isLeader = camera.id === reader.leaderId.value;
  const canLead = !isLeader && reader.shownIds.value.length > 1;
  return (
    <figure class={isLeader ? "camera on" : "camera"} data-camera={camera.id}>
      <div class="pic" data-state={report?.state ?? "idle"} data-picture-at-us={report?.pictureAtUs ?? ""}>
        <div class={isShown ? "surface" : "surface off"}>
          <canvas ref={keep} aria-label={`${camera.number} ${camera.name}`} role="img" />
        </div>
        {!isShown && <Absence camera={camera} />}
      </div>
      <figcaption class="head">
        <span class="num">{camera.number}</span>
        <span class="two grow">
          <b class="cut">{camera.name}</b>
          <span class="cut">{camera.place || t("reader.noPlace")}</span>
        </span>
        <PictureInstant atUs={report?.pictureAtUs ?? null} />
        <SealWord camera={camera} atUs={report?.pictureAtUs ?? null} />
        {canLead && <Button onClick={() => reader.follow(camera.id)}>{t("reader.lead")}</Button>}
      </figcaption>
    </figure>
  );
}

/** Date, town time with its offset, UTC: of the picture itself, not of the clock. */
function PictureInstant({ atUs }: { atUs: number | null }) {
  if (atUs === null) return null;
  const { zone } = reader.desk;
  const language = currentLanguage();
  const offset = offsetWords(townParts(atUs, zone).offsetMin);
  return (
    <span class="two right nowrap when">
      <span>
        {longDay(atUs, zone, language)}, {hourSecond(atUs, zone, language)} ({offset})
      </span>
      <span>{utcTime(atUs, language)}</span>
    </span>
  );
}

function SealWord({ camera, atUs }: { camera: PackCamera; atUs: number | null }) {
  const verdict = reader.verdictOf(camera, atUs);
  return <span class={`tag seal ${verdict}`}>{t(`reader.verdict.${verdict}`)}</span>;
}

/** Words in place of the picture: a gap with its cause, a codec, a file that is not there. */
function Absence({ camera }: { camera: PackCamera }) {
  const report = reader.screenOf(camera.id);
  const atUs = reader.desk.atUs.value;
  const file = fileAt(camera, atUs);
  if (file && reader.undecodable.value.has(file.mimeCodec)) return <Undecodable camera={camera} file={file} />;
  if (file && !file.file) return <Words title={t("reader.missing")} text={t("reader.missing.hint", { path: file.path })} />;
  if (report === null || report.state === "loading" || report.state === "idle") {
    return <div class="none plain">{t("state.loading")}</div>;
  }
  if (report.state === "failed") return <Words title={t("replay.failed")} text={report.error?.message ?? ""} />;
  return <GapWords camera={camera} />;
}

function Words({ title, text }: { title: string; text: string }) {
  return (
    <div class="none" role="alert">
      <b>{title}</b>
      <span>{text}</span>
    </div>
  );
}

const CODEC_WORDS: Readonly<Record<string, string>> = { h264: "H.264", h265: "H.265 (HEVC)" };

function Undecodable({ camera, file }: { camera: PackCamera; file: PackFile }) {
  const codec = CODEC_WORDS[file.codec] ?? file.codec;
  const [copy] = camera.workingCopies;
  return (
    <div class="none" role="alert">
      <b>{t("reader.undecodable", { codec })}</b>
      <span>{t("reader.undecodable.who", { number: camera.number, codec: file.mimeCodec })}</span>
      <span>{t("reader.undecodable.do", { path: file.path })}</span>
      {copy && <span>{t("reader.undecodable.copy", { path: copy })}</span>}
    </div>
  );
}

function GapWords({ camera }: { camera: PackCamera }) {
  const atUs = reader.desk.atUs.value;
  const gap = camera.gaps.find((one) => one.from_at_us <= atUs && atUs < one.to_at_us);
  const next = camera.id === reader.leaderId.value ? reader.afterGapUs.value : null;
  const hour = (at: number): string => hourSecond(at, reader.desk.zone, currentLanguage());
  return (
    <div class="none">
      <b>
        {gap ? t("replay.gap.text", { duration: duration(gap.to_at_us - gap.from_at_us, currentLanguage()) }) : t("reader.nothing")}
      </b>
      <span>{gap ? causeWords(gap.cause) : t("reader.nothing.hint")}</span>
      {gap && <span>{t("replay.gap.from", { from: hour(gap.from_at_us), to: hour(gap.to_at_us) })}</span>}
      {next !== null && (
        <Button onClick={reader.skipGap} cap="S">
          {t("replay.gap.skip", { time: hour(next) })}
        </Button>
      )}
    </div>
  );
}
