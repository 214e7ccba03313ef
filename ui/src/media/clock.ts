/** Clocks of other machines, seen from this browser. */

/** This browser's clock, microseconds since the epoch; never goes back while the page lives. */
export function browserNowUs(): number {
  return (performance.timeOrigin + performance.now()) * 1000;
}

interface Sample {
  readonly offsetUs: number;
  readonly roundTripUs: number;
}

const SAMPLES_KEPT = 8;

/** Offset of a remote clock, from the quickest of the last few round trips. */
export class RemoteClock {
  private samples: Sample[] = [];

  constructor(private readonly localNowUs: () => number = browserNowUs) {}

  /** One answer: `remoteUs` was read on the remote side between `sentUs` and now (local clock). */
  learn(sentUs: number, remoteUs: number): void {
    const receivedUs = this.localNowUs();
    const sample = { offsetUs: remoteUs - (sentUs + receivedUs) / 2, roundTripUs: receivedUs - sentUs };
    this.samples = [...this.samples, sample].slice(-SAMPLES_KEPT);
  }

  get isKnown(): boolean {
    return this.samples.length > 0;
  }

  /** Remote minus local; 0 as long as nothing was learnt. */
  get offsetUs(): number {
    const [first, ...others] = this.samples;
    if (!first) return 0;
    return others.reduce((best, one) => (one.roundTripUs < best.roundTripUs ? one : best), first).offsetUs;
  }

  nowUs(): number {
    return Math.round(this.localNowUs() + this.offsetUs);
  }
}
