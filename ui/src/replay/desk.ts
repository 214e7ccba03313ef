/** What a replay screen drives: instant, window of time, selection, typed dates. Console and offline reader share it. */

import { computed, signal } from "@preact/signals";
import { readTyped, townInstants } from "../i18n";
import { type Replayer, type ReplayReport, SPEEDS, type Speed } from "../media";
import { type Selection, selectionSpan } from "../timeline/coverage";
import { following, type Scale, zoomed } from "../timeline/scale";

export type Window_ = Omit<Scale, "widthPx">;

/** Why a typed instant is refused; `beyond`: after the last one there can be. */
export type GotoError = "" | "bad" | "never" | "beyond";

export interface Bounds {
  readonly zone: () => string;
  /** After it there is nothing yet, or nothing any more. */
  readonly lastUs: () => number;
  /** Somebody went to another instant. */
  readonly onMoved: () => void;
}

const WINDOW_US = 40 * 60e6;
const TEXT_EVERY_MS = 100;

export class Desk {
  readonly replayer = signal<Replayer | null>(null);
  /** At most ten changes a second while playing. */
  readonly report = signal<ReplayReport | null>(null);
  readonly scale = signal<Window_>({ fromUs: 0, toUs: WINDOW_US });
  readonly selection = signal<Selection>({ fromUs: null, toUs: null });
  /** Two instants a typed hour may mean. */
  readonly ambiguous = signal<readonly [number, number] | null>(null);
  readonly gotoError = signal<GotoError>("");

  readonly atUs = computed(() => this.report.value?.atUs ?? 0);
  /** What is on screen: on the way to an instant, the picture there has its own. */
  readonly shownUs = computed(() => {
    const told = this.report.value;
    return told?.state === "loading" && !told.isPlaying && told.pictureAtUs !== null ? told.pictureAtUs : this.atUs.value;
  });
  /** Nobody waits for a picture: what surrounds it may be asked for. */
  readonly isSettled = computed(() => this.report.value !== null && !["idle", "loading"].includes(this.report.value.state));
  readonly selected = computed(() => selectionSpan(this.selection.value));
  private toldMs = 0;

  constructor(private readonly bounds: Bounds) {}

  get zone(): string {
    return this.bounds.zone();
  }

  get lastUs(): number {
    return this.bounds.lastUs();
  }

  /** What the replayer says of itself. */
  take(fresh: ReplayReport): void {
    const before = this.report.value;
    const isCalm = before?.state === fresh.state && before.isPlaying && fresh.isPlaying;
    if (isCalm && performance.now() - this.toldMs < TEXT_EVERY_MS) return;
    this.toldMs = performance.now();
    this.report.value = fresh;
    if (fresh.state === "idle") return;
    const next = following({ ...this.scale.value, widthPx: 1 }, fresh.atUs);
    if (next.fromUs !== this.scale.value.fromUs) this.scale.value = { fromUs: next.fromUs, toUs: next.toUs };
  }

  centre(middleUs: number): void {
    const span = this.scale.value.toUs - this.scale.value.fromUs;
    this.scale.value = { fromUs: middleUs - span / 2, toUs: middleUs + span / 2 };
  }

  async seek(toUs: number): Promise<void> {
    await this.replayer.value?.seek(Math.min(Math.max(0, toUs), this.bounds.lastUs()));
    this.bounds.onMoved();
  }

  readonly seekBy = (byUs: number): void => void this.seek(this.atUs.value + byUs);

  readonly togglePlay = (): void => {
    if (this.report.value?.isPlaying) this.replayer.value?.pause();
    else this.replayer.value?.play();
  };

  setSpeed(speed: Speed): void {
    this.replayer.value?.setSpeed(speed);
  }

  changeSpeed(by: 1 | -1): void {
    const current = SPEEDS.indexOf(this.report.value?.speed ?? 1);
    const next = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, current + by))];
    if (next !== undefined) this.setSpeed(next);
  }

  readonly toggleDirection = (): void => {
    this.replayer.value?.setDirection(this.report.value?.direction === -1 ? 1 : -1);
  };

  step(direction: 1 | -1): void {
    void this.replayer.value?.step(direction);
  }

  zoomBy(factor: number): void {
    const next = zoomed({ ...this.scale.value, widthPx: 1 }, factor, this.atUs.value);
    this.scale.value = { fromUs: next.fromUs, toUs: next.toUs };
  }

  readonly markIn = (): void => {
    this.selection.value = { ...this.selection.value, fromUs: this.atUs.value };
  };

  /** The picture on screen belongs to the selection: its end is just after it. */
  readonly markOut = (): void => {
    this.selection.value = { ...this.selection.value, toUs: this.atUs.value };
  };

  readonly clearSelection = (): void => {
    this.selection.value = { fromUs: null, toUs: null };
  };

  /** Goes to what was typed; asks which one when the hour happened twice. True when it went or asked. */
  goToTyped(text: string): boolean {
    const lastUs = this.bounds.lastUs();
    const typed = readTyped(text, this.atUs.value || lastUs, this.zone);
    const found = typed ? townInstants(typed, this.zone) : [];
    const [first, second] = found;
    this.gotoError.value = !typed ? "bad" : first === undefined ? "never" : first > lastUs ? "beyond" : "";
    if (first === undefined || this.gotoError.value) return false;
    if (second !== undefined && second <= lastUs) this.ambiguous.value = [first, second];
    else void this.seek(first);
    return true;
  }

  settle(toUs: number): void {
    this.ambiguous.value = null;
    void this.seek(toUs);
  }
}
