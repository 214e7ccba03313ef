/** Latency figures of each tile, for the bench and for the curious: `window.beffroiStats`. */

/** The newest `size` values; older ones are forgotten. */
export class Window {
  private readonly values: number[] = [];
  private next = 0;

  constructor(private readonly size: number) {}

  add(value: number): void {
    this.values[this.next] = value;
    this.next = (this.next + 1) % this.size;
  }

  get count(): number {
    return this.values.length;
  }

  sorted(): number[] {
    return [...this.values].sort((a, b) => a - b);
  }

  clear(): void {
    this.values.length = 0;
    this.next = 0;
  }
}

/** Nearest-rank percentile of sorted values; NaN when there are none. */
export function percentile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
}

export interface TileReport {
  readonly camera: string;
  readonly stream: string;
  readonly state: string;
  readonly frames: number;
  readonly skipped: number;
  readonly first_picture_ms: number | null;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly max_ms: number;
}

/** One tile: from the frame's last byte at the node to its picture handed to the compositor, node clock corrected by pings. */
export class TileStats {
  frames = 0;
  skipped = 0;
  firstPictureMs: number | null = null;
  readonly latencyMs = new Window(2000);

  constructor(
    readonly camera: string,
    readonly stream: string,
    private readonly state: () => string,
  ) {}

  report(): TileReport {
    const sorted = this.latencyMs.sorted();
    return {
      camera: this.camera,
      stream: this.stream,
      state: this.state(),
      frames: this.frames,
      skipped: this.skipped,
      first_picture_ms: this.firstPictureMs,
      p50_ms: percentile(sorted, 0.5),
      p95_ms: percentile(sorted, 0.95),
      max_ms: percentile(sorted, 1),
    };
  }
}

/** Every tile alive in this window. `reset()` leaves the start-up out of the figures. */
export class Stats {
  private readonly tiles = new Set<TileStats>();

  track(tile: TileStats): () => void {
    this.tiles.add(tile);
    return () => this.tiles.delete(tile);
  }

  /** `at_ms`: of the page, for rates between two reports. */
  report(): { at_ms: number; tiles: TileReport[]; p50_ms: number; p95_ms: number; max_ms: number; frames: number } {
    const all = [...this.tiles].flatMap((tile) => tile.latencyMs.sorted()).sort((a, b) => a - b);
    const tiles = [...this.tiles].map((tile) => tile.report());
    const frames = tiles.reduce((sum, tile) => sum + tile.frames, 0);
    const [p50_ms, p95_ms, max_ms] = [percentile(all, 0.5), percentile(all, 0.95), percentile(all, 1)];
    return { at_ms: performance.now(), tiles, p50_ms, p95_ms, max_ms, frames };
  }

  reset(): void {
    for (const tile of this.tiles) tile.latencyMs.clear();
  }
}

export const stats = new Stats();
