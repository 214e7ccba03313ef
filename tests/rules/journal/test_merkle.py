"""The tree: known answers, every proof of every small size, also from a pruned beginning."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beffroi.core import merkle
from beffroi.core.merkle import Frontier

# Source: the certificate-transparency test vectors for RFC 6962/9162 trees.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SMALL = 70
LEAVES = [hashlib.sha256(number.to_bytes(2, "big")).digest() for number in range(600)]


def frontier(size: int) -> Frontier:
    grown = Frontier()
    for leaf in LEAVES[:size]:
        grown.add(leaf)
    return grown


def reference_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162 §2.1.1, written as the text says it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return merkle.node(reference_root(leaves[:k]), reference_root(leaves[k:]))


def known_from(anchor: int, size: int) -> merkle.Known:
    """What is left when the leaves before `anchor` are gone: its frontier and the later leaves."""
    spans = frontier(anchor).spans()
    spans |= {(index, index + 1): LEAVES[index] for index in range(anchor, size)}
    return lambda start, end: spans.get((start, end))


def test_known_answers_of_the_standard() -> None:
    grown = Frontier()
    for text, root in zip(INPUTS, ROOTS, strict=True):
        grown.add(hashlib.sha256(b"\x00" + bytes.fromhex(text)).digest())
        assert grown.root().hex() == root


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert Frontier().root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_frontier_gives_the_root_of_the_standard_at_every_size() -> None:
    grown = Frontier()
    for size in range(SMALL):
        assert grown.root() == reference_root(LEAVES[:size])
        grown.add(LEAVES[size])


def test_every_leaf_of_every_size_is_proved_from_every_pruned_beginning() -> None:
    for size in range(1, SMALL + 1):
        root = frontier(size).root()
        for anchor in {0, 1, 3, size // 2, size - 1} & set(range(size)):
            known = known_from(anchor, size)
            for index in range(anchor, size):
                path = merkle.inclusion(index, size, known)
                assert merkle.root_from_proof(index, size, leaf=LEAVES[index], path=path) == root


def test_a_leaf_that_was_pruned_is_not_proved() -> None:
    with pytest.raises(LookupError):
        merkle.inclusion(2, 8, known_from(4, 8))


@pytest.mark.parametrize("size", [1, 2, 7, 33, SMALL])
def test_a_proof_holds_for_its_own_leaf_index_size_and_path_alone(size: int) -> None:
    root, known = frontier(size).root(), known_from(0, size)
    for index in range(size):
        path = merkle.inclusion(index, size, known)
        leaf = LEAVES[index]
        assert merkle.root_from_proof(index, size, leaf=LEAVES[599], path=path) != root
        assert merkle.root_from_proof((index + 1) % (size + 1), size, leaf=leaf, path=path) != root
        assert merkle.root_from_proof(index, size, leaf=leaf, path=[*path, leaf]) is None
        assert not path or merkle.root_from_proof(index, size, leaf=leaf, path=path[:-1]) is None
        for level, sibling in enumerate(path):
            spoilt = [*path[:level], bytes([sibling[0] ^ 1]) + sibling[1:], *path[level + 1 :]]
            assert merkle.root_from_proof(index, size, leaf=leaf, path=spoilt) != root


def test_a_tile_is_told_when_its_last_leaf_comes() -> None:
    grown = Frontier()
    told = {number: tile for number, leaf in enumerate(LEAVES) if (tile := grown.add(leaf))}
    assert told == {255: reference_root(LEAVES[:256]), 511: reference_root(LEAVES[256:512])}


@settings(deadline=None)
@given(st.integers(0, 590))
def test_a_frontier_packs_and_comes_back(size: int) -> None:
    grown = frontier(size)
    again = Frontier.of(size, grown.packed())
    assert (again.root(), again.spans()) == (grown.root(), grown.spans())
    again.add(LEAVES[size])
    assert again.root() == frontier(size + 1).root()


@pytest.mark.parametrize(("size", "packed"), [(1, b""), (2, bytes(64)), (3, bytes(63)), (-1, b""), (0, bytes(32))])
def test_a_frontier_of_another_size_is_refused(size: int, packed: bytes) -> None:
    with pytest.raises(ValueError, match="not a frontier"):
        Frontier.of(size, packed)
