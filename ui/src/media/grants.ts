/** Viewing grants: asked in batches, kept while they serve, renewed before they end. */

import type { GrantKind, WireError } from "./wire";

export interface GrantQuestion {
  readonly camera: string;
  readonly kind: GrantKind;
  /** 0 and 0 for live. */
  readonly from_at_us: number;
  readonly to_at_us: number;
}

export interface Grant {
  readonly camera: string;
  readonly kind: GrantKind;
  readonly token: string;
  readonly node_url: string;
  readonly open_before_us: number;
  readonly ends_at_us: number;
}

export type GrantAnswer = Grant | { readonly camera: string; readonly kind: GrantKind; readonly error: WireError };

/** Asks web; answers stand in the order of the questions. */
export type AskGrants = (questions: readonly GrantQuestion[]) => Promise<readonly GrantAnswer[]>;

/** Web said no: the player shows why and does not insist. */
export class GrantRefused extends Error {
  constructor(readonly reason: WireError) {
    super(reason.message);
  }
}

interface Held {
  readonly question: GrantQuestion;
  readonly grant: Grant;
  isOpened: boolean;
}

interface Waiting {
  readonly question: GrantQuestion;
  readonly resolve: (grant: Grant) => void;
  readonly reject: (error: unknown) => void;
}

/** `ref/wire.md` §2: at most 64 questions a request. */
const BATCH = 64;
const BATCH_DELAY_MS = 8;
/** A grant this close to its end is not handed out any more. */
export const RENEW_MARGIN_US = 120e6;
const OPEN_MARGIN_US = 5e6;
const HELD_MAX = 256;

/** Hands out grants; asks web at most once per batch of questions made in the same breath. */
export class Grants {
  private held: Held[] = [];
  private waiting: Waiting[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly ask: AskGrants,
    private readonly nowUs: () => number,
  ) {}

  /** A grant that can be used now and covers the question. Rejects with GrantRefused when web says no. */
  get(question: GrantQuestion): Promise<Grant> {
    const held = this.held.find((one) => covers(one.question, question) && this.serves(one));
    if (held) {
      held.isOpened = true;
      return Promise.resolve(held.grant);
    }
    return this.renewed(question);
  }

  /** A fresh grant, whatever is held. */
  renewed(question: GrantQuestion): Promise<Grant> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ question, resolve, reject });
      this.timer ??= setTimeout(() => void this.flush(), BATCH_DELAY_MS);
    });
  }

  /** Forgets everything: the reason or the agent changed. */
  clear(): void {
    this.held = [];
  }

  private serves(one: Held): boolean {
    const now = this.nowUs();
    if (one.grant.ends_at_us - now < RENEW_MARGIN_US) return false;
    return one.isOpened || one.grant.open_before_us - now > OPEN_MARGIN_US;
  }

  private async flush(): Promise<void> {
    this.timer = null;
    const batch = this.waiting.splice(0, BATCH);
    if (this.waiting.length > 0) this.timer = setTimeout(() => void this.flush(), 0);
    try {
      const answers = await this.ask(batch.map((one) => one.question));
      batch.forEach((one, i) => this.settle(one, answers[i]));
    } catch (error) {
      for (const one of batch) one.reject(error);
    }
  }

  private settle(one: Waiting, answer: GrantAnswer | undefined): void {
    if (!answer) return one.reject(new Error("web answered fewer grants than asked"));
    if ("error" in answer) return one.reject(new GrantRefused(answer.error));
    this.held = this.held.filter((held) => !covers(one.question, held.question)).slice(-HELD_MAX);
    this.held.push({ question: one.question, grant: answer, isOpened: true });
    one.resolve(answer);
  }
}

function covers(wide: GrantQuestion, narrow: GrantQuestion): boolean {
  return (
    wide.camera === narrow.camera &&
    wide.kind === narrow.kind &&
    wide.from_at_us <= narrow.from_at_us &&
    wide.to_at_us >= narrow.to_at_us
  );
}
