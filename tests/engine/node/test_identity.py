from __future__ import annotations

from pathlib import Path

import pytest

from beffroi.core.errors import InvalidInput
from beffroi.engine.contract import DesiredCamera, DesiredState, StreamName, StreamSource
from beffroi.engine.identity import SealedCache, node_key

SECRET = "canary-8f2b"  # the password that must be nowhere in the clear


def desired() -> DesiredState:
    source = StreamSource(stream=StreamName.MAIN, url="rtsp://10.0.0.4/1", username="admin", password=SECRET)
    camera = DesiredCamera(id="c01", name="c01", sources=(source,), retention_s=60, not_after_us=1)
    return DesiredState(version="7", node="node-1", cameras=(camera,))


def test_the_cache_opens_with_the_node_s_key_and_holds_no_password_in_the_clear(tmp_path: Path) -> None:
    SealedCache(tmp_path, node_key(tmp_path)).keep(desired())
    assert SealedCache(tmp_path, node_key(tmp_path)).load() == desired()
    for path in tmp_path.iterdir():
        assert SECRET.encode() not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


def test_another_node_s_key_opens_nothing(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    SealedCache(tmp_path, node_key(tmp_path)).keep(desired())
    assert SealedCache(tmp_path, node_key(other)).load() is None


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 500])
def test_a_damaged_cache_is_no_cache(tmp_path: Path, damage: bytes) -> None:
    cache = SealedCache(tmp_path, node_key(tmp_path))
    cache.keep(desired())
    (tmp_path / "desired.sealed").write_bytes(damage)
    assert cache.load() is None


def test_a_file_that_is_no_key_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "node.key").write_text("not a key")
    with pytest.raises(InvalidInput):
        node_key(tmp_path)
    assert (tmp_path / "node.key").read_text() == "not a key"
