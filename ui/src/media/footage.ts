/** Recorded pictures of one camera and stream: what exists, and the pictures themselves, in bounded memory. */

import { GrantRefused, type GrantQuestion, type Grants } from "./grants";
import { parseFootage, type Picture } from "./mp4";
import { pictureAt } from "./pictures";
import type { GapCause, GrantKind, StreamName, WireError } from "./wire";

export interface Span {
  readonly from_at_us: number;
  readonly to_at_us: number;
}

export interface Gap extends Span {
  readonly cause: GapCause;
}

export interface Coverage {
  readonly spans: readonly Span[];
  readonly gaps: readonly Gap[];
  /** Gaps shorter than this are left out; 0: all are there. */
  readonly shortest_gap_us: number;
  readonly oldest_at_us: number;
  readonly newest_at_us: number;
}

/** A refusal or a failure of the node, in its own words. */
export class NodeError extends Error {
  constructor(
    readonly status: number,
    readonly reason: WireError,
  ) {
    super(reason.message);
  }
}

const HOUR_US = 3600e6;

/** Doors of one camera on its node. Every call carries a grant in a header, never in the address. */
export class FootageDoors {
  constructor(
    private readonly nodeUrl: string,
    readonly camera: string,
    private readonly grants: Grants,
  ) {}

  async coverage(stream: StreamName, span: Span): Promise<Coverage> {
    const answer = await this.open("coverage", span, `/replay/${this.camera}/${stream}/coverage`);
    return (await answer.json()) as Coverage;
  }

  /** Whole fragments; empty when nothing was recorded. */
  async media(stream: StreamName, span: Span, transcoded: boolean, signal: AbortSignal): Promise<ArrayBuffer> {
    const door = transcoded ? "transcoded" : "media";
    const answer = await this.open("replay", span, `/replay/${this.camera}/${stream}/${door}`, signal);
    return answer.arrayBuffer();
  }

  /** The nearest kept still, or null when none is within 15 s. */
  async thumbnail(atUs: number, signal: AbortSignal): Promise<Blob | null> {
    const grant = await this.grants.get(this.question("replay", { from_at_us: atUs, to_at_us: atUs }));
    const address = `${grant.node_url}/thumbnail/${this.camera}?at_us=${Math.round(atUs)}`;
    const answer = await fetch(address, { headers: headers(grant.token), signal });
    return answer.status === 200 ? answer.blob() : null;
  }

  export(span: Span, signal: AbortSignal): Promise<Response> {
    return this.open("export", span, `/export/${this.camera}`, signal);
  }

  manifest(span: Span, signal: AbortSignal): Promise<Response> {
    return this.open("export", span, `/export/${this.camera}/manifest`, signal);
  }

  private async open(kind: GrantKind, span: Span, path: string, signal?: AbortSignal): Promise<Response> {
    const grant = await this.grants.get(this.question(kind, span));
    const query = `from_at_us=${Math.round(span.from_at_us)}&to_at_us=${Math.round(span.to_at_us)}`;
    const init = { headers: headers(grant.token), ...(signal ? { signal } : {}) };
    const answer = await fetch(`${grant.node_url || this.nodeUrl}${path}?${query}`, init);
    if (!answer.ok) throw new NodeError(answer.status, await reasonOf(answer));
    return answer;
  }

  /** Replay is asked by whole hours around the instant, so that moving about does not ask web each time. */
  private question(kind: GrantKind, span: Span): GrantQuestion {
    if (kind === "export") return { camera: this.camera, kind, ...span };
    return {
      camera: this.camera,
      kind,
      from_at_us: (Math.floor(span.from_at_us / HOUR_US) - 1) * HOUR_US,
      to_at_us: (Math.ceil(span.to_at_us / HOUR_US) + 1) * HOUR_US,
    };
  }
}

function headers(token: string): Record<string, string> {
  return { Authorization: `Beffroi-Grant ${token}` };
}

async function reasonOf(answer: Response): Promise<WireError> {
  try {
    return ((await answer.json()) as { error: WireError }).error;
  } catch {
    const message = `HTTP ${answer.status}`;
    return { kind: "internal", message, message_fr: message };
  }
}

/** A slice of footage: every picture of its span, and those before it that decoding them needs. */
export interface Chunk extends Span {
  /** In decoding order; the first is a key picture. Empty: nothing was recorded. */
  readonly pictures: readonly Picture[];
}

const CHUNK_US = 4e6;
const CHUNKS_KEPT = 14;
/** Footage this young may still grow: it is asked again. */
const SETTLED_US = 6e6;
const YOUNG_KEPT_MS = 700;

export interface FootageSource {
  readonly stream: StreamName;
  /** Converted to H.264 by the node. */
  readonly transcoded: boolean;
  /** What to read when the node will not convert. */
  readonly otherwise: StreamName | null;
}

/** Loads chunks once, keeps the last few, aborts what is no longer wanted. */
export class FootageCache {
  private readonly chunks = new Map<number, { chunk: Chunk; loadedMs: number }>();
  private readonly loading = new Map<number, { promise: Promise<Chunk>; abort: AbortController }>();

  /** The node would not convert: the small stream is read instead. */
  isFallenBack = false;

  constructor(
    private readonly doors: FootageDoors,
    private readonly source: FootageSource,
    private readonly nowUs: () => number,
  ) {}

  /** The chunk when it is here already. */
  peek(atUs: number): Chunk | null {
    const index = Math.floor(atUs / CHUNK_US);
    const kept = this.chunks.get(index);
    if (!kept || this.isStale(kept)) return null;
    return kept.chunk;
  }

  get(atUs: number): Promise<Chunk> {
    const kept = this.peek(atUs);
    if (kept) return Promise.resolve(kept);
    const index = Math.floor(atUs / CHUNK_US);
    const before = this.loading.get(index);
    if (before) return before.promise;
    const abort = new AbortController();
    const promise = this.load(index, abort.signal).finally(() => this.loading.delete(index));
    this.loading.set(index, { promise, abort });
    return promise;
  }

  /** Pictures to show one instant with: of its chunk when that is here, else its group alone, which comes sooner. */
  async around(atUs: number, signal: AbortSignal): Promise<readonly Picture[]> {
    const isOnItsWay = this.loading.has(Math.floor(atUs / CHUNK_US));
    if (!this.peek(atUs) && !isOnItsWay && !this.source.transcoded) {
      const group = await this.pictures({ from_at_us: atUs, to_at_us: atUs + 1 }, signal);
      if (pictureAt(group, atUs)) return group;
    }
    return (await this.get(atUs)).pictures;
  }

  /** Starts loading the chunk and those next to it; failures will be met when one is really wanted. */
  prefetch(atUs: number, direction: 1 | -1, chunks: number): void {
    for (let i = 0; i <= chunks; i += 1) {
      const wanted = atUs + direction * i * CHUNK_US;
      if (wanted < this.nowUs()) this.get(wanted).catch(() => undefined);
    }
  }

  /** Drops what is being loaded away from `atUs`: somebody jumped. */
  abortAwayFrom(atUs: number): void {
    const index = Math.floor(atUs / CHUNK_US);
    for (const [other, { abort }] of this.loading) if (Math.abs(other - index) > 1) abort.abort();
  }

  close(): void {
    for (const { abort } of this.loading.values()) abort.abort();
    this.chunks.clear();
  }

  private isStale(kept: { chunk: Chunk; loadedMs: number }): boolean {
    const isYoung = kept.chunk.to_at_us > this.nowUs() - SETTLED_US;
    return isYoung && performance.now() - kept.loadedMs > YOUNG_KEPT_MS;
  }

  private async load(index: number, signal: AbortSignal): Promise<Chunk> {
    const span = { from_at_us: index * CHUNK_US, to_at_us: (index + 1) * CHUNK_US };
    const chunk = { ...span, pictures: await this.pictures(span, signal) };
    this.chunks.delete(index);
    this.chunks.set(index, { chunk, loadedMs: performance.now() });
    for (const oldest of this.chunks.keys()) {
      if (this.chunks.size <= CHUNKS_KEPT) break;
      this.chunks.delete(oldest);
    }
    return chunk;
  }

  /** One conversion at a time on a node: when the place is taken, the small stream is better than nothing. */
  private async read(span: Span, signal: AbortSignal): Promise<ArrayBuffer> {
    const { stream, transcoded, otherwise } = this.source;
    if (!transcoded || !otherwise) return this.doors.media(stream, span, transcoded, signal);
    if (!this.isFallenBack) {
      try {
        return await this.doors.media(stream, span, true, signal);
      } catch (error) {
        if (signal.aborted || error instanceof GrantRefused) throw error;
        this.isFallenBack = true;
      }
    }
    return this.doors.media(otherwise, span, false, signal);
  }

  private async pictures(span: Span, signal: AbortSignal): Promise<readonly Picture[]> {
    const media = await this.read(span, signal);
    return media.byteLength === 0 ? [] : parseFootage(media);
  }
}

export { GrantRefused };
