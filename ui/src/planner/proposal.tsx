/** What could be seen: asked of the worker, greedy at once, exact meanwhile, its gap told, opened as a draft. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, post } from "../api";
import { inLanguage } from "../i18n";
import { LimitForm } from "./limit_form";
import * as limits from "./limits";
import * as store from "./store";
import type { CameraRow } from "./types";
import { figure, percent, w } from "./words";

interface Proposal {
  readonly state: "none" | "waiting" | "running" | "done" | "cancelled" | "refused";
  readonly progress: number;
  readonly class_id: string;
  readonly candidates: number;
  readonly sites: number;
  readonly own_m2: number;
  readonly best_m2: number;
  readonly gap: number | null;
  readonly alone_gain: number | null;
  readonly phases: readonly { readonly phase: string; readonly cameras: number; readonly sites: number; readonly seen_m2: number }[];
  readonly unmet: readonly string[];
  readonly cameras: readonly CameraRow[];
  readonly refusal: string;
  readonly refusal_fr: string;
}

const AGAIN_MS = 1500;
const found = signal<Proposal | null>(null);
const pathOf = (id: string): string => `/api/plan/scenarios/${encodeURIComponent(id)}`;

async function put(answer: Promise<Proposal>): Promise<void> {
  try {
    found.value = await answer;
  } catch (error) {
    store.tellError(error);
  }
}

const look = (id: string): Promise<void> => put(call<Proposal>(`${pathOf(id)}/proposal`));
const ask = (id: string): Promise<void> => put(post<Proposal>(`${pathOf(id)}/propose`, limits.question()));
const giveUp = (id: string): Promise<void> => put(post<Proposal>(`${pathOf(id)}/cancel`, {}));

export function Proposed({ canSave }: { canSave: boolean }) {
  const base = store.base.value;
  const id = base?.id ?? store.TOWN;
  const isKept = id !== store.TOWN && !store.isChanged.value;
  const state = found.value?.state;
  const isAtWork = state === "waiting" || state === "running";
  useEffect(() => { found.value = null; if (id !== store.TOWN) void look(id); }, [id, base?.version]);
  useEffect(() => {
    if (!isAtWork) return;
    const timer = window.setInterval(() => void look(id), AGAIN_MS);
    return () => window.clearInterval(timer);
  }, [isAtWork, id]);
  return (
    <section class="panel proposed" aria-labelledby="h-proposed">
      <header><h2 id="h-proposed">{w("best")}</h2></header>
      {!isKept && <p class="small soft">{w("best.save")}</p>}
      {canSave && isKept && <LimitForm />}
      {canSave && isKept && (
        <div class="row">
          <button type="button" class="btn" onClick={() => void ask(id)}>{w(isAtWork ? "best.again" : "best.ask")}</button>
          {isAtWork && <button type="button" class="btn" onClick={() => void giveUp(id)}>{w("best.stop")}</button>}
        </div>
      )}
      <div role="status">
        {isAtWork && found.value && <p>{w(state === "running" ? "best.running" : "best.waiting")} <progress max={1} value={found.value.progress} aria-label={w("best.progress")} /></p>}
        {state === "cancelled" && <p>{w("best.cancelled")}</p>}
        {state === "refused" && found.value && <p class="warned">{inLanguage({ message: found.value.refusal, message_fr: found.value.refusal_fr })}</p>}
        {found.value && found.value.cameras.length > 0 && <Found proposal={found.value} />}
      </div>
    </section>
  );
}

function Found({ proposal }: { proposal: Proposal }) {
  const { own_m2: own, best_m2: best, gap } = proposal;
  const level = store.ground.value?.classes.find((one) => one.id === proposal.class_id);
  const told = { own: figure(own), best: figure(best), cameras: proposal.cameras.length, sites: proposal.sites, level: level ? inLanguage({ message: level.name, message_fr: level.name_fr }) : proposal.class_id };
  return (
    <>
      <p>{w("best.found", told)}</p>
      <p>{w("best.gap", { gap: gap === null ? "?" : percent(gap), count: figure(proposal.candidates) })} {w(proposal.state === "done" ? "best.exact" : "best.greedy")}</p>
      {proposal.unmet.length > 0 && <p class="warned">{w("best.unmet", { zones: proposal.unmet.map(store.zoneName).join(", ") })}</p>}
      {proposal.phases.length > 0 && <Phases proposal={proposal} />}
      <button type="button" class="btn" onClick={() => store.change({ ...store.draft.value, cameras: proposal.cameras })}>{w("best.open")}</button>
    </>
  );
}

function Phases({ proposal }: { proposal: Proposal }) {
  const nameOf = (id: string): string => store.ground.value?.phases.find((one) => one.id === id)?.name ?? id;
  return (
    <>
      <table class="tight">
        <thead><tr><th scope="col">{w("phase.of")}</th><th scope="col" class="num">{w("cameras")}</th><th scope="col" class="num">{w("limit.sites")}</th><th scope="col" class="num">{w("seen")}</th></tr></thead>
        <tbody>{proposal.phases.map((one) => <tr key={one.phase}><th scope="row">{nameOf(one.phase)}</th><td class="num">{one.cameras}</td><td class="num">{one.sites}</td><td class="num">{figure(one.seen_m2)}</td></tr>)}</tbody>
      </table>
      {proposal.alone_gain !== null && <p class="small soft">{w("best.together", { gain: percent(proposal.alone_gain) })}</p>}
    </>
  );
}
