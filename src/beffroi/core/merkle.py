"""The Merkle tree of lines and of files: frontier, tiles, inclusion proofs. Pure. Source: RFC 9162 §2.1.

A *frontier* of n leaves is the roots of the perfect subtrees that make it up, largest first: one for each bit of n.
A *tile* is the subtree of 256 leaves that starts at a multiple of 256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

HASH_BYTES = 32
TILE_LEAVES = 256
_TILE_LEVEL = 8
EMPTY_ROOT = hashlib.sha256(b"").digest()

Known = Callable[[int, int], bytes | None]
"""The root of the leaves [start, end), when it is at hand."""


def node(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """Grows leaf by leaf, in O(1) amortised, and gives the root at any moment."""

    __slots__ = ("roots", "size")

    def __init__(self, size: int = 0, roots: Iterable[bytes] = ()) -> None:
        """Errors: ValueError when a frontier of `size` leaves does not have these roots."""
        self.size = size
        self.roots = list(roots)
        if size < 0 or len(self.roots) != size.bit_count() or any(len(root) != HASH_BYTES for root in self.roots):
            raise ValueError(f"not a frontier of {size} leaves")

    @classmethod
    def of(cls, size: int, packed: bytes) -> Frontier:
        """A frontier as `packed` wrote it. Errors: ValueError."""
        return cls(size, [packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES)])

    def packed(self) -> bytes:
        """The roots, one after the other."""
        return b"".join(self.roots)

    def add(self, leaf: bytes) -> bytes | None:
        """One leaf more; the root of the tile that it completes, if it does."""
        tile, level, carry = None, 0, self.size
        while carry & 1:
            leaf = hashlib.sha256(b"\x01" + self.roots.pop() + leaf).digest()
            carry >>= 1
            level += 1
            if level == _TILE_LEVEL:
                tile = leaf
        self.roots.append(leaf)
        self.size += 1
        return tile

    def root(self) -> bytes:
        """Root of the whole tree."""
        if not self.roots:
            return EMPTY_ROOT
        found = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            found = node(left, found)
        return found

    def spans(self) -> dict[tuple[int, int], bytes]:
        """The root of each perfect subtree, by the leaves [start, end) it covers."""
        found, start = {}, 0
        for level, root in zip(_levels(self.size), self.roots, strict=True):
            found[start, start + (1 << level)] = root
            start += 1 << level
        return found


def _levels(size: int) -> list[int]:
    return [level for level in reversed(range(size.bit_length())) if size >> level & 1]


def split(start: int, end: int) -> int:
    """Where RFC 9162 cuts: after the largest power of two smaller than the number of leaves."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def root_of(start: int, end: int, known: Known) -> bytes:
    """Root of the leaves [start, end), from the subtrees at hand.

    Errors: LookupError when a leaf is neither at hand nor inside a subtree that is.
    """
    found = known(start, end)
    if found is not None:
        return found
    if end - start < 2:
        raise LookupError(f"leaf {start}")
    middle = split(start, end)
    return node(root_of(start, middle, known), root_of(middle, end, known))


def inclusion(index: int, size: int, known: Known) -> list[bytes]:
    """Proof that leaf `index` stands in the tree of `size` leaves: the siblings on its way up, lowest first.

    Errors: LookupError when it cannot be made from what is known.
    """
    if not 0 <= index < size:
        raise LookupError(f"leaf {index} of {size}")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = split(start, end)
        if index < middle:
            path.append(root_of(middle, end, known))
            end = middle
        else:
            path.append(root_of(start, middle, known))
            start = middle
    return path[::-1]


def root_from_proof(index: int, size: int, *, leaf: bytes, path: Sequence[bytes]) -> bytes | None:
    """The root that a proof leads to; None when it has not the right length. Source: RFC 9162 §2.1.3.2."""
    if not 0 <= index < size:
        return None
    low, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if low & 1 or low == last:
            found = node(sibling, found)
            while not low & 1 and low:
                low, last = low >> 1, last >> 1
        else:
            found = node(found, sibling)
        low, last = low >> 1, last >> 1
    return found if last == 0 else None
