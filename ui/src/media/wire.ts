/**
 * Messages of the live WebSocket and of the grant request, as `ref/wire.md` fixes them.
 * Instants are whole microseconds since the epoch: exact in a JavaScript number until 2255.
 */

export type StreamName = "main" | "sub";
export type CameraState = "recording" | "silent" | "refused" | "barred";
export type GrantKind = "live" | "replay" | "coverage" | "export" | "snapshot" | "thumbnails";
export type LiveFormat = "frames" | "fmp4";

export const GAP_CAUSES = [
  "connect",
  "refused",
  "silent",
  "loss",
  "malformed",
  "disk-stalled",
  "disk-full",
  "clock",
  "restart",
  "closed",
  "mask",
  "corrupt",
] as const;
export type GapCause = (typeof GAP_CAUSES)[number];

/** The one error form of both servers. */
export interface WireError {
  readonly kind: string;
  readonly message: string;
  readonly message_fr: string;
  readonly field?: string;
  readonly article?: string;
}

export interface StreamMessage {
  readonly type: "stream";
  readonly tile: number;
  readonly camera: string;
  readonly stream: StreamName;
  readonly codec: string;
  readonly width_px: number;
  readonly height_px: number;
  readonly description: string;
  readonly transcoded: boolean;
}

export interface StateMessage {
  readonly type: "state";
  readonly tile: number;
  readonly state: CameraState;
  readonly cause: GapCause | "";
  readonly since_at_us: number;
  readonly clock_offset_ms: number | null;
}

export interface SkippedMessage {
  readonly type: "skipped";
  readonly tile: number;
  readonly frames: number;
}

export interface EndMessage {
  readonly type: "end";
  readonly tile: number;
  readonly error: WireError | null;
}

export interface PongMessage {
  readonly type: "pong";
  readonly sent_ms: number;
  readonly at_us: number;
}

export type NodeMessage = StreamMessage | StateMessage | SkippedMessage | EndMessage | PongMessage;

export type BrowserMessage =
  | {
      readonly type: "subscribe";
      readonly tile: number;
      readonly camera: string;
      readonly stream: StreamName;
      readonly grant: string;
      readonly format: LiveFormat;
      /** The browser cannot decode the stream's H.265: the node converts one stream at a time. */
      readonly transcode?: boolean;
    }
  | { readonly type: "unsubscribe"; readonly tile: number }
  | { readonly type: "renew"; readonly tile: number; readonly grant: string }
  | { readonly type: "ping"; readonly sent_ms: number };

/** One binary message: a sample (`frames`) or an MSE piece (`fmp4`). */
export interface LiveFrame {
  readonly tile: number;
  readonly isKey: boolean;
  readonly afterBreak: boolean;
  readonly startsWithInit: boolean;
  readonly ticks90k: number;
  /** Instant of the picture on the node's clock. */
  readonly atUs: number;
  /** Instant at which the frame's last byte was at the node. */
  readonly sentAtUs: number;
  readonly payload: Uint8Array<ArrayBuffer>;
}

export const LIVE_PROTOCOL = "beffroi.live.1";
const HEADER_BYTES = 32;
const VERSION = 1;

/** Reads the 32-byte big-endian header of `ref/wire.md` §4; throws RangeError on anything else. */
export function parseFrame(message: ArrayBuffer): LiveFrame {
  if (message.byteLength < HEADER_BYTES) throw new RangeError("frame shorter than its header");
  const view = new DataView(message);
  if (view.getUint8(0) !== VERSION) throw new RangeError(`frame version ${view.getUint8(0)}`);
  const payloadBytes = view.getUint32(4);
  if (payloadBytes !== message.byteLength - HEADER_BYTES) throw new RangeError("frame length does not match");
  const flags = view.getUint8(1);
  return {
    tile: view.getUint16(2),
    isKey: (flags & 1) !== 0,
    afterBreak: (flags & 2) !== 0,
    startsWithInit: (flags & 4) !== 0,
    ticks90k: Number(view.getBigInt64(8)),
    atUs: Number(view.getBigInt64(16)),
    sentAtUs: Number(view.getBigInt64(24)),
    payload: new Uint8Array(message, HEADER_BYTES),
  };
}

export function base64Bytes(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) bytes[i] = raw.charCodeAt(i);
  return bytes;
}
