"""The sixteen sensitive zones, drawn round the cameras of their sites and their point of the gazetteer. Invented."""

from __future__ import annotations

from dataclasses import dataclass

from shapely.geometry import MultiPoint, Polygon

from tools.demo_town.cameras import CAMERAS, SITES
from tools.demo_town.streets import Point

MARGIN_M = 42.0


@dataclass(frozen=True, slots=True)
class ZonePlan:
    """A zone's facts and the points it must hold besides its cameras."""

    number: int
    name: str
    proposer: str
    police_opinion: str
    purpose: str
    holds: tuple[Point, ...]

    @property
    def adviser_opinion(self) -> str:
        """What the security adviser wrote in the invented diagnosis."""
        return _ADVICE.get(self.number, "favorable : lieu fréquenté, faits répétés, éclairage à reprendre (jeu fictif)")

    @property
    def expected_effect(self) -> str:
        """What a camera can be expected to change there, in plain words."""
        return _EFFECTS.get(self.number, "dégradations de mobilier ; aide à l’enquête pour le reste (jeu fictif)")


_TOWN, _POLICE, _BOTH = "ville", "police nationale", "ville et police nationale"
_YES = "favorable (jeu fictif)"
_THEFT = "favorable : vols à la roulotte relevés (jeu fictif)"
_Z = ZonePlan
ZONES: tuple[ZonePlan, ...] = (
    _Z(1, "Mandarous", _BOTH, _YES, "safety", ((0, 0), (30, 20))),
    _Z(2, "Cœur historique (Foch–Beffroi)", _TOWN, _YES, "safety", ((80, -311), (40, -189))),
    _Z(3, "Halles", _TOWN, _YES, "safety", ((-32, -223), (-10, -240))),
    _Z(4, "Capelle et parking", _BOTH, _THEFT, "safety", ((208, -33), (225, -55))),
    _Z(5, "Parc de la Victoire", _POLICE, _YES, "safety", ((264, 78), (290, 110))),
    _Z(6, "Bonald–Sadi-Carnot", _BOTH, _YES, "safety", ((104, -89), (176, -234))),
    _Z(7, "Ayrolle–Richard", _TOWN, _YES, "safety", ((-136, -200), (-88, -434))),
    _Z(8, "Le Voultre", _POLICE, _THEFT, "safety", ((40, -479),)),
    _Z(9, "Gare et gare routière", _BOTH, _THEFT, "safety", ((-288, 267),)),
    _Z(10, "République–mairie", _TOWN, _YES, "public-buildings", ((-40, 122),)),
    _Z(11, "Jean-Jaurès", _POLICE, _YES, "safety", ((180, 150), (280, 234))),
    _Z(12, "Quai Sully-Chaliès–pont Lerouge", _BOTH, _THEFT, "safety", ((64, -600), (-248, -660))),
    _Z(13, "Parc des sports–Cureplats", _POLICE, "favorable, en saison (jeu fictif)", "safety", ((703, 490),)),
    _Z(14, "Lycée Jean-Vigo–collège", _TOWN, _YES, "safety", ((-320, 712),)),
    _Z(15, "Beauregard", _BOTH, _YES, "safety", ((-719, 490),)),
    _Z(16, "Entrée nord-ouest–Le Crès", _POLICE, _THEFT, "safety", ((-1240, 1430), (-1200, 1380))),
)


_ADVICE = {
    4: "favorable : parking peu visible depuis la rue ; éclairage et taille des haies d’abord (jeu fictif)",
    8: "favorable : stationnement de nuit, vols répétés (jeu fictif)",
    10: "réservé : peu de faits, protection du bâtiment seulement (jeu fictif)",
    14: "favorable aux heures d’entrée et de sortie ; rien la nuit (jeu fictif)",
    16: "réservé : une seule entrée de ville, faits peu nombreux (jeu fictif)",
}
_EFFECTS = {
    4: "vols dans les véhicules et dégradations, au vu du parking (jeu fictif)",
    8: "vols dans les véhicules (jeu fictif)",
    9: "vols dans les véhicules et de cycles ; dégradations (jeu fictif)",
    12: "vols dans les véhicules, dépôts sauvages (jeu fictif)",
    10: "abords de la mairie ; peu d’effet attendu sur les faits (jeu fictif)",
}


def zone_id(number: int) -> str:
    """`z01` to `z16`."""
    return f"z{number:02}"


def outline(plan: ZonePlan) -> list[Point]:
    """The zone's ring, metres, closed: the hull of what it holds, widened."""
    sites = {site.id for site in SITES if site.zone == zone_id(plan.number)}
    points = [*plan.holds, *(camera.at for camera in CAMERAS if camera.site in sites)]
    shape = MultiPoint(points).convex_hull.buffer(MARGIN_M, quad_segs=3).simplify(2.0)
    assert isinstance(shape, Polygon)
    return [(float(x), float(y)) for x, y in shape.exterior.coords]
