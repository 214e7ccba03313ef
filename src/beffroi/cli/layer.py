"""`beffroi layer`: a layer of a map file becomes the town's ground."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from beffroi.cli import civil
from beffroi.cli.main import print_json
from beffroi.core.terminal import is_french

if TYPE_CHECKING:
    from beffroi.territory.services import LayerReport

TARGETS = ("buildings", "streets", "ducts", "water", "zones", "public-buildings", "places", "accesses", "boundary")
PROFILES = ("own", "bdtopo", "osm")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `beffroi layer`."""
    parser.description = (
        "Reads GeoPackage, GeoJSON, a saved BD TOPO answer or an OpenStreetMap extract, in any declared projection. "
        "Exit code 0: done; 1: done, with heights assumed or of a part of what the service had; 2: refused, nothing "
        "was changed."
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    bring = actions.add_parser("import", help="read one layer, all of it or nothing")
    bring.add_argument("file", type=Path, metavar="FILE")
    bring.add_argument("--as", dest="target", required=True, choices=TARGETS, help="what the layer becomes")
    bring.add_argument("--from", dest="profile", default="own", choices=PROFILES, help="whose names its columns have")
    bring.add_argument("--crs", default="", metavar="EPSG:2154", help="its projection, when the file does not say it")
    bring.add_argument("--layer", default="", metavar="NAME", help="which layer, when the file has several")
    bring.add_argument("--dry-run", action="store_true", help="check and count, write nothing")
    bring.add_argument("--json", action="store_true", help="report in JSON")
    civil.add_data_argument(bring)


def run(arguments: argparse.Namespace) -> int:
    """Imports; returns the exit code."""
    civil.check_database(civil.configured(arguments.data))
    civil.open_civil()
    from beffroi.territory.layerfile import LayerFile, Target
    from beffroi.territory.services import import_layer

    file = LayerFile(
        path=arguments.file,
        target=Target(arguments.target),
        profile=arguments.profile,
        crs=arguments.crs,
        layer=arguments.layer,
    )
    with civil.reaching():
        report = import_layer(file, by="system", is_dry_run=arguments.dry_run)
    if arguments.json:
        print_json(asdict(report))
    else:
        print("\n".join(_told(report)))
    return 1 if report.assumed or report.of else 0


_FRENCH = {
    "buildings": "bâtiments",
    "streets": "rues",
    "ducts": "fourreaux",
    "water": "cours d'eau",
    "zones": "zones",
    "public-buildings": "bâtiments publics",
    "places": "lieux",
    "accesses": "accès",
    "boundary": "limite communale",
}


def _told(report: LayerReport) -> Iterator[str]:
    at = 1 if is_french() else 0
    yield (
        f"{report.rows} {report.target}: {report.created} added, {report.updated} changed",
        f"{report.rows} {_FRENCH[report.target]} : {report.created} créés, {report.updated} modifiés",
    )[at]
    if report.passed_over:
        yield (
            f"{report.passed_over} objects of another sort, or without a name, passed over",
            f"{report.passed_over} objets d'une autre sorte, ou sans nom, laissés de côté",
        )[at]
    if report.of:
        yield (
            f"The service had {report.of} objects and gave a part: save the next pages (startIndex), import each.",
            f"Le service avait {report.of} objets et n'en a donné qu'une partie : enregistrez les pages suivantes "
            "(startIndex), importez chacune.",
        )[at]
    if report.assumed:
        named = ", ".join(report.assumed_ids) + (", …" if report.assumed > len(report.assumed_ids) else "")
        yield (
            f"{report.assumed} heights are missing or no number, and are assumed ({named}); figures that rest on them "
            "say so. Fill in the height or the floors, then import again.",
            f"{report.assumed} hauteurs absentes ou illisibles sont supposées ({named}) ; les chiffres qui s'y fient "
            "le disent. Complétez la hauteur ou les niveaux, puis réimportez.",
        )[at]
