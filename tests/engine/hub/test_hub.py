from __future__ import annotations

from beffroi.engine.contract import GapCause
from beffroi.engine.hub import GOP_MAX_BYTES, Hub
from beffroi.engine.stream import AccessUnit, CodecConfig

CONFIG = CodecConfig(
    codec="h264", width_px=320, height_px=240, parameter_sets=(), decoder_record=b"avcC", mime_codec="avc1.42c00d"
)


class Listener:
    """Notes all it is told; has room until told otherwise."""

    def __init__(self, name: str = "", order: list[str] | None = None) -> None:
        self.told: list[object] = []
        self.room = True
        self._name, self._order = name, order if order is not None else []

    def has_room(self) -> bool:
        return self.room

    def open_run(self, config: CodecConfig, at_us: int) -> None:
        self.told.append("open")

    def missed(self, frames: int) -> None:
        self.told.append(("missed", frames))

    def frame(self, unit: AccessUnit) -> None:
        self._order.append(self._name)
        self.told.append(unit.ticks90k)

    def close_run(self, cause: GapCause, at_us: int) -> None:
        self.told.append(cause)


def unit(number: int, *, key: bool = False, size: int = 10) -> AccessUnit:
    return AccessUnit([bytes(size)], size, number, at_us=number * 1000, is_key=key)


def feed(hub: Hub, *numbers: int, group: int = 5) -> None:
    for number in numbers:
        hub.frame(unit(number, key=number % group == 0))


def opened(recorder: Listener | None = None) -> Hub:
    hub = Hub(recorder)
    hub.open_run(CONFIG, 0)
    return hub


def test_the_recorder_comes_before_any_reader() -> None:
    order: list[str] = []
    hub = opened(Listener("recorder", order))
    hub.attach(Listener("reader", order))
    feed(hub, 0, 1)
    assert order == ["recorder", "reader", "recorder", "reader"]


def test_a_new_reader_gets_the_last_group_of_pictures_at_once() -> None:
    hub, reader = opened(), Listener()
    feed(hub, *range(8))
    hub.attach(reader)
    feed(hub, 8)
    assert reader.told == ["open", 5, 6, 7, 8]


def test_a_reader_without_room_goes_on_at_the_next_key_frame_and_is_told_what_it_missed() -> None:
    hub, slow, quick = opened(), Listener(), Listener()
    hub.attach(slow)
    hub.attach(quick)
    feed(hub, 0, 1)
    slow.room = False
    feed(hub, 2, 3)
    slow.room = True
    feed(hub, 4, 5, 6)
    assert slow.told == ["open", 0, 1, ("missed", 3), 5, 6]
    assert quick.told == ["open", *range(7)]


def test_a_key_frame_without_room_is_missed_too() -> None:
    hub, slow = opened(), Listener()
    hub.attach(slow)
    slow.room = False
    feed(hub, *range(6))
    slow.room = True
    feed(hub, *range(6, 11))
    assert slow.told == ["open", ("missed", 10), 10]


def test_a_group_too_long_for_the_memory_is_let_go_and_a_viewer_waits_for_a_key_frame() -> None:
    hub, reader = opened(), Listener()
    hub.frame(unit(0, key=True))
    hub.frame(unit(1, size=GOP_MAX_BYTES))
    hub.attach(reader)
    feed(hub, 2, 3, 5)
    assert hub.gop and reader.told == ["open", ("missed", 2), 5]


def test_a_new_run_forgets_the_pictures_of_the_old_one() -> None:
    hub, reader = opened(), Listener()
    feed(hub, 0, 1)
    hub.close_run(GapCause.SILENT, 2)
    assert hub.config is None and hub.cause is GapCause.SILENT
    hub.attach(reader)
    hub.open_run(CONFIG, 3)
    feed(hub, 5)
    assert reader.told == ["open", 5]


def test_what_the_feed_itself_skipped_is_told_to_every_reader() -> None:
    hub, reader = opened(), Listener()
    hub.attach(reader)
    feed(hub, 0, 1)
    hub.skipped(7)
    feed(hub, 5)
    assert reader.told == ["open", 0, 1, ("missed", 7), 5]


def test_the_first_viewer_and_the_last_are_told_apart() -> None:
    changes: list[bool] = []
    hub = Hub(None, on_viewers=changes.append)
    one, two = Listener(), Listener()
    for step in (hub.attach, hub.attach):
        step(one if not hub.viewers else two)
    hub.detach(one)
    hub.detach(one)
    assert changes == [True]
    hub.detach(two)
    assert changes == [True, False]
