/** What the editor holds: the draft with its history, what web said of it, what is chosen. */

import { batch, computed, effect, signal } from "@preact/signals";
import { call, post, WebError } from "../api";
import { inLanguage } from "../i18n";
import * as edit from "./edit";
import { begun, closed, type History, redone, stepped, undone } from "./history";
import { Plane, type Spot } from "./plane";
import * as presets from "./presets";
import type { CameraRow, CameraView, Draft, Ground, PlanFigures, PlanMasks, Scenario, ScenarioName, ZoneRow } from "./types";
import { w } from "./words";

export const TOWN = "ville";
const NOTHING: Draft = { cameras: [], zones: [] };

export const ground = signal<Ground | null>(null);
export const names = signal<readonly ScenarioName[]>([]);
export const base = signal<Scenario | null>(null);
export const history = signal<History<Draft>>(begun(NOTHING));
export const chosenId = signal<string | null>(null);
/** Which preset of the chosen PTZ is turned and told; it may be past the last one after an undo. */
export const presetAt = signal(0);
export const isNight = signal(false);
export const mode = signal<"look" | "camera" | "zone" | "limits">("look");
export const drawing = signal<readonly Spot[]>([]);
export const phase = signal(Infinity);
export const classId = signal("observe");
export const modelId = signal("");
export const said = signal<{ words: string; isBad: boolean } | null>(null);
export const figures = signal<PlanFigures | null>(null);
export const other = signal<{ name: string; draft: Draft; figures: PlanFigures } | null>(null);
/** What web said of a camera and the drawn zones that it counted on: the cone holds without them, shares and masks do not. */
interface Seen {
  readonly view: CameraView;
  readonly zones: readonly ZoneRow[];
}

/** By the row asked about, as text. */
export const views = signal<ReadonlyMap<string, Seen>>(new Map());
/** The simulated picture of the chosen camera, with its planned masks. */
export const picture = signal<(Seen & { readonly key: string }) | null>(null);
/** What masking all cameras would cost; null while it is being computed. */
export const planMasks = signal<PlanMasks | null>(null);
/** Milliseconds from the last change of a camera to its exact ground on the map. */
export const answeredMs = signal<number | null>(null);
/** Counts what was opened: a map shows all of it once, and stays where it is when it is saved. */
export const opened = signal(0);
/** A place to show: a zone chosen in the list. */
export const target = signal<Spot | null>(null);
export const middle: { at: Spot; mPerPx: number } = { at: { x: 0, y: 0 }, mPerPx: 1 };

export const draft = computed(() => history.value.now);
export const plane = computed(() => new Plane(ground.value?.centre ?? [0, 0]));
export const shown = computed(() => edit.until(draft.value, ground.value?.phases ?? [], phase.value));
export const chosen = computed(() => draft.value.cameras.find((row) => row.id === chosenId.value) ?? null);
export const preset = computed(() => Math.min(presetAt.value, Math.max(0, (chosen.value?.presets?.length ?? 0) - 1)));
/** The chosen camera as it looks now: a PTZ at its chosen preset. */
export const aim = computed(() => chosen.value && presets.aimed(chosen.value, preset.value));
export const chosenZone = computed(() => draft.value.zones.find((row) => row.id === chosenId.value) ?? null);
export const isChanged = computed(() => history.value.past.length > 0);

export const keyOf = (row: CameraRow): string => JSON.stringify(row);
/** Its cone, whatever is drawn since. */
export const viewOf = (row: CameraRow): CameraView | null => views.value.get(keyOf(row))?.view ?? null;
/** Counted on the zones as they are drawn now; null while that is being computed. */
export const countedOf = (row: CameraRow): CameraView | null => onZones(views.value.get(keyOf(row)), draft.value.zones);
const onZones = (seen: Seen | null | undefined, zones: readonly ZoneRow[]): CameraView | null => (seen?.zones === zones ? seen.view : null);
const pictureKey = (row: CameraRow, at: number): string => `${at} ${keyOf(row)}`;
/** Of the chosen camera as it is now; null while it is being drawn. */
export const pictured = computed(() =>
  chosen.value && picture.value?.key === pictureKey(chosen.value, preset.value) ? onZones(picture.value, draft.value.zones) : null,
);

export function choose(id: string | null, at = 0): void {
  batch(() => {
    chosenId.value = id;
    presetAt.value = at;
  });
}

export function tell(words: string, isBad = false): void {
  said.value = { words, isBad };
}

export function tellError(error: unknown): void {
  tell(error instanceof WebError ? inLanguage(error.reason) : String(error), true);
}

export function change(next: Draft, key = ""): void {
  said.value = null;
  history.value = stepped(history.value, next, key);
}

export function changeChosen(part: Partial<CameraRow>, key = ""): void {
  if (chosen.value) change(edit.changedCamera(draft.value, chosen.value.id, part), key && `${key} ${chosen.value.id}`);
}

/** Turns or zooms what is shown of the chosen camera: its own aim, or its chosen preset. */
export function changeAim(part: Partial<presets.Aim>, key = ""): void {
  const row = chosen.value;
  if (!row) return;
  if (!presets.presetsOf(row).length) return changeChosen(part, key);
  change(presets.changedPreset(draft.value, row, preset.value, part), key && `${key} ${row.id} ${preset.value}`);
}

export function endDrag(): void {
  history.value = closed(history.value);
}

export function undo(): void {
  history.value = undone(history.value);
}

export function redo(): void {
  history.value = redone(history.value);
}

/** The newest question alone waits; one is on its way at a time, so a drag never queues behind itself. */
class Newest<Q, A> {
  private waiting: Q | null = null;
  private isBusy = false;

  constructor(
    private readonly ask: (question: Q) => Promise<A>,
    private readonly take: (question: Q, answer: A) => void,
  ) {}

  put(question: Q): void {
    this.waiting = question;
    if (!this.isBusy) void this.run();
  }

  private async run(): Promise<void> {
    this.isBusy = true;
    while (this.waiting !== null) {
      const question = this.waiting;
      this.waiting = null;
      try {
        this.take(question, await this.ask(question));
      } catch (error) {
        tellError(error);
      }
    }
    this.isBusy = false;
  }
}

const MOST_VIEWS = 400;

function keep({ row, zones }: About, view: CameraView): void {
  const kept = [...views.value, [keyOf(row), { view, zones }] as const].slice(-MOST_VIEWS);
  views.value = new Map(kept);
}

interface About {
  readonly row: CameraRow;
  readonly zones: readonly ZoneRow[];
}

interface ViewQuestion extends About {
  readonly asked: number;
}

const askView = ({ row, zones }: About, more: Readonly<Record<string, unknown>> = {}): Promise<CameraView> =>
  post<CameraView>("/api/plan/camera", { camera: row, zones, ...more });

const turned = new Newest<ViewQuestion, CameraView>((about) => askView(about), (about, view) => {
  keep(about, view);
  answeredMs.value = Math.round(performance.now() - about.asked);
});

interface PictureQuestion extends About {
  readonly at: number;
}

/** The whole camera once more, when the hand rests: its picture at this preset, its masks in all of them. */
const drawn = new Newest<PictureQuestion, CameraView>(
  (about) => askView(about, { preset: about.at, with_preview: true, with_masks: true }),
  (about, view) => batch(() => {
    keep(about, view);
    picture.value = { key: pictureKey(about.row, about.at), view, zones: about.zones };
  }),
);

const together = new Newest<Draft, PlanFigures>(
  ({ cameras, zones }) => post<PlanFigures>("/api/plan/coverage", { cameras, zones }),
  (_, answer) => {
    figures.value = answer;
  },
);

const MASKS_DEADLINE_MS = 60_000;
const masked = new Newest<Draft, PlanMasks>(
  ({ cameras, zones }) => post<PlanMasks>("/api/plan/masks", { cameras, zones }, MASKS_DEADLINE_MS),
  ({ cameras }, answer) => {
    if (cameras === shown.peek().cameras) planMasks.value = answer;
  },
);

const PICTURE_MS = 350;
const TOGETHER_MS = 150;
/** Dearer than the rest: asked when nothing has moved for a while. */
const MASKS_MS = 1000;

/** Asks web for what the last change calls for: the chosen camera at once, all together when the hand rests. */
export function watch(): void {
  let [picturing, whole, masking] = [0, 0, 0];
  effect(() => {
    const [row, { zones }] = [aim.value, draft.value];
    if (row && ground.value && !onZones(views.peek().get(keyOf(row)), zones)) turned.put({ row, zones, asked: performance.now() });
  });
  effect(() => {
    const [row, at, { zones }] = [chosen.value, preset.value, draft.value];
    window.clearTimeout(picturing);
    if (!row || !ground.value || (picture.peek()?.key === pictureKey(row, at) && onZones(picture.peek(), zones))) return;
    picturing = window.setTimeout(() => {
      drawn.put({ row, at, zones });
      void seeAll(presets.presetsOf(row).map((_, index) => presets.aimed(row, index)));
    }, PICTURE_MS);
  });
  effect(() => {
    const { cameras, zones } = shown.value;
    window.clearTimeout(whole);
    window.clearTimeout(masking);
    if (!ground.value) return;
    planMasks.value = null;
    whole = window.setTimeout(() => together.put({ cameras, zones }), TOGETHER_MS);
    masking = window.setTimeout(() => masked.put({ cameras, zones }), MASKS_MS);
  });
}

/** Exact cones of the others, one after the other, so that the chosen one never waits long. */
export async function seeAll(rows: readonly CameraRow[]): Promise<void> {
  for (const row of rows) {
    if (views.peek().has(keyOf(row))) continue;
    const about = { row, zones: draft.peek().zones };
    try {
      keep(about, await askView(about));
    } catch (error) {
      tellError(error);
    }
  }
}

export async function open(id: string): Promise<void> {
  try {
    const found = await call<Scenario>(`/api/plan/scenarios/${encodeURIComponent(id)}`);
    batch(() => {
      base.value = found;
      history.value = begun({ cameras: found.cameras, zones: found.zones });
      choose(null);
      opened.value += 1;
    });
    void seeAll(found.cameras);
  } catch (error) {
    tellError(error);
  }
}

export async function start(): Promise<void> {
  try {
    const [drawn, list] = await Promise.all([
      call<Ground>("/api/plan/ground"),
      call<{ scenarios: readonly ScenarioName[] }>("/api/plan/scenarios"),
    ]);
    batch(() => {
      ground.value = drawn;
      names.value = list.scenarios;
      modelId.value = drawn.models[0]?.id ?? "";
    });
    watch();
    await open(new URLSearchParams(location.search).get("scenario") ?? TOWN);
  } catch (error) {
    tellError(error);
  }
}

/** A version before, as a draft: saved, it is one more, and nothing of what came between is lost. */
export async function takeUp(number: number): Promise<void> {
  if (!base.value) return;
  try {
    const { cameras, zones } = await call<Scenario>(`/api/plan/scenarios/${encodeURIComponent(base.value.id)}?version=${number}`);
    change({ cameras, zones });
    choose(null);
    tell(w("version.taken", { version: number }));
    void seeAll(cameras);
  } catch (error) {
    tellError(error);
  }
}

/** Keeps the draft: one more version of its scenario, or a new one under this name. */
export async function save(name: string, note: string, isNew: boolean): Promise<void> {
  const from = base.value;
  const isTown = !from || from.id === TOWN;
  const asNew = isNew || isTown;
  try {
    const kept = await post<Scenario>("/api/plan/save", {
      id: asNew ? null : from.id,
      name,
      note,
      based_on: from?.id ?? TOWN,
      seen_version: asNew ? 0 : from.version,
      ...draft.value,
    });
    batch(() => {
      base.value = kept;
      history.value = begun(draft.value);
    });
    names.value = (await call<{ scenarios: readonly ScenarioName[] }>("/api/plan/scenarios")).scenarios;
    tell(w("saved", { name: kept.name, version: kept.version }));
  } catch (error) {
    tellError(error);
  }
}

export async function compareWith(id: string): Promise<void> {
  if (!id) {
    other.value = null;
    return;
  }
  try {
    const found = await call<Scenario>(`/api/plan/scenarios/${encodeURIComponent(id)}`);
    const { cameras, zones } = found;
    const seen = await post<PlanFigures>("/api/plan/coverage", { cameras, zones });
    other.value = { name: id === TOWN ? w("town.plan") : found.name, draft: { cameras, zones }, figures: seen };
    void seeAll(cameras);
  } catch (error) {
    tellError(error);
  }
}

export function zoneName(id: string): string {
  const own = ground.value?.zones.find((one) => one.id === id)?.name;
  return own ?? draft.value.zones.find((one) => one.id === id)?.name ?? id;
}

export const siteName = (id: string | undefined): string => (id && ground.value?.sites[id]) || id || "";
