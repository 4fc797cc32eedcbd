"""P20: one address is one account, whatever look-alikes others write."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from credguard._text import fold_address
from credguard.campaigns.atoms import domain_of, to_lower_ascii
from credguard.campaigns.lists import AccountList, address_hash
from credguard.campaigns.reachable import is_reachable
from credguard.campaigns.suppression import Reason, digest_of, suppress, suppressed
from credguard.screening.context import _letters_and_looks
from credguard.screening.latin import _folded, latin_reading
from credguard.storage import Database
from credguard.testing import RememberedMail
from forums import House, address_of
from proving import Proof, sized

pytestmark = pytest.mark.promise("P20")

STEP = sized(everyday=61, prove=5, nightly=1)
PLACES = ("{}ark@mail.example", "ma{}k@mail.example", "mark@ma{}l.example")
KELVIN = "\u212a"
FOLDS: dict[str, Callable[[str], str]] = {
    "addresses": fold_address,
    "domains": to_lower_ascii,
    "domain of": domain_of,
    "letters of context words": lambda text: _letters_and_looks(text)[0],
    "looks of context words": lambda text: _letters_and_looks(text)[1],
    "words": _folded,
    "Latin readings": latin_reading,
}


def characters() -> Iterator[str]:
    """Yield every code point, everyday some; those near ASCII always."""
    for point in range(sys.maxunicode + 1):
        character = chr(point)
        if point % STEP == 0 or point < 0x250 or character.lower().isascii():
            yield character


@pytest.mark.parametrize("name", ["addresses", "domains"])
def test_no_look_alike_becomes_an_ascii_address(name: str, proof: Proof) -> None:
    """What is not ASCII is not after it was folded, wherever it stands."""
    fold = FOLDS[name]
    for character in characters():
        if not character.isascii():
            for place in PLACES:
                assert not fold(place.format(character)).isascii(), ascii(character)
            proof.tried(len(PLACES))


@pytest.mark.parametrize("name", FOLDS.keys() - {"domain of"})
def test_folding_twice_is_folding_once(name: str, proof: Proof) -> None:
    """No text changes when what was folded comes around again."""
    fold = FOLDS[name]
    for character in characters():
        for text in (character, f"A{character}b"):
            once = fold(text)
            assert fold(once) == once, ascii(text)
        proof.tried(2)


def test_no_look_alike_is_written_to(proof: Proof) -> None:
    """Outside ASCII nothing is reachable, so that no relay can fold it either."""
    for character in characters():
        if not character.isascii():
            for place in PLACES:
                assert not is_reachable(place.format(character)), ascii(character)
            proof.tried(len(PLACES))


def test_a_look_alike_is_on_nobodys_list(proof: Proof) -> None:
    """Lists and suppressions of mark's address are not about his look-alike."""
    mark, other = "mark@mail.example", f"mar{KELVIN}@mail.example"
    assert (
        address_hash(other) != address_hash(mark) == address_hash(" MARK@mail.example")
    )
    assert digest_of(other) != digest_of(mark) == digest_of("Mark@Mail.Example")
    assert address_hash(mark) not in (AccountList.of_addresses([other]).ids or ())
    proof.tried(3)


def test_a_suppressed_address_suppresses_no_look_alike(database: Database) -> None:
    """What is told back is what was asked about, byte for byte."""
    mark, other = "mark@mail.example", f"mar{KELVIN}@mail.example"
    with database.begin() as connection:
        digest = digest_of(other)
        suppress(connection, digest, Reason.BY_HAND, now=datetime.now(UTC))
        assert suppressed(connection, [mark, other, mark.upper()]) == {other}


TRICKS = (
    f"mar{KELVIN}@mail.example",
    "member9@mail.example,thief@evil.example",
    "member9@mail.example\r\nBcc: thief@evil.example",
    "=?utf-8?q?thief=40evil.example=3e?=@mail.example",
    "thief@evil.example>member9@mail.example",
    '"thief@evil.example"@mail.example',
    "member9@mail.example (thief@evil.example)",
    "member9@mail.example;thief@evil.example",
    " member9@mail.example",
    "member9@mail.example\0",
    "thief%evil.example@mail.example",
    "MEMBER9@mail.example",
)


def test_mail_goes_to_the_stored_address_alone(
    house: House, monkeypatch: pytest.MonkeyPatch, proof: Proof
) -> None:
    """Byte for byte what stands in the account's row, to one recipient, or nowhere."""
    monkeypatch.setattr("credguard.campaigns.means.time.sleep", lambda _: None)
    for number, trick in zip(range(15, 55), TRICKS, strict=False):
        house.forum.set_address(number, trick)
    stored = {row["email"] for row in house.forum.rows().values()}
    campaign = house.swept()
    mail = RememberedMail()
    house.campaigns.send(campaign, delivery=mail, worker="one")
    written = [each.recipient for each in mail.carried]
    assert set(written) <= stored
    assert set(written) & set(TRICKS) <= {"thief%evil.example@mail.example", TRICKS[-1]}
    for each in mail.carried:
        addresses = each.message["To"].addresses
        assert [address.addr_spec for address in addresses] == [each.recipient]
        assert "Bcc" not in each.message
    assert address_of(1) in written
    proof.tried(len(TRICKS))
