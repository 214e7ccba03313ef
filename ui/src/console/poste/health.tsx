/** What needs a look, and nothing else: cameras without a picture, clocks that lie, recorders. */

import type { Camera, NodeStatus } from "../../api";
import { bytes, signedSeconds, since, t } from "../../i18n";
import { Button, Icon, Panel } from "../../kit";
import { currentLanguage, nodes, nowUs, openCameras, trouble, zone } from "../store";
import { setStripCount, STRIP_COUNTS, stripCount } from "./model";

export function TroublePanel({ onCamera }: { onCamera: (id: string) => void }) {
  const list = [...trouble.value].sort((a, b) => b.since_at_us - a.since_at_us);
  const silent = list.filter((one) => one.state !== "recording");
  const lying = list.filter((one) => one.state === "recording");
  return (
    <Panel
      title={t("health.trouble.title")}
      aside={<span>{t("health.trouble", { silent: silent.length, lying: lying.length })}</span>}
      class="trouble-panel"
    >
      {list.length === 0 && <p class="quiet soft">{t("health.quiet")}</p>}
      <ul>
        {silent.map((camera) => (
          <li key={camera.id} class="alarm">
            <TroubleLine camera={camera} onCamera={onCamera} />
          </li>
        ))}
        {lying.map((camera) => (
          <li key={camera.id} class="alarm minor">
            <ClockLine camera={camera} onCamera={onCamera} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function TroubleLine({ camera, onCamera }: { camera: Camera; onCamera: (id: string) => void }) {
  const from = since(camera.since_at_us, nowUs(), zone(), currentLanguage());
  return (
    <button type="button" class="plain block" onClick={() => onCamera(camera.id)}>
      <Icon name="triangle" full />
      <span>
        <span class="w">{t("health.see")}</span>
        <span class="soft">
          {" "}
          · {t(`camera.${camera.state}`)} {t("state.since", { time: from })}
        </span>
      </span>
      <span class="strong">
        {camera.number} · {camera.name}
      </span>
      <span class="soft small">{camera.message || t("health.interrupted")}</span>
    </button>
  );
}

function ClockLine({ camera, onCamera }: { camera: Camera; onCamera: (id: string) => void }) {
  const offset = signedSeconds(camera.clock_offset_ms ?? 0, currentLanguage());
  return (
    <button type="button" class="plain block" onClick={() => onCamera(camera.id)}>
      <Icon name="clock" />
      <span class="strong">{t("health.clock")}</span>
      <span>
        {camera.number} · {camera.name}
      </span>
      <span class="soft small">{t("health.clock.text", { offset })}</span>
    </button>
  );
}

/** One line for the whole system, and the strip's size. */
export function HealthLine() {
  const recording = openCameras.value.filter((one) => isRecording(one)).length;
  return (
    <section class="entry" aria-label={t("health.title")}>
      <b class="strong nowrap">{t("health.recordingOf", { count: recording, total: openCameras.value.length })}</b>
      {nodes.value.map((node) => (
        <NodeWords key={node.id} node={node} />
      ))}
      <span class="grow" />
      <span class="soft">{t("strip.label")}</span>
      <div class="seg" role="group" aria-label={t("strip.label")}>
        {STRIP_COUNTS.map((count) => (
          <Button
            key={count}
            onClick={() => setStripCount(count)}
            isPressed={stripCount.value === count}
            label={t("strip.count", { count })}
          >
            {count}
          </Button>
        ))}
      </div>
    </section>
  );
}

function isRecording(camera: Camera): boolean {
  return camera.state === "recording";
}

function NodeWords({ node }: { node: NodeStatus }) {
  const isUp = node.state === "up";
  return (
    <span class={isUp ? "field node" : "field node attention"}>
      <Icon name={isUp ? "disk" : "triangle"} full={!isUp} />
      <span class="soft">{node.name}</span> {t(`health.node.${node.state}`)} ·{" "}
      {t("health.disk", { free: bytes(node.disk_free_bytes) })}
    </span>
  );
}

