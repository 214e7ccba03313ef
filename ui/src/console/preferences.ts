/** What this post remembers between two openings: choices of layout, never anything seen. */

export function remembered<T>(key: string, otherwise: T, isValid: (value: unknown) => value is T): T {
  const text = localStorage.getItem(`beffroi.${key}`);
  if (text === null) return otherwise;
  try {
    const value: unknown = JSON.parse(text);
    return isValid(value) ? value : otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(key: string, value: unknown): void {
  localStorage.setItem(`beffroi.${key}`, JSON.stringify(value));
}

export const isString = (value: unknown): value is string => typeof value === "string";
export const isStrings = (value: unknown): value is string[] => Array.isArray(value) && value.every(isString);
export const isNumber = (value: unknown): value is number => typeof value === "number";
