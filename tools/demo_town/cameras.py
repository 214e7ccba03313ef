"""Sites and cameras of the demo town, in the metres of `streets.py`. Invented: never the town's real ones.

Numbers C03, C04, C07, C08, C09, C22 and C33 to C35 are those of the console's drawings.
"""

from __future__ import annotations

from dataclasses import dataclass

from tools.demo_town.streets import Point


@dataclass(frozen=True, slots=True)
class SitePlan:
    """One *emplacement*: its mark on the map, its zone, its phase."""

    id: str
    mark: str
    name: str
    zone: str
    phase: str


@dataclass(frozen=True, slots=True)
class CameraPlan:
    """One camera: where it stands, where it looks (degrees clockwise from north, and below the horizon)."""

    number: int
    site: str
    name: str
    short_name: str
    at: Point
    bearing_deg: int
    tilt_deg: int
    height_m: float
    hfov_deg: int
    target_class: str


SITES: tuple[SitePlan, ...] = tuple(
    SitePlan(ref, mark, name, zone, phase)
    for ref, mark, name, zone, phase in (
        ("s01", "1", "Place du Mandarous", "z01", "p1"),
        ("s02", "2", "Place du Maréchal-Foch", "z02", "p1"),
        ("s03", "3", "Beffroi", "z02", "p1"),
        ("s04", "4", "Halles", "z03", "p1"),
        ("s05", "5", "Place de la Capelle", "z04", "p1"),
        ("s06", "6", "Boulevard de Bonald", "z06", "p1"),
        ("s07", "7", "Boulevard de l’Ayrolle", "z07", "p1"),
        ("s08", "8", "Gare, parvis", "z09", "p1"),
        ("s09", "9", "Rue de la Capelle", "z04", "p1"),
        ("s10", "10", "Avenue de la République", "z10", "p2"),
        ("s11", "11", "Boulevard Sadi-Carnot", "z06", "p2"),
        ("s12", "12", "Rue de la Condamine", "z01", "p2"),
        ("s13", "13", "Parc de la Victoire", "z05", "p2"),
        ("s14", "14", "Avenue Alfred-Merle", "z01", "p2"),
        ("s15", "15", "Avenue Jean-Jaurès", "z11", "p2"),
        ("s16", "16", "Avenue Gambetta", "z04", "p2"),
        ("s17", "17", "Boulevard Richard", "z07", "p2"),
        ("s18", "18", "Parking Emma-Calvé", "z02", "p2"),
        ("s19", "19", "Gare routière", "z09", "p2"),
        ("s20", "20", "Le Voultre", "z08", "p3"),
        ("s21", "21", "Pont Lerouge", "z12", "p3"),
        ("s22", "22", "Pont du Larzac", "z12", "p3"),
        ("s23", "23", "Pont de Cureplats", "z13", "p3"),
        ("s24", "24", "Parc des sports", "z13", "p3"),
        ("s25", "25", "Quai Sully-Chaliès", "z12", "p3"),
        ("s26", "26", "Quai Sully-Chaliès, est", "z12", "p3"),
        ("s27", "27", "Parking de la Grave", "z12", "p3"),
        ("s28", "28", "Lycée Jean-Vigo", "z14", "p4"),
        ("s29", "29", "Collège, rue du Collège", "z14", "p4"),
        ("s30", "30", "Beauregard, place", "z15", "p4"),
        ("s31", "31", "Beauregard, avenue", "z15", "p4"),
        ("s32", "32", "Campings de Millau-Plage", "z13", "p4"),
        ("s33", "33", "Le Crès, entrée nord-ouest", "z16", "p4"),
        ("sa", "A", "Parking de la Capelle", "z04", "px"),
        ("sb", "B", "Rue du Voultre", "z08", "px"),
    )
)

_C = CameraPlan
CAMERAS: tuple[CameraPlan, ...] = (
    _C(1, "s08", "Gare, parvis → av. Alfred-Merle", "GARE PARVIS", (-312, 288), 138, 11, 6.6, 68, "recognise"),
    _C(
        2,
        "s01",
        "Place du Mandarous → av. de la République",
        "MANDAROUS > REPUBLIQUE",
        (-23, -1),
        355,
        12,
        6.8,
        84,
        "observe",
    ),
    _C(3, "s01", "Place du Mandarous → bd de Bonald", "MANDAROUS > BONALD", (-23, -1), 118, 10, 6.8, 57, "recognise"),
    _C(4, "s06", "Bd de Bonald → Sadi-Carnot", "BONALD > SADI-CARNOT", (118, -99.6), 141, 11, 6.6, 68, "recognise"),
    _C(5, "s08", "Gare, parvis → quais", "GARE > QUAIS", (-314, 276.3), 300, 11, 6.6, 68, "observe"),
    _C(6, "s06", "Bd de Bonald → Mandarous", "BONALD > MANDAROUS", (118, -99.6), 302, 10, 6.6, 60, "observe"),
    _C(7, "s09", "Rue de la Capelle → place", "RUE DE LA CAPELLE", (140.1, -9.3), 104, 11, 6.6, 68, "recognise"),
    _C(8, "s05", "Place de la Capelle → parking", "CAPELLE > PARKING", (186, -14), 142, 14, 6.8, 64, "recognise"),
    _C(9, "s03", "Beffroi → rue Droite", "BEFFROI", (36, -180), 176, 12, 6.2, 72, "observe"),
    _C(10, "s04", "Halles → rue Droite", "HALLES", (-36, -228), 78, 11, 6.6, 68, "recognise"),
    _C(11, "s07", "Bd de l’Ayrolle → Halles", "AYROLLE > HALLES", (-26.6, -45.9), 211, 11, 6.6, 68, "recognise"),
    _C(12, "s02", "Foch → rue Droite", "FOCH", (84, -338), 350, 11, 6.6, 68, "recognise"),
    _C(13, "s02", "Foch → bd Sadi-Carnot", "FOCH > SADI-CARNOT", (84, -338), 74, 11, 6.6, 68, "observe"),
    _C(14, "s10", "Av. de la République → mairie", "REPUBLIQUE > MAIRIE", (-71, 265), 166, 10, 6.8, 60, "observe"),
    _C(15, "s11", "Bd Sadi-Carnot → bd de Bonald", "SADI-CARNOT > BONALD", (169, -284), 6, 11, 6.6, 64, "recognise"),
    _C(16, "s11", "Bd Sadi-Carnot → Foch", "SADI-CARNOT > FOCH", (169, -284), 226, 11, 6.6, 68, "observe"),
    _C(17, "s12", "Rue de la Condamine → Mandarous", "CONDAMINE", (-78, -49), 62, 11, 6.6, 68, "recognise"),
    _C(18, "s13", "Parc de la Victoire → av. Jean-Jaurès", "VICTOIRE", (242, 54), 38, 11, 6.6, 68, "observe"),
    _C(19, "s14", "Av. Alfred-Merle → gare", "MERLE > GARE", (-52, 44), 316, 11, 6.6, 68, "recognise"),
    _C(20, "s15", "Av. Jean-Jaurès → Mandarous", "JAURES", (89.6, 67.4), 232, 11, 6.6, 68, "recognise"),
    _C(21, "s15", "Av. Jean-Jaurès → Victoire", "JAURES > VICTOIRE", (89.6, 67.4), 50, 11, 6.6, 68, "observe"),
    _C(22, "s16", "Av. Gambetta → Capelle", "GAMBETTA > CAPELLE", (258, -58), 296, 11, 6.6, 68, "recognise"),
    _C(23, "s17", "Bd Richard → bd de l’Ayrolle", "RICHARD > AYROLLE", (-93, -427), 332, 11, 6.6, 66, "observe"),
    _C(24, "s18", "Parking Emma-Calvé → Capelle", "EMMA-CALVE > CAPELLE", (79, -143.4), 42, 12, 6.8, 70, "observe"),
    _C(25, "s19", "Gare routière → quais", "GARE ROUTIERE > QUAIS", (-317, 249.8), 252, 11, 6.6, 68, "recognise"),
    _C(26, "s19", "Gare routière → parvis", "GARE ROUTIERE", (-317, 249.8), 50, 11, 6.6, 68, "observe"),
    _C(27, "s20", "Le Voultre → quai", "VOULTRE", (-40, -606), 93, 11, 7.0, 68, "recognise"),
    _C(28, "s21", "Pont Lerouge → quai", "LEROUGE > QUAI", (-241, -634), 70, 10, 7.0, 66, "observe"),
    _C(29, "s21", "Pont Lerouge → rive gauche", "LEROUGE > RIVE GAUCHE", (-241, -634), 190, 10, 7.0, 56, "observe"),
    _C(30, "s22", "Pont du Larzac → rive droite", "LARZAC", (392, -536), 346, 10, 7.0, 60, "observe"),
    _C(31, "s23", "Pont de Cureplats → rive gauche", "CUREPLATS", (700, 338), 108, 10, 7.0, 60, "observe"),
    _C(32, "s24", "Parc des sports → entrée", "PARC DES SPORTS", (694, 470), 336, 11, 7.2, 68, "observe"),
    _C(33, "s25", "Quai Sully-Chaliès → pont Lerouge", "QUAI > LEROUGE", (40, -611), 278, 11, 6.8, 64, "recognise"),
    _C(34, "s25", "Quai Sully-Chaliès → la Grave", "QUAI > GRAVE", (40, -611), 84, 11, 6.8, 64, "observe"),
    _C(35, "s26", "Quai Sully-Chaliès, est → pont du Larzac", "QUAI EST", (168, -591), 74, 11, 6.8, 66, "observe"),
    _C(36, "s27", "Parking de la Grave → quai", "GRAVE > QUAI", (216, -536), 172, 14, 6.8, 72, "recognise"),
    _C(37, "s28", "Lycée Jean-Vigo → arrêts de bus", "LYCEE > BUS", (-303.5, 707), 128, 11, 6.6, 70, "observe"),
    _C(38, "s28", "Lycée Jean-Vigo → rue du Lycée", "LYCEE", (-312, 722), 44, 11, 6.6, 66, "observe"),
    _C(39, "s29", "Rue du Collège → lycée", "COLLEGE", (-238, 618), 322, 11, 6.6, 66, "observe"),
    _C(40, "s30", "Beauregard, place → rue de la Fontaine", "BEAUREGARD", (-712, 497), 222, 12, 7.0, 72, "observe"),
    _C(
        41, "s30", "Beauregard, place → avenue du Crès", "BEAUREGARD > CRES", (-723, 499.8), 309, 11, 7.0, 64, "observe"
    ),
    _C(42, "s31", "Beauregard, avenue → gare", "BEAUREGARD > GARE", (-636, 454), 113, 10, 7.0, 58, "observe"),
    _C(43, "s32", "Campings de Millau-Plage → entrée", "CAMPINGS", (668, 385), 28, 11, 6.6, 68, "observe"),
    _C(44, "s33", "Le Crès → av. du Crès", "LE CRES", (-1224, 1399), 157, 10, 7.4, 56, "recognise"),
    # the extension: never counted with the programme
    _C(45, "sa", "Parking de la Capelle → sortie", "CAPELLE > SORTIE", (228, -52), 40, 13, 6.8, 70, "recognise"),
    _C(46, "sa", "Parking de la Capelle → Jean-Jaurès", "CAPELLE > JAURES", (228, -52), 336, 11, 6.8, 62, "observe"),
    _C(47, "sb", "Rue du Voultre → quai", "VOULTRE SUD > QUAI", (26, -540), 196, 12, 6.6, 66, "observe"),
    _C(48, "sb", "Rue du Voultre → pont du Larzac", "VOULTRE SUD > LARZAC", (46, -481.6), 97, 11, 6.6, 62, "observe"),
)

H265 = frozenset({6, 13, 16, 21, 26, 29, 34, 39})
PTZ = frozenset({1, 18, 28, 32, 40})
FAULTS = {9: "dead", 22: "adrift_40s", 23: "bare", 31: "frozen"}
WIDTH_PX, HEIGHT_PX, FPS = 1280, 720, 12
ROLES = {
    "detect": "remarquer un attroupement ou un véhicule arrêté",
    "observe": "suivre les déplacements de personnes et de véhicules",
    "recognise": "reconnaître une personne connue qui passe",
    "identify": "identifier une personne qui passe",
}
PIXELS_PER_M = {"detect": 25.0, "observe": 62.5, "recognise": 125.0, "identify": 250.0}
"""Source: EN 62676-4:2015, annex B."""
