"""Files of camera models: read alike from TOML and CSV, refused line by line, compared with what is there."""

from __future__ import annotations

import pytest

from beffroi.core.reading import FolderRefused
from beffroi.plan import catalogue
from beffroi.plan.camera_models.rules import Act, Changed, differences

DOME = """
[[model]]
id = "dome-1"
name = "Dôme « 4 Mpx », 2,8 mm"
width_px = 2560
height_px = 1440
hfov_deg = 103.0
night_range_m = 40.0
power_w = 9.5
source = "fiche du fabricant, 2026, p. 2"
"""
CSV = "id;name;kind;width_px;height_px;hfov_deg;hfov_tele_deg;power_w;rectangle_only;source\n"


def refused(text: str, name: str = "m.toml") -> FolderRefused:
    with pytest.raises(FolderRefused) as found:
        catalogue.read_models(text, name)
    return found.value


def test_what_is_written_is_read_back_the_same() -> None:
    models = catalogue.read_models(DOME) | catalogue.camera_models()
    assert catalogue.read_models(catalogue.written(models.values())) == models


def test_a_spreadsheet_of_the_same_fields_gives_the_same_models() -> None:
    row = "ptz-9;Mobile 4 Mpx;ptz;2560;1440;60;2;45;true;fiche\n"
    model = catalogue.read_models(CSV + row, "modeles.CSV")["ptz-9"]
    assert (model.kind, model.hfov_tele_deg, model.rectangle_only, model.max_masks) == ("ptz", 2.0, True, 8)


@pytest.mark.parametrize(
    ("change", "where", "mend", "mend_fr"),
    [
        (("width_px = 2560", 'width_px = "grand"'), "line 2, width_px", "a whole number", "un nombre entier"),
        (("width_px = 2560\n", ""), "line 2, width_px", "fill it in", "remplissez-le"),
        (("hfov_deg = 103.0", "hfov_deg = 181.0"), "line 2, hfov_deg", "must be < 180", "doit être < 180"),
        (("hfov_deg = 103.0", "focal_mm = 2.8"), "line 2", "give hfov_deg", "donnez hfov_deg"),
        (("power_w = 9.5", "power_w = inf"), "line 2, power_w", "is no quantity", "une quantité"),
        (("power_w = 9.5", "power_w = nan"), "line 2, power_w", "is no quantity", "une quantité"),
        (("power_w", "watts"), "line 2, watts", "known: id", "connus : id"),
        (("night_range_m = 40.0", "hfov_tele_deg = 120.0"), "line 2", "exchange the two", "échangez les deux"),
        (('"dome-1"', '"Dôme 1"'), "line 2, id", "inner hyphens", "des tirets"),
        (("« 4 Mpx »", "\\u0000"), "line 2, name", "type it again", "retapez-le"),
    ],
)
def test_a_fault_is_told_with_its_line_its_field_and_its_mend(
    change: tuple[str, str], where: str, mend: str, mend_fr: str
) -> None:
    error = refused(DOME.replace(*change))
    told = error.message.splitlines()[1]
    assert told.startswith(f"m.toml, {where}:") and mend in told
    assert mend_fr in error.message_fr


def test_all_faults_of_a_file_are_told_not_the_first() -> None:
    error = refused(CSV + "a;A;dome;1;1080;60;;;;x\nb;B;fixed;1920;1080;;;;;x\n", "m.csv")
    assert [(one.line, one.field) for one in error.problems] == [(2, "kind"), (2, "width_px"), (3, "")]


def test_an_id_twice_a_file_without_models_and_one_with_too_many_are_refused() -> None:
    assert "'dome-1' already stands at 2" in refused(DOME + DOME).message
    assert "holds 0 models" in refused(DOME.replace("[[model]]", "[[models]]")).message
    assert "contient 501 modèles" in refused("".join(DOME.replace("dome-1", f"d{n}") for n in range(501))).message_fr


def test_a_file_that_is_no_toml_is_refused_with_its_line() -> None:
    assert refused("[[model]]\nid = \n").problems[0].line == 2


def test_each_model_is_told_as_new_replacing_corrected_or_known() -> None:
    dome = catalogue.read_models(DOME)["dome-1"]
    generic = catalogue.camera_models()
    ours = generic["fixed-2mp-6"].model_copy(update={"night_range_m": 25.0})
    brighter = dome.model_copy(update={"night_range_m": 60.0})
    found = differences([dome, ours, generic["fixed-4mp-4"]], {}, generic)
    assert [one.act for one in found] == [Act.ADD, Act.REPLACE, Act.REPLACE]
    assert found[1].changed == (Changed(field="night_range_m", before=40.0, after=25.0),)
    again = differences([dome, brighter], {"dome-1": dome}, generic)
    assert [one.act for one in again] == [Act.KEEP, Act.CHANGE]
