"""
A Merkle tree: one root for many leaves, and a short proof for each. Pure.

Leaves and nodes are hashed with different first bytes, so that no node can be shown
as a leaf.

Source: RFC 9162 section 2.1 (Merkle tree hash, inclusion proofs).
"""

from collections.abc import Sequence
from hashlib import sha256

_LEAF, _NODE = b"\x00", b"\x01"
_EMPTY = sha256(b"").digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root of *leaves*, 32 bytes; of no leaves, the hash of nothing."""
    if not leaves:
        return _EMPTY
    level = [sha256(_LEAF + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        level = _above(level)
    return level[0]


def proof(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """
    Return what shows that the leaf at *place* is under the root.

    Args:
        leaves: All leaves.

        place: 0 to the number of leaves less one.

    Returns:
        The hashes beside the leaf's way up, 32 bytes each, the lowest first.
    """
    level = [sha256(_LEAF + leaf).digest() for leaf in leaves]
    beside = []
    while len(level) > 1:
        # The last of an odd number has nobody beside it and goes up as it is.
        if place ^ 1 < len(level):
            beside.append(level[place ^ 1])
        level, place = _above(level), place // 2
    return beside


def is_under(
    leaf: bytes, found_root: bytes, *, place: int, count: int, beside: Sequence[bytes]
) -> bool:
    """
    Return True if *beside* shows that *leaf* stands at *place* under a root.

    Args:
        leaf: The leaf.

        found_root: The root.

        place: Where it is to stand.

        count: How many leaves there are.

        beside: What `proof` returned.
    """
    if not 0 <= place < count:
        return False
    rest, node = list(beside), sha256(_LEAF + leaf).digest()
    while count > 1:
        if place ^ 1 < count:
            if not rest:
                return False
            other = rest.pop(0)
            pair = node + other if place % 2 == 0 else other + node
            node = sha256(_NODE + pair).digest()
        place, count = place // 2, (count + 1) // 2
    return not rest and node == found_root


def _above(level: Sequence[bytes]) -> list[bytes]:
    one_by_one = iter(level)
    pairs = zip(one_by_one, one_by_one, strict=False)
    nodes = [sha256(_NODE + left + right).digest() for left, right in pairs]
    return nodes if len(level) % 2 == 0 else [*nodes, level[-1]]
