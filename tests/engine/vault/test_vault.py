"""Keys live in two places, die in both, and leave nothing behind."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from beffroi.engine.contract import MirrorState
from beffroi.engine.fmp4.init import Identity
from beffroi.engine.fmp4.reader import InitSegment
from beffroi.engine.vault.ring import KeyRing
from beffroi.engine.vault.store import VAULT_NAME
from beffroi.engine.vault.vault import Vault
from beffroi.engine.vault.wrapping import HOUR_US, FootageSealed, unwrap, wrap
from tests.engine.vault.victim import PATH, ROOT


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("node", "mirror"):
        (tmp_path / name).mkdir()
    return tmp_path / "node", tmp_path / "mirror"


def identity(wrapped: bytes, *, file: int = 7) -> InitSegment:
    """The start of a file of the first hour of 1970."""
    owner = Identity(
        camera="c01", stream="main", run=1, file=file, start_at_us=5, start_ticks90k=0, node="n", key=wrapped.hex()
    )
    return InitSegment(size_bytes=0, configs=(), identity=owner)


def opened(places: tuple[Path, Path]) -> Vault:
    return Vault.open(places[0], ROOT, mirror=places[1])


def wrapped_of(place: Path) -> dict[int, bytes]:
    connection = sqlite3.connect(place / VAULT_NAME)
    rows = dict(connection.execute("SELECT hour_us, key FROM hour").fetchall())
    connection.close()
    return rows


def everything(places: tuple[Path, ...]) -> bytes:
    """Every byte under these folders: vaults, logs, what SQLite keeps beside."""
    return b"".join(path.read_bytes() for place in places for path in sorted(place.rglob("*")) if path.is_file())


def test_a_reader_opens_a_file_while_its_hour_lives_and_never_after(places: tuple[Path, Path]) -> None:
    vault = opened(places)
    key, wrapped = vault.new_file_key("c01", 5)
    ring, of_mirror = KeyRing(places[0], ROOT), KeyRing(places[1], ROOT)
    assert ring.key_in(identity(wrapped)) == of_mirror.key_in(identity(wrapped)) == key
    vault.destroy([("c01", 0)])
    for one in (ring, of_mirror):
        with pytest.raises(FootageSealed):
            one.key_in(identity(wrapped))
        with pytest.raises(FootageSealed):
            one.thumbnails_key("c01", 5)


def test_a_destroyed_key_leaves_no_byte_in_vault_mirror_or_their_logs(places: tuple[Path, Path]) -> None:
    vault = opened(places)
    _, wrapped = vault.new_file_key("c01", 5)
    vault.hour_key("c01", HOUR_US)
    vault.hold({PATH: (("c01", 0), wrapped)})
    doomed = wrapped_of(places[0])[0]
    (held,) = vault._stores[0].connection.execute("SELECT key FROM held").fetchone()
    for canary in (doomed, held):
        assert canary in everything((places[0],))
        assert canary in everything((places[1],))
    vault.destroy([("c01", 0)])
    assert doomed not in everything(places)
    vault.release([PATH])
    assert held not in everything(places)
    assert set(wrapped_of(places[0])) == {HOUR_US}


def test_a_hold_opens_its_file_after_the_hour_and_only_while_it_stands(places: tuple[Path, Path]) -> None:
    vault = opened(places)
    key, wrapped = vault.new_file_key("c01", 5)
    _, other = vault.new_file_key("c01", 6)
    vault.hold({PATH: (("c01", 0), wrapped)})
    vault.destroy([("c01", 0)])
    ring = KeyRing(places[0], ROOT)
    assert ring.key_in(identity(wrapped)) == key
    with pytest.raises(FootageSealed):
        ring.key_in(identity(other, file=8))
    vault.release([PATH])
    with pytest.raises(FootageSealed):
        ring.key_in(identity(wrapped))


def test_a_backup_of_the_vault_put_back_is_brought_to_what_its_mirror_knows(places: tuple[Path, Path]) -> None:
    vault = opened(places)
    _, wrapped = vault.new_file_key("c01", 5)
    vault.close()
    old = (places[0] / VAULT_NAME).read_bytes()
    vault = opened(places)
    vault.destroy([("c01", 0)])
    vault.close()
    (places[0] / VAULT_NAME).write_bytes(old)
    opened(places).close()
    assert wrapped_of(places[0]) == wrapped_of(places[1]) == {}
    with pytest.raises(FootageSealed):
        KeyRing(places[0], ROOT).key_in(identity(wrapped))


def test_a_lost_vault_comes_back_from_its_mirror_and_a_new_mirror_is_filled(places: tuple[Path, Path]) -> None:
    vault = opened(places)
    key, wrapped = vault.new_file_key("c01", 5)
    vault.close()
    for lost in places:
        (lost / VAULT_NAME).unlink()
        opened(places).close()
        assert KeyRing(lost, ROOT).key_in(identity(wrapped)) == key


def test_a_mirror_that_fails_stops_no_recording_but_every_destruction(places: tuple[Path, Path]) -> None:
    vault = opened(places)
    vault.hour_key("c01", 5)
    hand = sqlite3.connect(places[1] / VAULT_NAME, isolation_level=None)
    hand.execute("BEGIN IMMEDIATE")
    vault._stores[1].connection.execute("PRAGMA busy_timeout = 10")
    vault.hour_key("c01", HOUR_US)
    with pytest.raises(sqlite3.OperationalError):
        vault.destroy([("c01", 0)])
    assert set(wrapped_of(places[1])) == {0}
    hand.execute("ROLLBACK")
    hand.close()
    vault.destroy([("c01", 0)])
    assert wrapped_of(places[0]) == wrapped_of(places[1])
    assert set(wrapped_of(places[0])) == {HOUR_US}


def test_a_mirror_that_is_gone_is_told_and_made_again_when_its_folder_is_back(places: tuple[Path, Path]) -> None:
    vault = opened(places)
    assert vault.mirror is MirrorState.WHOLE
    vault.hour_key("c01", 5)
    away = places[1].rename(places[1].with_name("away"))
    vault.hour_key("c01", HOUR_US)
    assert (vault.mirror, vault.mirror_cause) == (MirrorState.FAILED, "gone")
    with pytest.raises(OSError, match="mirror"):
        vault.destroy([("c01", 0)])
    assert set(wrapped_of(places[0])) == {0, HOUR_US}
    away.rename(places[1])
    vault.make_whole()
    assert (vault.mirror, vault.mirror_cause) == (MirrorState.WHOLE, "")
    assert wrapped_of(places[0]) == wrapped_of(places[1])


def test_a_mirror_file_that_was_deleted_is_not_written_into_the_void(places: tuple[Path, Path]) -> None:
    vault = opened(places)
    (places[1] / VAULT_NAME).unlink()
    vault.hour_key("c01", 5)
    assert vault.mirror_cause == "gone"
    vault.make_whole()
    assert vault.mirror is MirrorState.WHOLE
    assert set(wrapped_of(places[1])) == {0}


def test_a_full_mirror_is_told_and_repaired_by_itself(places: tuple[Path, Path]) -> None:
    vault = opened(places)
    mirror = vault._stores[1].connection
    mirror.execute("PRAGMA max_page_count = 1")
    hours = range(0, 400 * HOUR_US, HOUR_US)
    vault.prepare([("c01", hour_us) for hour_us in hours])
    assert (vault.mirror, vault.mirror_cause) == (MirrorState.FAILED, "full")
    with pytest.raises(sqlite3.OperationalError):
        vault.make_whole()
    mirror.execute("PRAGMA max_page_count = 100000")
    vault.make_whole()
    assert vault.mirror is MirrorState.WHOLE
    assert set(wrapped_of(places[1])) == set(hours)


def test_a_node_starts_without_its_mirror_unless_its_vault_is_new(places: tuple[Path, Path]) -> None:
    places[1].rmdir()
    with pytest.raises(OSError, match="mirror"):
        opened(places)
    places[1].mkdir()
    vault = opened(places)
    key, wrapped = vault.new_file_key("c01", 5)
    vault.close()
    away = places[1].rename(places[1].with_name("away"))
    vault = opened(places)
    assert vault.mirror is MirrorState.FAILED
    assert KeyRing(places[0], ROOT).key_in(identity(wrapped)) == key
    vault.hour_key("c01", HOUR_US)
    away.rename(places[1])
    vault.make_whole()
    assert wrapped_of(places[0]) == wrapped_of(places[1])
    assert Vault.open(places[0], ROOT).mirror is MirrorState.NONE


def test_another_node_s_root_opens_nothing(places: tuple[Path, Path]) -> None:
    _, wrapped = opened(places).new_file_key("c01", 5)
    with pytest.raises(FootageSealed):
        KeyRing(places[0], bytes([1]) * 32).key_in(identity(wrapped))
    assert unwrap(wrap(bytes(16), under=ROOT), under=ROOT) == bytes(16)


def test_the_vault_is_its_owner_s_alone(places: tuple[Path, Path]) -> None:
    opened(places)
    assert all((place / VAULT_NAME).stat().st_mode & 0o077 == 0 for place in places)


STEPS = {
    "make": ["make vault", "make mirror"],
    "hold": ["hold vault", "hold mirror"],
    "release": ["release vault", "release mirror", "truncate vault", "truncate mirror", "truncated"],
    "destroy": ["destroy vault", "destroy mirror", "truncate vault", "truncate mirror", "truncated"],
}


@pytest.mark.parametrize(("action", "step"), [(action, step) for action, steps in STEPS.items() for step in steps])
def test_killed_at_any_step_it_is_done_or_undone_at_the_next_start_never_half(
    action: str, step: str, places: tuple[Path, Path]
) -> None:
    vault = opened(places)
    _, wrapped = vault.new_file_key("c01", 5)
    (places[0] / "wrapped").write_bytes(wrapped)
    if action == "release":
        vault.hold({PATH: (("c01", 0), wrapped)})
    canaries = set(wrapped_of(places[0]).values())
    vault.close()
    command = [sys.executable, "-m", "tests.engine.vault.victim", *map(str, places), action, step]
    assert subprocess.run(command, timeout=60, check=False).returncode == -signal.SIGKILL
    again = opened(places)
    assert wrapped_of(places[0]) == wrapped_of(places[1])
    was_begun = step not in (f"{action} vault",)
    match action:
        case "make":
            assert again.hours("c01", before_us=2 * HOUR_US) == ([0, HOUR_US] if was_begun else [0])
        case "hold":
            assert again.held() == ({PATH} if was_begun else set())
        case "release":
            assert again.held() == (set() if was_begun else {PATH})
        case "destroy":
            assert again.hours("c01", before_us=HOUR_US) == ([] if was_begun else [0])
            assert not was_begun or not any(canary in everything(places) for canary in canaries)
