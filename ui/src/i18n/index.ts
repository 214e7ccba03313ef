/** Words of the console in the agent's language. */

import { en } from "./en";
import { fr, type MessageKey } from "./fr";
import { number } from "./time";

export type Language = "fr" | "en";
export type { MessageKey };

const CATALOGUES: Readonly<Record<Language, Readonly<Record<MessageKey, string>>>> = { fr, en };

let language: Language = "fr";

export function setLanguage(wanted: string): void {
  language = wanted.startsWith("en") ? "en" : "fr";
  document.documentElement.lang = language;
}

export function currentLanguage(): Language {
  return language;
}

export function t(key: MessageKey, fields: Readonly<Record<string, string | number>> = {}): string {
  return fill(CATALOGUES[language][key], fields);
}

/** Replaces `{name}` by its field; an unknown name stays, so that a mistake is seen. */
export function fill(text: string, fields: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(fields[name] ?? whole));
}

/** The cause of a gap or a silence in words; an unknown code is shown as it is. */
export function causeWords(cause: string): string {
  const key = `cause.${cause}`;
  return key in fr ? t(key as MessageKey) : cause;
}

/** The node's or web's own sentence in this language. */
export function inLanguage(message: { readonly message: string; readonly message_fr: string }): string {
  return language === "fr" ? message.message_fr || message.message : message.message;
}

/** Folded for comparison: no accents, no case, no punctuation. */
export function folded(text: string): string {
  return text
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, " ")
    .trim();
}

const UNITS: Readonly<Record<Language, readonly string[]>> = {
  fr: ["o", "ko", "Mo", "Go", "To"],
  en: ["B", "kB", "MB", "GB", "TB"],
};

/** Decimal units, three significant figures at most. */
export function bytes(count: number): string {
  const power = count < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** power;
  const digits = power === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return t("bytes.unit", { value: number(value, language, digits), unit: UNITS[language][power] ?? "" });
}

export * from "./time";
