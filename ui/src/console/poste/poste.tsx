/** The operator's post: one large picture, its neighbours by true bearing, a strip, the map, what needs a look. */

import { useEffect } from "preact/hooks";
import { t } from "../../i18n";
import { type Binding, helpBinding, isHelpOpen, KeyHints, useKeys } from "../../kit";
import { type Direction, PAD_KEYS } from "../../map/geometry";
import { AgentSlot, Banner, Brand, ReasonSlot, Tags, TownClock } from "../frame";
import { focusCameraList, MapPanel } from "../map-panel";
import { Search } from "../search";
import { has, isAskingReason, me, watchTrouble } from "../store";
import { backToLive, lockJustNow, noteLine, openReplay, openWall, review } from "./actions";
import { HealthLine, TroublePanel } from "./health";
import * as post from "./model";
import { NeighbourColumn } from "./neighbours";
import { Spot } from "./spot";
import { Strip } from "./strip";

const WEST: readonly Direction[] = ["nw", "w", "sw"];
const EAST: readonly Direction[] = ["ne", "e", "se"];
const DIRECTION_OF_PAD = new Map(Object.entries(PAD_KEYS).map(([way, key]) => [`Pad${key}`, way as Direction]));

export function Poste() {
  useEffect(() => post.openPost(), []);
  useEffect(() => watchTrouble(), []);
  useEffect(() => listenToWall(), []);
  const bindings = postBindings();
  useKeys(bindings);
  return (
    <div class="post">
      <header class="topbar">
        <Brand />
        <div class="two">
          <span class="strong">{t("post.name")}</span>
          <span>{t("post.town", { town: me.value?.town.name ?? "" })}</span>
        </div>
        <Tags />
        <Search onChoose={post.chooseFound} />
        <ReasonSlot />
        <span class="sep" />
        <AgentSlot />
        <span class="sep" />
        <TownClock />
      </header>
      <Banner />
      <main class="around">
        <h1 class="vh">{t("post.title")}</h1>
        <NeighbourColumn directions={WEST} />
        <Spot />
        <NeighbourColumn directions={EAST} />
      </main>
      <aside class="side">
        <MapPanel
          chosen={post.spotId.value}
          target={post.target.value}
          onCamera={post.show}
          onPoint={post.pointAt}
        />
        <TroublePanel onCamera={post.show} />
      </aside>
      <Strip />
      <HealthLine />
      <KeyHints bindings={bindings} />
    </div>
  );
}

/** The wall, in its own window, sends a camera here. */
function listenToWall(): () => void {
  const channel = new BroadcastChannel("beffroi.post");
  channel.onmessage = (event: MessageEvent<{ camera: string }>) => post.show(event.data.camera);
  return () => channel.close();
}

function escape(): void {
  if (isHelpOpen.value) isHelpOpen.value = false;
  else if (post.reviewFromUs.value !== null) backToLive();
  else post.target.value = null;
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

function lockBindings(): Binding[] {
  return [
    { caps: ["V"], words: t("keys.lock"), on: ["v"], run: lockJustNow },
    { caps: ["N"], words: t("keys.note"), on: ["n"], run: noteLine },
  ];
}

function postBindings(): Binding[] {
  const tiles = Array.from({ length: post.stripCount.value }, (_, i) => i + 1);
  const last = tiles.length;
  const tileOf = (press: string): number => Number(press.at(-1)) - 1;
  return [
    { caps: ["/"], words: t("keys.search"), on: ["/"], run: () => document.getElementById("search")?.focus() },
    {
      caps: [t("keys.pad")],
      words: t("keys.neighbour"),
      on: [...DIRECTION_OF_PAD.keys()],
      run: (press) => post.goTo(DIRECTION_OF_PAD.get(press) ?? "n"),
    },
    {
      caps: [`1–${last}`],
      words: t("keys.tile"),
      on: tiles.map((n) => `Digit${n}`),
      run: (press) => post.showTile(tileOf(press)),
    },
    {
      caps: [t("keys.shift"), `1–${last}`],
      words: t("keys.placeTile"),
      on: tiles.map((n) => `Shift+Digit${n}`),
      run: (press) => post.placeInTile(tileOf(press)),
      isMinor: true,
    },
    ...(has("lock") ? lockBindings() : []),
    { caps: ["←"], words: t("keys.review"), on: ["ArrowLeft"], run: review },
    { caps: ["T"], words: t("keys.direct"), on: ["t"], run: backToLive },
    { caps: ["R"], words: t("keys.openReplay"), on: ["r"], run: openReplay },
    { caps: ["M"], words: t("keys.list"), on: ["m"], run: focusCameraList, isMinor: true },
    { caps: ["O"], words: t("keys.reason"), on: ["o"], run: () => (isAskingReason.value = true) },
    { caps: ["W"], words: t("keys.wall"), on: ["w"], run: openWall },
    { caps: [t("keys.escape")], words: t("keys.back"), on: ["Escape"], run: escape },
    helpBinding(),
  ];
}
