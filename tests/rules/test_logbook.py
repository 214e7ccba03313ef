"""What a line of the logbook may say, and how long an OPJ waited."""

from __future__ import annotations

from datetime import timedelta

import pytest

from beffroi.core.errors import InvalidInput
from beffroi.operate.logbook import codes, rules
from beffroi.operate.logbook.rules import Telling

MINUTE_US = 60_000_000


@pytest.mark.parametrize(
    "text",
    [
        "Mme Durand crie devant la boulangerie",
        "un nommé Paul s'enfuit",
        "voiture AB-123-CD en travers",
        "voiture ab123cd en travers",
        "individu de type méditerranéen",
        "deux Maghrébins courent",
        "homme noir à la fontaine",
        "femme voilée assise",
        "x" * 121,
        "deux\nlignes",
    ],
)
def test_names_plates_and_appearances_are_refused_in_both_languages(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        rules.check_fact(text)
    assert refusal.value.field == "fact" and refusal.value.message != refusal.value.message_fr


@pytest.mark.parametrize(
    "text", ["", "deux personnes frappent, une arme", "sac noir brûle, fumée noire", "fuite vers 15 h"]
)
def test_what_is_seen_may_be_written(text: str) -> None:
    rules.check_fact(text)


def test_the_elapsed_time_runs_until_the_opj_is_told() -> None:
    waiting = Telling(is_offence=True, seen_at_us=0, told_at_us=None)
    assert waiting.is_awaited and waiting.elapsed(4 * MINUTE_US) == timedelta(minutes=4)
    assert not waiting.is_late(5 * MINUTE_US) and waiting.is_late(5 * MINUTE_US + 1)
    told = Telling(is_offence=True, seen_at_us=0, told_at_us=2 * MINUTE_US)
    assert not told.is_awaited and told.elapsed(99 * MINUTE_US) == timedelta(minutes=2)
    assert not Telling(is_offence=False, seen_at_us=0, told_at_us=None).is_awaited


def test_the_list_of_codes_is_closed_short_and_in_both_languages() -> None:
    leaves = [one for family in codes.families() for one in family.codes]
    assert len({one.code for one in leaves}) == len(leaves) <= 45
    assert all(one.fr and one.en for one in leaves)
    assert {"assault", "theft", "dumping"} <= {one.code for one in leaves if one.is_offence}
    assert not codes.code_of("market").is_offence
    with pytest.raises(InvalidInput):
        codes.code_of("suspicious-person")
