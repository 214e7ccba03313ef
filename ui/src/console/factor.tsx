/** The second factor asked again before an export: given in web's own window, then what was asked goes on. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { wantsFactor } from "../api";
import { t } from "../i18n";
import { Button, Dialog } from "../kit";

const GIVEN = "/compte/facteurs/donne/";
const CHANNEL = "beffroi.factor";

/** What goes on once the factor was given; null: nothing waits for it. */
const waiting = signal<(() => void) | null>(null);

/** True when `error` is web's wish for the second factor: it is asked, and `goOn` called when it was given. */
export function askFactor(error: unknown, goOn: () => void): boolean {
  if (!wantsFactor(error)) return false;
  waiting.value = goOn;
  return true;
}

export function FactorDialog() {
  const goOn = waiting.value;
  useEffect(() => {
    if (!goOn) return;
    const channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = () => {
      waiting.value = null;
      goOn();
    };
    return () => channel.close();
  }, [goOn]);
  if (!goOn) return null;
  return (
    <Dialog title={t("factor.title")} onClose={() => (waiting.value = null)} class="factor">
      <p>{t("factor.why")}</p>
      <div class="acts">
        <Button onClick={() => (waiting.value = null)}>{t("factor.not")}</Button>
        <Button onClick={() => void window.open(GIVEN, "beffroi-facteur", "popup,width=720,height=720")} isFirst>
          {t("factor.give")}
        </Button>
      </div>
    </Dialog>
  );
}
