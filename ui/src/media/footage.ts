/** Recorded pictures of one camera on its node: what exists, and the pictures themselves. */

import type { PictureSource, Span } from "./cache";
import { GrantRefused, type GrantQuestion, type Grants } from "./grants";
import { parseFootage, type Picture } from "./mp4";
import type { GapCause, GrantKind, StreamName, WireError } from "./wire";

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
    /** Before it this agent may not look: questions are shortened to it. */
    private readonly oldestUs: () => number = () => 0,
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
    const question = this.question(kind, span);
    const grant = await this.grants.get(question);
    const from_at_us = Math.round(Math.max(span.from_at_us, question.from_at_us));
    const query = `from_at_us=${from_at_us}&to_at_us=${Math.round(span.to_at_us)}`;
    const init = { headers: headers(grant.token), ...(signal ? { signal } : {}) };
    const answer = await fetch(`${grant.node_url || this.nodeUrl}${path}?${query}`, init);
    if (!answer.ok) throw new NodeError(answer.status, await reasonOf(answer));
    return answer;
  }

  /** Replay is asked by whole hours around the instant, so that moving about does not ask web each time. */
  private question(kind: GrantKind, span: Span): GrantQuestion {
    if (kind === "export") return { camera: this.camera, kind, ...span };
    const from_at_us = (Math.floor(span.from_at_us / HOUR_US) - 1) * HOUR_US;
    const to_at_us = (Math.ceil(span.to_at_us / HOUR_US) + 1) * HOUR_US;
    const oldest_us = Math.ceil(this.oldestUs());
    // What lies before it altogether is asked as it is: web says no in its own words.
    const isWithin = span.to_at_us >= oldest_us;
    return { camera: this.camera, kind, from_at_us: isWithin ? Math.max(from_at_us, oldest_us) : from_at_us, to_at_us };
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

export interface NodeStream {
  readonly stream: StreamName;
  /** Converted to H.264 by the node. */
  readonly transcoded: boolean;
  /** What to read when the node will not convert. */
  readonly otherwise: StreamName | null;
}

/** One stream of a camera, read from its node. */
export class NodeFootage implements PictureSource {
  /** The node would not convert: the small stream is read instead. */
  isFallenBack = false;

  constructor(
    private readonly doors: FootageDoors,
    private readonly source: NodeStream,
  ) {}

  /** A conversion begins anew for each question. */
  get isQuickAlone(): boolean {
    return !this.source.transcoded;
  }

  async pictures(span: Span, signal: AbortSignal): Promise<readonly Picture[]> {
    const media = await this.read(span, signal);
    return media.byteLength === 0 ? [] : parseFootage(media);
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
}

export { GrantRefused };
