"""What a hostile camera may send: right messages spoilt, and words of a protocol in any order.

`BEFFROI_TEST_HOSTILE_EXAMPLES` (150) says how many of each are tried; a night's worth is a million.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("BEFFROI_TEST_HOSTILE_EXAMPLES", "150"))
many = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def spoilt(draw: st.DrawFn, right: Sequence[bytes]) -> bytes:
    """One of `right` with bytes flipped, taken out, repeated, replaced by extremes or by noise."""
    made = bytearray(draw(st.sampled_from(right)))
    for _ in range(draw(st.integers(0, 6))):
        at, until = sorted((draw(st.integers(0, len(made))), draw(st.integers(0, len(made)))))
        change = draw(st.sampled_from(("flip", "cut", "repeat", "extreme", "noise")))
        if change == "flip" and at < len(made):
            made[at] ^= 1 << draw(st.integers(0, 7))
        elif change == "cut":
            del made[at:until]
        elif change == "repeat":
            made[at:at] = made[at : min(until, at + 200)] * draw(st.integers(1, 20))
        elif change == "extreme":
            made[at : at + 4] = draw(
                st.sampled_from((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"$\0\0\0"))
            )
        else:
            made[at:at] = draw(st.binary(max_size=40))
        del made[65_536:]
    return bytes(made)


def words(tokens: Sequence[bytes], *, most: int = 40) -> st.SearchStrategy[bytes]:
    """Words of a protocol, and noise, in any order."""
    return st.lists(st.one_of(st.sampled_from(tokens), st.binary(max_size=12)), max_size=most).map(b"".join)


def hostile(right: Sequence[bytes], tokens: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Either of them, or noise alone."""
    return st.one_of(spoilt(right), words(tokens), st.binary(max_size=400))
