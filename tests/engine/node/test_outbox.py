from __future__ import annotations

import threading
from pathlib import Path

from beffroi.engine.contract import FactKind
from beffroi.engine.outbox import NewFact, Outbox


def gap(number: int) -> NewFact:
    return NewFact(kind=FactKind.GAP, at_us=number, camera="c01", detail={"number": number})


def view(kind: FactKind, grant: str, at_us: int = 1) -> NewFact:
    return NewFact(kind=kind, at_us=at_us, camera="c01", detail={"grant": grant, "agent": "a", "kind": "live"})


def test_numbers_never_restart_even_when_everything_was_delivered(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    outbox = Outbox(path)
    for number in range(3):
        outbox.put(gap(number))
    outbox.acked(3)
    outbox.close()
    outbox = Outbox(path)
    assert len(outbox) == 0
    outbox.put(gap(4))
    assert [fact.seq for fact in outbox.oldest(9)] == [4]
    outbox.close()


def test_only_what_web_has_is_removed_and_the_rest_stays_in_order(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o")
    for number in range(10):
        outbox.put(gap(number))
    outbox.acked(4)
    assert [fact.detail["number"] for fact in outbox.oldest(3)] == [4, 5, 6]
    assert len(outbox) == 6
    outbox.close()


def test_a_full_outbox_says_how_many_facts_it_let_go_and_keeps_views_longest(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o", facts_max=10)
    outbox.put_view(view(FactKind.VIEW_OPENED, "g1"), 100)
    for number in range(30):
        outbox.put(gap(number))
    facts = outbox.oldest(100)
    dropped = sum(int(fact.detail["count"]) for fact in facts if fact.kind is FactKind.FACTS_DROPPED)
    kept = sum(1 for fact in facts if fact.kind is FactKind.GAP)
    assert len(facts) <= 11 and dropped + kept == 30
    assert facts[0].kind is FactKind.VIEW_OPENED
    outbox.close()


def test_an_end_is_told_once(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o")
    outbox.put_view(view(FactKind.VIEW_OPENED, "g1"), 100)
    outbox.put_view(view(FactKind.VIEW_ENDED, "g1"), 100)
    outbox.put_view(view(FactKind.VIEW_ENDED, "g1"), 100)
    assert [fact.kind for fact in outbox.oldest(9)] == [FactKind.VIEW_OPENED, FactKind.VIEW_ENDED]
    outbox.close()


def test_views_of_a_process_that_died_are_ended_and_may_go_on_until_their_grant_ends(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o")
    outbox.put_view(view(FactKind.VIEW_OPENED, "g1"), 100)
    outbox.put_view(view(FactKind.VIEW_OPENED, "g2"), 50)
    outbox.close()
    outbox = Outbox(tmp_path / "o")
    assert outbox.close_views("node-restarted", 60) == 2
    assert outbox.close_views("node-restarted", 61) == 0
    ends = [fact for fact in outbox.oldest(9) if fact.kind is FactKind.VIEW_ENDED]
    assert {fact.detail["grant"] for fact in ends} == {"g1", "g2"} and ends[0].detail["cause"] == "node-restarted"
    assert outbox.opened(60) == {"g1": 100}
    outbox.close()


def test_several_threads_lose_nothing(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o")

    def put_twenty() -> None:
        for number in range(20):
            outbox.put(gap(number))

    threads = [threading.Thread(target=put_twenty) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [fact.seq for fact in outbox.oldest(100)] == list(range(1, 81))
    outbox.close()


def test_an_outbox_that_was_lost_begins_above_what_web_already_has(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o", starts_at=1_700_000_000_000_000)
    outbox.put(gap(0))
    assert [fact.seq for fact in outbox.oldest(9)] == [1_700_000_000_000_000]
    outbox.close()
    outbox = Outbox(tmp_path / "o", starts_at=1_800_000_000_000_000)
    outbox.put(gap(1))
    assert [fact.seq for fact in outbox.oldest(9)][-1] == 1_700_000_000_000_001
    outbox.close()


def test_facts_that_web_took_for_old_ones_are_kept_under_new_numbers(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o")
    for number in range(3):
        outbox.put(gap(number))
    outbox.acked(500)
    outbox.put(gap(3))
    kept = outbox.oldest(9)
    assert [fact.detail["number"] for fact in kept] == [0, 1, 2, 3]
    assert [fact.seq for fact in kept] == [501, 502, 503, 504]
    outbox.acked(504)
    assert len(outbox) == 0
    outbox.close()


def test_an_empty_outbox_learns_where_web_stands(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o")
    outbox.acked(500)
    outbox.put(gap(0))
    assert [fact.seq for fact in outbox.oldest(9)] == [501]
    outbox.close()
