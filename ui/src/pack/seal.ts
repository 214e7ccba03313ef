/** Whether what is read is what was sealed: digests of the manifest against the bytes, told with the place. */

import type { Fragment, Pack, PackFile } from "./pack";
import { Sha256, sha256 } from "./sha256";

/** `altered`: other bytes than were sealed; `unreadable`: the sealed bytes, which are not footage. */
export type Wrong = "altered" | "unreadable" | "missing" | "length" | "unlisted";

export interface Damage {
  readonly what: Wrong;
  readonly path: string;
  /** Half-open; 0 and 0: the file as a whole. */
  readonly fromByte: number;
  readonly toByte: number;
  /** Camera id and instants of the footage; empty and 0 when none is meant. */
  readonly camera: string;
  readonly fromUs: number;
  readonly toUs: number;
}

export type Verdict = "unread" | "sealed" | "altered";

export interface Progress {
  readonly readBytes: number;
  readonly totalBytes: number;
}

const READ_BYTES = 8 << 20;

export class Seal {
  onChange: () => void = () => undefined;
  private readonly found = new Map<string, Damage>();
  private readonly verdicts = new Map<Fragment, Verdict>();
  /** SHA-256 of the lines of `original/`, over the bytes themselves; null until all were read. */
  originalsSha256: string | null = null;

  constructor(private readonly pack: Pack) {
    for (const file of this.originals()) this.checkLength(file.path, file.bytes, file.file);
    for (const other of pack.others) this.checkLength(other.path, other.bytes, other.file);
    for (const path of pack.unlisted) this.note("unlisted", path);
  }

  get damages(): readonly Damage[] {
    return [...this.found.values()];
  }

  get fragments(): number {
    return this.originals().reduce((sum, file) => sum + file.fragments.length, 0);
  }

  /** Fragments read so far, whatever was found. */
  get readFragments(): number {
    return this.verdicts.size;
  }

  verdict(fragment: Fragment): Verdict {
    return this.verdicts.get(fragment) ?? "unread";
  }

  /** The fragment's boxes and samples against their digests. */
  async check(file: PackFile, fragment: Fragment, bytes: ArrayBuffer): Promise<boolean> {
    const isShort = bytes.byteLength !== fragment.bytes;
    const boxes = new Uint8Array(bytes, 0, Math.min(fragment.boxes, bytes.byteLength));
    const payload = new Uint8Array(bytes, boxes.length);
    const areBoxes = !isShort && (await sha256(boxes)) === fragment.boxesSha256;
    const isPayload = !isShort && (await sha256(payload)) === fragment.payloadSha256;
    const { offset } = fragment;
    const end = offset + fragment.bytes;
    if (!areBoxes) this.noteIn(file, fragment, "altered", offset, isShort ? end : offset + fragment.boxes);
    if (!isPayload && !isShort) this.noteIn(file, fragment, "altered", offset + fragment.boxes, end);
    const isSealed = areBoxes && isPayload;
    const verdict = isSealed ? "sealed" : "altered";
    if (this.verdicts.get(fragment) !== verdict) {
      this.verdicts.set(fragment, verdict);
      this.onChange();
    }
    return isSealed;
  }

  /** Told only of bytes that are those sealed: altered ones were told already. */
  unreadable(file: PackFile, fragment: Fragment): void {
    if (this.verdict(fragment) === "altered") return;
    this.noteIn(file, fragment, "unreadable", fragment.offset, fragment.offset + fragment.bytes);
    this.onChange();
  }

  /** Every byte of every listed file. Rejects with AbortError. */
  async checkAll(tell: (progress: Progress) => void, signal: AbortSignal): Promise<void> {
    const { others } = this.pack;
    const originals = this.originals();
    const totalBytes = [...originals, ...others].reduce((sum, one) => sum + one.bytes, 0);
    let readBytes = 0;
    const read = (bytes: number): void => tell({ readBytes: (readBytes += bytes), totalBytes });
    const lines: [string, string][] = [];
    for (const file of originals) {
      const digest = await this.checkOriginal(file, read, signal);
      lines.push([file.path, digest]);
    }
    for (const other of others) {
      if (!other.file) continue;
      const digest = await digestOf(other.file, read, signal);
      if (digest !== other.sha256) this.note("altered", other.path);
    }
    lines.sort(([a], [b]) => (a < b ? -1 : 1));
    const text = lines.map(([path, digest]) => `${digest}  ${path}\n`).join("");
    this.originalsSha256 = await sha256(new TextEncoder().encode(text));
    this.onChange();
  }

  private async checkOriginal(file: PackFile, read: (bytes: number) => void, signal: AbortSignal): Promise<string> {
    if (!file.file) return "";
    const whole = new Sha256();
    const take = async (from: number, to: number): Promise<ArrayBuffer> => {
      signal.throwIfAborted();
      const bytes = await (file.file as File).slice(from, to).arrayBuffer();
      whole.update(new Uint8Array(bytes));
      read(bytes.byteLength);
      return bytes;
    };
    const head = await take(0, file.headBytes);
    if ((await sha256(head)) !== file.headSha256) this.note("altered", file.path, 0, file.headBytes);
    for (const fragment of file.fragments) {
      await this.check(file, fragment, await take(fragment.offset, fragment.offset + fragment.bytes));
    }
    const end = file.headBytes + file.fragments.reduce((sum, one) => sum + one.bytes, 0);
    if (file.file.size > end) await take(end, file.file.size);
    const digest = whole.hex();
    const isTold = this.damages.some((one) => one.path === file.path);
    if (digest !== file.sha256 && !isTold) this.note("altered", file.path);
    return digest;
  }

  private originals(): PackFile[] {
    return this.pack.cameras.flatMap((one) => one.files);
  }

  private checkLength(path: string, bytes: number, file: File | null): void {
    if (!file) this.note("missing", path);
    else if (file.size !== bytes) this.note("length", path, Math.min(file.size, bytes), Math.max(file.size, bytes));
  }

  private note(what: Wrong, path: string, fromByte = 0, toByte = 0): void {
    this.put({ what, path, fromByte, toByte, camera: "", fromUs: 0, toUs: 0 });
  }

  private noteIn(file: PackFile, fragment: Fragment, what: Wrong, fromByte: number, toByte: number): void {
    const { fromUs, toUs } = fragment;
    this.put({ what, path: file.path, fromByte, toByte, camera: file.camera, fromUs, toUs });
  }

  private put(damage: Damage): void {
    this.found.set(`${damage.what}|${damage.path}|${damage.fromByte}`, damage);
  }
}

async function digestOf(file: File, read: (bytes: number) => void, signal: AbortSignal): Promise<string> {
  const whole = new Sha256();
  for (let at = 0; at < file.size; at += READ_BYTES) {
    signal.throwIfAborted();
    const bytes = await file.slice(at, at + READ_BYTES).arrayBuffer();
    whole.update(new Uint8Array(bytes));
    read(bytes.byteLength);
  }
  return whole.hex();
}
