import { describe, expect, it } from "vitest";
import { LATE_IN_DECODER_MS, LATE_ON_THE_WAY_MS, Pace, START_MAX_MS, STUCK_MS } from "../src/media/pace";

const FRAME_MS = 66;
const EMPTY = { frames: 0, oldestWaitMs: 0 };

function frame(atMs: number, isKey = false) {
  return { isKey, afterBreak: false, sentAtUs: atMs * 1000 };
}

/** A pace whose first group of pictures is behind it, at 3 s. */
function running(): Pace {
  const pace = new Pace();
  pace.arrived(frame(0, true), 0, EMPTY);
  pace.draws(5, 5, 0);
  pace.arrived(frame(3000, true), 3000, EMPTY);
  return pace;
}

describe("pace", () => {
  it("begins on a key frame and takes a whole first group at once", () => {
    const pace = new Pace();
    expect(pace.arrived(frame(0), 0, EMPTY)).toBe("skip");
    expect(pace.arrived(frame(0, true), 1, EMPTY)).toBe("decode");
    for (let i = 1; i < 180; i += 1) expect(pace.arrived(frame(0), 1, { frames: i, oldestWaitMs: 900 })).toBe("decode");
  });

  it("does not let the first group excuse a queue for ever", () => {
    const pace = new Pace();
    pace.arrived(frame(0, true), 0, EMPTY);
    const late = START_MAX_MS + 1;
    expect(pace.arrived(frame(late), late, { frames: 30, oldestWaitMs: late })).toBe("skip");
  });

  it("waits for a key frame that finds the decoder drained", () => {
    const pace = running();
    const full = { frames: 8, oldestWaitMs: LATE_IN_DECODER_MS + 1 };
    expect(pace.arrived(frame(3100), 3100, full)).toBe("skip");
    expect(pace.arrived(frame(3200), 3200, EMPTY)).toBe("skip");
    expect(pace.arrived(frame(3300, true), 3300, full)).toBe("skip");
    expect(pace.arrived(frame(3400, true), 3400, EMPTY)).toBe("decode");
    expect(pace.arrived(frame(3500), 3500, EMPTY)).toBe("decode");
  });

  it("begins again when a key frame finds the decoder stuck", () => {
    expect(running().arrived(frame(3100, true), 3100, { frames: 9, oldestWaitMs: STUCK_MS + 1 })).toBe("restart");
  });

  it("leaves out what was late on the way, whatever the two clocks say", () => {
    const pace = new Pace();
    const ahead = 5000; // the node's clock
    pace.arrived(frame(ahead, true), 0, EMPTY);
    pace.draws(5, 5, 0);
    expect(pace.arrived(frame(3000 + ahead), 3010, EMPTY)).toBe("decode");
    expect(pace.arrived(frame(3066 + ahead), 3066 + LATE_ON_THE_WAY_MS + 20, EMPTY)).toBe("skip");
    expect(pace.arrived(frame(4200 + ahead), 4210, EMPTY)).toBe("skip");
    expect(pace.arrived(frame(4300 + ahead, true), 4310, EMPTY)).toBe("decode");
  });

  it("draws every picture in time, and only some of those with newer ones behind", () => {
    const pace = running();
    expect(pace.draws(3010, 10, 0)).toBe(true);
    expect(pace.draws(3076, 10, 1)).toBe(true);
    expect(pace.draws(3100, 300, 4)).toBe(false);
    expect(pace.draws(3290, 300, 4)).toBe(true);
    expect(pace.draws(3300, 300, 0)).toBe(true);
  });

  it("never builds up on a machine that decodes a third of what comes", () => {
    const pace = new Pace();
    const queue: number[] = [];
    let worstMs = 0;
    let drawn = 0;
    for (let i = 0, freeAtMs = 0; i < 900; i += 1) {
      const nowMs = i * FRAME_MS;
      while (queue.length > 0 && freeAtMs <= nowMs) {
        const sinceMs = queue.shift() as number;
        if (pace.draws(freeAtMs, freeAtMs - sinceMs, queue.length)) {
          worstMs = Math.max(worstMs, freeAtMs - sinceMs);
          drawn += 1;
        }
        freeAtMs = Math.max(freeAtMs, queue[0] ?? nowMs) + 3 * FRAME_MS;
      }
      const oldest = queue[0];
      const backlog = { frames: queue.length, oldestWaitMs: oldest === undefined ? 0 : nowMs - oldest };
      if (pace.arrived(frame(nowMs, i % 30 === 0), nowMs, backlog) === "decode") queue.push(nowMs);
    }
    expect(drawn).toBeGreaterThan(100);
    expect(worstMs).toBeLessThan(LATE_IN_DECODER_MS + STUCK_MS);
  });
});
