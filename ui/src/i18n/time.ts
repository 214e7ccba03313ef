/** Instants in the town's time: parts, words, and typed dates back to instants, October's double hour included. */

export interface TownParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Minutes east of UTC. */
  readonly offsetMin: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(locale: string, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale}|${zone}|${JSON.stringify(options)}`;
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(locale, { timeZone: zone, ...options })));
  return made;
}

const NUMERIC: Intl.DateTimeFormatOptions = {
  calendar: "iso8601",
  numberingSystem: "latn",
  hourCycle: "h23",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
  second: "numeric",
};

export function townParts(atUs: number, zone: string): TownParts {
  const atMs = Math.floor(atUs / 1000);
  const found: Record<string, number> = {};
  for (const part of format("en-GB", zone, NUMERIC).formatToParts(atMs)) found[part.type] = Number(part.value);
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = found;
  const asIfUtcMs = Date.UTC(year, month - 1, day, hour, minute, second);
  const offsetMin = Math.round((asIfUtcMs - Math.floor(atMs / 1000) * 1000) / 60000);
  return { year, month, day, hour, minute, second, offsetMin };
}

/** `UTC+1`, `UTC−3:30`. */
export function offsetWords(offsetMin: number): string {
  const minutes = Math.abs(offsetMin);
  const rest = minutes % 60 ? `:${String(minutes % 60).padStart(2, "0")}` : "";
  return `UTC${offsetMin < 0 ? "−" : "+"}${Math.floor(minutes / 60)}${rest}`;
}

const two = (value: number): string => String(value).padStart(2, "0");

/** `16:42:08` in the town. */
export function clockTime(atUs: number, zone: string): string {
  const at = townParts(atUs, zone);
  return `${two(at.hour)}:${two(at.minute)}:${two(at.second)}`;
}

/** `20:40:12,4 UTC` (comma or point by language). */
export function utcTime(atUs: number, language: string): string {
  const at = townParts(atUs, "UTC");
  return `${two(at.hour)}:${two(at.minute)}:${two(at.second)}${decimalMark(language)}${tenth(atUs)} UTC`;
}

function decimalMark(language: string): string {
  return language === "fr" ? "," : ".";
}

export function tenth(atUs: number): number {
  return Math.floor((atUs % 1e6) / 1e5);
}

/** `16 h 31` in French, `16:31` in English. */
export function hourMinute(atUs: number, zone: string, language: string): string {
  const at = townParts(atUs, zone);
  return language === "fr" ? `${two(at.hour)} h ${two(at.minute)}` : `${two(at.hour)}:${two(at.minute)}`;
}

/** `21 h 40 12,4` or `21:40:12.4`. */
export function hourSecond(atUs: number, zone: string, language: string): string {
  const at = townParts(atUs, zone);
  const seconds = `${two(at.second)}${decimalMark(language)}${tenth(atUs)}`;
  return language === "fr" ? `${two(at.hour)} h ${two(at.minute)} min ${seconds}` : `${two(at.hour)}:${two(at.minute)}:${seconds}`;
}

const LONG_DAY: Intl.DateTimeFormatOptions = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
const SHORT_DAY: Intl.DateTimeFormatOptions = { weekday: "short", day: "numeric", month: "short" };

/** `vendredi 6 novembre 2026`. */
export function longDay(atUs: number, zone: string, language: string): string {
  return firstOfMonth(format(locale(language), zone, LONG_DAY).format(atUs / 1000), language);
}

/** `ven. 6 nov.` */
export function shortDay(atUs: number, zone: string, language: string): string {
  return firstOfMonth(format(locale(language), zone, SHORT_DAY).format(atUs / 1000), language);
}

/** French says `1er juin`, which no browser does. */
function firstOfMonth(day: string, language: string): string {
  return language === "fr" ? day.replace(/\b1 (?=\p{L})/u, "1er ") : day;
}

/** `mardi 3 juin 2025 à 14 h 05`. */
export function longInstant(atUs: number, zone: string, language: string): string {
  const joint = language === "fr" ? " à " : " at ";
  return `${longDay(atUs, zone, language)}${joint}${hourMinute(atUs, zone, language)}`;
}

/** Only the hour when it is today, with the short day otherwise. */
export function since(atUs: number, nowUs: number, zone: string, language: string): string {
  const hour = hourMinute(atUs, zone, language);
  const isToday = longDay(atUs, zone, language) === longDay(nowUs, zone, language);
  return isToday ? hour : `${shortDay(atUs, zone, language)} ${hour}`;
}

function locale(language: string): string {
  return language === "fr" ? "fr-FR" : "en-GB";
}

/** `19 h 01 min 56 s`, `3 min 30 s`, `0,4 s`; days beyond 48 h. */
export function duration(us: number, language: string): string {
  const total_s = Math.max(0, us) / 1e6;
  if (total_s < 10) return `${total_s.toLocaleString(locale(language), { maximumFractionDigits: 1 })} s`;
  const seconds = Math.floor(total_s);
  const days = Math.floor(seconds / 86400);
  if (days >= 2) return `${days} ${language === "fr" ? "j" : "d"} ${Math.floor((seconds % 86400) / 3600)} h`;
  const parts = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  const [h = 0, m = 0, s = 0] = parts;
  if (h > 0) return `${h} h ${two(m)} min ${two(s)} s`;
  return m > 0 ? `${m} min ${two(s)} s` : `${s} s`;
}

export function number(value: number, language: string, digits: number): string {
  return value.toLocaleString(locale(language), { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** `+0,04 s`, `−12 s`: always with a sign; seconds and hundredths below ten. */
export function signedSeconds(ms: number, language: string): string {
  const size_s = Math.abs(ms) / 1000;
  return `${ms <= -5 ? "−" : "+"}${number(size_s, language, size_s < 9.995 ? 2 : 0)} s`;
}

export interface TypedTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  /** May have decimals. */
  readonly second: number;
}

/**
 * The instants at which the town's clocks show `typed`: one as a rule, none in March's missing hour,
 * two in October's double hour (earlier first).
 */
export function townInstants(typed: TypedTime, zone: string): number[] {
  const wholeSeconds = Math.floor(typed.second);
  const asIfUtcMs = Date.UTC(typed.year, typed.month - 1, typed.day, typed.hour, typed.minute, wholeSeconds);
  const offsets = new Set([-1, 0, 1].map((days) => townParts((asIfUtcMs + days * 86_400_000) * 1000, zone).offsetMin));
  const found = new Set<number>();
  for (const offsetMin of offsets) {
    const atUs = (asIfUtcMs - offsetMin * 60_000) * 1000;
    if (townParts(atUs, zone).offsetMin === offsetMin) found.add(atUs + Math.round((typed.second - wholeSeconds) * 1e6));
  }
  return [...found].sort((a, b) => a - b);
}

const TYPED =
  /^\s*(?:(\d{1,2})[/. ](\d{1,2})(?:[/. ](\d{4}))?\s+(?:à\s+|at\s+)?)?(\d{1,2})\s*[h:]\s*(\d{1,2})?(?:\s*(?:min|:|\s)\s*(\d{1,2}(?:[.,]\d{1,3})?))?\s*s?\s*$/i;
const ISO = /^\s*(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}(?:[.,]\d+)?))?\s*$/;

/** Reads what people type: `05/11/2026 21:40:12,4`, `21 h 40`, `5/11 21h40`; the day defaults to `todayUs`'s. */
export function readTyped(text: string, todayUs: number, zone: string): TypedTime | null {
  const iso = ISO.exec(text);
  const match = iso ? [iso[0], iso[3], iso[2], iso[1], iso[4], iso[5], iso[6]] : TYPED.exec(text);
  if (!match) return null;
  const today = townParts(todayUs, zone);
  const figure = (i: number, otherwise: number): number => (match[i] ? Number(match[i].replace(",", ".")) : otherwise);
  const typed: TypedTime = {
    year: figure(3, today.year),
    month: figure(2, today.month),
    day: figure(1, today.day),
    hour: figure(4, 0),
    minute: figure(5, 0),
    second: figure(6, 0),
  };
  return isPossible(typed) ? typed : null;
}

function isPossible(typed: TypedTime): boolean {
  const day = new Date(Date.UTC(typed.year, typed.month - 1, typed.day));
  const isDay = day.getUTCMonth() === typed.month - 1 && day.getUTCDate() === typed.day;
  return isDay && typed.hour < 24 && typed.minute < 60 && typed.second < 60;
}

/** `05/11/2026 21:40:12,4`: what the jump field holds, and what `readTyped` reads back. */
export function typedForm(atUs: number, zone: string, language: string): string {
  const at = townParts(atUs, zone);
  const seconds = `${two(at.second)}${decimalMark(language)}${tenth(atUs)}`;
  return `${two(at.day)}/${two(at.month)}/${at.year} ${two(at.hour)}:${two(at.minute)}:${seconds}`;
}
