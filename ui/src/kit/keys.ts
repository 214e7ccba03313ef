/** Keyboard: one list of bindings per screen, letters suspended while typing, all shown by `?`. */

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

export interface Binding {
  /** What is shown, e.g. `["←", "→"]`. */
  readonly caps: readonly string[];
  readonly words: string;
  /** Matches one key press; see `pressed`. */
  readonly on: readonly string[];
  readonly run: (press: string, event: KeyboardEvent) => void;
  /** Left out of the hints bar, still under `?`. */
  readonly isMinor?: boolean;
}

/** True while a text field has the focus. */
export const isTyping = signal(false);
/** RGAA 12.10: single keys can be switched off. */
export const areLettersOn = signal(readPreference());

const PREFERENCE = "beffroi.letters";

function readPreference(): boolean {
  return typeof localStorage === "undefined" || localStorage.getItem(PREFERENCE) !== "off";
}

export function setLetters(isOn: boolean): void {
  areLettersOn.value = isOn;
  localStorage.setItem(PREFERENCE, isOn ? "on" : "off");
}

export interface Press {
  readonly key: string;
  readonly code: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/**
 * The name of a press: `Pad7` for the numeric pad whatever its lock, `Digit1` and `Shift+Digit1` for the top row
 * whatever the layout (AZERTY writes `&` there), otherwise the character in lower case or the key's name.
 */
export function pressed(event: Press): string {
  const pad = /^Numpad([0-9])$/.exec(event.code);
  if (pad) return `Pad${pad[1]}`;
  const digit = /^Digit([0-9])$/.exec(event.code);
  // AltGr writes `[` and `]` on a digit key in French: the character is meant, not the key.
  const isSign = "[]{}/?,.".includes(event.key);
  if (digit && !event.altKey && !event.ctrlKey && !isSign) return `${event.shiftKey ? "Shift+" : ""}Digit${digit[1]}`;
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

/** Control and command belong to the browser; AltGr (control and alt together) writes characters. */
export function isBrowsers(event: Press): boolean {
  return event.metaKey || event.ctrlKey !== event.altKey;
}

export function isSingleKey(press: string): boolean {
  return press.length === 1 || press.startsWith("Digit") || press.startsWith("Pad");
}

export function isTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["radio", "checkbox", "button", "submit"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

/** Keys a focused control needs for itself. */
function isControls(press: string, target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (press === " " || press === "Enter") return target.closest("button, a, summary, [role=option]") !== null;
  const moves = press.startsWith("Arrow") || press === "Home" || press === "End";
  return moves && target.closest("[role=listbox], [role=radiogroup], input[type=radio]") !== null;
}

export function useKeys(bindings: readonly Binding[]): void {
  const latest = useRef(bindings);
  latest.current = bindings;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (isBrowsers(event) || document.querySelector("dialog[open]")) return;
      const press = pressed(event);
      if (isTextField(event.target) && press !== "Escape") return;
      if (isControls(press, event.target)) return;
      if (isSingleKey(press) && press !== "?" && !areLettersOn.value) return;
      const binding = latest.current.find((one) => one.on.includes(press));
      if (!binding) return;
      event.preventDefault();
      binding.run(press, event);
    };
    const onFocus = (): void => {
      isTyping.value = isTextField(document.activeElement);
    };
    document.addEventListener("keydown", onKey);
    document.addEventListener("focusin", onFocus);
    document.addEventListener("focusout", onFocus);
    return () => {
      document.removeEventListener("keydown", onKey);
      document.removeEventListener("focusin", onFocus);
      document.removeEventListener("focusout", onFocus);
    };
  }, []);
}
