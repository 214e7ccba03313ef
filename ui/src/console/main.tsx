/** Entry of the three console pages: `<div id="console" data-view="poste|mur|relecture" data-language="fr|en">`. */

import { render } from "preact";
import "@fontsource/inter/latin-400.css";
import "@fontsource/inter/latin-500.css";
import "@fontsource/inter/latin-600.css";
import "@fontsource/inter/latin-700.css";
import "@fontsource/inter/latin-ext-400.css";
import "@fontsource/inter/latin-ext-600.css";
import "@fontsource/atkinson-hyperlegible/latin-400.css";
import "@fontsource/atkinson-hyperlegible/latin-700.css";
import "../../../src/beffroi/web/static/web/tokens.css"; // one set of tokens for pages and console
import "../kit/base.css";
import "./poste/poste.css";
import "../replay/replay.css";
import { setLanguage, t } from "../i18n";
import { stats } from "../media";
import { WhenReady } from "./frame";
import { Mur } from "./mur/mur";
import { Poste } from "./poste/poste";
import { Relecture } from "./relecture/relecture";
import { start } from "./store";

declare global {
  interface Window {
    /** Latency figures of the live tiles, read by `beffroi bench live`. */
    beffroiStats: typeof stats;
  }
}

const TITLES = { poste: "post.title", mur: "wall.title", relecture: "replay.title" } as const;
type View = keyof typeof TITLES;

function View({ view }: { view: View }) {
  if (view === "mur") return <Mur />;
  return view === "relecture" ? <Relecture /> : <Poste />;
}

const host = document.getElementById("console");
if (host) {
  const asked = host.dataset["view"] ?? "poste";
  const view: View = asked === "mur" || asked === "relecture" ? asked : "poste";
  setLanguage(host.dataset["language"] ?? document.documentElement.lang);
  document.documentElement.dataset["theme"] = "room";
  document.title = `${t("brand")} · ${t(TITLES[view])}`;
  window.beffroiStats = stats;
  void start();
  host.replaceChildren();
  render(<WhenReady>{() => <View view={view} />}</WhenReady>, host);
}
