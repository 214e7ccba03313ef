/** One WebSocket per window and node: subscriptions, renewals, reconnection, clock of the node. */

import { browserNowUs, RemoteClock } from "./clock";
import { GrantRefused, RENEW_MARGIN_US, type Grants } from "./grants";
import {
  type BrowserMessage,
  type EndMessage,
  LIVE_PROTOCOL,
  type LiveFormat,
  type LiveFrame,
  type NodeMessage,
  parseFrame,
  type SkippedMessage,
  type StateMessage,
  type StreamMessage,
  type StreamName,
  type WireError,
} from "./wire";

/** What a subscription hears. `onLink(false)`: the node is out of reach; everything starts again by itself. */
export interface LiveListener {
  onStream(message: StreamMessage): void;
  onState(message: StateMessage): void;
  onFrame(frame: LiveFrame): void;
  onSkipped(message: SkippedMessage): void;
  /** The node ended it (`error` says why) or web refused the grant. Nothing follows unless `retry()`. */
  onEnd(error: WireError | null, isRefusal: boolean): void;
  onLink(isUp: boolean): void;
}

const PING_EVERY_MS = 5000;
const FIRST_PINGS_MS = [0, 120, 400];
const BACKOFF_FIRST_MS = 400;
const BACKOFF_MAX_MS = 8000;
const IDLE_CLOSE_MS = 5000;
const MAX_TILES = 64;

/** Waiting time before the n-th attempt (0 for the first), with jitter in [½, 1]. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** attempt);
  return full * (0.5 + random() / 2);
}

export class LiveSubscription {
  renewTimer: ReturnType<typeof setTimeout> | undefined;
  isClosed = false;
  isAsking = false;

  constructor(
    private readonly node: LiveNode,
    readonly tile: number,
    readonly camera: string,
    readonly stream: StreamName,
    readonly format: LiveFormat,
    readonly transcode: boolean,
    readonly listener: LiveListener,
  ) {}

  /** Asks again after an end. */
  retry(): void {
    if (!this.isClosed) void this.node.open(this);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    clearTimeout(this.renewTimer);
    this.node.forget(this);
  }
}

/** A node as seen from this window. Connects with the first subscription, leaves some time after the last. */
export class LiveNode {
  readonly clock = new RemoteClock(browserNowUs);
  private socket: WebSocket | null = null;
  private readonly tiles = new Map<number, LiveSubscription>();
  private nextTile = 0;
  private attempt = 0;
  private timers: ReturnType<typeof setTimeout>[] = [];
  private reconnectTimer: ReturnType<typeof setTimeout> | undefined;
  private idleTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private readonly grants: Grants,
  ) {}

  /** Throws RangeError past 64 tiles, the node's own bound. */
  subscribe(
    wanted: { camera: string; stream: StreamName; format: LiveFormat; transcode: boolean },
    listener: LiveListener,
  ): LiveSubscription {
    if (this.tiles.size >= MAX_TILES) throw new RangeError(`more than ${MAX_TILES} pictures in one window`);
    clearTimeout(this.idleTimer);
    do this.nextTile = (this.nextTile + 1) & 0xffff;
    while (this.tiles.has(this.nextTile));
    const { camera, stream, format, transcode } = wanted;
    const tile = new LiveSubscription(this, this.nextTile, camera, stream, format, transcode, listener);
    this.tiles.set(tile.tile, tile);
    if (this.socket === null) this.connect();
    void this.open(tile);
    return tile;
  }

  get isOpen(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Gets a grant, meanwhile the link may open, then subscribes; refusals end it. */
  async open(tile: LiveSubscription): Promise<void> {
    if (tile.isAsking) return;
    tile.isAsking = true;
    try {
      const grant = await this.grants.get(question(tile));
      if (tile.isClosed || !this.isOpen) return;
      const { tile: number, camera, stream, format, transcode } = tile;
      this.send({ type: "subscribe", tile: number, camera, stream, grant: grant.token, format, transcode });
      this.planRenewal(tile, grant.ends_at_us);
    } catch (error) {
      if (tile.isClosed) return;
      if (error instanceof GrantRefused) tile.listener.onEnd(error.reason, true);
      else tile.listener.onEnd(unreachable(error), false);
    } finally {
      tile.isAsking = false;
    }
  }

  forget(tile: LiveSubscription): void {
    this.tiles.delete(tile.tile);
    if (this.isOpen) this.send({ type: "unsubscribe", tile: tile.tile });
    if (this.tiles.size === 0) this.idleTimer = setTimeout(() => this.disconnect(), IDLE_CLOSE_MS);
  }

  private connect(): void {
    clearTimeout(this.reconnectTimer);
    const socket = new WebSocket(`${this.url.replace(/^http/, "ws")}/live`, LIVE_PROTOCOL);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.onOpen();
    socket.onmessage = (event: MessageEvent<ArrayBuffer | string>) => this.onMessage(event.data);
    socket.onclose = () => this.onClose(socket);
    this.socket = socket;
  }

  private disconnect(): void {
    const socket = this.socket;
    this.socket = null;
    this.stopTimers();
    socket?.close();
  }

  private onOpen(): void {
    this.attempt = 0;
    for (const delay of FIRST_PINGS_MS) this.timers.push(setTimeout(() => this.ping(), delay));
    this.timers.push(setInterval(() => this.ping(), PING_EVERY_MS));
    for (const tile of this.tiles.values()) {
      tile.listener.onLink(true);
      void this.open(tile);
    }
  }

  private onClose(socket: WebSocket): void {
    if (this.socket !== socket) return;
    this.socket = null;
    this.stopTimers();
    for (const tile of this.tiles.values()) {
      clearTimeout(tile.renewTimer);
      tile.listener.onLink(false);
    }
    if (this.tiles.size === 0) return;
    this.reconnectTimer = setTimeout(() => this.connect(), backoffMs(this.attempt));
    this.attempt += 1;
  }

  private stopTimers(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers = [];
    clearTimeout(this.reconnectTimer);
  }

  private onMessage(message: ArrayBuffer | string): void {
    if (typeof message !== "string") {
      const frame = parseFrame(message);
      this.tiles.get(frame.tile)?.listener.onFrame(frame);
      return;
    }
    const text = JSON.parse(message) as NodeMessage;
    if (text.type === "pong") return this.clock.learn(text.sent_ms * 1000, text.at_us);
    const tile = this.tiles.get(text.tile);
    if (tile) dispatch(tile, text);
  }

  private planRenewal(tile: LiveSubscription, endsAtUs: number): void {
    clearTimeout(tile.renewTimer);
    const waitMs = Math.max(1000, (endsAtUs - RENEW_MARGIN_US - this.clock.nowUs()) / 1000);
    tile.renewTimer = setTimeout(() => void this.renew(tile), waitMs);
  }

  private async renew(tile: LiveSubscription): Promise<void> {
    try {
      const grant = await this.grants.renewed(question(tile));
      if (tile.isClosed || !this.isOpen) return;
      this.send({ type: "renew", tile: tile.tile, grant: grant.token });
      this.planRenewal(tile, grant.ends_at_us);
    } catch (error) {
      if (tile.isClosed) return;
      if (error instanceof GrantRefused) tile.listener.onEnd(error.reason, true);
      // Web is away: the open grant serves to its end; ask again meanwhile.
      else tile.renewTimer = setTimeout(() => void this.renew(tile), 10_000);
    }
  }

  private ping(): void {
    if (this.isOpen) this.send({ type: "ping", sent_ms: browserNowUs() / 1000 });
  }

  private send(message: BrowserMessage): void {
    this.socket?.send(JSON.stringify(message));
  }
}

function dispatch(tile: LiveSubscription, message: StreamMessage | StateMessage | SkippedMessage | EndMessage): void {
  switch (message.type) {
    case "stream":
      return tile.listener.onStream(message);
    case "state":
      return tile.listener.onState(message);
    case "skipped":
      return tile.listener.onSkipped(message);
    case "end":
      clearTimeout(tile.renewTimer);
      if (message.error !== null) tile.listener.onEnd(message.error, isRefusal(message.error));
  }
}

function isRefusal(error: WireError): boolean {
  return error.kind === "not-permitted" || error.kind === "barred-by-law" || error.kind === "not-found";
}

function question(tile: LiveSubscription) {
  return { camera: tile.camera, kind: "live" as const, from_at_us: 0, to_at_us: 0 };
}

/** Web's own words when it spoke, otherwise those of the network. */
function unreachable(error: unknown): WireError {
  if (error instanceof Error && "reason" in error) return (error as Error & { reason: WireError }).reason;
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "unavailable", message, message_fr: message };
}

/** The nodes this window talks to, one connection each. */
export class LiveNodes {
  private readonly nodes = new Map<string, LiveNode>();

  constructor(private readonly grants: Grants) {}

  at(url: string): LiveNode {
    let node = this.nodes.get(url);
    if (!node) this.nodes.set(url, (node = new LiveNode(url, this.grants)));
    return node;
  }
}
