/** Before a pack is open: what to pick, and what went wrong. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { Icon } from "../kit";
import { canReplay } from "../media/capability";
import { fromDrop, fromInput, NotAPack } from "../pack/folder";
import { openFolder, opening } from "./model";

/** The field itself: reached by key, its label is the large button. */
export function FolderPicker({ isFirst = false }: { isFirst?: boolean }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.setAttribute("webkitdirectory", ""), []);
  const onPick = (): void => {
    const { files } = field.current ?? {};
    if (files && files.length > 0) void openFolder(attempt(() => fromInput(files)));
    if (field.current) field.current.value = "";
  };
  return (
    <label class={isFirst ? "btn first pick" : "btn pick"}>
      <input ref={field} type="file" id="folder" class="vh" multiple onChange={onPick} />
      <Icon name="disk" />
      {t(isFirst ? "reader.pick" : "reader.other")}
    </label>
  );
}

async function attempt<T>(made: () => T): Promise<T> {
  return made();
}

export function OpenPage() {
  const isOver = useSignal(false);
  const state = opening.value;
  return (
    <main class={isOver.value ? "opening over" : "opening"} {...dropping(isOver)}>
      <section class="panel">
        <h1>{t("reader.open.title")}</h1>
        <p>{t("reader.open.what")}</p>
        {canReplay() ? <FolderPicker isFirst /> : <p class="attention" role="alert">{t("reader.noDecoder")}</p>}
        <p class="soft">{t("reader.open.drop")}</p>
        <div role="status" aria-live="polite">
          {state.kind === "reading" && <p>{t("reader.reading")}</p>}
        </div>
        {state.kind === "not-a-pack" && <p class="attention" role="alert">{t("reader.notAPack")}</p>}
        {state.kind === "unreadable" && (
          <p class="attention" role="alert">
            {t("reader.unreadable", { detail: state.detail })}
          </p>
        )}
        <ul class="promises soft">
          <li>{t("reader.promise.local")}</li>
          <li>{t("reader.promise.check")}</li>
          <li>{t("reader.promise.signature")}</li>
        </ul>
      </section>
    </main>
  );
}

/** Handlers that take a folder dropped on an element. */
export function dropping(isOver: { value: boolean }) {
  return {
    onDragOver: (event: DragEvent): void => {
      event.preventDefault();
      isOver.value = true;
    },
    onDragLeave: (): void => void (isOver.value = false),
    onDrop: (event: DragEvent): void => {
      event.preventDefault();
      isOver.value = false;
      const { items } = event.dataTransfer ?? {};
      if (items) void openFolder(fromDrop(items));
      else void openFolder(Promise.reject(new NotAPack()));
    },
  };
}
