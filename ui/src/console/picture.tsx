/** One live picture with its words: what it shows is live, late or absent, never in doubt. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Camera } from "../api";
import { causeWords, number, signedSeconds, since, t } from "../i18n";
import { Icon } from "../kit";
import { LivePlayer, type LivePlayerOptions, type PlayerReport } from "../media";
import { currentLanguage, isClockWrong, liveNodes, nowUs, reason, tickUs, zone } from "./store";

export interface PictureView {
  readonly report: PlayerReport | null;
}

/** Follows a picture: `host` goes on the box the picture lives in. */
export function useLive(camera: Camera, ways: LivePlayerOptions["ways"]) {
  const host = useRef<HTMLDivElement>(null);
  const player = useRef<LivePlayer | null>(null);
  const [report, setReport] = useState<PlayerReport | null>(null);
  const hasReason = reason.value !== null;
  const wayKey = ways.map((one) => `${one.stream}${one.transcode}`).join();
  const reasonKey = reason.value?.sinceUs ?? 0;
  useEffect(() => {
    const box = host.current;
    if (!box || !hasReason || !camera.node_url) return;
    const { id, node_url: nodeUrl } = camera;
    const made = new LivePlayer({ nodes: liveNodes, nodeUrl, camera: id, ways, host: box, onChange: setReport });
    player.current = made;
    const unwatch = whileSeen(box, (isSeen) => (isSeen ? made.start() : made.stop()));
    return () => {
      unwatch();
      made.stop();
      player.current = null;
    };
  }, [camera.id, camera.node_url, wayKey, hasReason, reasonKey]);
  // Ages are read with the clock's tick; the state alone is pushed.
  const isTicked = tickUs.value > 0;
  return { host, report: isTicked && player.current ? player.current.report() : report };
}

/** Tells when an element comes on screen and leaves it, a hidden page included. */
function whileSeen(element: Element, tell: (isSeen: boolean) => void): () => void {
  let isOnScreen = false;
  const say = (): void => tell(isOnScreen && document.visibilityState === "visible");
  const observer = new IntersectionObserver((entries) => {
    isOnScreen = entries.at(-1)?.isIntersecting ?? false;
    say();
  });
  observer.observe(element);
  document.addEventListener("visibilitychange", say);
  return () => {
    observer.disconnect();
    document.removeEventListener("visibilitychange", say);
  };
}

const PICTURE_STATES = new Set(["live", "late"]);

export function hasPicture(report: PlayerReport | null): boolean {
  return report !== null && PICTURE_STATES.has(report.state);
}

/** The box of a picture; words take its place when there is none. Nothing is ever drawn over it. */
export function PictureBox(props: {
  camera: Camera;
  report: PlayerReport | null;
  host: { current: HTMLDivElement | null };
  isSmall?: boolean;
}) {
  const isShown = hasPicture(props.report);
  return (
    <div class="pic" data-camera={props.camera.id} data-state={props.report?.state ?? "idle"}>
      <div class={isShown ? "surface" : "surface off"} ref={props.host} />
      {!isShown && <NoPicture camera={props.camera} report={props.report} isSmall={props.isSmall ?? false} />}
    </div>
  );
}

function NoPicture({ camera, report, isSmall }: { camera: Camera; report: PlayerReport | null; isSmall: boolean }) {
  const { title, lines } = absence(camera, report);
  const shown = isSmall ? lines.slice(0, 2) : lines;
  return (
    <div class={isSmall ? "none small" : "none"}>
      <b>{title}</b>
      {shown.map((line) => (
        <span key={line}>{line}</span>
      ))}
    </div>
  );
}

/** Why there is no picture, title first. */
function absence(camera: Camera, report: PlayerReport | null): { title: string; lines: string[] } {
  if (reason.value === null) return { title: t("state.idle"), lines: [t("state.noReason")] };
  const said = report?.message ? (currentLanguage() === "fr" ? report.message.fr : report.message.en) : "";
  if (report?.state === "not-permitted") {
    return { title: t("state.notPermitted"), lines: said ? [said] : [] };
  }
  if (camera.state !== "recording") return troubled(camera, report);
  if (report?.state === "lost") return { title: t("state.noImage"), lines: [said || causeWords(report.cause || "silent")] };
  if (report?.state === "idle") return { title: t("state.idle"), lines: [t("state.idle.hint")] };
  return { title: t("state.connecting"), lines: [] };
}

function troubled(camera: Camera, report: PlayerReport | null): { title: string; lines: string[] } {
  if (camera.state === "barred") return { title: t("state.notPermitted"), lines: [camera.message || t("camera.barred")] };
  const from = since(camera.since_at_us, nowUs(), zone(), currentLanguage());
  const cause = report?.cause ? causeWords(report.cause) : t(`camera.${camera.state}`);
  return {
    title: t("state.noImage"),
    lines: [`${t("state.since", { time: from })} · ${cause}`, t("spot.rec.off")],
  };
}

/** In place of a replayed picture, where `canReplay()` is false. */
export function NoReplay() {
  return (
    <div class="none" role="alert">
      <b>{t("replay.failed")}</b>
      <span>{t("replay.noDecoder")}</span>
    </div>
  );
}

/** `EN DIRECT · REC · 0,09 s` under a tile. */
export function StateLine({ camera, report }: { camera: Camera; report: PlayerReport | null }) {
  if (camera.state !== "recording" || report?.state === "lost" || report?.state === "not-permitted") {
    return (
      <span class="ok">
        <span class="alert">
          <Icon name="triangle" full />
        </span>
        {t("health.see")} · {report?.state === "not-permitted" ? t("state.notPermitted") : t("state.noImage")}
      </span>
    );
  }
  if (!hasPicture(report)) return <span class="ok">{t("state.connecting")}</span>;
  const offset = camera.clock_offset_ms;
  return (
    <span class="ok">
      {report?.state === "late" ? t("state.late", { age: age(report) }) : t("live")} · {t("tile.rec")}
      {isClockWrong(offset) ? (
        <>
          {" "}
          <Icon name="clock" /> {t("tile.offset", { offset: signedSeconds(offset ?? 0, currentLanguage()) })}
        </>
      ) : (
        report?.state === "live" && <> · {age(report)}</>
      )}
    </span>
  );
}

export function age(report: PlayerReport | null): string {
  if (!report || report.ageMs === null) return "—";
  return `${number(report.ageMs / 1000, currentLanguage(), report.ageMs < 9_995 ? 2 : 0)} s`;
}
