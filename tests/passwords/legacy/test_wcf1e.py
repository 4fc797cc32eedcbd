import pytest
from hypothesis import given
from hypothesis import strategies as st
from scheme_checks import (
    ANY_BESIDE,
    ANY_PASSWORD,
    accepts,
    check_alterations,
    check_needs,
    check_total,
    check_vector,
    close_to,
)

from credguard.errors import SetupError
from credguard.passwords.legacy.scheme import Beside
from credguard.passwords.legacy.wcf1e import Wcf1e

# Made by running Wcf1e.class.php of WoltLab Suite 6.0.18 in PHP 8.2.
PASSWORD = "pässword 'x'"
ROWS = (
    "wcf1ec0a0:1819811804:e0d7b7e40729be9b9b32d833ad593f86d25e10fe",
    "wcf1ec0a1:3820201183:00ef2b5ab7322d83355c1362252024edcc09051b",
    "wcf1ec0b0:3434218553:f15f246e96c71bae97822fa539917227046216a5",
    "wcf1ec0b1:2326496912:6025a5188b1c1a1ec906c546addbda88dc388c13",
    "wcf1ec1a0:371261456:fc949724e50446e445f38d12e4a681e7d0a08ac6",
    "wcf1ec1a1:3973691788:496203168bc8daa9cbbb63cea20e1e1f47137f63",
    "wcf1ec1b0:2087348094:69698533aed6b6b2472c605a1eec8073b922b7d7",
    "wcf1ec1b1:3731532850:4618d9b3e19b4ab9f0e48167345891c0260ac41f",
    (
        "wcf1em0a0:01bda9853fde3f6f82d2ce7d6d5fb935"
        ":3fc06d2262c3f171b42c895279bf47cd1dd10e05"
    ),
    (
        "wcf1em0a1:bc861dbabe22cf195b30064c4624bd94"
        ":fe2c434e07bf8e728e9b0fadc9b93f91bd507ff6"
    ),
    (
        "wcf1em0b0:cb847869ca0fafdff1a3b91ef9a7bd26"
        ":d9b1fe5ae77d31d291eb7f6f15516d5926c5d5fc"
    ),
    (
        "wcf1em0b1:efbf47f7a5839efa8eb2a3d21c2928ea"
        ":e738ed25615931613c649d7a9648767791255259"
    ),
    (
        "wcf1em1a0:b46f15eb0857104f384ca788d7b67f2b"
        ":996fb4368d30d5e26e1cf8e5f083772e96d6c331"
    ),
    (
        "wcf1em1a1:db032844ade7d15f43d981246c3d3c4a"
        ":c8cb3f697b6329801769a52102003db8bbc3c604"
    ),
    (
        "wcf1em1b0:d86b7c6e08d41b921bcdba6ec861cb49"
        ":b0bcec4e48d5f7b0bca43cebb135119990140149"
    ),
    (
        "wcf1em1b1:43d20c6481656dafff0bb91005b8600f"
        ":bf2783d9ede8ff0c9977cc07931f1086323fe5bf"
    ),
    (
        "wcf1es0a0:89e91cbd00f2649ed8de7ad264fccf35dc9f3a37"
        ":aee2c4daabccee5d20004a1df1c15ca9fa89ad93"
    ),
    (
        "wcf1es0a1:40717e3b2fc2386ae83c39759b9e42e3660e0ae0"
        ":7d3a0455ee9e76d31555d2cd1be202d115c4db42"
    ),
    (
        "wcf1es0b0:39ca04c767801d141f7427cce4076d00e9e70c90"
        ":6dddce79c8c5f58e5d7f75b7f9c561bebc426b58"
    ),
    (
        "wcf1es0b1:7235dc68121c6b3581247b79c31a14557d48454e"
        ":b121fd9a038ef4c9838073cecdcad89a9c0d978f"
    ),
    (
        "wcf1es1a0:c3fb45d04ef5064d8a4e9cfa0f6f1a0af085c968"
        ":7441709acd8107397f3c6fe2481505f4807e7516"
    ),
    (
        "wcf1es1a1:e08f7b82963a42e7d19e994ebb40b8f79b8050cb"
        ":ee78c8f606e682766a1b05e32066f916ea8a8cdc"
    ),
    (
        "wcf1es1b0:8873a36c3666e2ffff944134b718e9d0da62b30a"
        ":2dc6e8d3e2a0c41483078d4c4152dd40271ee806"
    ),
    (
        "wcf1es1b1:4b57ed162164c457bc8fd9ea576c75958afffc79"
        ":ef8e75466e373aad4083ce86ec2f60caf8d7e680"
    ),
)


@pytest.mark.parametrize("stored", ROWS)
def test_every_choice_verifies(stored: str) -> None:
    """What WoltLab's own code made for each of the four choices verifies."""
    row = check_vector(Wcf1e(), stored, PASSWORD)
    is_plain_innermost = stored[6] == "0" or stored[8] == "1"
    assert row.is_shuckable is is_plain_innermost
    variant, text, salt = stored.split(":")
    named = Wcf1e(variant)
    check_vector(named, text, PASSWORD, Beside(salt=salt))
    check_needs(named, text, PASSWORD, Beside(salt=salt))
    assert named.name == "woltlab:wcf1e-" + variant[5:]
    assert named.read(stored, Beside(salt=salt)) is None


@pytest.mark.parametrize("variant", ["wcf1e", "wcf1ex1a0", "wcf1em1a01", "m1a0", ""])
def test_a_variant_that_is_none_is_refused(variant: str) -> None:
    """A misspelt variant is found when the scheme is made."""
    with pytest.raises(SetupError):
        Wcf1e(variant)


@pytest.mark.promise("P8")
@pytest.mark.parametrize("stored", [ROWS[6], ROWS[14], ROWS[22]])
def test_no_altered_text_verifies(stored: str) -> None:
    """A text that differs by a character is no hash of the same password."""
    # Where the salt comes first in any case, a CRC-32 says no more than this.
    check_alterations(Wcf1e(), stored, PASSWORD)


def test_other_spellings_are_unreadable() -> None:
    """A digest of another hash function is none of the variant's."""
    for stored in ("wcf1em1a0:12:x", "wcf1ec1a0:12345678901:x", "wcf1es1a0:ab:x"):
        assert Wcf1e().read(stored) is None
    assert not accepts(Wcf1e("wcf1ec0a0"), "1", PASSWORD, Beside(salt="x"))


@pytest.mark.promise("P8")
@given(
    scheme=st.sampled_from((Wcf1e(), Wcf1e("wcf1ec1b1"))),
    stored=close_to(*ROWS, "123"),
    beside=ANY_BESIDE | st.just(Beside(salt="x")),
    password=ANY_PASSWORD,
)
def test_any_input_ends_in_a_declared_error(
    scheme: Wcf1e, stored: str, beside: Beside, password: str
) -> None:
    """Whatever is stored and typed, nothing undeclared comes of it."""
    check_total(scheme, stored, beside, password)
