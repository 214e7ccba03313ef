/** What a pack holds, read from its manifest (`ref/pack.md` §2) and tied to the files of the folder. */

import { type Folder, MANIFEST } from "./folder";
import { sha256 } from "./sha256";

/** Some bytes of an original: boxes, then samples; each with its digest. */
export interface Fragment {
  readonly offset: number;
  readonly bytes: number;
  readonly boxes: number;
  readonly boxesSha256: string;
  readonly payloadSha256: string;
  readonly fromUs: number;
  readonly toUs: number;
  /** Begins with a key picture. */
  readonly isKey: boolean;
}

export interface PackFile {
  readonly path: string;
  readonly camera: string;
  /** Null: listed, not in the folder. */
  readonly file: File | null;
  readonly bytes: number;
  readonly sha256: string;
  /** What stands before the first fragment. */
  readonly headBytes: number;
  readonly headSha256: string;
  readonly codec: string;
  readonly mimeCodec: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly fragments: readonly Fragment[];
}

export interface PackGap {
  readonly from_at_us: number;
  readonly to_at_us: number;
  readonly cause: string;
}

export interface PackCamera {
  readonly id: string;
  readonly number: string;
  readonly name: string;
  readonly place: string;
  /** In the order of time. */
  readonly files: readonly PackFile[];
  readonly gaps: readonly PackGap[];
  /** Camera's clock minus the recorder's; null: never measured. */
  readonly clockOffsetMs: number | null;
  readonly masks: number;
  readonly workingCopies: readonly string[];
}

export interface OtherFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly file: File | null;
}

export interface Pack {
  readonly number: string;
  readonly town: string;
  readonly zone: string;
  readonly isFictional: boolean;
  readonly article: string;
  readonly procedure: string;
  readonly isStamped: boolean;
  readonly asked: { readonly fromUs: number; readonly toUs: number };
  /** First and last instants there is footage of. */
  readonly fromUs: number;
  readonly toUs: number;
  readonly cameras: readonly PackCamera[];
  /** Listed files that hold no original footage. */
  readonly others: readonly OtherFile[];
  /** In the folder, not in the manifest. */
  readonly unlisted: readonly string[];
  readonly manifestSha256: string;
  /** Digest on the slip, as the manifest says it. */
  readonly originalsSha256: string;
}

/** The manifest cannot be read: `detail` says what is wrong with it. */
export class UnreadableManifest extends Error {}

interface RawFragment {
  offset: number;
  bytes: number;
  boxes: number;
  boxes_sha256: string;
  payload_sha256: string;
  start_at_us: number;
  duration_ticks90k: number;
  is_key: boolean;
}

interface RawOriginal {
  path: string;
  camera: string;
  codec: string;
  mime_codec: string;
  width_px: number;
  height_px: number;
  start_at_us: number;
  end_at_us: number;
  bytes: number;
  sha256: string;
  head_bytes: number;
  head_sha256: string;
  fragments: RawFragment[];
}

interface RawCamera {
  id: string;
  number: string;
  name: string;
  place: string;
  gaps: { from_at_us: number; to_at_us: number | null; cause: string }[];
  clock: { offset_ms: number | null };
  masks: unknown[];
  working_copies: string[];
}

interface RawManifest {
  format: string;
  version: number;
  number: string;
  town: { name: string; time_zone: string; fictional: boolean };
  requisition: { article: string; procedure: string };
  asked: { from_at_us: number; to_at_us: number };
  cameras: RawCamera[];
  originals: RawOriginal[];
  files: { path: string; bytes: number; sha256: string }[];
  originals_sha256: string;
  stamp: string;
}

/** Files the manifest cannot list: itself and what was made of it. */
const UNLISTED = new Set([MANIFEST, `${MANIFEST}.p7s`, `${MANIFEST}.tsr`, "empreintes.sha256"]);
const STAMP = `${MANIFEST}.tsr`;
const MANIFEST_MAX_BYTES = 400e6;

export async function readPack(folder: Folder): Promise<Pack> {
  const manifest = folder.get(MANIFEST);
  if (!manifest) throw new UnreadableManifest(MANIFEST);
  if (manifest.size > MANIFEST_MAX_BYTES) throw new UnreadableManifest(`${manifest.size}`);
  const bytes = await manifest.arrayBuffer();
  const raw = parsed(new TextDecoder().decode(bytes));
  try {
    return { ...tied(raw, folder), manifestSha256: await sha256(bytes) };
  } catch (error) {
    throw new UnreadableManifest(error instanceof Error ? error.message : String(error));
  }
}

function parsed(text: string): RawManifest {
  let raw: RawManifest;
  try {
    raw = JSON.parse(text) as RawManifest;
  } catch (error) {
    throw new UnreadableManifest(error instanceof Error ? error.message : String(error));
  }
  if (raw?.format !== "beffroi-pack" || raw.version !== 1) {
    throw new UnreadableManifest(`format ${String(raw?.format)}, version ${String(raw?.version)}`);
  }
  return raw;
}

function tied(raw: RawManifest, folder: Folder): Omit<Pack, "manifestSha256"> {
  const originals = raw.originals.map((one) => original(one, folder)).sort((a, b) => a.fromUs - b.fromUs);
  const cameras = raw.cameras.map((one) => camera(one, originals, raw.asked.to_at_us));
  const paths = new Set(originals.map((one) => one.path));
  const others = raw.files.filter((one) => !paths.has(one.path)).map((one) => ({ ...one, file: folder.get(one.path) ?? null }));
  const listed = new Set(raw.files.map((one) => one.path));
  return {
    number: raw.number,
    town: raw.town.name,
    zone: raw.town.time_zone,
    isFictional: raw.town.fictional,
    article: raw.requisition.article,
    procedure: raw.requisition.procedure,
    isStamped: raw.stamp === STAMP,
    asked: { fromUs: raw.asked.from_at_us, toUs: raw.asked.to_at_us },
    fromUs: Math.min(raw.asked.to_at_us, ...originals.map((one) => one.fromUs)),
    toUs: Math.max(raw.asked.from_at_us, ...originals.map((one) => one.toUs)),
    cameras,
    others,
    unlisted: [...folder.keys()].filter((path) => !listed.has(path) && !UNLISTED.has(path)).sort(),
    originalsSha256: raw.originals_sha256,
  };
}

function camera(raw: RawCamera, originals: readonly PackFile[], endUs: number): PackCamera {
  return {
    id: raw.id,
    number: raw.number,
    name: raw.name,
    place: raw.place,
    files: originals.filter((one) => one.camera === raw.id),
    gaps: raw.gaps.map((gap) => ({ ...gap, to_at_us: gap.to_at_us ?? Math.max(endUs, gap.from_at_us) })),
    clockOffsetMs: raw.clock.offset_ms,
    masks: raw.masks.length,
    workingCopies: raw.working_copies,
  };
}

function original(raw: RawOriginal, folder: Folder): PackFile {
  return {
    path: raw.path,
    camera: raw.camera,
    file: folder.get(raw.path) ?? null,
    bytes: raw.bytes,
    sha256: raw.sha256,
    headBytes: raw.head_bytes,
    headSha256: raw.head_sha256,
    codec: raw.codec,
    mimeCodec: raw.mime_codec,
    widthPx: raw.width_px,
    heightPx: raw.height_px,
    fromUs: raw.start_at_us,
    toUs: raw.end_at_us,
    fragments: raw.fragments.map((one) => ({
      offset: one.offset,
      bytes: one.bytes,
      boxes: one.boxes,
      boxesSha256: one.boxes_sha256,
      payloadSha256: one.payload_sha256,
      fromUs: one.start_at_us,
      toUs: one.start_at_us + Math.round((one.duration_ticks90k * 100) / 9),
      isKey: one.is_key,
    })),
  };
}

/** What a timeline row of the camera shows. */
export function covered(one: PackCamera): { spans: { from_at_us: number; to_at_us: number }[]; gaps: readonly PackGap[] } {
  const spans = one.files.filter((file) => file.file).map((file) => ({ from_at_us: file.fromUs, to_at_us: file.toUs }));
  return { spans, gaps: one.gaps };
}

/** The file whose footage an instant belongs to. */
export function fileAt(one: PackCamera, atUs: number): PackFile | null {
  return one.files.find((file) => file.fromUs <= atUs && atUs < file.toUs) ?? null;
}

export function fragmentAt(file: PackFile, atUs: number): Fragment | null {
  return file.fragments.find((one) => one.fromUs <= atUs && atUs < one.toUs) ?? null;
}
