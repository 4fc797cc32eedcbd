import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scheme_checks import POOL

from credguard.errors import UnreadableHashError, WorkFactorTooHighError
from credguard.passwords.legacy.phpass import (
    PHPASS_DIGITS,
    phpass_base64,
    phpass_number,
    phpass_rounds,
    read_phpass,
)
from credguard.passwords.stored_hash import matches
from credguard.passwords.work_factor import Ceilings

# hashcat (src/modules/module_00400.c).
STORED = "$P$946647711V1klyitUYhtB8Yw5DMA/w."


@pytest.mark.promise("P8")
def test_published_vector() -> None:
    """A hash that others published is of its password only."""
    row = read_phpass("x", STORED, letter="P")
    assert row is not None
    assert (row.rounds, row.cost, row.is_shuckable) == (2_048, "c=11", False)
    assert row.blank == STORED[:12] + "." * 22
    with POOL.permit() as permit:
        assert matches(row, b"hashcat", permit)
        assert not matches(row, b"hashcat\x00", permit)
    assert read_phpass("x", STORED, letter="H") is None


# phpBB 4.0.0-a2 (tests/passwords/drivers_test.php, data_helper_encode64).
@pytest.mark.parametrize(
    ("data", "text"),
    [(b"foobar", "axqPW3aQ"), (b"foobars", "axqPW3aQn/"), (b"fooba", "axqPW34")],
)
def test_its_base64_has_the_lowest_bits_first(data: bytes, text: str) -> None:
    """Bytes are written as phpass writes them."""
    assert phpass_base64(data) == text


@given(st.binary(max_size=100))
def test_its_base64_says_all_bits(data: bytes) -> None:
    """The digits, put together again, are the bytes."""
    text = phpass_base64(data)
    assert len(text) == -(-len(data) * 8 // 6)
    number = sum(phpass_number(digit) << 6 * i for i, digit in enumerate(text))
    assert number == int.from_bytes(data, "little")


@given(st.sampled_from(PHPASS_DIGITS))
def test_a_digit_is_a_number(digit: str) -> None:
    """Digits count from 0 to 63."""
    assert PHPASS_DIGITS[phpass_number(digit)] == digit


def test_the_rounds_let_other_threads_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The GIL is handed over, and the more often the longer a round takes."""
    turns: list[float] = []
    monkeypatch.setattr(time, "sleep", turns.append)
    phpass_rounds("md5", 8_192, salt=b"saltsalt", seen=b"password")
    assert turns == [0]
    turns.clear()
    phpass_rounds("md5", 8_192, salt=b"saltsalt", seen=b"password" * 256)
    assert len(turns) > 50


def test_few_rounds_are_done_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of the usual cost waits for no other thread, which would tell it apart."""
    turns: list[float] = []
    monkeypatch.setattr(time, "sleep", turns.append)
    phpass_rounds("md5", 2_048, salt=b"saltsalt", seen=b"a password of 24 letters")
    assert turns == []


def test_rounds_are_refused_before_work() -> None:
    """A row above the ceiling is refused, and the usual ones are let through."""
    dear = read_phpass("x", STORED.replace("$9", "$S"), letter="P")
    assert dear is not None
    assert dear.rounds == 2**30
    with pytest.raises(WorkFactorTooHighError):
        dear.check_cost(Ceilings())
    wordpress = read_phpass("x", STORED.replace("$9", "$B"), letter="P")
    assert wordpress is not None
    wordpress.check_cost(Ceilings())
    with pytest.raises(WorkFactorTooHighError):
        wordpress.check_cost(Ceilings(phpass_rounds=8_191))


def test_a_machine_without_the_digest_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where OpenSSL refuses MD5, the row is unreadable and not wrong."""

    def refuse(*_args: object, **_kwargs: object) -> None:
        message = "unsupported"
        raise ValueError(message)

    monkeypatch.setattr("hashlib.md5", refuse)
    with pytest.raises(UnreadableHashError):
        phpass_rounds("md5", 1, salt=b"saltsalt", seen=b"password")
