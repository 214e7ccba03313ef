/** The offline reader: a sealed pack looked at without network or installation. Said on top of every screen. */

import { signal, useSignal } from "@preact/signals";
import { currentLanguage, folded, type Language, setLanguage, t } from "../i18n";
import { Belfry, type Binding, Button, helpBinding, KeyHints, Panel, useKeys } from "../kit";
import type { PackCamera } from "../pack/pack";
import { DriveBar, driveBindings, zoomBinding } from "../replay/drive";
import { dayWords, GapList, InstantPanel, SealPanel, spanWords, TakePanel } from "./facts";
import * as reader from "./model";
import { dropping, FolderPicker, OpenPage } from "./open";
import { Pictures } from "./pictures";
import { PackTimeline } from "./timeline";

const language = signal<Language>(currentLanguage());

function speak(wanted: Language): void {
  setLanguage(wanted);
  language.value = wanted;
  document.title = `${t("brand")} · ${t("reader.title")}`;
}

export function Reader() {
  const isOpen = reader.opened.value !== null;
  // Everything is said anew when the language changes.
  return (
    <div class={isOpen ? "rel reader" : "reader closed"} key={language.value}>
      <TopBar />
      {isOpen ? <Desk /> : <OpenPage />}
    </div>
  );
}

function TopBar() {
  const { pack } = reader.opened.value ?? {};
  return (
    <header class="topbar">
      <span class="brand">
        <Belfry />
        <b>{t("brand")}</b>
      </span>
      {pack?.isFictional && <span class="tag">{t("fictional")}</span>}
      <span class="replay-tag">{t("reader.tag")}</span>
      <span class="tag">{t("reader.offline")}</span>
      <span class="grow two">
        {pack && (
          <>
            <span class="cut">
              <b class="strong">{pack.number}</b> · {pack.town} · {dayWords(pack.asked.fromUs)}
            </span>
            <span class="cut">
              {t("reader.procedure", { article: pack.article, procedure: pack.procedure })} ·{" "}
              {t(pack.isStamped ? "reader.stamped" : "reader.unstamped")}
            </span>
          </>
        )}
      </span>
      {pack && <FolderPicker />}
      <Button onClick={() => speak(language.value === "fr" ? "en" : "fr")} class="language">
        <span lang={language.value === "fr" ? "en" : "fr"}>{t("reader.otherLanguage")}</span>
      </Button>
    </header>
  );
}

function Desk() {
  const bindings = readerBindings();
  const isOver = useSignal(false);
  useKeys(bindings);
  const camera = reader.leader.value;
  return (
    <>
      <Pictures />
      <nav class="cameras" aria-label={t("reader.cameras.label")}>
        <CameraList />
      </nav>
      <aside class="facts" {...dropping(isOver)}>
        {camera && (
          <>
            <InstantPanel camera={camera} />
            <SealPanel />
            <TakePanel camera={camera} />
            <GapList camera={camera} />
          </>
        )}
      </aside>
      <section class="time" aria-label={t("drive.label")}>
        <DriveBar desk={reader.desk} beyond={t("reader.beyond")} />
        <PackTimeline />
      </section>
      <KeyHints bindings={bindings} />
    </>
  );
}

/** Every camera of the pack: alone, or beside the others on the same clock. */
function CameraList() {
  const filter = useSignal("");
  const asked = folded(filter.value).split(" ");
  const all = reader.opened.value?.pack.cameras ?? [];
  const found = all.filter((one) => asked.every((word) => folded(`${one.number} ${one.name} ${one.place}`).includes(word)));
  return (
    <Panel title={t("reader.cameras", { count: all.length })} class="choice-panel">
      <label class="field">
        <span class="vh">{t("map.filter")}</span>
        <input
          id="camera-filter"
          value={filter.value}
          placeholder={t("map.filter")}
          onInput={(event) => (filter.value = event.currentTarget.value)}
        />
      </label>
      <ol id="camera-list" class="see-list">
        {found.map((one) => (
          <CameraRow key={one.id} camera={one} index={all.indexOf(one)} />
        ))}
      </ol>
      <p class="pad soft small">{t("reader.cameras.hint", { most: reader.SHOWN_MAX })}</p>
    </Panel>
  );
}

function CameraRow({ camera, index }: { camera: PackCamera; index: number }) {
  const isShown = reader.shownIds.value.includes(camera.id);
  const codecs = new Set(camera.files.map((one) => one.mimeCodec));
  const isUnknown = [...codecs].some((one) => reader.undecodable.value.has(one));
  return (
    <li class={camera.id === reader.leaderId.value ? "of-pack on" : "of-pack"}>
      <label class="beside" title={t("reader.beside")}>
        <input type="checkbox" checked={isShown} onChange={() => reader.toggleShown(camera.id)} />
        <span class="vh">{t("reader.beside")}</span>
      </label>
      <button
        type="button"
        class="plain two"
        aria-current={camera.id === reader.leaderId.value}
        onClick={() => reader.showAlone(camera.id)}
      >
        <span class="cut">
          <b class="strong">{camera.number}</b> {camera.name}
        </span>
        <span class="cut">{isUnknown ? t("reader.camera.undecodable") : spanWords(camera)}</span>
      </button>
      {index < 9 && <kbd aria-hidden="true">{index + 1}</kbd>}
    </li>
  );
}

function readerBindings(): Binding[] {
  const click = (selector: string): void => document.querySelector<HTMLButtonElement>(selector)?.click();
  const toggle = (press: string): void => {
    const camera = reader.opened.value?.pack.cameras[Number(press.at(-1)) - 1];
    if (camera) reader.toggleShown(camera.id);
  };
  const digits = Array.from({ length: 9 }, (_, i) => [`Digit${i + 1}`, `Pad${i + 1}`]).flat();
  return [
    ...driveBindings(reader.desk),
    { caps: ["1–9"], words: t("reader.keys.beside"), on: digits, run: toggle },
    { caps: ["I"], words: t("reader.keys.picture"), on: ["i"], run: () => click(".save-picture") },
    { caps: ["E"], words: t("reader.keys.sequence"), on: ["e"], run: () => click(".save-sequence") },
    { caps: ["V"], words: t("reader.keys.check"), on: ["v"], run: () => click(".check-all") },
    { caps: ["S"], words: t("keys.gap"), on: ["s"], run: reader.skipGap, isMinor: true },
    zoomBinding(reader.desk),
    { caps: ["N", "P"], words: t("keys.camera"), on: ["n", "p"], run: (press) => reader.nextCamera(press === "n" ? 1 : -1), isMinor: true },
    { caps: ["M"], words: t("keys.list"), on: ["m"], run: () => document.getElementById("camera-filter")?.focus(), isMinor: true },
    helpBinding(),
  ];
}
