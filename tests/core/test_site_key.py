"""The site key comes from systemd when systemd hands it over, else from the town's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from beffroi.core import site_key
from beffroi.core.errors import InvalidInput


def test_a_key_that_systemd_hands_over_needs_no_file_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = tmp_path / "handed"
    handed.mkdir()
    site_key.write_secret(handed / site_key.FILE_NAME, b"h" * 32)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(handed))
    assert site_key.load(tmp_path / "keys").derived("x") == site_key.SiteKey(b"h" * 32).derived("x")


def test_without_it_the_folder_s_own_is_read_and_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "nothing"))
    with pytest.raises(InvalidInput):
        site_key.load(tmp_path / "keys")
    site_key.make(tmp_path / "keys")
    site_key.load(tmp_path / "keys")
    (tmp_path / "keys" / site_key.FILE_NAME).chmod(0o644)
    with pytest.raises(InvalidInput, match="600"):
        site_key.load(tmp_path / "keys")
