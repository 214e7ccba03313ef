/** The wall: up to sixteen pictures in a window of its own. Pages turn by hand only. */

import { computed, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../../i18n";
import { type Binding, Button, helpBinding, Icon, KeyHints, useKeys } from "../../kit";
import { AgentSlot, Banner, Brand, ReasonSlot, Tags, TownClock } from "../frame";
import { Tile } from "../poste/strip";
import { isNumber, remember, remembered } from "../preferences";
import { isAskingReason, openCameras } from "../store";

const LAYOUTS = [4, 9, 16] as const;

const layout = signal<number>(16);
const page = signal(0);
const pages = computed(() => Math.max(1, Math.ceil(openCameras.value.length / layout.value)));
const shown = computed(() => {
  const ordered = [...openCameras.value].sort((a, b) => a.number.localeCompare(b.number));
  return ordered.slice(page.value * layout.value, (page.value + 1) * layout.value);
});

function choose(count: number): void {
  const first = page.value * layout.value;
  layout.value = count;
  page.value = Math.floor(first / count);
  remember("wall.layout", count);
}

function turn(by: number): void {
  page.value = (page.value + by + pages.value) % pages.value;
}

/** The post, in its own window, shows this camera large. */
function sendToPost(camera: string): void {
  const channel = new BroadcastChannel("beffroi.post");
  channel.postMessage({ camera });
  channel.close();
}

export function Mur() {
  useEffect(() => {
    const kept = remembered<number>("wall.layout", 16, isNumber);
    layout.value = LAYOUTS.find((one) => one === kept) ?? 16;
  }, []);
  const bindings = wallBindings();
  useKeys(bindings);
  return (
    <div class="wall">
      <header class="topbar">
        <Brand />
        <div class="two">
          <span class="strong">{t("wall.title")}</span>
          <span>{t("wall.manual")}</span>
        </div>
        <Tags />
        <ReasonSlot />
        <WallControls />
        <span class="sep" />
        <AgentSlot />
        <span class="sep" />
        <TownClock />
      </header>
      <Banner />
      <main>
        <h1 class="vh">{t("wall.title")}</h1>
        <ul class="wall-grid" data-count={layout.value}>
          {shown.value.map((camera) => (
            <li class="tile" key={camera.id}>
              <Tile camera={camera} cap={camera.number} onClick={() => sendToPost(camera.id)} />
            </li>
          ))}
        </ul>
      </main>
      <KeyHints bindings={bindings} />
    </div>
  );
}

function WallControls() {
  return (
    <div class="slot">
      <div class="seg" role="group" aria-label={t("wall.layout")}>
        {LAYOUTS.map((count) => (
          <Button key={count} onClick={() => choose(count)} isPressed={layout.value === count}>
            {count}
          </Button>
        ))}
      </div>
      <Button onClick={() => turn(-1)} label={t("wall.previous")} isDisabled={pages.value < 2}>
        <Icon name="left" />
      </Button>
      <span class="nowrap">{t("wall.page", { page: page.value + 1, pages: pages.value })}</span>
      <Button onClick={() => turn(1)} label={t("wall.next")} isDisabled={pages.value < 2}>
        <Icon name="right" />
      </Button>
    </div>
  );
}

function wallBindings(): Binding[] {
  const layouts: Readonly<Record<string, number>> = { Digit1: 4, Digit2: 9, Digit3: 16 };
  return [
    { caps: ["1", "2", "3"], words: t("keys.layout"), on: Object.keys(layouts), run: (p) => choose(layouts[p] ?? 16) },
    {
      caps: ["←", "→"],
      words: t("keys.page"),
      on: ["ArrowLeft", "ArrowRight", "PageUp", "PageDown"],
      run: (press) => turn(press === "ArrowLeft" || press === "PageUp" ? -1 : 1),
    },
    { caps: ["O"], words: t("keys.reason"), on: ["o"], run: () => (isAskingReason.value = true) },
    helpBinding(),
  ];
}
