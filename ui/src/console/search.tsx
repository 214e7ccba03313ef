/** Where: a street, a crossing, a building or a camera; best first, by keyboard alone. */

import { useEffect, useRef, useState } from "preact/hooks";
import { api, type Camera, type Place } from "../api";
import { folded, t } from "../i18n";
import { Icon } from "../kit";
import { cameras } from "./store";

export type Found =
  | { readonly kind: "camera"; readonly camera: Camera }
  | { readonly kind: "place"; readonly place: Place };

const ASK_DELAY_MS = 120;
const CAMERAS_MAX = 6;

/** Cameras whose number or name holds every word typed; an exact number comes first. */
export function matchingCameras(all: readonly Camera[], typed: string): Camera[] {
  const asked = folded(typed);
  if (!asked) return [];
  const words = asked.split(" ");
  const holds = (one: Camera): boolean => {
    const text = folded(`${one.number} ${one.name} ${one.short_name}`);
    return words.every((word) => text.includes(word));
  };
  const isExact = (one: Camera): number => (folded(one.number) === asked ? 0 : 1);
  return all.filter(holds).sort((a, b) => isExact(a) - isExact(b) || a.number.localeCompare(b.number));
}

interface Answer {
  readonly places: readonly Place[];
  /** What was typed when web was asked. */
  readonly to: string;
}

/** Places as web finds them; an answer that comes after the next question is dropped. */
function usePlaces(typed: string): Answer {
  const [answer, setAnswer] = useState<Answer>({ places: [], to: "" });
  useEffect(() => {
    let isCurrent = true;
    if (folded(typed).length < 2) {
      setAnswer({ places: [], to: typed });
      return;
    }
    const tell = (places: readonly Place[]): void => {
      if (isCurrent) setAnswer({ places: places.filter((one) => one.kind !== "camera"), to: typed });
    };
    const timer = setTimeout(() => {
      api.places(typed).then(
        (found) => tell(found.places),
        () => tell([]),
      );
    }, ASK_DELAY_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [typed]);
  return answer;
}

export function Search({ onChoose }: { onChoose: (found: Found) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(0);
  const [isEntered, setEntered] = useState(false);
  const answer = usePlaces(typed);
  const found = listed(typed, answer.places);
  const isOpen = folded(typed).length > 0;
  const choose = (one: Found | undefined): void => {
    setEntered(false);
    if (!one) return;
    setTyped("");
    field.current?.blur();
    onChoose(one);
  };
  // A quick hand presses Enter before web has answered: the place comes first all the same.
  useEffect(() => {
    if (isEntered && answer.to === typed) choose(found[chosen]);
  }, [isEntered, answer]);
  const onKey = (event: KeyboardEvent): void => {
    const last = Math.max(0, found.length - 1);
    if (event.key === "ArrowDown") setChosen(Math.min(last, chosen + 1));
    else if (event.key === "ArrowUp") setChosen(Math.max(0, chosen - 1));
    else if (event.key === "Enter") setEntered(true);
    else if (event.key === "Escape") {
      setTyped("");
      field.current?.blur();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="search" role="search">
      <div class="field">
        <Icon name="search" />
        <input
          id="search"
          ref={field}
          role="combobox"
          aria-label={t("search.label")}
          aria-expanded={isOpen}
          aria-controls="search-list"
          aria-autocomplete="list"
          aria-activedescendant={isOpen && found.length > 0 ? `search-${chosen}` : undefined}
          placeholder={t("search.placeholder")}
          autocomplete="off"
          spellcheck={false}
          value={typed}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setChosen(0);
            setEntered(false);
          }}
          onKeyDown={onKey}
        />
        <kbd aria-hidden="true">/</kbd>
      </div>
      <ul id="search-list" role="listbox" aria-label={t("search.label")} hidden={!isOpen}>
        {found.map((one, i) => (
          <li
            key={nameOf(one)}
            id={`search-${i}`}
            role="option"
            aria-selected={i === chosen}
            onMouseDown={(event) => {
              event.preventDefault();
              choose(one);
            }}
          >
            <span class="cut">{nameOf(one)}</span>
            <span class="soft">{kindOf(one)}</span>
          </li>
        ))}
        {isOpen && found.length === 0 && <li class="soft">{t("search.none")}</li>}
      </ul>
    </div>
  );
}

function listed(typed: string, places: readonly Place[]): Found[] {
  const own = matchingCameras(cameras.value, typed)
    .slice(0, CAMERAS_MAX)
    .map((camera): Found => ({ kind: "camera", camera }));
  const around = places.map((place): Found => ({ kind: "place", place }));
  const isNumber = /^c?\d+$/i.test(typed.trim());
  return isNumber ? [...own, ...around] : [...around, ...own];
}

function nameOf(one: Found): string {
  return one.kind === "camera" ? `${one.camera.number} · ${one.camera.name}` : one.place.name;
}

const PLACE_KINDS = new Set(["street", "crossing", "building"]);

function kindOf(one: Found): string {
  if (one.kind === "camera") return t("search.camera");
  return PLACE_KINDS.has(one.place.kind)
    ? t(`search.${one.place.kind}` as "search.street")
    : t("search.place");
}
