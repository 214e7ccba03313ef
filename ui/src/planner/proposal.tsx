/** What the same counts could do: asked of the worker, its gap told, opened as a draft. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, post } from "../api";
import { inLanguage } from "../i18n";
import * as store from "./store";
import type { CameraRow } from "./types";
import { figure, percent, w } from "./words";

interface Proposal {
  readonly state: "none" | "waiting" | "done" | "refused";
  readonly candidates: number;
  readonly own_m2: number;
  readonly best_m2: number;
  readonly gap: number | null;
  readonly cameras: readonly CameraRow[];
  readonly refusal: string;
  readonly refusal_fr: string;
}

const AGAIN_MS = 2000;
const found = signal<Proposal | null>(null);
const pathOf = (id: string): string => `/api/plan/scenarios/${encodeURIComponent(id)}`;

async function look(id: string): Promise<void> {
  try {
    found.value = await call<Proposal>(`${pathOf(id)}/proposal`);
  } catch (error) {
    store.tellError(error);
  }
}

async function ask(id: string): Promise<void> {
  try {
    found.value = await post<Proposal>(`${pathOf(id)}/propose`, {});
  } catch (error) {
    store.tellError(error);
  }
}

export function Proposed({ canSave }: { canSave: boolean }) {
  const base = store.base.value;
  const id = base?.id ?? store.TOWN;
  const isKept = id !== store.TOWN && !store.isChanged.value;
  const state = found.value?.state;
  useEffect(() => { found.value = null; if (id !== store.TOWN) void look(id); }, [id, base?.version]);
  useEffect(() => {
    if (state !== "waiting") return;
    const timer = window.setInterval(() => void look(id), AGAIN_MS);
    return () => window.clearInterval(timer);
  }, [state, id]);
  return (
    <section class="panel proposed" aria-labelledby="h-proposed">
      <header><h2 id="h-proposed">{w("best")}</h2></header>
      {!isKept && <p class="small soft">{w("best.save")}</p>}
      {canSave && isKept && state !== "waiting" && <button type="button" class="btn" onClick={() => void ask(id)}>{w("best.ask")}</button>}
      <div role="status">
        {state === "waiting" && <p>{w("best.waiting")}</p>}
        {state === "refused" && found.value && <p class="warned">{inLanguage({ message: found.value.refusal, message_fr: found.value.refusal_fr })}</p>}
        {state === "done" && found.value && <Found proposal={found.value} />}
      </div>
    </section>
  );
}

function Found({ proposal }: { proposal: Proposal }) {
  const { own_m2: own, best_m2: best, gap } = proposal;
  return (
    <>
      <p>{w("best.found", { own: figure(own), best: figure(best), gain: own > 0 ? percent(best / own - 1) : "–" })}</p>
      <p>{w("best.gap", { gap: gap === null ? "?" : percent(gap), count: figure(proposal.candidates) })}</p>
      <button type="button" class="btn" onClick={() => store.change({ ...store.draft.value, cameras: proposal.cameras })}>{w("best.open")}</button>
    </>
  );
}
