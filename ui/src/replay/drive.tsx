/** Driving a replay: the typed instant, steps, speeds, both ways, marks. Every button has its key. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { currentLanguage, longInstant, offsetWords, t, townParts, typedForm } from "../i18n";
import { type Binding, Button, Dialog, Icon } from "../kit";
import { SPEEDS, type Speed } from "../media";
import type { Desk } from "./desk";

const SPEED_WORDS: Readonly<Record<Speed, string>> = {
  0.125: "⅛×",
  0.25: "¼×",
  0.5: "½×",
  1: "1×",
  2: "2×",
  4: "4×",
  8: "8×",
  16: "16×",
};

/** `beyond`: words for an instant after the last one. */
export function DriveBar({ desk, beyond, children }: { desk: Desk; beyond: string; children?: ComponentChildren }) {
  const report = desk.report.value;
  const isPlaying = report?.isPlaying ?? false;
  return (
    <div class="drive">
      <GoTo desk={desk} beyond={beyond} />
      <Button onClick={() => desk.seekBy(-10e6)} cap="←">
        {t("drive.back10")}
      </Button>
      <Button onClick={() => desk.step(-1)} cap="," label={t("drive.frameBack.label")}>
        <Icon name="reverse" full /> {t("drive.frameBack")}
      </Button>
      <Button onClick={desk.togglePlay} cap={t("keys.space")} class="play">
        <Icon name={isPlaying ? "pause" : "play"} full />
        {isPlaying ? t("drive.pause") : t("drive.play")}
      </Button>
      <Button onClick={() => desk.step(1)} cap="." label={t("drive.frameForward.label")}>
        {t("drive.frameForward")} <Icon name="play" full />
      </Button>
      <Button onClick={() => desk.seekBy(10e6)} cap="→">
        {t("drive.forward10")}
      </Button>
      <span class="soft">{t("drive.speed")}</span>
      <div class="seg" role="group" aria-label={t("drive.speed")}>
        {SPEEDS.map((speed) => (
          <Button key={speed} onClick={() => desk.setSpeed(speed)} isPressed={report?.speed === speed}>
            {SPEED_WORDS[speed]}
          </Button>
        ))}
      </div>
      <Button onClick={desk.toggleDirection} cap="R" isPressed={report?.direction === -1}>
        {t("drive.reverse")}
      </Button>
      <span class="grow" />
      {children}
      <Button onClick={desk.markIn} cap="[">
        {t("drive.in")}
      </Button>
      <Button onClick={desk.markOut} cap="]">
        {t("drive.out")}
      </Button>
      {desk.ambiguous.value && <WhichHour desk={desk} instants={desk.ambiguous.value} />}
    </div>
  );
}

/** The instant shown, until someone types another. */
function GoTo({ desk, beyond }: { desk: Desk; beyond: string }) {
  const text = useSignal<string | null>(null);
  const error = desk.gotoError.value;
  const shown = text.value ?? typedForm(desk.atUs.value || desk.lastUs, desk.zone, currentLanguage());
  const onKey = (event: KeyboardEvent): void => {
    const field = event.currentTarget as HTMLInputElement;
    if (event.key === "Enter" && desk.goToTyped(field.value)) {
      text.value = null;
      field.blur();
    } else if (event.key === "Escape") {
      text.value = null;
      desk.gotoError.value = "";
      field.blur();
    }
  };
  return (
    <label class={error ? "field goto bad" : "field goto"}>
      <span class="soft">{t("drive.goto")}</span>
      <input
        id="goto"
        value={shown}
        title={t("drive.goto.hint")}
        aria-invalid={error !== ""}
        aria-describedby="goto-error"
        autocomplete="off"
        spellcheck={false}
        onFocus={(event) => {
          text.value = shown;
          event.currentTarget.select();
        }}
        onBlur={() => (text.value = null)}
        onInput={(event) => (text.value = event.currentTarget.value)}
        onKeyDown={onKey}
      />
      <kbd aria-hidden="true">G</kbd>
      <span id="goto-error" class="error" role="alert">
        {error === "beyond" ? beyond : error && t(`drive.goto.${error}`)}
      </span>
    </label>
  );
}

function WhichHour({ desk, instants }: { desk: Desk; instants: readonly [number, number] }) {
  const [first, second] = instants;
  const words = (atUs: number): string => offsetWords(townParts(atUs, desk.zone).offsetMin);
  return (
    <Dialog title={t("drive.goto.twice")} onClose={() => (desk.ambiguous.value = null)}>
      <p>{longInstant(first, desk.zone, currentLanguage())}</p>
      <div class="acts">
        <Button onClick={() => desk.settle(first)} isFirst>
          {t("drive.goto.first", { offset: words(first) })}
        </Button>
        <Button onClick={() => desk.settle(second)}>{t("drive.goto.second", { offset: words(second) })}</Button>
      </div>
    </Dialog>
  );
}

/** The keys of every replay. */
export function driveBindings(desk: Desk): Binding[] {
  return [
    { caps: ["G"], words: t("keys.date"), on: ["g"], run: () => document.getElementById("goto")?.focus() },
    {
      caps: ["←", "→"],
      words: t("keys.ten"),
      on: ["ArrowLeft", "ArrowRight"],
      run: (press) => desk.seekBy(press === "ArrowLeft" ? -10e6 : 10e6),
    },
    {
      caps: ["↑", "↓"],
      words: t("keys.one"),
      on: ["ArrowUp", "ArrowDown"],
      run: (press) => desk.seekBy(press === "ArrowDown" ? -1e6 : 1e6),
    },
    { caps: [",", "."], words: t("keys.frame"), on: [",", "."], run: (press) => desk.step(press === "," ? -1 : 1) },
    { caps: [t("keys.space")], words: t("keys.space.does"), on: [" "], run: desk.togglePlay },
    { caps: ["[", "]"], words: t("keys.inout"), on: ["[", "]"], run: (press) => (press === "[" ? desk.markIn() : desk.markOut()) },
    { caps: ["<", ">"], words: t("keys.speed"), on: ["<", ">"], run: (press) => desk.changeSpeed(press === "<" ? -1 : 1) },
    { caps: ["R"], words: t("keys.reverse"), on: ["r"], run: desk.toggleDirection },
  ];
}

export function zoomBinding(desk: Desk): Binding {
  const run = (press: string): void => desk.zoomBy(press === "-" ? 0.5 : 2);
  return { caps: ["+", "−"], words: t("keys.zoom"), on: ["+", "=", "-"], run, isMinor: true };
}
