"""Footage under keys: recorded, recovered and read as plain footage is; destroyed by the hour; held beyond it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from beffroi.core.clock import FakeClock, SystemClock
from beffroi.core.errors import DataLoss
from beffroi.core.instants import to_us
from beffroi.core.merkle import root_from_proof
from beffroi.engine.contract import FactKind, GapCause, Hold, MirrorState, StreamName
from beffroi.engine.export import export_span
from beffroi.engine.index.events import FileSeat, StreamKey
from beffroi.engine.index.log import leaf_hash
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.rows import FileRow, FileState
from beffroi.engine.index.writer import IndexWriter
from beffroi.engine.record.check import check
from beffroi.engine.record.footage import Footage
from beffroi.engine.record.keeper import Keeper
from beffroi.engine.record.recovery import recover
from beffroi.engine.record.retention import RetentionPolicy
from beffroi.engine.record.settings import FootageSettings
from beffroi.engine.vault.ring import KeyRing
from beffroi.engine.vault.vault import Vault
from beffroi.engine.vault.wrapping import HOUR_US, FootageSealed, hour_of
from tests.engine.fmp4.clips import START_AT_US, clip
from tests.engine.record.driving import US, eventually, feed
from tests.engine.record.faulty import FaultyDisk, faultless

MAIN = StreamName.MAIN
ROOT = bytes(range(32))
HOUR = hour_of(START_AT_US)


def vault_of(folder: Path) -> Vault:
    node = folder.parent / "node"
    node.mkdir(exist_ok=True)
    return Vault.open(node, ROOT)


def ring_of(folder: Path) -> KeyRing:
    return KeyRing(folder.parent / "node", ROOT)


def recorded(folder: Path, *starts: int, times: int = 1) -> None:
    """Encrypted runs of one camera, each of 4 s times `times`."""

    async def session() -> None:
        footage = Footage.open(
            folder,
            clock=FakeClock(starts[0]),
            node="n1",
            create=True,
            settings=FootageSettings(tick_s=0.05),
            vault=vault_of(folder),
        )
        await footage.start()
        recorder = footage.recorder("c01", MAIN)
        for start in starts:
            recorder.close_run(GapCause.CLOSED, feed(recorder, clip(), from_at_us=start, times=times))
        await footage.close()

    asyncio.run(session())


def exported(folder: Path, out: Path, keys: KeyRing | None) -> tuple[bytes, int]:
    with FootageReader(folder, keys) as reader:
        made = export_span(reader, "c01", MAIN, from_at_us=0, to_at_us=1 << 62, out=out)
    return out.read_bytes(), made.frames


def test_what_is_recorded_under_keys_is_exported_bit_for_bit(tmp_path: Path) -> None:
    recorded(tmp_path / "f", START_AT_US, times=20)
    content, frames = exported(tmp_path / "f", tmp_path / "a.mp4", ring_of(tmp_path / "f"))
    assert frames == 20 * len(clip().frames)
    samples = [sample for sample, _, _ in clip().frames]
    assert all(sample in content for sample in samples)
    stored = b"".join(path.read_bytes() for path in (tmp_path / "f").rglob("*.mp4"))
    assert not any(sample[20:] in stored for sample in samples if len(sample) > 60)


def test_without_the_vault_it_is_listed_and_checked_but_never_shown(tmp_path: Path) -> None:
    recorded(tmp_path / "f", START_AT_US)
    assert check(tmp_path / "f", now_us=START_AT_US).findings == ()
    with pytest.raises(FootageSealed):
        exported(tmp_path / "f", tmp_path / "a.mp4", None)
    assert not (tmp_path / "a.mp4").exists()


def test_a_changed_picture_is_found_located_and_not_exported(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    recorded(folder, START_AT_US)
    keys = ring_of(folder)
    assert check(folder, now_us=START_AT_US, keys=keys).findings == ()
    (path,) = folder.rglob("*.mp4")
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    (finding,) = check(folder, now_us=START_AT_US, keys=keys).findings
    assert finding.invariant == "I8-pictures-are-unchanged"
    with FootageReader(folder) as reader:
        last = reader.files("c01", MAIN, 0, 1 << 62)[0].fragments[-1]
    assert str(last.offset) in finding.what
    with pytest.raises(DataLoss, match=str(last.offset)):
        exported(folder, tmp_path / "a.mp4", keys)


def test_every_sealed_file_has_a_leaf_that_its_log_proves(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    recorded(folder, *[START_AT_US + number * 10 * US for number in range(7)])
    with FootageReader(folder) as reader:
        files = reader.files("c01", MAIN, 0, 1 << 62)
        for row in files:
            proof = reader.proof(row.id)
            assert proof is not None
            seat = FileSeat(
                id=row.id, key=StreamKey("c01", MAIN), run=row.run, path=row.path, start_at_us=row.start_at_us,
                start_ticks90k=row.start_ticks90k, config=reader.config(row.config_id),
            )  # fmt: skip
            samples = b"".join(sample for sample, _, _ in clip().frames[:10])
            assert reader.digests(row.id)[0] == hashlib.sha256(samples).digest()
            assert leaf_hash(seat, proof.salt, proof.digests) == proof.leaf_hash == row.leaf_hash
            root = root_from_proof(proof.leaf, proof.head.size, leaf=proof.leaf_hash, path=proof.path)
            assert root == proof.head.root == reader.log_head().root
    assert [row.state for row in files] == [FileState.SEALED] * 7


def test_footage_of_the_last_tick_is_recovered_hashed_and_readable(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    recorded(folder, START_AT_US, START_AT_US + 10 * US)
    before, _ = exported(folder, tmp_path / "a.mp4", ring_of(folder))
    index = IndexWriter(folder)
    index._connection.executescript("DELETE FROM file WHERE id = 2; UPDATE sqlite_sequence SET seq = 1")
    index.close()
    index = IndexWriter(folder)
    recover(FaultyDisk(folder), index, ring_of(folder))
    index.close()
    assert check(folder, now_us=START_AT_US, keys=ring_of(folder)).findings == ()
    with FootageReader(folder) as reader:
        assert all(any(digest) for digest in reader.digests(2))
    assert exported(folder, tmp_path / "b.mp4", ring_of(folder))[0] == before


class Kept:
    """Hours of one camera, a keeper whose clock the test moves, and what it told."""

    def __init__(self, folder: Path, starts: list[int]) -> None:
        faultless()
        self.folder = folder
        recorded(folder, *starts)
        self.facts: list[tuple[FactKind, dict[str, Any]]] = []
        self.clock = FakeClock(starts[-1] + 10 * US)
        self.index, self.vault = IndexWriter(folder), vault_of(folder)
        self.keeper = Keeper(
            FaultyDisk(folder),
            self.index.doom,
            self.clock,
            settings=FootageSettings(on_fact=lambda kind, _, detail: self.facts.append((kind, detail))),
            newest_at_us=starts[-1],
            vault=self.vault,
        )

    def at(self, at_us: int) -> list[FileRow]:
        """Files left after a pass at an instant."""
        self.clock.advance((at_us - self.clock.now_us()) / US)
        self.keeper.maintain()
        with FootageReader(self.folder) as reader:
            rows = reader.files("c01", MAIN, 0, 1 << 62)
        assert {path.name for path in self.folder.rglob("*.mp4")} == {Path(row.path).name for row in rows}
        return rows

    def close(self) -> None:
        self.index.close()
        self.vault.close()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    """Three files: early in an hour, late in it, early in the next."""
    made = Kept(tmp_path / "f", [HOUR + 60 * US, HOUR + 3000 * US, HOUR + HOUR_US + 60 * US])
    yield made
    made.close()


def test_an_hour_dies_by_its_key_when_its_first_instant_reaches_the_limit(kept: Kept, tmp_path: Path) -> None:
    stored = {path: path.read_bytes() for path in kept.folder.rglob("*.mp4")}
    kept.keeper.apply("c01", RetentionPolicy(retention_s=86_400))
    limit = HOUR + 86_400 * US
    assert len(kept.at(limit - 20 * US)) == 3
    assert [row.start_at_us for row in kept.at(limit)] == [HOUR + HOUR_US + 60 * US]
    told = [detail for kind, detail in kept.facts if kind is FactKind.FOOTAGE_DESTROYED]
    assert [(one["files"], one["method"], one["reason"]) for one in told] == [(2, "key", "retention")]
    assert (told[0]["first_leaf"], told[0]["last_leaf"]) == (0, 1)
    for path, content in stored.items():  # a copy put back, index and all, opens no more
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    with pytest.raises(FootageSealed):
        ring_of(kept.folder).thumbnails_key("c01", HOUR)


def test_a_hold_keeps_whole_files_readable_beyond_their_hour_and_not_their_neighbours(
    kept: Kept, tmp_path: Path
) -> None:
    start = HOUR + 60 * US
    hold = Hold(id="h", from_at_us=start + US, to_at_us=start + 2 * US, until_at_us=HOUR + 100 * 86_400 * US)
    kept.keeper.apply("c01", RetentionPolicy(retention_s=86_400, holds=(hold,)))
    (row,) = kept.at(HOUR + 50 * 86_400 * US)
    assert (row.start_at_us, row.state) == (start, FileState.HELD)
    assert exported(kept.folder, tmp_path / "a.mp4", ring_of(kept.folder))[1] == len(clip().frames)
    with pytest.raises(FootageSealed):  # the stills of the whole hour would show what is not held
        ring_of(kept.folder).thumbnails_key("c01", start)
    assert kept.at(HOUR + 100 * 86_400 * US) == []
    assert kept.vault.held() == set()


def test_a_hold_of_all_times_keeps_what_there_is(kept: Kept) -> None:
    hold = Hold(id="h", from_at_us=0, to_at_us=1 << 60, until_at_us=HOUR + 100 * 86_400 * US)
    kept.keeper.apply("c01", RetentionPolicy(retention_s=86_400, holds=(hold,)))
    assert [row.state for row in kept.at(HOUR + 50 * 86_400 * US)] == [FileState.HELD] * 3
    assert len(kept.vault.held()) == 3
    assert kept.at(HOUR + 100 * 86_400 * US) == []
    assert kept.vault.held() == set()


def test_a_hold_released_early_keeps_its_file_while_its_hour_lives(kept: Kept, tmp_path: Path) -> None:
    start = HOUR + 60 * US
    hold = Hold(id="h", from_at_us=start, to_at_us=start + US, until_at_us=HOUR + 100 * 86_400 * US)
    kept.keeper.apply("c01", RetentionPolicy(retention_s=86_400, holds=(hold,)))
    assert len(kept.at(HOUR + HOUR_US + 600 * US)) == 3
    assert kept.vault.held()
    kept.keeper.apply("c01", RetentionPolicy(retention_s=86_400))
    assert len(kept.at(HOUR + HOUR_US + 700 * US)) == 3
    assert kept.vault.held() == set()
    assert exported(kept.folder, tmp_path / "a.mp4", ring_of(kept.folder))[1] == 3 * len(clip().frames)


def test_a_released_hold_does_not_leave_a_file_that_nobody_can_open(kept: Kept) -> None:
    start = HOUR + 60 * US
    hold = Hold(id="h", from_at_us=start, to_at_us=start + US, until_at_us=HOUR + 100 * 86_400 * US)
    kept.keeper.apply("c01", RetentionPolicy(retention_s=86_400, holds=(hold,)))
    assert len(kept.at(HOUR + 2 * 86_400 * US)) == 1
    kept.keeper.apply("c01", RetentionPolicy(retention_s=10 * 86_400))
    assert kept.at(HOUR + 2 * 86_400 * US + 20 * US) == []


def test_a_suspect_clock_destroys_no_key(kept: Kept) -> None:
    kept.keeper.apply("c01", RetentionPolicy(retention_s=86_400))
    kept.clock.jump(40 * 86_400)
    kept.keeper.maintain()
    assert kept.vault.hours("c01", before_us=1 << 62) == [HOUR, HOUR + HOUR_US]


def test_while_the_mirror_fails_nothing_is_destroyed_but_what_a_full_disk_needs(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "f", [HOUR + 60 * US, HOUR + 3000 * US, HOUR + HOUR_US + 60 * US])
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    kept.vault.close()
    kept.vault = Vault.open(tmp_path / "node", ROOT, mirror=mirror)
    kept.keeper = Keeper(
        FaultyDisk(kept.folder),
        kept.index.doom,
        kept.clock,
        settings=FootageSettings(on_fact=lambda kind, _, detail: kept.facts.append((kind, detail))),
        newest_at_us=HOUR + HOUR_US,
        vault=kept.vault,
    )
    kept.keeper.apply("c01", RetentionPolicy(retention_s=86_400))
    away = mirror.rename(tmp_path / "away")
    for later_s in (0, 20):
        with pytest.raises(OSError, match="mirror"):
            kept.at(HOUR + (86_400 + later_s) * US)
    assert not kept.facts and len(list(kept.folder.rglob("*.mp4"))) == 3
    assert kept.vault.hours("c01", before_us=1 << 62) == [HOUR, HOUR + HOUR_US]
    FaultyDisk.free = 0
    with pytest.raises(OSError, match="mirror"):
        kept.at(HOUR + 86_440 * US)
    destroyed = [detail for kind, detail in kept.facts if kind is FactKind.FOOTAGE_DESTROYED]
    assert {one["method"] for one in destroyed} == {"unlink"} and len(list(kept.folder.rglob("*.mp4"))) < 3
    FaultyDisk.free = 1 << 50
    away.rename(mirror)
    kept.at(HOUR + 86_460 * US)
    assert kept.vault.hours("c01", before_us=1 << 62) == [HOUR + HOUR_US]
    kept.close()


def test_a_mirror_that_failed_and_came_back_is_a_fact_each_time(tmp_path: Path) -> None:
    facts: list[dict[str, Any]] = []
    node, mirror = tmp_path / "node", tmp_path / "mirror"
    node.mkdir()
    mirror.mkdir()

    def told(kind: FactKind, _: str, detail: dict[str, Any]) -> None:
        if kind is FactKind.VAULT_MIRROR:
            facts.append(detail)

    async def session() -> None:
        footage = Footage.open(
            tmp_path / "f",
            clock=SystemClock(),
            node="n1",
            create=True,
            settings=FootageSettings(tick_s=0.05, maintenance_s=0.05, on_fact=told),
            vault=Vault.open(node, ROOT, mirror=mirror),
        )
        await footage.start()
        recorder = footage.recorder("c01", MAIN)
        away = mirror.rename(tmp_path / "away")
        await eventually(lambda: len(facts) == 1)
        assert footage.vault_mirror is MirrorState.FAILED
        feed(recorder, clip())
        await eventually(lambda: recorder.frames > 0)
        away.rename(mirror)
        await eventually(lambda: len(facts) == 2)
        await footage.close()

    asyncio.run(session())
    assert facts == [{"state": "failed", "cause": "gone"}, {"state": "whole", "cause": ""}]


STEPS = ["hold vault", "destroy vault", "truncate vault", "truncated", "unlink", "sync_folder", "tell", "forget"]


@pytest.mark.parametrize("step", STEPS)
def test_a_destruction_cut_at_any_step_is_done_once_it_goes_on_and_the_hold_is_whole(
    step: str, kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = HOUR + 60 * US
    hold = Hold(id="h", from_at_us=start, to_at_us=start + US, until_at_us=HOUR + 100 * 86_400 * US)
    kept.keeper.apply("c01", RetentionPolicy(retention_s=86_400, holds=(hold,)))

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def cut_there(reached: str) -> None:
        if reached == step:
            cut()

    if step == "tell":
        object.__setattr__(kept.keeper._settings, "on_fact", cut)
    elif step == "forget":
        monkeypatch.setattr(kept.index.doom, "forget", cut)
    elif step in ("unlink", "sync_folder"):
        monkeypatch.setattr(kept.keeper._disk, step, cut)
    else:
        monkeypatch.setattr(kept.vault, "_on_step", cut_there)
    with pytest.raises(KeyboardInterrupt):
        kept.at(HOUR + 86_400 * US)
    monkeypatch.undo()
    kept.close()
    index, vault = IndexWriter(kept.folder), vault_of(kept.folder)
    disk = FaultyDisk(kept.folder)
    keeper = Keeper(
        disk, index.doom, kept.clock, settings=FootageSettings(), newest_at_us=kept.clock.now_us(), vault=vault
    )
    keeper.maintain()
    assert vault.hours("c01", before_us=1 << 62)[0] == HOUR + HOUR_US
    with FootageReader(kept.folder) as reader:
        rows = reader.files("c01", MAIN, 0, 1 << 62)
    assert [(row.start_at_us, row.state) for row in rows] == [
        (start, FileState.HELD),
        (HOUR + HOUR_US + 60 * US, FileState.SEALED),
    ]
    assert {path.name for path in kept.folder.rglob("*.mp4")} == {Path(row.path).name for row in rows}
    assert exported(kept.folder, tmp_path / "a.mp4", ring_of(kept.folder))[1] == 2 * len(clip().frames)
    index.close()
    vault.close()


EVENINGS = [
    datetime(2026, 1, 31, 23, 59, tzinfo=UTC),
    datetime(2026, 2, 28, 23, 30, tzinfo=UTC),
    datetime(2026, 3, 29, 0, 59, 30, tzinfo=UTC),  # Paris loses an hour at 01:00 UTC
    datetime(2026, 10, 25, 0, 59, 30, tzinfo=UTC),  # and finds it again
    datetime(2028, 2, 29, 12, 0, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
]


@pytest.mark.parametrize("at", EVENINGS, ids=str)
def test_on_any_date_no_picture_outlives_the_limit_and_none_dies_more_than_an_hour_early(
    at: datetime, tmp_path: Path
) -> None:
    start = to_us(at)
    kept = Kept(tmp_path / "f", [start])
    kept.keeper.apply("c01", RetentionPolicy(retention_s=30 * 86_400))
    hour_before = to_us(at + timedelta(days=30)) - HOUR_US
    assert len(kept.at(hour_before)) == 1
    assert kept.at(to_us(at + timedelta(days=30))) == []
    assert kept.vault.hours("c01", before_us=start + 1) == []
    kept.close()
