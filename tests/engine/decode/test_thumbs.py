from __future__ import annotations

from pathlib import Path

from beffroi.core.instants import US_PER_S
from beffroi.engine.contract import Erasure
from beffroi.engine.decode.thumbs import Thumbnail, append, erase, hour_path, nearest, prune

HOUR_US = 3600 * US_PER_S
START_US = 1_790_000_000_000_000 // HOUR_US * HOUR_US


def keep(folder: Path, second: int, content: bytes = b"picture") -> None:
    append(folder, "c01", Thumbnail(at_us=START_US + second * US_PER_S, jpeg=content))


def test_the_nearest_thumbnail_is_found_over_the_edge_of_an_hour(tmp_path: Path) -> None:
    for second in (-8, 5, 20):
        keep(tmp_path, second, str(second).encode())
    found = nearest(tmp_path, "c01", START_US - 2 * US_PER_S, within_us=15 * US_PER_S)
    assert found is not None and found.jpeg == b"-8"
    assert nearest(tmp_path, "c01", START_US + 60 * US_PER_S, within_us=15 * US_PER_S) is None


def test_a_torn_record_is_cut_off_and_what_came_before_stays(tmp_path: Path) -> None:
    path = hour_path(tmp_path, "c01", START_US)
    keep(tmp_path, 10, b"first")
    whole = path.read_bytes()
    keep(tmp_path, 20, b"second, longer")
    torn = path.read_bytes()
    for size in range(len(whole), len(torn)):
        path.write_bytes(torn[:size])
        found = nearest(tmp_path, "c01", START_US + 20 * US_PER_S, within_us=15 * US_PER_S)
        assert found is not None and found.jpeg == b"first"
        keep(tmp_path, 30, b"third")
        assert path.read_bytes().startswith(whole)
        found = nearest(tmp_path, "c01", START_US + 30 * US_PER_S, within_us=1)
        assert found is not None and found.jpeg == b"third"


def test_an_hour_dies_when_its_retention_is_over_counted_from_its_start(tmp_path: Path) -> None:
    keep(tmp_path, 3599)
    retentions_s = {"c01": 7200}
    assert prune(tmp_path, retentions_s, START_US + 2 * HOUR_US - 1) == []
    (gone,) = prune(tmp_path, retentions_s, START_US + 2 * HOUR_US)
    assert gone.start_at_us == START_US and not hour_path(tmp_path, "c01", START_US).exists()


def test_a_camera_taken_out_keeps_the_retention_it_had(tmp_path: Path) -> None:
    keep(tmp_path, 10)
    assert prune(tmp_path, {"c01": 7200}, START_US) == []
    assert prune(tmp_path, {}, START_US + 2 * HOUR_US - 1) == []
    assert len(prune(tmp_path, {}, START_US + 2 * HOUR_US)) == 1


def test_the_thumbnails_of_a_test_die_with_it_and_no_others(tmp_path: Path) -> None:
    for second in (-1, 10, 3700, 7300):
        keep(tmp_path, second)
    span = Erasure(camera="c01", from_at_us=START_US + 60 * US_PER_S, before_at_us=START_US + HOUR_US + 1)
    gone = erase(tmp_path, [span])
    assert [hour.start_at_us for hour in gone] == [START_US, START_US + HOUR_US]
    assert [hour.camera for hour in gone] == ["c01", "c01"]
    assert erase(tmp_path, [span]) == []
    left = [START_US + second * US_PER_S for second in (-1, 7300)]
    assert all(nearest(tmp_path, "c01", at_us, within_us=1) for at_us in left)
