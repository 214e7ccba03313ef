/** Export of the selection: the node's file saved as it is, its manifest shown and saved beside it. */

import type { Signal } from "@preact/signals";
import { type Camera, mayNotLeave } from "../../api";
import { bytes, number, t } from "../../i18n";
import { Button, Icon } from "../../kit";
import { askFactor } from "../factor";
import { currentLanguage, words } from "../store";
import * as replay from "./model";

export interface Exported {
  readonly kind: "done";
  readonly name: string;
  readonly bytes: number;
  readonly manifest: Readonly<Record<string, unknown>>;
}

export type ExportState =
  | { readonly kind: "idle" }
  | { readonly kind: "running"; readonly bytes: number; readonly abort: AbortController }
  | { readonly kind: "failed"; readonly message: string }
  | Exported;

/** `C08_2026-11-05T204012Z.mp4`: number and UTC start, safe on any disk. */
export function exportName(camera: Camera, fromUs: number): string {
  const at = new Date(Math.floor(fromUs / 1000)).toISOString().slice(0, 19).replaceAll(":", "");
  return `${camera.number.replace(/[^A-Za-z0-9-]/g, "")}_${at}Z.mp4`;
}

export async function exportSpan(
  camera: Camera,
  span: { fromUs: number; toUs: number },
  state: Signal<ExportState>,
): Promise<void> {
  const { doors } = replay.opened.value ?? {};
  if (!doors) return;
  const abort = new AbortController();
  const asked = { from_at_us: Math.round(span.fromUs), to_at_us: Math.round(span.toUs) };
  state.value = { kind: "running", bytes: 0, abort };
  try {
    const answer = await doors.export(asked, abort.signal);
    const file = await counted(answer, (count) => (state.value = { kind: "running", bytes: count, abort }));
    const manifest = (await (await doors.manifest(asked, abort.signal)).json()) as Record<string, unknown>;
    const name = exportName(camera, span.fromUs);
    save(file, name);
    state.value = { kind: "done", name, bytes: file.size, manifest };
  } catch (error) {
    const goOn = (): void => void exportSpan(camera, span, state);
    const isOver = abort.signal.aborted || askFactor(error, goOn);
    // What may not leave yet is not lost meanwhile.
    if (!isOver && mayNotLeave(error)) replay.lockHere();
    state.value = isOver ? { kind: "idle" } : { kind: "failed", message: words(error) };
  }
}

/** The body as a blob (kept on disk by the browser when large), its bytes counted as they come. */
async function counted(answer: Response, tell: (bytes: number) => void): Promise<Blob> {
  let count = 0;
  let toldMs = 0;
  const counter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(piece, controller) {
      count += piece.byteLength;
      if (performance.now() - toldMs > 200) {
        toldMs = performance.now();
        tell(count);
      }
      controller.enqueue(piece);
    },
  });
  return new Response(answer.body?.pipeThrough(counter), { headers: { "Content-Type": "video/mp4" } }).blob();
}

function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export function ManifestView({ done }: { done: Exported }) {
  const { manifest } = done;
  const gaps = Array.isArray(manifest["gaps"]) ? manifest["gaps"].length : 0;
  const saveManifest = (): void => {
    const text = JSON.stringify(manifest, null, 2);
    save(new Blob([text], { type: "application/json" }), done.name.replace(/\.mp4$/, ".json"));
  };
  return (
    <div class="manifest">
      <p role="status">
        <Icon name="disk" /> {t("export.done", { name: done.name, size: bytes(done.bytes) })}
      </p>
      <dl class="kv">
        <dt>{t("manifest.frames")}</dt>
        <dd>{number(Number(manifest["frames"] ?? 0), currentLanguage(), 0)}</dd>
        <dt>{t("manifest.gaps")}</dt>
        <dd>{gaps === 0 ? t("manifest.none") : gaps}</dd>
        <dt>{t("manifest.hash")}</dt>
        <dd class="hash">{String(manifest["sha256"] ?? "—")}</dd>
      </dl>
      <Button onClick={saveManifest}>{t("manifest.save")}</Button>
    </div>
  );
}
