/** Words of the editor: French, then English. */

import { currentLanguage, fill } from "../i18n";

const WORDS = {
  "title": ["Éditeur du plan", "Plan editor"],
  "town.plan": ["Plan de la ville", "The town's plan"],
  "scenario": ["Scénario", "Scenario"],
  "changed": ["modifié, non enregistré", "changed, not saved"],
  "version": ["version {version}", "version {version}"],
  "undo": ["Annuler", "Undo"],
  "redo": ["Rétablir", "Redo"],
  "save": ["Enregistrer", "Save"],
  "save.new": ["Enregistrer comme nouveau", "Save as new"],
  "save.name": ["Nom du scénario", "Name of the scenario"],
  "save.note": ["Note (facultative)", "Note (optional)"],
  "save.barred": ["Vous pouvez essayer ; enregistrer demande le droit de configurer.", "You may try things; saving needs the right to configure."],
  "saved": ["« {name} » est enregistré, version {version}.", "“{name}” is saved, version {version}."],
  "print": ["Imprimer", "Print"],
  "compare": ["Comparer avec", "Compare with"],
  "compare.none": ["rien", "nothing"],
  "phase": ["Phase montrée", "Phase shown"],
  "phase.all": ["toutes", "all"],
  "class": ["Niveau", "Level"],
  "cameras": ["Caméras", "Cameras"],
  "zones": ["Zones", "Zones"],
  "add.camera": ["Ajouter une caméra", "Add a camera"],
  "add.here": ["La poser au centre de la carte", "Put it at the middle of the map"],
  "add.click": ["La poser d’un clic", "Put it with a click"],
  "add.clicking": ["Cliquez sur la carte ; Échap pour renoncer.", "Click on the map; Escape to give up."],
  "add.twin": ["Une autre sur ce mât", "Another on this mast"],
  "model": ["Modèle", "Model"],
  "model.own": ["chiffres propres", "own figures"],
  "zone.draw": ["Dessiner une zone", "Draw a zone"],
  "zone.square": ["Zone de 60 m au centre", "Zone of 60 m at the middle"],
  "zone.drawing": ["Cliquez les coins, puis Terminer ; Échap pour renoncer.", "Click the corners, then Finish; Escape to give up."],
  "zone.end": ["Terminer la zone", "Finish the zone"],
  "zone.name": ["Nom de la zone", "Name of the zone"],
  "zone.new": ["Zone dessinée", "Drawn zone"],
  "zone.corners": ["Coins : latitude, longitude, un par ligne", "Corners: latitude, longitude, one a line"],
  "zone.crossed": ["Les côtés de la zone se croisent ; redessinez-la.", "The zone's sides cross; redraw it."],
  "zone.few": ["Il faut trois coins au moins, un par ligne.", "It takes three corners at least, one a line."],
  "zone.drawn": ["dessinée", "drawn"],
  "cancel": ["Renoncer", "Give up"],
  "apply": ["Appliquer", "Apply"],
  "remove": ["Retirer", "Remove"],
  "none.chosen": ["Choisissez une caméra sur la carte ou dans la liste.", "Choose a camera on the map or in the list."],
  "bearing": ["Cap", "Bearing"],
  "tilt": ["Inclinaison", "Tilt"],
  "height": ["Hauteur", "Height"],
  "hfov": ["Champ", "Field"],
  "site": ["Emplacement", "Site"],
  "position": ["Latitude, longitude", "Latitude, longitude"],
  "position.swapped": ["Latitude et longitude semblent échangées.", "Latitude and longitude seem swapped."],
  "position.swap": ["Les remettre dans l’ordre", "Put them in order"],
  "position.far": ["C’est à {km} km de la ville.", "This is {km} km from the town."],
  "position.unreadable": ["Écrivez 44.1001, 3.0781.", "Write 44.1001, 3.0781."],
  "move": ["Déplacer de 1 m", "Move by 1 m"],
  "north": ["nord", "north"],
  "south": ["sud", "south"],
  "west": ["ouest", "west"],
  "east": ["est", "east"],
  "density": ["px/m", "px/m"],
  "distance": ["jusqu’à", "up to"],
  "depression": ["vue plongeante", "seen from above"],
  "dead": ["Zone morte au sol", "Dead zone at the ground"],
  "dead.head": ["à 1,7 m", "at 1.7 m"],
  "ground": ["Sol vu", "Ground seen"],
  "sees": ["Ce qu’elle voit des zones", "What it sees of the zones"],
  "sees.nothing": ["Aucune zone.", "No zone."],
  "preview": ["Image simulée : géométrie seule, ni lumière ni mouvement.", "Simulated picture: geometry alone, neither light nor motion."],
  "assumed": ["{count} bâtiments de hauteur supposée sous ou près de ce cône.", "{count} buildings of assumed height under or near this cone."],
  "answered": ["Exact en {ms} ms", "Exact in {ms} ms"],
  "coarse": ["Cône sans façades, calcul en cours", "Cone without façades, being computed"],
  "share": ["Rue vue", "Street seen"],
  "share.two": ["par deux", "by two"],
  "share.lost": ["perdue si une tombe", "lost if one fails"],
  "street": ["Rue, m²", "Street, m²"],
  "all": ["Toutes les zones", "All zones"],
  "difference": ["écart", "difference"],
  "seen": ["Rue vue, m²", "Street seen, m²"],
  "cost": ["Coût, euros HT", "Cost, euros before tax"],
  "cost.range": ["{low} à {high}", "{low} to {high}"],
  "cost.guess": ["estimation, un prix sans source publiée", "a guess: a price without published source"],
  "beside": ["Deux scénarios côte à côte", "Two scenarios side by side"],
  "map": ["Carte du scénario ; les listes disent et font la même chose.", "Map of the scenario; the lists say and do the same."],
  "map.other": ["Carte de « {name} »", "Map of “{name}”"],
  "approximate": ["Position approximative", "Approximate position"],
  "zoom.in": ["Agrandir", "Zoom in"],
  "zoom.out": ["Réduire", "Zoom out"],
  "zoom.all": ["Tout montrer", "Show all"],
  "legend.dead": ["Zone morte", "Dead zone"],
  "legend.zone": ["Zone", "Zone"],
  "legend.assumed": ["Hauteur supposée", "Assumed height"],
  "note": ["Ce que la géométrie permet : la lumière, le mouvement et la compression baissent ces chiffres.", "What the geometry allows: light, motion and compression lower these figures."],
  "warnings": ["À regarder", "To look at"],
  "table.page": ["Le tableau seul, sans script", "The table alone, without script"],
  "loading": ["Chargement du plan…", "Loading the plan…"],
} as const satisfies Readonly<Record<string, readonly [string, string]>>;

export type Word = keyof typeof WORDS;

export function w(key: Word, fields: Readonly<Record<string, string | number>> = {}): string {
  return fill(WORDS[key][currentLanguage() === "fr" ? 0 : 1], fields);
}

const locale = (): string => (currentLanguage() === "fr" ? "fr-FR" : "en-GB");

export const figure = (value: number, digits = 0): string =>
  value.toLocaleString(locale(), { maximumFractionDigits: digits, minimumFractionDigits: digits });

export const percent = (share: number): string =>
  share.toLocaleString(locale(), { style: "percent", maximumFractionDigits: 1, minimumFractionDigits: 1 });

/** With its sign, in points. */
export const points = (share: number): string =>
  `${(share * 100).toLocaleString(locale(), { maximumFractionDigits: 1, minimumFractionDigits: 1, signDisplay: "exceptZero" })} pt`;
