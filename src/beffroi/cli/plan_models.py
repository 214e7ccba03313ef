"""`beffroi plan models`: the library of camera models, generic and the town's own, in its civil database."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from beffroi.cli import civil
from beffroi.cli.main import print_json
from beffroi.core.errors import InvalidInput
from beffroi.core.terminal import is_french

if TYPE_CHECKING:
    from beffroi.plan.camera_models.services import ModelReport

HELP = "the library of camera models: list, import, export the town's own"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `beffroi plan models`."""
    parser.description = (
        "Camera models of the editor, the optimiser and the dossier. A scenario in JSON keeps its own file beside it "
        "(`models_file`): `export` writes it. Exit code 0: done; 2: refused, nothing was changed."
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    one = actions.add_parser("list", help="every model, what it comes from, what uses it")
    bring = actions.add_parser("import", help="read a file of models (TOML or CSV), all of it or nothing")
    bring.add_argument("file", type=Path, metavar="FILE", help="ref/camera-models.md")
    bring.add_argument("--dry-run", action="store_true", help="say what would change, write nothing")
    out = actions.add_parser("export", help="write the town's own models as the file that is imported")
    out.add_argument("file", type=Path, metavar="FILE.toml")
    for action in (one, bring, out):
        civil.add_data_argument(action)
        action.add_argument("--json", action="store_true", help="report in JSON")


def run(arguments: argparse.Namespace) -> int:
    """Runs the action; returns the exit code."""
    civil.check_database(civil.configured(arguments.data))
    civil.open_civil()
    with civil.reaching():
        return {"list": _list, "import": _import, "export": _export}[arguments.action](arguments)


def _list(arguments: argparse.Namespace) -> int:
    from beffroi.plan.camera_models.queries import lines

    found = lines()
    if arguments.json:
        rows = [
            line.model.model_dump()
            | {"hfov_deg": round(line.hfov_deg, 2), "is_own": line.own is not None, "cameras": list(line.uses.cameras),
               "scenarios": list(line.uses.scenarios)}
            for line in found
        ]  # fmt: skip
        print_json({"models": rows})
        return 0
    for line in found:
        model, mark = line.model, "*" if line.own else " "
        print(
            f"{mark} {model.id:24} {model.width_px:>5} × {model.height_px:<5} {line.hfov_deg:>6.1f}°  {model.name}"
            + (f"  ({len(line.uses.cameras)} + {len(line.uses.scenarios)})" if line.uses else "")
        )
    print("* de la ville ; (caméras du programme + scénarios)" if is_french() else "* the town's own; (cameras of the "
          "programme + scenarios)")  # fmt: skip
    return 0


def _import(arguments: argparse.Namespace) -> int:
    from beffroi.plan.camera_models.services import ModelFile, import_models

    path: Path = arguments.file
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(
            f"{path} is not UTF-8; save it as UTF-8.",
            message_fr=f"{path} n'est pas en UTF-8 ; enregistrez-le en UTF-8.",
            field="file",
        ) from None
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be read: {error.strerror}.",
            message_fr=f"{path} ne peut être lu : {error.strerror}.",
            field="file",
        ) from None
    report = import_models(ModelFile(name=path.name, text=text), by="system", is_dry_run=arguments.dry_run)
    if arguments.json:
        rows = [{"id": one.model.id, "act": one.act.value, "changed": [asdict(each) for each in one.changed]}
                for one in report.found]  # fmt: skip
        print_json({"file": report.file, "is_dry_run": report.is_dry_run, "models": rows})
    else:
        print("\n".join(_lines(report)))
    return 0


def _lines(report: ModelReport) -> list[str]:
    from beffroi.plan.camera_models.words import ACTS, FIELDS

    rows = [
        f"  {one.model.id:24} {ACTS[one.act]}"
        + "".join(f"\n    {FIELDS[each.field]}: {each.before} → {each.after}" for each in one.changed)
        for one in report.found
    ]
    if report.is_dry_run:
        rows.append("rien n'est écrit" if is_french() else "nothing was written")
    return rows


def _export(arguments: argparse.Namespace) -> int:
    from beffroi.plan import catalogue
    from beffroi.plan.camera_models.queries import own_models

    own, path = own_models(), Path(arguments.file)
    if not own:
        raise InvalidInput(
            "The town has no model of its own; import a file first.",
            message_fr="La ville n'a aucun modèle à elle ; importez d'abord un fichier.",
            field="models",
        )
    try:
        path.write_text(catalogue.written(own.values()), encoding="utf-8")
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be written: {error.strerror}.",
            message_fr=f"{path} ne peut être écrit : {error.strerror}.",
            field="file",
        ) from None
    if arguments.json:
        print_json({"file": str(path), "models": list(own)})
    else:
        print(f"{len(own)} modèles : {path}" if is_french() else f"{len(own)} models: {path}")
    return 0
