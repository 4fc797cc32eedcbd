"""Merkle trees: as RFC 9162 has them, and with proofs that prove."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.storage.merkle import is_under, proof, root

# The eight entries and the roots of the test of certificate-transparency-go and of
# the C++ log before it (merkle_tree_test: "RFC 6962 roots"), public since 2011.
ENTRIES = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
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

many = st.lists(st.binary(max_size=40), min_size=1, max_size=40)


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_are_those_of_the_public_logs(count: int) -> None:
    """For one to eight leaves."""
    assert root(ENTRIES[:count]).hex() == ROOTS[count - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    """RFC 9162 section 2.1.1."""
    assert root([]) == sha256(b"").digest()


@given(leaves=many, data=st.data())
def test_every_leaf_has_a_proof(leaves: list[bytes], data: st.DataObject) -> None:
    """At its place, and at no other place unless the same leaf stands there."""
    place = data.draw(st.integers(0, len(leaves) - 1))
    beside = proof(leaves, place)
    top, count = root(leaves), len(leaves)
    assert is_under(leaves[place], top, place=place, count=count, beside=beside)
    other = data.draw(st.integers(-1, len(leaves) + 1))
    if is_under(leaves[place], top, place=other, count=count, beside=beside):
        assert leaves[other] == leaves[place]


@given(leaves=many, data=st.data())
def test_a_proof_of_another_leaf_proves_nothing(
    leaves: list[bytes], data: st.DataObject
) -> None:
    """An altered leaf, or a proof that is altered, cut or longer, is refused."""
    place = data.draw(st.integers(0, len(leaves) - 1))
    beside, top, count = proof(leaves, place), root(leaves), len(leaves)
    leaf = leaves[place]
    assert not is_under(leaf + b"x", top, place=place, count=count, beside=beside)
    longer = [*beside, b"\0" * 32]
    assert not is_under(leaf, top, place=place, count=count, beside=longer)
    if beside:
        cut = beside[:-1]
        assert not is_under(leaf, top, place=place, count=count, beside=cut)
        altered = [bytes(32), *beside[1:]]
        assert not is_under(leaf, top, place=place, count=count, beside=altered)


def test_no_leaf_stands_before_the_first() -> None:
    """A single leaf has one place; -1 is not it, though it needs no proof."""
    leaf = b"a leaf"
    assert is_under(leaf, root([leaf]), place=0, count=1, beside=[])
    for place in (-1, 1):
        assert not is_under(leaf, root([leaf]), place=place, count=1, beside=[])
