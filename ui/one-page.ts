/** Puts the built script and style into one HTML page under a policy that lets nothing else in: no network, no frame. */

import { createHash } from "node:crypto";
import type { Plugin } from "vite";

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** `style-src-attr` stays closed: sizes are set through the CSSOM. Source: CSP Level 3. */
function policy(script: string, style: string): string {
  return [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "img-src blob: data:",
    "font-src data:",
    "media-src blob:",
    "connect-src 'none'",
    "frame-src 'none'",
    "worker-src 'none'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

const NO_SCRIPT =
  "Ce lecteur a besoin de JavaScript. Les images restent lisibles avec un lecteur vidéo, dans le dossier original. " +
  "This reader needs JavaScript; the pictures in the folder original can be played by a video player.";

function page(script: string, style: string): string {
  return `<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(script, style)}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Beffroi</title>
<style>${style}</style>
</head>
<body>
<div id="console"><noscript>${NO_SCRIPT}</noscript></div>
<script type="module">${script}</script>
</body>
</html>
`;
}

export function onePage(): Plugin {
  return {
    name: "one-page",
    enforce: "post",
    generateBundle(_, bundle) {
      let [script, style] = ["", ""];
      for (const [name, made] of Object.entries(bundle)) {
        if (made.type === "chunk") script += made.code;
        else if (name.endsWith(".css")) style += String(made.source);
        else this.error(`${name} would have to be fetched`);
        delete bundle[name];
      }
      // The page's parser ends a script at these, wherever they stand.
      const inert = script.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
      this.emitFile({ type: "asset", fileName: "index.html", source: page(inert, style) });
    },
  };
}
