/** What surrounds every screen: top bar parts, reason, messages to screen readers, closed session. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { clockTime, hourMinute, longDay, offsetWords, t, townParts } from "../i18n";
import { Belfry, Button, Dialog, Icon } from "../kit";
import { FactorDialog } from "./factor";
import {
  announcement,
  carry,
  currentLanguage,
  isAskingReason,
  isLoggedOut,
  isReady,
  me,
  reason,
  reasonRefusal,
  reasons,
  start,
  startError,
  tickUs,
  visitors,
  webAwaySinceUs,
  zone,
} from "./store";

export function Brand() {
  return (
    <a class="brand" href="/" title={t("agent.account")}>
      <Belfry />
      <b>{t("brand")}</b>
    </a>
  );
}

/** What must not be forgotten: an invented town, people on a visit in the room. */
export function Tags() {
  const count = visitors.value;
  return (
    <>
      {me.value?.town.fictional && <span class="tag">{t("fictional")}</span>}
      <span role="status">
        {count > 0 && (
          <a class="tag attention" href="/controle/visites/" title={t("visit.inside")}>
            {t("visit.tag", { count: String(count) })}
          </a>
        )}
      </span>
    </>
  );
}

export function ReasonSlot() {
  const carried = reason.value;
  return (
    <button type="button" class="slot grow" onClick={() => (isAskingReason.value = true)} title={t("reason.change")}>
      <Icon name="why" />
      <span class="two grow">
        <span class="cut">
          {t("reason.is", { words: carried ? reasonWords() : t("state.noReason") })}
        </span>
        {carried && (
          <span class="cut">
            {t("reason.carried", { time: hourMinute(carried.sinceUs, zone(), currentLanguage()) })}
          </span>
        )}
      </span>
    </button>
  );
}

function reasonWords(): string {
  const carried = reason.value;
  if (!carried) return "";
  return carried.reference ? `${carried.label}, ${carried.reference}` : carried.label;
}

export function AgentSlot() {
  const agent = me.value?.agent;
  if (!agent) return null;
  return (
    <div class="slot">
      <Icon name="user" />
      <div class="two">
        <span>
          <b class="strong">{agent.name}</b>
        </span>
        <span>{agent.title || t("agent.onDuty")}</span>
      </div>
    </div>
  );
}

/** Town clock: hours large, day and offset from UTC under it. */
export function TownClock({ isSmall }: { isSmall?: boolean }) {
  const atUs = tickUs.value;
  if (atUs === 0) return null;
  const day = longDay(atUs, zone(), currentLanguage());
  const offset = offsetWords(townParts(atUs, zone()).offsetMin);
  const clock = clockTime(atUs, zone());
  return (
    <div class="two right">
      {isSmall ? (
        <span>
          {t("clock.now")} <b class="strong">{clock}</b>
        </span>
      ) : (
        <time class="clock">{clock}</time>
      )}
      <span>
        {day} · {offset}
      </span>
    </div>
  );
}

/** Words that concern the whole screen, under the top bar; empty as a rule. */
export function Banner() {
  if (isLoggedOut.value) {
    // Web answers this very page with its login, and comes back here.
    return (
      <div class="banner" role="alert">
        {t("login.needed")} <a href={location.pathname + location.search}>{t("login.go")}</a>
      </div>
    );
  }
  const away = webAwaySinceUs.value;
  if (away === null) return null;
  return (
    <div class="banner" role="status">
      <Icon name="triangle" full />
      {t("state.webAway", { time: hourMinute(away, zone(), currentLanguage()) })}
    </div>
  );
}

export function Announcer() {
  return (
    <p class="vh" role="status" aria-live="polite">
      {announcement.value}
    </p>
  );
}

/** Asked once, carried by every picture; Escape leaves it as it was. */
export function ReasonDialog() {
  const [code, setCode] = useState(reason.value?.code ?? reasons.value[0]?.code ?? "");
  const [reference, setReference] = useState(reason.value?.reference ?? "");
  const confirm = (event: Event): void => {
    event.preventDefault();
    const chosen = reasons.value.find((one) => one.code === code);
    if (chosen) carry(chosen.code, chosen.label, reference.trim());
  };
  const close = (): void => void (isAskingReason.value = reason.value === null);
  return (
    <Dialog title={t("reason.ask")} onClose={close} class="reason">
      <p class="soft">{t("reason.why")}</p>
      <form onSubmit={confirm}>
        <fieldset>
          <legend class="vh">{t("reason.label")}</legend>
          {reasons.value.map((one) => (
            <label class="choice" key={one.code}>
              <input
                type="radio"
                name="reason"
                value={one.code}
                checked={one.code === code}
                onChange={() => setCode(one.code)}
              />
              {one.label}
            </label>
          ))}
        </fieldset>
        <label class="line">
          <span>
            {t("reason.reference")} <span class="soft">({t("reason.optional")})</span>
          </span>
          <input
            type="text"
            value={reference}
            maxLength={60}
            autocomplete="off"
            onInput={(event) => setReference(event.currentTarget.value)}
          />
        </label>
        {reasonRefusal.value && (
          <p class="attention refusal" role="alert">
            {reasonRefusal.value}
          </p>
        )}
        <div class="acts">
          {reason.value && <Button onClick={close}>{t("keys.close")}</Button>}
          <button type="submit" class="btn first">
            {t("reason.confirm")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** The screen once the agent and the cameras are known; until then, words. */
export function WhenReady({ children }: { children: () => ComponentChildren }) {
  if (startError.value) {
    return (
      <main class="alone">
        <p role="alert">{startError.value}</p>
        <Button onClick={() => void start()} isFirst>
          {t("error.retry")}
        </Button>
      </main>
    );
  }
  if (isLoggedOut.value && !me.value) return <Banner />;
  if (!isReady.value) return <main class="alone soft">{t("state.loading")}</main>;
  return (
    <>
      {children()}
      {isAskingReason.value && <ReasonDialog />}
      <FactorDialog />
      <Announcer />
    </>
  );
}
