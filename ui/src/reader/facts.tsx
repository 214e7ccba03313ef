/** Beside the pictures: instant, check, what may be taken out, what is missing. */

import { useSignal } from "@preact/signals";
import {
  bytes,
  causeWords,
  currentLanguage,
  duration,
  hourSecond,
  longInstant,
  number,
  signedSeconds,
  t,
} from "../i18n";
import { Button, Icon, Panel } from "../kit";
import type { PackCamera } from "../pack/pack";
import type { Damage } from "../pack/seal";
import { Instant } from "../replay/instant";
import { listedGaps } from "../timeline/coverage";
import * as reader from "./model";
import { savePicture, saveSequence } from "./save";

const hour = (atUs: number): string => hourSecond(atUs, reader.desk.zone, currentLanguage());

export function InstantPanel({ camera }: { camera: PackCamera }) {
  const { clockOffsetMs: offset } = camera;
  return (
    <section class="panel now-panel">
      <Instant atUs={reader.desk.shownUs.value} zone={reader.desk.zone} />
      <div class="clk">
        <span class="soft">{t("instant.clock")}</span>
        <b>{offset === null ? t("spot.clock.unknown") : `${camera.number} ${signedSeconds(offset, currentLanguage())}`}</b>
        <span class="soft cut">{t("instant.clock.note")}</span>
      </div>
    </section>
  );
}

/** What the digests say so far; words first, byte ranges for whoever looks further. */
export function SealPanel() {
  const { seal, pack } = reader.opened.value ?? {};
  if (!seal || !pack) return null;
  const { read, damages } = reader.checks.value;
  const whole = reader.wholeCheck.value;
  const isWrong = damages.length > 0;
  return (
    <Panel title={t("reader.seal")} aside={<span class="cut">{t("reader.seal.count", { read, total: seal.fragments })}</span>}>
      <p class={isWrong ? "pad attention strong verdict" : "pad strong verdict"} role="status">
        {isWrong && <Icon name="triangle" />}
        {t(isWrong ? "reader.seal.wrong" : whole?.isDone ? "reader.seal.whole" : "reader.seal.soFar")}
      </p>
      {isWrong && (
        <ol class="damages">
          {damages.map((one) => (
            <DamageLine key={`${one.what}${one.path}${one.fromByte}`} damage={one} />
          ))}
        </ol>
      )}
      <WholeCheck />
      <p class="pad soft small">{t("reader.seal.signature")}</p>
    </Panel>
  );
}

function DamageLine({ damage }: { damage: Damage }) {
  const { what, path, fromByte, toByte, fromUs } = damage;
  const figure = (value: number): string => number(value, currentLanguage(), 0);
  const range = toByte > 0 ? t("reader.bytes", { from: figure(fromByte), to: figure(toByte - 1) }) : "";
  return (
    <li>
      <span class="strong">{t(`reader.wrong.${what}`)}</span> <span class="path">{path}</span> {range}
      {fromUs > 0 && (
        <button type="button" class="plain link" onClick={() => void reader.desk.seek(fromUs)} title={t("timeline.go")}>
          {hour(fromUs)}
        </button>
      )}
    </li>
  );
}

function WholeCheck() {
  const whole = reader.wholeCheck.value;
  const { seal, pack } = reader.opened.value ?? {};
  if (!whole) {
    return (
      <div class="acts">
        <Button onClick={() => void reader.checkAll()} cap="V" class="check-all">
          {t("reader.checkAll")}
        </Button>
      </div>
    );
  }
  if (!whole.isDone) {
    return (
      <p class="pad" role="status">
        {t("reader.checking", { read: bytes(whole.readBytes), total: bytes(whole.totalBytes) })}{" "}
        <Button onClick={() => whole.abort.abort()}>{t("export.cancel")}</Button>
      </p>
    );
  }
  const isSame = seal?.originalsSha256 === pack?.originalsSha256;
  return (
    <dl class="kv slip">
      <dt>{t("reader.slip")}</dt>
      <dd class="hash">{seal?.originalsSha256}</dd>
      <dt />
      <dd class="soft">{t(isSame ? "reader.slip.compare" : "reader.slip.differs")}</dd>
    </dl>
  );
}

/** Pictures and sequences: what is taken out, and the names it got. */
export function TakePanel({ camera }: { camera: PackCamera }) {
  const said = useSignal("");
  const span = reader.desk.selected.value;
  const onPicture = async (): Promise<void> => {
    const atUs = reader.desk.report.value?.pictureAtUs;
    const name = atUs === null || atUs === undefined ? null : await savePicture(camera, atUs);
    said.value = name ? t("reader.saved", { names: name }) : t("reader.saved.none");
  };
  const onSequence = (): void => {
    const names = span ? saveSequence(camera, span.fromUs, span.toUs) : [];
    said.value = names.length > 0 ? t("reader.saved", { names: names.join(", ") }) : t("reader.saved.none");
  };
  return (
    <Panel title={t("reader.take")} aside={<span>{camera.number}</span>}>
      {span && (
        <p class="pad">
          <b class="strong">
            {hour(span.fromUs)} → {hour(span.toUs)}
          </b>
          , {duration(span.toUs - span.fromUs, currentLanguage())}
        </p>
      )}
      {!span && <p class="pad soft">{t("selection.none.hint")}</p>}
      <div class="acts">
        <Button onClick={() => void onPicture()} cap="I" class="save-picture">
          {t("reader.savePicture")}
        </Button>
        <Button onClick={onSequence} cap="E" class="save-sequence" isDisabled={span === null}>
          {t("reader.saveSequence")}
        </Button>
      </div>
      <p class="pad soft small" role="status">
        {said.value || t("reader.take.note")}
      </p>
    </Panel>
  );
}

/** The list twin of the timeline: what is missing, with its cause. */
export function GapList({ camera }: { camera: PackCamera }) {
  const gaps = listedGaps(reader.allPieces.value);
  return (
    <Panel title={t("reader.gaps", { number: camera.number })} class="grow list-panel">
      {gaps.length === 0 && <p class="pad soft">{t("timeline.list.none")}</p>}
      <ol class="marks">
        {gaps.map((gap) => (
          <li key={gap.fromUs}>
            <button type="button" class="plain block" onClick={() => void reader.desk.seek(gap.fromUs)} title={t("timeline.go")}>
              <span>{hour(gap.fromUs)}</span>
              <i class="hatch" />
              <span class="cut">
                {duration(gap.toUs - gap.fromUs, currentLanguage())} ·{" "}
                {gap.kind === "gap" ? causeWords(gap.cause) : t("reader.notInPack")}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

/** First and last picture of a camera in words. */
export function spanWords(camera: PackCamera): string {
  const first = camera.files[0];
  const last = camera.files.at(-1);
  if (!first || !last) return t("reader.camera.none");
  return t("timeline.window", { from: hour(first.fromUs), to: hour(last.toUs) });
}

export function dayWords(atUs: number): string {
  return longInstant(atUs, reader.desk.zone, currentLanguage());
}
