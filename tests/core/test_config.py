"""One configuration tree: unknown keys refuse, secrets are files, every key is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from beffroi.core import config
from beffroi.core.errors import InvalidInput

ROOT = Path(__file__).parents[2]


def in_folder(folder: Path, text: str, **environ: str) -> config.Config:
    (folder / config.FILE_NAME).write_text(text)
    return config.load({"BEFFROI_DATA": str(folder), **environ})


def test_the_defaults_need_no_file(tmp_path: Path) -> None:
    found = config.load({"BEFFROI_DATA": str(tmp_path)})
    assert (found.web.port, found.node_port, found.web_url) == (8400, 8401, "http://localhost:8400")
    assert found.footage == tmp_path / "footage"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    found = in_folder(tmp_path, "[web]\nport = 9000\nnames = ['a.example']\n", BEFFROI_PORT="9100")
    assert (found.web.port, found.node_port, found.web.names) == (9100, 9101, ("a.example",))
    assert in_folder(tmp_path, "", BEFFROI_WEB_NAMES="a.example, b.example").web.names == ("a.example", "b.example")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("colour = 'blue'", "colour"),
        ("[web]\nprot = 1", "web.prot"),
        ("[web]\nport = 'x'", "web.port"),
        ("[web]\nport = 70000", "web.port"),
        ("[web]\ntls_cert = 'a.pem'", "web.tls_key"),
        ("language = 'de'", "language"),
        ("[web]\nthreads = 0", "web.threads"),
        ("[web]\nthreads = -4", "web.threads"),
        ("[web]\nnames = ['b ad']", "web.names"),
        ("[node]\nfootage_max_gib = nan", "node.footage_max_gib"),
        ("[node]\nfootage_max_gib = inf", "node.footage_max_gib"),
        ("[node]\nfootage_max_gib = -1", "node.footage_max_gib"),
        ("[retention]\nmax_days = 31\nreason = 'x'", "retention.max_days"),
        ("[retention]\nmax_days = 6\nreason = 'x'", "retention.max_days"),
        ("[retention]\nmax_days = 30", "retention.reason"),
        ("[retention]\nmax_days = 7\nreason = ' '", "retention.reason"),
        ("data = '/elsewhere'", "data"),
        ("not toml", config.FILE_NAME),
    ],
)
def test_what_cannot_be_meant_refuses_to_start_and_names_the_key(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        in_folder(tmp_path, text)
    assert refused.value.field == key


def test_footage_is_kept_fifteen_days_unless_a_reason_says_otherwise(tmp_path: Path) -> None:
    assert in_folder(tmp_path, "").retention.max_days == 15
    text = "[retention]\nmax_days = 30\nreason = 'Plaintes déposées en moyenne au vingtième jour.'"
    assert in_folder(tmp_path, text).retention.max_days == 30


def test_an_unknown_variable_refuses_to_start(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        in_folder(tmp_path, "", BEFFROI_PROT="1")
    assert refused.value.field == "BEFFROI_PROT"


def test_variables_of_the_tests_and_benches_are_left_alone(tmp_path: Path) -> None:
    in_folder(tmp_path, "", BEFFROI_TEST_DATABASE_URL="x", BEFFROI_BENCH_X="y")


def test_every_key_is_in_the_reference_and_nothing_else() -> None:
    page = (ROOT / "ref" / "config.md").read_text().split("## ")[0]
    assert re.findall(r"^\| `([a-z_.]+)` \|", page, re.MULTILINE) == config.keys()


def test_beyond_loopback_links_carry_the_first_name(tmp_path: Path) -> None:
    tls = f"tls_cert = '{config.OWN_CERT}'\ntls_key = '{config.OWN_KEY}'"
    found = in_folder(tmp_path, f"[web]\nhost = '0.0.0.0'\nnames = ['beffroi.ville.example']\n{tls}")
    assert found.web_url == "https://beffroi.ville.example:8400"
    assert found.web_url_for_node == "https://localhost:8400"
    assert "https://beffroi.ville.example:8400" in found.origins


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("keep_months", "5"),
        ("keep_months", "37"),
        ("keep_months", "a year"),
        ("witness_url", "ftp://witness"),
        ("witness_url", "witness.example"),
        ("timestamp_url", "file:///etc/passwd"),
        ("timestamp_url", "http://["),
    ],
)
def test_a_journal_setting_that_does_not_fit_is_refused_by_its_name(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        config.load({f"BEFFROI_JOURNAL_{key.upper()}": value}, data=tmp_path)
    assert refusal.value.field == f"journal.{key}"
    assert key in refusal.value.message
