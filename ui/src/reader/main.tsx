/** Entry of the offline reader: one page, opened from a disc. */

import { render } from "preact";
import "@fontsource/inter/latin-400.css";
import "@fontsource/inter/latin-600.css";
import "@fontsource/inter/latin-700.css";
import "../../../src/beffroi/web/static/web/tokens.css";
import "../kit/base.css";
import "../replay/replay.css";
import "./reader.css";
import { setLanguage, t } from "../i18n";
import { Reader } from "./reader";

const host = document.getElementById("console");
if (host) {
  document.documentElement.dataset["theme"] = "room";
  setLanguage("fr");
  document.title = `${t("brand")} · ${t("reader.title")}`;
  host.replaceChildren();
  render(<Reader />, host);
}
