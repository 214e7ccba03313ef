/** Pictures asked for together: each shows one before any catches up with what came since its key frame. */

const HOLD_MAX_MS = 400;

export class FirstPictures {
  private readonly awaited = new Set<object>();
  private held: (() => void)[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `who` has no picture yet. */
  await(who: object): void {
    this.awaited.add(who);
  }

  /** `who` has its first picture, or will have none. */
  settle(who: object): void {
    if (this.awaited.delete(who) && this.awaited.size === 0) this.release();
  }

  /** Calls `goOn` once nobody is without a picture, at the latest after a while. */
  hold(goOn: () => void): void {
    this.held.push(goOn);
    this.timer ??= setTimeout(() => this.release(), HOLD_MAX_MS);
  }

  private release(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { held } = this;
    this.held = [];
    for (const goOn of held) goOn();
  }
}

export const firstPictures = new FirstPictures();
