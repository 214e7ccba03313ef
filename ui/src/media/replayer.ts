/** Replay on one clock, of one camera or several: seek to the exact picture, play both ways, step by pictures. */

import type { ReplayScreen, ScreenReport } from "./screen";

export const SPEEDS = [0.125, 0.25, 0.5, 1, 2, 4, 8, 16] as const;
export type Speed = (typeof SPEEDS)[number];

export interface ReplayReport extends ScreenReport {
  readonly atUs: number;
  readonly isPlaying: boolean;
  readonly speed: Speed;
  readonly direction: 1 | -1;
  /** In the order of the screens; the report itself is the leader's. */
  readonly screens: readonly ScreenReport[];
}

export interface ReplayerOptions {
  /** The first one leads: stepping goes by its pictures. */
  readonly screens: readonly [ReplayScreen, ...ReplayScreen[]];
  readonly nowUs: () => number;
  /** Nothing before it: playing backward stops there. */
  readonly oldestUs?: () => number;
  readonly onChange: (report: ReplayReport) => void;
}

export class Replayer {
  private readonly screens: readonly [ReplayScreen, ...ReplayScreen[]];
  private leader: ReplayScreen;
  private atUs = 0;
  private speed: Speed = 1;
  private direction: 1 | -1 = 1;
  private isPlaying = false;
  private lastTickMs = 0;
  private raf = 0;

  constructor(private readonly options: ReplayerOptions) {
    this.screens = options.screens;
    this.leader = options.screens[0];
    for (const screen of this.screens) screen.onChange = () => this.tell();
  }

  report(): ReplayReport {
    const { atUs, isPlaying, speed, direction } = this;
    const screens = this.screens.map((one) => one.report());
    return { ...this.leader.report(), atUs, isPlaying, speed, direction, screens };
  }

  /** Whose pictures are stepped through, and whose state is told first. */
  lead(screen: ReplayScreen): void {
    this.leader = screen;
    this.tell();
  }

  /** Goes to an instant; playing goes on from there. Resolves when its pictures, or their absence, are shown. */
  async seek(atUs: number): Promise<void> {
    const wasPlaying = this.isPlaying;
    this.stopPlay();
    await this.show(Math.min(atUs, this.options.nowUs()), true);
    if (wasPlaying && this.leader.report().state !== "failed") this.play();
  }

  play(): void {
    if (this.isPlaying) return;
    this.isPlaying = true;
    for (const screen of this.screens) screen.begin(this.atUs, this.speed, this.direction);
    this.lastTickMs = performance.now();
    this.raf = requestAnimationFrame((ms) => this.tick(ms));
    this.tell();
  }

  pause(): void {
    const wasSmall = this.screens.filter((one) => one.report().isSmallStream);
    this.stopPlay();
    this.tell();
    // Standing still, the picture is the full one again.
    for (const screen of wasSmall) void screen.show(this.atUs, false);
  }

  setSpeed(speed: Speed): void {
    this.turn(() => (this.speed = speed));
  }

  setDirection(direction: 1 | -1): void {
    this.turn(() => (this.direction = direction));
  }

  /** One picture of the leader forward or backward, and stop. */
  async step(direction: 1 | -1): Promise<void> {
    this.stopPlay();
    const nextUs = await this.leader.nextUs(this.atUs, direction);
    if (nextUs !== null) await this.show(nextUs, false);
    else this.tell();
  }

  close(): void {
    this.stopPlay();
    for (const screen of this.screens) screen.close();
  }

  private async show(atUs: number, keyFirst: boolean): Promise<void> {
    this.atUs = atUs;
    await Promise.all(this.screens.map((one) => one.show(atUs, keyFirst)));
  }

  private turn(change: () => void): void {
    const wasPlaying = this.isPlaying;
    this.stopPlay();
    change();
    if (wasPlaying) this.play();
    else this.tell();
  }

  /** The clock waits for the slowest picture, never the reverse. */
  private tick(nowMs: number): void {
    if (!this.isPlaying) return;
    const elapsedUs = Math.min(250, nowMs - this.lastTickMs) * 1000;
    this.lastTickMs = nowMs;
    const wantedUs = this.atUs + elapsedUs * this.speed * this.direction;
    const nextUs = Math.max(this.oldestUs(), Math.min(wantedUs, this.options.nowUs()));
    const waiting = this.screens.filter((one) => one.advance(nextUs));
    if (waiting.length === 0) this.atUs = nextUs;
    const areAllFailed = this.screens.every((one) => one.report().state === "failed");
    if (areAllFailed) this.stopPlay();
    else if (this.isAtTheEnd()) return this.pause();
    else this.raf = requestAnimationFrame((ms) => this.tick(ms));
    this.tell();
  }

  private isAtTheEnd(): boolean {
    if (this.direction === 1) return this.atUs >= this.options.nowUs();
    return this.atUs <= this.oldestUs();
  }

  private oldestUs(): number {
    return this.options.oldestUs?.() ?? 0;
  }

  private stopPlay(): void {
    cancelAnimationFrame(this.raf);
    this.isPlaying = false;
    for (const screen of this.screens) screen.end();
  }

  private tell(): void {
    this.options.onChange(this.report());
  }
}
