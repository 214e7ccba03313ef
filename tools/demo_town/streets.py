"""Streets and water of the demo town, in metres east and north of the Mandarous (44.1001 N, 3.0780 E).

Drawn by hand around the gazetteer's points: a plausible graph with true names, not a survey. The first eleven
streets are those of the simulated scenes; what the cameras show and what the map draws agree there.
"""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class StreetPlan:
    """A street's axis, half the width of its roadway and the width of one pavement."""

    id: str
    name: str
    half_width_m: float
    pavement_m: float
    axis: tuple[Point, ...]


def _street(ref: str, name: str, widths: tuple[float, float], *axis: Point) -> StreetPlan:
    return StreetPlan(ref, name, widths[0], widths[1], axis)


_AVENUE, _STREET, _LANE, _ROAD = (5.0, 3.2), (3.4, 2.2), (2.4, 1.6), (4.0, 2.6)

STREETS: tuple[StreetPlan, ...] = (
    # the eleven of the simulated scenes, some prolonged beyond what the scenes draw
    _street("bonald", "Boulevard de Bonald", (5.2, 4.2), (0, 0), (58, -46), (104, -89), (150, -165), (176, -234)),
    _street("capelle", "Rue de la Capelle", _ROAD, (0, 0), (110, -6), (208, -33)),
    _street(
        "jaures", "Avenue Jean-Jaurès", _AVENUE, (0, 0), (120, 100), (280, 234), (430, 350), (560, 450), (560, 601)
    ),
    _street("republique", "Avenue de la République", _AVENUE, (0, 0), (-30, 122), (-64, 256), (-90, 420), (-120, 560)),
    _street("merle", "Avenue Alfred-Merle", (4.6, 3.2), (0, 0), (-152, 145), (-288, 267)),
    _street("condamine", "Rue de la Condamine", _STREET, (0, 0), (-90, -52), (-184, -122)),
    _street(
        "ayrolle", "Boulevard de l’Ayrolle", (5.0, 4.0), (0, 0), (-14, -18), (-70, -95), (-136, -200), (-160, -323)
    ),
    _street("droite", "Rue Droite", _LANE, (0, 0), (26, -90), (40, -189), (80, -300)),
    _street("sadi", "Boulevard Sadi-Carnot", (5.0, 3.6), (176, -234), (150, -320), (80, -345)),
    _street("gambetta", "Avenue Gambetta", (4.4, 2.8), (208, -33), (360, -122), (420, -200)),
    _street("quai", "Quai Sully-Chaliès", (5.0, 4.5), (-300, -640), (-100, -600), (80, -622), (224, -581), (300, -560)),
    # the old town
    _street("halle", "Rue de la Halle", _LANE, (-103, -147.5), (-60, -195), (-20, -225), (40, -189)),
    _street("saunerie", "Rue de la Saunerie", _LANE, (-147.9, -261), (-80, -265), (-20, -225)),
    _street("peyrollerie", "Rue Peyrollerie", _LANE, (-20, -225), (10, -262), (80, -300)),
    _street("solignac", "Rue Solignac", _LANE, (40, -189), (100, -205), (150, -165)),
    _street("beffroi", "Rue du Beffroi", _LANE, (33, -140), (82, -140), (104, -89)),
    _street("coussergues", "Rue Clausel-de-Coussergues", _LANE, (80, -300), (130, -290), (163, -277)),
    _street("foch", "Place du Maréchal-Foch", _LANE, (80, -300), (85, -318), (80, -345)),
    _street("basse", "Rue Basse", _LANE, (-160, -323), (-80, -330), (0, -335), (80, -345)),
    _street("haute", "Rue Haute", _LANE, (-20, -225), (-25, -280), (0, -335)),
    # between the old town and the Tarn
    _street("voultre", "Rue du Voultre", _STREET, (80, -345), (60, -420), (40, -478), (20, -550), (10, -613.4)),
    _street("tannerie", "Rue de la Tannerie", _LANE, (-88, -434), (-30, -470), (40, -478), (120, -490), (220, -470)),
    _street("richard", "Boulevard Richard", _ROAD, (-160, -323), (-120, -400), (-88, -434), (-70, -510), (-100, -600)),
    _street(
        "antoine", "Boulevard Saint-Antoine", _ROAD, (150, -320), (190, -400), (220, -470), (224, -545), (224, -581)
    ),
    _street("gantiers", "Rue des Gantiers", _STREET, (260, -240), (280, -340), (300, -430), (290, -500), (300, -560)),
    _street("cuirs", "Rue des Cuirs", _STREET, (220, -470), (300, -430), (370, -450)),
    _street("megisserie", "Rue de la Mégisserie", _STREET, (176, -234), (260, -240), (340, -250), (420, -200)),
    _street("grave", "Rue de la Grave", _LANE, (120, -490), (140, -550), (224, -545)),
    _street("moulin-vieux", "Chemin du Vieux-Moulin", _LANE, (-144, -608.8), (-144, -646)),
    _street(
        "larzac",
        "Avenue du Pont-du-Larzac",
        _ROAD,
        (420, -200),
        (385, -330),
        (370, -450),
        (385, -520),
        (400, -580),
        (430, -680),
        (470, -760),
    ),
    _street("lerouge", "Avenue du Pont-Lerouge", _ROAD, (-235, -627), (-248, -701), (-270, -790), (-320, -860)),
    _street("tanneurs", "Quai de la Tannerie", _STREET, (-300, -640), (-420, -660), (-560, -720)),
    # west
    _street("jean-moulin", "Rue Jean-Moulin", _STREET, (-184, -122), (-260, -130), (-328, -122), (-420, -90)),
    _street("julie", "Rue Louis-Julié", _STREET, (-184, -122), (-200, -220), (-160, -323)),
    _street("belfort", "Rue de Belfort", _STREET, (-152, 145), (-200, 60), (-210, -20), (-184, -122)),
    _street("strasbourg", "Rue de Strasbourg", _STREET, (-210, -20), (-300, 0), (-400, 30), (-470, 180)),
    _street("saint-martin", "Rue Saint-Martin", _LANE, (-300, 0), (-320, -60), (-328, -122)),
    _street(
        "paulele", "Rue de la Paulèle", _STREET, (-420, -90), (-430, -200), (-400, -330), (-300, -400), (-160, -323)
    ),
    _street("barry", "Rue du Barry", _STREET, (-300, -400), (-250, -480), (-160, -460), (-88, -434)),
    _street("egalite", "Rue de l’Égalité", _STREET, (-300, -640), (-330, -540), (-250, -480)),
    _street("gare", "Boulevard de la Gare", _ROAD, (-288, 267), (-380, 230), (-470, 180), (-560, 150)),
    _street("cote-belle", "Rue de la Côte-Belle", _STREET, (-560, 150), (-620, 250), (-640, 350), (-640, 450)),
    # north
    _street("alsace", "Rue Alsace-Lorraine", _STREET, (-152, 145), (-100, 200), (-64, 256)),
    _street("peyrot", "Rue Claude-Peyrot", _STREET, (-30, 122), (40, 130), (120, 100)),
    _street("septembre", "Rue du Quatre-Septembre", _STREET, (110, -6), (150, 60), (190, 120), (208, 173.7)),
    _street("jumel", "Rue du Jumel", _STREET, (-64, 256), (60, 270), (170, 280), (280, 234)),
    _street("fraternite", "Rue de la Fraternité", _STREET, (-90, 420), (80, 430), (250, 440), (430, 350)),
    _street("hugo", "Rue Victor-Hugo", _STREET, (60, 270), (70, 350), (80, 430), (120, 590)),
    _street("pasteur", "Rue Pasteur", _STREET, (-90, 420), (-200, 410), (-310, 400), (-400, 330)),
    _street("souques", "Boulevard Achille-Souques", _ROAD, (-120, 560), (120, 590), (350, 610), (560, 601), (620, 540)),
    _street("delmas", "Rue Étienne-Delmas", _ROAD, (-120, 560), (-220, 640), (-320, 713), (-420, 800)),
    _street("college", "Rue du Collège", _STREET, (-320, 713), (-250, 640), (-200, 520), (-200, 410)),
    _street("lycee", "Rue du Lycée", _STREET, (-320, 713), (-260, 780), (-200, 860), (-120, 900)),
    _street("zola", "Rue Émile-Zola", _STREET, (-120, 560), (-60, 700), (-120, 900)),
    _street("malhourtet", "Route de Malhourtet", _ROAD, (-420, 800), (-450, 950), (-470, 1100), (-480, 1325)),
    # east, up to the river
    _street("victoire", "Allées de la Victoire", _ROAD, (208, -33), (212, 30), (222, 100), (250, 140), (280, 234)),
    _street("gaulle", "Avenue Charles-de-Gaulle", _AVENUE, (208, -33), (300, -10), (400, 40), (480, 90), (560, 150)),
    _street("prise-eau", "Rue de la Prise-d’Eau", _STREET, (360, -122), (400, -40), (400, 40)),
    _street("rajol", "Rue du Rajol", _STREET, (400, 40), (420, 140), (430, 250), (430, 350)),
    _street("prieur", "Rue du Champ-du-Prieur", _STREET, (280, 234), (360, 200), (420, 140)),
    _street("jardins", "Rue des Jardins", _STREET, (560, 150), (580, 250), (560, 340)),
    _street("sports", "Avenue de Millau-Plage", _ROAD, (620, 540), (690, 480), (680, 400), (660, 340)),
    _street("cureplats", "Avenue de Cureplats", _ROAD, (430, 350), (560, 340), (660, 340), (743, 323), (830, 300)),
    _street("graufesenque", "Chemin de la Graufesenque", _STREET, (830, 300), (900, 100), (1000, -100), (1183, -412)),
    # north-west
    _street(
        "beauregard",
        "Avenue de Beauregard",
        _ROAD,
        (-288, 267),
        (-400, 330),
        (-520, 400),
        (-640, 450),
        (-719, 490),
        (-800, 560),
    ),
    _street("puech", "Rue du Puech", _STREET, (-640, 450), (-660, 540), (-719, 600), (-800, 560)),
    _street("fontaine", "Rue de la Fontaine", _STREET, (-719, 490), (-760, 430), (-800, 380), (-700, 330), (-640, 350)),
    _street("cres", "Avenue du Crès", _ROAD, (-800, 560), (-950, 800), (-1100, 1100), (-1230, 1400), (-1359, 1659)),
    _street("cap-cres", "Rue du Cap-du-Crès", _STREET, (-1230, 1400), (-1100, 1480), (-980, 1500)),
)

SQUARES: tuple[tuple[Point, float], ...] = (
    ((0, 0), 34),
    ((208, -33), 36),
    ((85, -318), 26),
    ((-20, -225), 18),
    ((-290, 270), 38),
    ((265, 75), 46),
)
"""Centre and radius of the open squares: Mandarous, Capelle, Foch, Halles, station, Victoire."""

TARN: tuple[Point, ...] = (
    (1239, 1659), (879, 824), (743, 323), (695, 111), (624, -178), (400, -580), (240, -645), (80, -690), (-144, -692),
    (-248, -701), (-480, -800), (-719, -957), (-1500, -1300), (-2600, -1700),
)  # fmt: skip
TARN_HALF_WIDTH_M = 33.0
DOURBIE: tuple[Point, ...] = ((2958, -401), (1918, -122), (1199, -11), (900, 60), (695, 111))
DOURBIE_HALF_WIDTH_M = 17.0
