/** The instant on screen: town time large, UTC under it, which pass of October's double hour it is. */

import type { ComponentChildren } from "preact";
import { currentLanguage, longDay, offsetWords, t, tenth, townInstants, townParts, utcTime } from "../i18n";

const two = (value: number): string => String(value).padStart(2, "0");

/** `children`: what else the line under the hour says. */
export function Instant({ atUs, zone, children }: { atUs: number; zone: string; children?: ComponentChildren }) {
  const at = townParts(atUs, zone);
  const language = currentLanguage();
  const day = longDay(atUs, zone, language);
  return (
    <div class="now" data-at-us={atUs}>
      <p class="soft">
        {t("instant.townTime", { day, offset: offsetWords(at.offsetMin) })}
        {passWords(atUs, zone)}
      </p>
      <p class="big">
        {language === "fr" ? (
          <>
            {two(at.hour)} h {two(at.minute)} <small>min</small> {two(at.second)},{tenth(atUs)} <small>s</small>
          </>
        ) : (
          <>
            {two(at.hour)}:{two(at.minute)}:{two(at.second)}
            <small>.{tenth(atUs)}</small>
          </>
        )}
      </p>
      <p class="soft">
        {utcTime(atUs, language)}
        {children}
      </p>
    </div>
  );
}

/** In October's double hour, which of the two passes this is. */
function passWords(atUs: number, zone: string): string {
  const at = townParts(atUs, zone);
  const both = townInstants({ ...at, second: at.second }, zone);
  if (both.length < 2) return "";
  const isFirst = Math.floor(atUs / 1e6) === Math.floor((both[0] ?? 0) / 1e6);
  return ` · ${t(isFirst ? "instant.second1" : "instant.second2")}`;
}
