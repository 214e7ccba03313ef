/** Undo and redo of anything. Pure: each step is another history. */

export interface History<T> {
  readonly past: readonly T[];
  readonly now: T;
  readonly future: readonly T[];
  /** Steps of one drag, or of one field being typed in, have the same key and are undone together. */
  readonly key: string;
}

const MOST = 200;

export function begun<T>(now: T): History<T> {
  return { past: [], now, future: [], key: "" };
}

/** `next` after what is there; under the same key as the step before, in its place. An empty key stands alone. */
export function stepped<T>(history: History<T>, next: T, key = ""): History<T> {
  if (next === history.now) return history;
  const isSame = key !== "" && key === history.key && history.past.length > 0;
  const past = isSame ? history.past : [...history.past, history.now].slice(-MOST);
  return { past, now: next, future: [], key };
}

/** The next step under the same key stands alone: the drag is over. */
export function closed<T>(history: History<T>): History<T> {
  return history.key === "" ? history : { ...history, key: "" };
}

export function undone<T>(history: History<T>): History<T> {
  const before = history.past.at(-1);
  if (history.past.length === 0) return history;
  return { past: history.past.slice(0, -1), now: before as T, future: [history.now, ...history.future], key: "" };
}

export function redone<T>(history: History<T>): History<T> {
  if (history.future.length === 0) return history;
  const [after, ...future] = history.future;
  return { past: [...history.past, history.now], now: after as T, future, key: "" };
}
