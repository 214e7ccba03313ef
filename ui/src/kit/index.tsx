/** Small parts every screen uses. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { areLettersOn, type Binding, isTyping, setLetters } from "./keys";

export * from "./icons";
export * from "./keys";

export function Kbd({ children }: { children: ComponentChildren }) {
  return <kbd>{children}</kbd>;
}

export function Panel(props: { title: string; aside?: ComponentChildren; class?: string; children: ComponentChildren }) {
  return (
    <section class={`panel ${props.class ?? ""}`}>
      <header>
        <h2>{props.title}</h2>
        <span class="grow" />
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}

export function Button(props: {
  onClick: () => void;
  children: ComponentChildren;
  cap?: string;
  label?: string;
  isFirst?: boolean;
  isPressed?: boolean;
  isDisabled?: boolean;
  class?: string;
}) {
  const pressed = props.isPressed === undefined ? {} : { "aria-pressed": props.isPressed };
  return (
    <button
      type="button"
      class={`btn ${props.isFirst ? "first" : ""} ${props.class ?? ""}`}
      onClick={props.onClick}
      disabled={props.isDisabled ?? false}
      aria-label={props.label}
      aria-keyshortcuts={props.cap}
      {...pressed}
    >
      {props.children}
      {props.cap && <kbd aria-hidden="true">{props.cap}</kbd>}
    </button>
  );
}

/** A modal that keeps the focus inside; Escape calls `onClose` when there is one. */
export function Dialog(props: { title: string; onClose?: () => void; class?: string; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = box.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  const onCancel = (event: Event): void => {
    event.preventDefault();
    props.onClose?.();
  };
  return (
    <dialog ref={box} class={props.class ?? ""} onCancel={onCancel} aria-labelledby="dialog-title">
      <h2 id="dialog-title">{props.title}</h2>
      {props.children}
    </dialog>
  );
}

export const isHelpOpen = signal(false);

/** The line of key hints at the foot of a screen. */
export function KeyHints({ bindings }: { bindings: readonly Binding[] }) {
  const isOff = isTyping.value || !areLettersOn.value;
  return (
    <footer class="keys">
      {bindings
        .filter((one) => !one.isMinor)
        .map((one) => (
          <span key={one.words}>
            {one.caps.map((cap) => (
              <kbd key={cap}>{cap}</kbd>
            ))}
            {one.words}
          </span>
        ))}
      <span class="grow" />
      <span role="status">{isOff ? t("keys.suspended") : t("keys.active")}</span>
      <button type="button" class="plain" onClick={() => (isHelpOpen.value = true)}>
        <kbd>?</kbd>
        {t("keys.all")}
      </button>
      {isHelpOpen.value && <KeyHelp bindings={bindings} />}
    </footer>
  );
}

function KeyHelp({ bindings }: { bindings: readonly Binding[] }) {
  const close = (): void => void (isHelpOpen.value = false);
  return (
    <Dialog title={t("keys.title")} onClose={close} class="help">
      <dl>
        {bindings.map((one) => (
          <div key={one.words}>
            <dt>
              {one.caps.map((cap) => (
                <kbd key={cap}>{cap}</kbd>
              ))}
            </dt>
            <dd>{one.words}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input type="checkbox" checked={areLettersOn.value} onChange={(e) => setLetters(e.currentTarget.checked)} />
        {t("keys.letters")}
      </label>
      <div class="acts">
        <Button onClick={close} isFirst>
          {t("keys.close")}
        </Button>
      </div>
    </Dialog>
  );
}

export function helpBinding(): Binding {
  return { caps: ["?"], words: t("keys.all"), on: ["?"], run: () => (isHelpOpen.value = true), isMinor: true };
}
