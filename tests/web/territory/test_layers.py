"""Layers of maps: any declared projection, heights that say where they come from, every fault named."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from shapely.geometry import LineString, MultiLineString, Polygon, box
from shapely.geometry.base import BaseGeometry

from beffroi.core.errors import InvalidInput
from beffroi.core.reading import FolderRefused
from beffroi.territory import layerfile
from beffroi.territory.calc.lambert93 import projected, to_en
from beffroi.territory.layerfile import LayerFile, Target
from beffroi.territory.models import Access, Building, Duct, Place, PublicBuilding, Street, Town, Zone
from beffroi.territory.queries import search_places
from beffroi.territory.services import import_layer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("town")]

EAST, NORTH = to_en(3.07, 44.1)
HOUSE = box(EAST, NORTH, EAST + 10, NORTH + 20)


def geopackage(folder: Path, shapes: list[Polygon], *, crs: str | None = "EPSG:2154", **columns: list[object]) -> Path:
    path = folder / "batiments.gpkg"
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(np.array(shapes)),
        field_data=[np.array(values, dtype=object) for values in columns.values()],
        fields=list(columns),
        geometry_type="Polygon",
        crs=crs,
        layer="batiment",
    )
    return path


def bdtopo(path: Path, **more: str) -> LayerFile:
    return LayerFile(path=path, target=Target.BUILDINGS, profile="bdtopo", **more)


def geojson(folder: Path, *features: dict[str, object]) -> Path:
    path = folder / "couche.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
    return path


def feature(geometry: BaseGeometry, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(geometry)}


def test_buildings_of_bd_topo_in_lambert_93_keep_their_measured_size(tmp_path: Path) -> None:
    path = geopackage(tmp_path, [HOUSE], cleabs=["BATIMENT01"], hauteur=["9.5"], usage_1=["Résidentiel"])
    report = import_layer(bdtopo(path), by="system")
    found = Building.objects.get()
    assert (report.created, report.assumed) == (1, 0)
    assert (found.pk, found.height_m, found.height_source, found.is_dwelling) == ("batiment01", 9.5, "measured", True)
    assert projected(found.shape).area == pytest.approx(200, abs=0.5)


@pytest.mark.parametrize(
    ("height", "floors", "height_m", "source"),
    [("", "3", 9.0, "floors"), ("", "", 6.0, "assumed"), ("12", "1", 12.0, "measured")],
)
def test_a_height_says_where_it_comes_from(
    tmp_path: Path, height: str, floors: str, height_m: float, source: str
) -> None:
    path = geopackage(
        tmp_path, [HOUSE], cleabs=["B1"], hauteur=[height], nombre_d_etages=[floors], usage_1=["Commercial"]
    )
    report = import_layer(bdtopo(path), by="system")
    found = Building.objects.get()
    assert (found.height_m, found.height_source, found.is_dwelling) == (height_m, source, False)
    assert report.assumed == (source == "assumed")


def test_a_file_without_a_projection_must_declare_it(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        path = geopackage(tmp_path, [HOUSE], crs=None, cleabs=["B1"])
    with pytest.raises(InvalidInput, match="declare it, for instance --crs EPSG:2154"):
        import_layer(bdtopo(path), by="system")
    import_layer(bdtopo(path, crs="EPSG:2154"), by="system")
    assert Building.objects.count() == 1


def test_a_wrong_projection_is_told_from_where_the_town_is(tmp_path: Path) -> None:
    path = geopackage(tmp_path, [HOUSE], cleabs=["B1"])
    with pytest.raises(InvalidInput, match="lies far from the town in this projection"):
        import_layer(bdtopo(path, crs="EPSG:32631"), by="system")
    with pytest.raises(InvalidInput, match="is not a projection"):
        import_layer(bdtopo(path, crs="EPSG:nine"), by="system")


def test_swapped_latitude_and_longitude_are_named_as_such(tmp_path: Path) -> None:
    path = geojson(tmp_path, feature(box(44.1, 3.07, 44.1001, 3.0701), id="b1"))
    with pytest.raises(InvalidInput, match="latitude and longitude in each other's place"):
        import_layer(LayerFile(path=path, target=Target.BUILDINGS), by="system")


def test_a_polygon_that_crosses_itself_is_refused_by_its_row_and_nothing_lands(tmp_path: Path) -> None:
    bow = Polygon([(3.07, 44.1), (3.0701, 44.1001), (3.0701, 44.1), (3.07, 44.1001)])
    good = feature(box(3.07, 44.1, 3.0701, 44.1001), id="b1")
    path = geojson(tmp_path, good, feature(bow, id="b2"))
    with pytest.raises(FolderRefused, match="line 2, footprint: crosses itself"):
        import_layer(LayerFile(path=path, target=Target.BUILDINGS), by="system")
    assert not Building.objects.exists()


def test_an_id_given_twice_is_refused(tmp_path: Path) -> None:
    one = feature(box(3.07, 44.1, 3.0701, 44.1001), id="b1")
    path = geojson(tmp_path, one, one)
    with pytest.raises(FolderRefused, match="'b1' already stands at 1; give one another id, or take it out"):
        import_layer(LayerFile(path=path, target=Target.BUILDINGS), by="system")


def test_an_openstreetmap_extract_gives_streets_houses_and_places(tmp_path: Path) -> None:
    path = tmp_path / "extrait.osm"
    nodes = {1: (44.1, 3.07), 2: (44.1, 3.0701), 3: (44.1001, 3.0701), 4: (44.1001, 3.07)}
    corners = "".join(f'<node id="{i}" version="1" lat="{lat}" lon="{lon}"/>' for i, (lat, lon) in nodes.items())
    ring = "".join(f'<nd ref="{i}"/>' for i in (1, 2, 3, 4, 1))
    path.write_text(
        f'<?xml version="1.0"?><osm version="0.6">{corners}'
        '<node id="9" version="1" lat="44.1" lon="3.07"><tag k="name" v="Place Foch"/></node>'
        f'<way id="20" version="1">{ring}<tag k="building" v="house"/><tag k="building:levels" v="2"/></way>'
        '<way id="21" version="1"><nd ref="1"/><nd ref="3"/><tag k="highway" v="residential"/>'
        '<tag k="name" v="Rue Droite"/><tag k="width" v="7 m"/></way></osm>'
    )
    for target in (Target.BUILDINGS, Target.STREETS, Target.PLACES):
        import_layer(LayerFile(path=path, target=target, profile="osm"), by="system")
    assert (Building.objects.get().height_m, Building.objects.get().height_source) == (6.0, "floors")
    assert (Street.objects.get().name, Street.objects.get().half_width_m) == ("Rue Droite", 3.5)
    assert Place.objects.get().name == "Place Foch"


def test_ducts_are_lines_in_any_projection_with_their_owner(tmp_path: Path) -> None:
    path = geojson(
        tmp_path,
        feature(LineString([(3.07, 44.1), (3.071, 44.1)]), id="G1", nom="Fourreau du Mandarous", proprietaire="Ville"),
        feature(MultiLineString([[(3.07, 44.1), (3.07, 44.101)], [(3.07, 44.102), (3.07, 44.103)]]), id="g2"),
    )
    report = import_layer(LayerFile(path=path, target=Target.DUCTS), by="system")
    found = {duct.pk: (duct.name, duct.owner, duct.shape["type"]) for duct in Duct.objects.all()}
    assert report.created == 3 and found == {
        "g1": ("Fourreau du Mandarous", "Ville", "LineString"),
        "g2-1": ("g2", "", "LineString"),
        "g2-2": ("g2", "", "LineString"),
    }


def test_ducts_that_are_no_lines_or_have_no_id_are_refused_by_their_row_and_nothing_lands(tmp_path: Path) -> None:
    line = LineString([(3.07, 44.1), (3.071, 44.1)])
    path = geojson(
        tmp_path,
        feature(line, id="g1"),
        feature(box(3.07, 44.1, 3.0701, 44.1001), id="g2"),
        feature(line, nom="sans numéro"),
        feature(line, id="g1"),
    )
    with pytest.raises(FolderRefused) as refused:
        import_layer(LayerFile(path=path, target=Target.DUCTS), by="system")
    told = str(refused.value)
    assert "line 2, geometry" in told and "line 3, id" in told and "'g1' already stands at 1" in told
    assert not Duct.objects.exists()


def zone(shape: BaseGeometry, **changes: object) -> dict[str, object]:
    said = {"id": "z9", "number": 9, "name": "Quai", "proposer": "ville", "purpose": "safety"}
    return feature(shape, **(said | changes))


def test_a_zone_that_leaves_the_town_is_refused_and_nothing_lands(tmp_path: Path) -> None:
    Town.objects.update(boundary=shapely.geometry.mapping(box(3.0, 44.0, 3.1, 44.2)))
    inside, over = zone(box(3.05, 44.1, 3.06, 44.11)), zone(box(3.09, 44.1, 3.11, 44.11), id="z10", number=10)
    with pytest.raises(FolderRefused) as refused:
        import_layer(LayerFile(path=geojson(tmp_path, inside, over), target=Target.ZONES), by="system")
    assert "zone z10 leaves the town's boundary" in refused.value.message
    assert "la zone z10 sort de la limite communale" in refused.value.message_fr
    assert "z9" not in refused.value.message and not Zone.objects.exists()


def test_an_unknown_code_is_refused_with_those_that_are_known_in_both_languages(tmp_path: Path) -> None:
    path = geojson(tmp_path, zone(box(3.05, 44.1, 3.06, 44.11), purpose="spying"))
    with pytest.raises(FolderRefused) as refused:
        import_layer(LayerFile(path=path, target=Target.ZONES), by="system")
    assert "line 1, purpose: 'spying' is not one of" in refused.value.message
    assert "ou 'dumping'" in refused.value.message_fr and " or " not in refused.value.message_fr


def test_the_towns_boundary_is_kept(tmp_path: Path) -> None:
    path = geojson(tmp_path, feature(box(3.0, 44.0, 3.2, 44.2), insee_code="12145"))
    import_layer(LayerFile(path=path, target=Target.BOUNDARY), by="system")
    boundary = Town.objects.get().boundary
    assert boundary is not None
    assert boundary["type"] == "Polygon"


def test_a_file_that_is_no_map_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg"
    path.write_bytes(b"no map")
    with pytest.raises(InvalidInput, match="is neither GeoPackage, GeoJSON nor OpenStreetMap; export the layer"):
        import_layer(bdtopo(path), by="system")


def test_a_file_that_names_another_file_or_an_address_is_not_followed(tmp_path: Path) -> None:
    real = geopackage(tmp_path, [HOUSE], cleabs=["B1"])
    path = tmp_path / "batiments.geojson"
    path.write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="batiment"><SrcDataSource>{real}</SrcDataSource></OGRVRTLayer>'
        "</OGRVRTDataSource>"
    )
    with pytest.raises(InvalidInput, match="is neither GeoPackage, GeoJSON nor OpenStreetMap; export the layer"):
        import_layer(bdtopo(path), by="system")
    assert not Building.objects.exists()


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    path = geopackage(tmp_path, [HOUSE], cleabs=["B1"])
    assert import_layer(bdtopo(path), by="system", is_dry_run=True).created == 1
    assert not Building.objects.exists()


def test_the_altitude_of_the_ground_is_kept_when_the_file_has_it(tmp_path: Path) -> None:
    path = geopackage(tmp_path, [HOUSE, HOUSE], cleabs=["B1", "B2"], altitude_minimale_sol=["371.4", None])
    import_layer(bdtopo(path), by="system")
    assert dict(Building.objects.values_list("pk", "ground_m")) == {"b1": 371.4, "b2": None}


def test_buildings_without_a_height_are_named(tmp_path: Path) -> None:
    path = geopackage(tmp_path, [HOUSE, HOUSE], cleabs=["B1", "B2"], hauteur=["9", None])
    report = import_layer(bdtopo(path), by="system")
    assert (report.assumed, report.assumed_ids) == (1, ("b2",))


def test_a_height_below_zero_or_beyond_all_measure_is_refused_by_its_row(tmp_path: Path) -> None:
    for written, said in (
        ("-9", r"line 1, height_m: -9\.0 must be > 0"),
        ("1e30", r"line 1, height_m: 1e\+30 must be"),
    ):
        path = geopackage(tmp_path, [HOUSE], cleabs=["B1"], hauteur=[written])
        with pytest.raises(FolderRefused, match=said):
            import_layer(bdtopo(path), by="system")
        path.unlink()


def test_one_object_far_from_the_others_is_refused_by_its_row(tmp_path: Path) -> None:
    there = [feature(box(3.07 + n / 1000, 44.1, 3.0705 + n / 1000, 44.1001), id=f"b{n}") for n in range(3)]
    path = geojson(tmp_path, *there, feature(box(4.5, 44.1, 4.5001, 44.1001), id="b9"))
    with pytest.raises(FolderRefused, match="line 4, geometry: lies over 50 km"):
        import_layer(LayerFile(path=path, target=Target.BUILDINGS), by="system")
    assert not Building.objects.exists()


def test_objects_without_any_attribute_or_shape_are_refused_and_break_nothing(tmp_path: Path) -> None:
    bare = feature(box(3.07, 44.1, 3.0701, 44.1001))
    empty = {"type": "Feature", "properties": {"id": "b1"}, "geometry": None}
    for features, said in (([bare], "id: is missing; fill it in"), ([empty], "is no polygon")):
        with pytest.raises(InvalidInput, match=said):
            import_layer(LayerFile(path=geojson(tmp_path, *features), target=Target.BUILDINGS), by="system")


def test_a_third_dimension_is_left_and_mixed_shapes_are_named(tmp_path: Path) -> None:
    solid = shapely.force_3d(box(3.07, 44.1, 3.0701, 44.1001), 371.0)
    import_layer(LayerFile(path=geojson(tmp_path, feature(solid, id="b1")), target=Target.BUILDINGS), by="system")
    assert len(Building.objects.get().shape["coordinates"][0][0]) == 2
    spot = feature(shapely.Point(3.07, 44.1), id="b2")
    path = geojson(tmp_path, feature(solid, id="b1"), spot)
    with pytest.raises(FolderRefused, match=r"line 2, geometry: is no polygon \(Point\); keep only footprints"):
        import_layer(LayerFile(path=path, target=Target.BUILDINGS), by="system")


def test_a_zone_of_two_parts_is_one_zone_and_no_number_is_taken_twice(tmp_path: Path) -> None:
    one, other = box(3.05, 44.1, 3.06, 44.11), box(3.07, 44.1, 3.08, 44.11)
    both = geojson(tmp_path, zone(shapely.MultiPolygon([one, other])))
    import_layer(LayerFile(path=both, target=Target.ZONES), by="system")
    assert Zone.objects.get().shape["type"] == "MultiPolygon"
    with pytest.raises(FolderRefused, match="wants number 9, which is that of z9; give it a free one"):
        import_layer(LayerFile(path=geojson(tmp_path, zone(other, id="z10")), target=Target.ZONES), by="system")
    twice = geojson(tmp_path, zone(one, id="a", number=3), zone(other, id="b", number=3))
    with pytest.raises(FolderRefused, match="line 2, number: 3 already stands at 1"):
        import_layer(LayerFile(path=twice, target=Target.ZONES), by="system")
    assert Zone.objects.count() == 1


def test_the_towns_boundary_is_found_among_its_neighbours_by_its_code(tmp_path: Path) -> None:
    town, next_door = box(3.0, 44.0, 3.2, 44.2), box(3.2, 44.0, 3.3, 44.2)
    path = geojson(tmp_path, feature(next_door, insee_code="12002"), feature(town, insee_code="12145"))
    import_layer(LayerFile(path=path, target=Target.BOUNDARY), by="system")
    assert Town.objects.get().boundary == shapely.geometry.mapping(town) or Town.objects.get().boundary
    with pytest.raises(FolderRefused, match="needs the one boundary of 12145, around the town's centre; here: 12002"):
        alone = geojson(tmp_path, feature(next_door, insee_code="12002"))
        import_layer(LayerFile(path=alone, target=Target.BOUNDARY), by="system")


def test_a_zip_and_a_table_without_end_are_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = geopackage(tmp_path, [HOUSE, HOUSE, HOUSE], cleabs=["B1", "B2", "B3"])
    packed = tmp_path / "couche.gpkg.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(real)
    with pytest.raises(InvalidInput, match="a zip: unpack it first"):
        import_layer(bdtopo(packed), by="system")
    monkeypatch.setattr(layerfile, "MAX_OBJECTS", 2)
    with pytest.raises(InvalidInput, match="is over 2 objects; cut the layer around the town"):
        import_layer(bdtopo(real), by="system")
    monkeypatch.setattr(layerfile, "MAX_BYTES", 1000)
    with pytest.raises(InvalidInput, match="is over 1 GB"):
        import_layer(bdtopo(real), by="system")
    assert not Building.objects.exists()


def test_accesses_are_pointed_on_their_facade_in_any_projection(tmp_path: Path) -> None:
    import_layer(bdtopo(geopackage(tmp_path, [HOUSE], cleabs=["B1"])), by="system")
    path = tmp_path / "acces.gpkg"
    points = shapely.points([(EAST + 5, NORTH - 0.5), (EAST + 10.5, NORTH + 10)])
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(points),
        field_data=[np.array(["a1", "A2"], dtype=object)],
        fields=["id"],
        geometry_type="Point",
        crs="EPSG:2154",
        layer="acces",
    )
    report = import_layer(LayerFile(path=path, target=Target.ACCESSES), by="system")
    assert (report.rows, report.created) == (2, 2)
    assert sorted(Access.objects.values_list("pk", flat=True)) == ["a1", "a2"]
    again = import_layer(LayerFile(path=path, target=Target.ACCESSES), by="system")
    assert (again.created, again.updated) == (0, 2)


def test_an_access_on_no_facade_is_refused_by_name_with_its_distance_and_nothing_lands(tmp_path: Path) -> None:
    near = feature(shapely.Point(3.07, 44.1), id="a1")
    path = geojson(tmp_path, near)
    with pytest.raises(FolderRefused, match="access a1 needs buildings; import them first"):
        import_layer(LayerFile(path=path, target=Target.ACCESSES), by="system")
    import_layer(bdtopo(geopackage(tmp_path, [HOUSE], cleabs=["B1"])), by="system")
    far = feature(shapely.Point(3.071, 44.1), id="a2")
    with pytest.raises(FolderRefused) as refused:
        import_layer(LayerFile(path=geojson(tmp_path, near, far), target=Target.ACCESSES), by="system")
    assert "access a2 is 70 m from the nearest façade" in refused.value.message
    assert "l'accès a2 est à 70 m de la façade la plus proche" in refused.value.message_fr
    assert "a1" not in refused.value.message and not Access.objects.exists()


def test_entrances_of_openstreetmap_are_accesses(tmp_path: Path) -> None:
    import_layer(bdtopo(geopackage(tmp_path, [HOUSE], cleabs=["B1"])), by="system")
    path = tmp_path / "extrait.osm"
    path.write_text(
        '<?xml version="1.0"?><osm version="0.6"><node id="7" version="1" lat="44.1" lon="3.07">'
        '<tag k="entrance" v="main"/></node><node id="8" version="1" lat="44.1" lon="3.08">'
        '<tag k="amenity" v="bench"/></node></osm>'
    )
    import_layer(LayerFile(path=path, target=Target.ACCESSES, profile="osm"), by="system")
    assert list(Access.objects.values_list("pk", flat=True)) == ["osm-7"]


def zai(folder: Path, *objects: Mapping[str, object], crs: str = "EPSG:2154", **shapes: Polygon) -> Path:
    """A GeoPackage with the columns of BD TOPO's class « zone d'activité ou d'intérêt »."""
    columns = ("cleabs", "categorie", "nature", "nature_detaillee", "toponyme", "etat_de_l_objet", "fictif")
    plain: dict[str, object] = {
        "etat_de_l_objet": "En service",
        "nature_detaillee": None,
        "toponyme": None,
        "fictif": False,
    }
    rows = [{**plain, "categorie": "Administratif ou militaire", **one} for one in objects]
    path = folder / "zai.gpkg"
    path.unlink(missing_ok=True)
    drawn = [shapes.get(str(row["cleabs"]), HOUSE) for row in rows]
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(np.array([shapely.force_3d(shapely.MultiPolygon([shape]), 380) for shape in drawn])),
        field_data=[np.array([row[name] for row in rows], dtype=bool if name == "fictif" else object)
                    for name in columns],
        fields=list(columns),
        geometry_type="MultiPolygon Z",
        crs=crs,
        layer="zone_d_activite_ou_d_interet",
    )  # fmt: skip
    return path


def of_zai(path: Path, target: Target, **more: str) -> LayerFile:
    return LayerFile(path=path, target=target, profile="bdtopo", **more)


MAIRIE: Mapping[str, object] = {"cleabs": "SURFACTI01", "nature": "Mairie", "toponyme": "Hôtel de Ville"}
SCHOOL: Mapping[str, object] = {
    "cleabs": "SURFACTI02",
    "nature": "Enseignement primaire",
    "nature_detaillee": "Ecole maternelle",
}
SQUARE: Mapping[str, object] = {
    "cleabs": "SURFACTI03",
    "nature": "Espace public",
    "nature_detaillee": "Place",
    "toponyme": "Place Foch",
}
FORT: Mapping[str, object] = {"cleabs": "SURFACTI04", "nature": "Enceinte militaire", "toponyme": "Camp"}
PLANNED: Mapping[str, object] = {
    "cleabs": "SURFACTI05",
    "nature": "Lycée",
    "toponyme": "Lycée neuf",
    "etat_de_l_objet": "En projet",
}


def test_public_buildings_of_bd_topo_are_those_of_public_natures_at_a_point_within(tmp_path: Path) -> None:
    ell = Polygon([(EAST, NORTH), (EAST + 90, NORTH), (EAST + 90, NORTH + 9), (EAST + 9, NORTH + 9),
                   (EAST + 9, NORTH + 90), (EAST, NORTH + 90)])  # fmt: skip
    path = zai(tmp_path, MAIRIE, {**SCHOOL, "fictif": True}, SQUARE, FORT, PLANNED, SURFACTI01=ell)
    report = import_layer(of_zai(path, Target.PUBLIC_BUILDINGS), by="system")
    told = {one.pk: (one.name, one.use, one.confidence) for one in PublicBuilding.objects.all()}
    assert (report.rows, report.created, report.passed_over) == (2, 2, 3)
    assert told == {
        "surfacti01": ("Hôtel de Ville", "Mairie", "approximate"),
        "surfacti02": ("Ecole maternelle", "Ecole maternelle", "rough"),
    }
    hall = PublicBuilding.objects.get(pk="surfacti01")
    assert ell.contains(shapely.Point(to_en(hall.lon, hall.lat)))
    assert import_layer(of_zai(path, Target.PUBLIC_BUILDINGS), by="system").created == 0


def test_places_of_bd_topo_are_whatever_has_a_name_and_one_object_is_found_once(tmp_path: Path) -> None:
    path = zai(tmp_path, MAIRIE, SCHOOL, SQUARE, FORT, PLANNED)
    report = import_layer(of_zai(path, Target.PLACES), by="system")
    assert set(Place.objects.values_list("name", flat=True)) == {"Hôtel de Ville", "Place Foch", "Camp"}
    assert report.passed_over == 2
    import_layer(of_zai(path, Target.PUBLIC_BUILDINGS), by="system")
    assert [found.kind for found in search_places("hotel de ville")] == ["building"]


def test_another_class_of_bd_topo_is_named_with_the_columns_it_lacks(tmp_path: Path) -> None:
    path = geopackage(tmp_path, [HOUSE], cleabs=["B1"], nature=["Eglise"], usage_1=["Religieux"])
    with pytest.raises(InvalidInput) as refused:
        import_layer(of_zai(path, Target.PUBLIC_BUILDINGS), by="system")
    assert (
        "is not the class zone_d_activite_ou_d_interet of bdtopo with all its columns (without: categorie, nature_"
        in (refused.value.message)
    )
    assert "enregistrez cette classe" in refused.value.message_fr
    assert not PublicBuilding.objects.exists()


def test_a_class_of_bd_topo_in_a_wrong_projection_swapped_or_crossed_is_refused_and_nothing_lands(
    tmp_path: Path,
) -> None:
    for target in (Target.PUBLIC_BUILDINGS, Target.PLACES):
        path = zai(tmp_path, MAIRIE)
        with pytest.raises(InvalidInput, match="lies far from the town in this projection"):
            import_layer(of_zai(path, target, crs="EPSG:3857"), by="system")
        swapped = zai(tmp_path, MAIRIE, crs="EPSG:4326", SURFACTI01=box(44.1, 3.07, 44.1001, 3.0701))
        with pytest.raises(InvalidInput, match="latitude and longitude in each other's place"):
            import_layer(of_zai(swapped, target), by="system")
        bow = Polygon([(EAST, NORTH), (EAST + 9, NORTH + 9), (EAST + 9, NORTH), (EAST, NORTH + 9)])
        crossed = zai(tmp_path, FORT, SQUARE, MAIRIE, SURFACTI01=bow)
        with pytest.raises(FolderRefused, match="line 3, geometry: crosses itself or is empty; redraw it"):
            import_layer(of_zai(crossed, target), by="system")
    assert not PublicBuilding.objects.exists() and not Place.objects.exists()


def test_a_file_without_any_such_object_says_so(tmp_path: Path) -> None:
    with pytest.raises(FolderRefused, match="holds no such object"):
        import_layer(of_zai(zai(tmp_path, FORT), Target.PUBLIC_BUILDINGS), by="system")


def test_an_answer_of_a_service_that_gave_only_a_part_is_told(tmp_path: Path) -> None:
    path = geojson(tmp_path, feature(box(3.07, 44.1, 3.0701, 44.1001), id="b1"))
    whole = path.read_text()
    path.write_text(whole[:-1] + ', "totalFeatures": 7310, "numberMatched": 7310, "numberReturned": 5000}')
    assert import_layer(LayerFile(path=path, target=Target.BUILDINGS), by="system").of == 7310
    path.write_text(whole[:-1] + ', "numberMatched": 1, "numberReturned": 1}')
    assert import_layer(LayerFile(path=path, target=Target.BUILDINGS), by="system").of is None


@pytest.mark.parametrize(
    ("written", "said", "said_fr"),
    [
        (b"", "is empty; export the layer again", "est vide ; exportez"),
        ('{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"id": "p1", "name": "Pré"}, '
         '"geometry": {"type": "Point", "coordinates": [3.07, 44.1]}}]}'.encode("latin-1"),
         "is not UTF-8; save the layer", "n'est pas en UTF-8 ; enregistrez"),
        (b'{"type": "FeatureCollection", "features": []}', "holds no such object; check the file", "aucun objet"),
    ],
)  # fmt: skip
def test_a_file_without_anything_to_read_says_why_in_both_languages(
    tmp_path: Path, written: bytes, said: str, said_fr: str
) -> None:
    path = tmp_path / "lieux.geojson"
    path.write_bytes(written)
    with pytest.raises(InvalidInput) as caught:
        import_layer(of_zai(path, Target.PLACES), by="system")
    assert said in caught.value.message and said_fr in caught.value.message_fr


def test_a_file_that_is_not_there_or_lacks_the_layer_says_what_to_check(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"There is no file .*absent\.gpkg; check its name"):
        import_layer(of_zai(tmp_path / "absent.gpkg", Target.PLACES), by="system")
    path = geopackage(tmp_path, [HOUSE], cleabs=["B1"])
    with pytest.raises(InvalidInput, match="has no layer 'points'; its layers: batiment"):
        import_layer(LayerFile(path=path, target=Target.PLACES, profile="osm"), by="system")
