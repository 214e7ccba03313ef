/**
 * Reads fragmented MP4 as the node records it (`ref/wire.md` §7): init segments, then `prft`, `moof`, `mdat`.
 * Source: ISO/IEC 14496-12 (boxes), 14496-15 (avcC, hvcC), RFC 6381 (codec names).
 */

export interface Track {
  /** RFC 6381, as WebCodecs wants it. */
  readonly codec: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly timescale: number;
  /** Content of avcC or hvcC. */
  readonly description: Uint8Array<ArrayBuffer>;
}

/** One coded picture. `decodeUs` orders decoding, `atUs` is the town's instant it shows. */
export interface Picture {
  readonly track: Track;
  readonly atUs: number;
  readonly decodeUs: number;
  readonly durationUs: number;
  readonly isKey: boolean;
  /** The node found that these bytes are not those that were recorded. */
  readonly isAltered: boolean;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The bytes are not footage, or are cut. */
export class FootageError extends Error {}

interface Box {
  readonly type: string;
  /** First byte after the header, and first byte after the box. */
  readonly start: number;
  readonly end: number;
}

const NTP_TO_UNIX_S = 2208988800;

function* boxes(view: DataView, from: number, to: number): Generator<Box> {
  let at = from;
  while (at + 8 <= to) {
    let size = view.getUint32(at);
    let header = 8;
    if (size === 1) {
      size = Number(view.getBigUint64(at + 8));
      header = 16;
    } else if (size === 0) size = to - at;
    if (size < header || at + size > to) throw new FootageError(`box cut at byte ${at}`);
    yield { type: fourCc(view, at + 4), start: at + header, end: at + size };
    at += size;
  }
}

function fourCc(view: DataView, at: number): string {
  return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
}

function find(view: DataView, parent: { start: number; end: number }, ...path: string[]): Box {
  const [type, ...rest] = path;
  for (const box of boxes(view, parent.start, parent.end)) {
    if (box.type === type) return rest.length > 0 ? find(view, box, ...rest) : box;
  }
  throw new FootageError(`no ${type} box`);
}

/** Track numbers of an init segment: what decoding their samples needs. */
export type Tracks = ReadonlyMap<number, { readonly track: Track; readonly defaults: Defaults }>;

/** Every picture of a media answer, in decoding order. `known`: the init segment, when it was read before. */
export function parseFootage(buffer: ArrayBuffer, known: Tracks | null = null): Picture[] {
  const view = new DataView(buffer);
  const pictures: Picture[] = [];
  let tracks = known;
  let startUs: number | null = null;
  let moof: Box | null = null;
  for (const box of boxes(view, 0, buffer.byteLength)) {
    if (box.type === "moov") tracks = parseTracks(view, box);
    else if (box.type === "prft") startUs = parsePrft(view, box);
    else if (box.type === "moof") moof = box;
    else if (box.type === "mdat" && moof) {
      if (!tracks || startUs === null) throw new FootageError("fragment without init segment or wall time");
      pictures.push(...parseFragment(view, moof, { tracks, startUs }));
      moof = null;
    }
  }
  return pictures;
}

/** The tracks of an init segment (`ftyp`, `moov`). */
export function parseInit(buffer: ArrayBuffer): Tracks {
  const view = new DataView(buffer);
  return parseTracks(view, find(view, { start: 0, end: buffer.byteLength }, "moov"));
}

function parseTracks(view: DataView, moov: Box): Tracks {
  const defaults = new Map<number, Defaults>();
  const mvex = find(view, moov, "mvex");
  for (const box of boxes(view, mvex.start, mvex.end)) {
    if (box.type === "trex") defaults.set(view.getUint32(box.start + 4), parseTrex(view, box));
  }
  const tracks = new Map<number, { track: Track; defaults: Defaults }>();
  for (const trak of boxes(view, moov.start, moov.end)) {
    if (trak.type !== "trak") continue;
    const number = trackNumber(view, trak);
    tracks.set(number, { track: parseTrack(view, trak), defaults: defaults.get(number) ?? NO_DEFAULTS });
  }
  return tracks;
}

function trackNumber(view: DataView, trak: Box): number {
  const tkhd = find(view, trak, "tkhd");
  return view.getUint32(tkhd.start + (view.getUint8(tkhd.start) === 1 ? 20 : 12));
}

/** Wall time of the fragment's first sample. Source: ISO/IEC 14496-12 §8.16.5, RFC 5905 (64-bit NTP). */
function parsePrft(view: DataView, box: Box): number {
  const seconds = view.getUint32(box.start + 8) - NTP_TO_UNIX_S;
  const fraction = view.getUint32(box.start + 12) / 2 ** 32;
  return seconds * 1e6 + Math.round(fraction * 1e6);
}

function parseTrack(view: DataView, trak: Box): Track {
  const mdia = find(view, trak, "mdia");
  const mdhd = find(view, mdia, "mdhd");
  const timescale = view.getUint32(mdhd.start + (view.getUint8(mdhd.start) === 1 ? 20 : 12));
  const stsd = find(view, mdia, "minf", "stbl", "stsd");
  for (const entry of boxes(view, stsd.start + 8, stsd.end)) {
    // VisualSampleEntry: 78 bytes before its boxes. Source: ISO/IEC 14496-12 §12.1.3.
    const inner = { start: entry.start + 78, end: entry.end };
    const widthPx = view.getUint16(entry.start + 24);
    const heightPx = view.getUint16(entry.start + 26);
    const record = find(view, inner, entry.type.startsWith("avc") ? "avcC" : "hvcC");
    const description = new Uint8Array(view.buffer as ArrayBuffer, record.start, record.end - record.start).slice();
    return { codec: codecName(entry.type, description), widthPx, heightPx, timescale, description };
  }
  throw new FootageError("no sample entry");
}

/** Source: RFC 6381 §3.3 (AVC), ISO/IEC 14496-15 annex E.3 (HEVC). */
export function codecName(entry: string, record: Uint8Array): string {
  const byte = (i: number): number => record[i] ?? 0;
  const hex = (value: number): string => value.toString(16).padStart(2, "0");
  if (entry.startsWith("avc")) return `${entry}.${hex(byte(1))}${hex(byte(2))}${hex(byte(3))}`;
  const space = ["", "A", "B", "C"][byte(1) >> 6] ?? "";
  const compatibility = ((byte(2) << 24) | (byte(3) << 16) | (byte(4) << 8) | byte(5)) >>> 0;
  const constraints = Array.from(record.subarray(6, 12));
  while (constraints.length > 0 && constraints.at(-1) === 0) constraints.pop();
  const tier = byte(1) & 0x20 ? "H" : "L";
  const parts = [`${space}${byte(1) & 0x1f}`, reversed32(compatibility).toString(16), `${tier}${byte(12)}`];
  return [entry, ...parts, ...constraints.map((one) => one.toString(16))].join(".");
}

function reversed32(value: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 32; bit += 1) reversed = (reversed << 1) | ((value >>> bit) & 1);
  return reversed >>> 0;
}

interface Defaults {
  readonly duration: number;
  readonly size: number;
  readonly flags: number;
}

const NO_DEFAULTS: Defaults = { duration: 0, size: 0, flags: 0 };
const NON_SYNC = 0x10000;

interface FragmentContext {
  readonly tracks: Tracks;
  readonly startUs: number;
}

/** Source: ISO/IEC 14496-12 §8.8.3. */
function parseTrex(view: DataView, box: Box): Defaults {
  const field = (i: number): number => view.getUint32(box.start + 12 + 4 * i);
  return { duration: field(0), size: field(1), flags: field(2) };
}

function parseFragment(view: DataView, moof: Box, context: FragmentContext): Picture[] {
  const { tracks, startUs } = context;
  const traf = find(view, moof, "traf");
  const tfhd = find(view, traf, "tfhd");
  const known = tracks.get(view.getUint32(tfhd.start + 4));
  if (!known) throw new FootageError("fragment of a track that the init segment does not name");
  const { track } = known;
  const defaults = parseTfhd(view, tfhd, known.defaults);
  const pictures: Picture[] = [];
  const isAltered = saysAltered(view, traf);
  let clock = { decode: 0, first: Number.NaN };
  for (const box of boxes(view, traf.start, traf.end)) {
    if (box.type !== "trun") continue;
    const moofStart = moof.start - 8;
    for (const sample of parseTrun(view, box, defaults, moofStart)) {
      const shown = clock.decode + sample.offsetTicks;
      if (Number.isNaN(clock.first)) clock.first = shown;
      const us = (ticks: number): number => Math.round((ticks * 1e6) / track.timescale);
      pictures.push({
        track,
        atUs: startUs + us(shown - clock.first),
        decodeUs: startUs + us(clock.decode),
        durationUs: us(sample.durationTicks),
        isKey: sample.isKey,
        isAltered,
        bytes: sampleBytes(view, sample.at, sample.size),
      });
      clock = { ...clock, decode: clock.decode + sample.durationTicks };
    }
  }
  return pictures;
}

/** What the node writes in an opened fragment whose digest differs. Source: ref/wire.md §5. */
function saysAltered(view: DataView, traf: Box): boolean {
  for (const box of boxes(view, traf.start, traf.end)) {
    if (box.type === "free" && box.end - box.start >= 8) return fourCc(view, box.start) === "alte";
  }
  return false;
}

function sampleBytes(view: DataView, at: number, size: number): Uint8Array<ArrayBuffer> {
  if (at + size > view.byteLength) throw new FootageError("sample past the end");
  return new Uint8Array(view.buffer as ArrayBuffer, at, size);
}

/** Source: ISO/IEC 14496-12 §8.8.7. */
function parseTfhd(view: DataView, box: Box, otherwise: Defaults): Defaults {
  const flags = view.getUint32(box.start) & 0xffffff;
  let at = box.start + 8;
  if (flags & 0x1) at += 8;
  if (flags & 0x2) at += 4;
  const next = (isPresent: number, absent: number): number => {
    if (!isPresent) return absent;
    at += 4;
    return view.getUint32(at - 4);
  };
  const duration = next(flags & 0x8, otherwise.duration);
  const size = next(flags & 0x10, otherwise.size);
  return { duration, size, flags: next(flags & 0x20, otherwise.flags) };
}

interface Sample {
  readonly at: number;
  readonly size: number;
  readonly durationTicks: number;
  readonly offsetTicks: number;
  readonly isKey: boolean;
}

/** Source: ISO/IEC 14496-12 §8.8.8; composition offsets are signed whatever the version: writers disagree. */
function* parseTrun(view: DataView, box: Box, defaults: Defaults, moofStart: number): Generator<Sample> {
  const flags = view.getUint32(box.start) & 0xffffff;
  const count = view.getUint32(box.start + 4);
  let at = box.start + 8;
  let position = moofStart;
  if (flags & 0x1) {
    position += view.getInt32(at);
    at += 4;
  }
  let firstFlags: number | null = null;
  if (flags & 0x4) {
    firstFlags = view.getUint32(at);
    at += 4;
  }
  const next = (isPresent: number, otherwise: number): number => {
    if (!isPresent) return otherwise;
    at += 4;
    return view.getUint32(at - 4);
  };
  for (let i = 0; i < count; i += 1) {
    const durationTicks = next(flags & 0x100, defaults.duration);
    const size = next(flags & 0x200, defaults.size);
    const ownFlags = next(flags & 0x400, i === 0 && firstFlags !== null ? firstFlags : defaults.flags);
    const offsetTicks = next(flags & 0x800, 0) | 0;
    yield { at: position, size, durationTicks, offsetTicks, isKey: (ownFlags & NON_SYNC) === 0 };
    position += size;
  }
}
