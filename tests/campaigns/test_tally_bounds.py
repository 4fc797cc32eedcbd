"""Whom a dry run counts where, which domains it names, and which ids it shows."""

from collections import Counter
from dataclasses import replace
from zlib import crc32

import pytest

from credguard.campaigns.accounts import Sight
from credguard.campaigns.mail_groups import Lanes
from credguard.campaigns.tally import BANDS, Band, Sheet, Tally

LANES = Lanes({"ours": ("one.example",)})
HASHED = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA"
BAD = {"bad@mail.example"}
SEEN = Sight("1", HASHED, "a@mail.example", band=0)


def taken(sight: Sight, scheme: str = "argon2id") -> Tally:
    """Return the tally of one account."""
    sheet = Sheet(LANES)
    sheet.take(sight, scheme, BAD)
    return sheet.tally(accounts=1)


def named(domains: dict[str, int]) -> Tally:
    """Return the tally of so many accounts to tell at each of *domains*."""
    sheet = Sheet(LANES)
    for domain, count in domains.items():
        for number in range(count):
            sheet.take(SEEN._replace(address=f"{number}@{domain}"), "argon2id", BAD)
    return sheet.tally(accounts=sum(domains.values()))


@pytest.mark.parametrize(
    ("password", "address", "way"),
    [
        (HASHED, "a@mail.example", "to_tell"),
        (HASHED, "bad@mail.example", "known_bad"),
        (HASHED, "nobody", "unreachable"),
        (HASHED, "", "unreachable"),
        (HASHED, None, "unreachable"),
        (None, "a@mail.example", "no_password"),
        (None, "bad@mail.example", "no_password"),
        (None, None, "no_password"),
    ],
)
def test_an_account_is_counted_in_the_way_that_it_will_go(
    password: str | None, address: str | None, way: str
) -> None:
    """Who has no password is not told; a bad address is told apart from none."""
    found = taken(SEEN._replace(password=password, address=address))
    ways = ("to_tell", "known_bad", "unreachable", "no_password")
    assert [each for each in ways if getattr(found, each)] == [way]
    assert found.domains == ({"mail.example": 1} if way == "to_tell" else {})
    assert found.sample == ("1",)


def test_a_domain_is_counted_in_small_letters() -> None:
    """One provider's members are not told apart by how they write."""
    assert taken(SEEN._replace(address="A@Mail.EXAMPLE")).domains == {"mail.example": 1}


@pytest.mark.parametrize(("place", "band"), [*enumerate(BANDS), (None, Band.NEVER)])
def test_the_band_of_an_account_is_counted(place: int | None, band: Band) -> None:
    """What nobody can tell is unknown."""
    found = taken(SEEN._replace(band=place))
    assert found.bands == found.told_bands == {band.value: 1}
    assert found.never_logged_in == (band is Band.NEVER)


@pytest.mark.parametrize("known", [True, False, None])
def test_only_what_is_known_of_an_account_is_counted(*, known: bool | None) -> None:
    """Nobody is staff, has a second factor or is active because nothing was said."""
    assert taken(SEEN._replace(is_staff=known)).staff == (known is True)
    found = taken(SEEN._replace(has_second_factor=known))
    assert found.second_factor == (known is True)
    assert taken(SEEN._replace(is_active=known)).inactive == (known is not True)


@pytest.mark.parametrize("count", [1, 19, 20, 21, 300])
def test_the_sample_is_of_the_twenty_smallest_checksums(count: int) -> None:
    """It is the same in every release; fewer accounts are shown all."""
    ids = [f"member-{number}" for number in range(count)]
    sheet = Sheet(LANES)
    for each in ids:
        sheet.take(SEEN._replace(account_id=each), "argon2id", BAD)
    drawn = sorted(ids, key=lambda each: crc32(each.encode()))[:20]
    assert sheet.tally(accounts=count).sample == tuple(drawn)


@pytest.mark.parametrize("last", [("plumless", "buckeroo"), ("buckeroo", "plumless")])
def test_of_two_ids_with_one_checksum_the_same_is_drawn(last: tuple[str, str]) -> None:
    """Whichever comes first."""
    assert crc32(b"plumless") == crc32(b"buckeroo")
    lower = [str(at) for at in range(99) if crc32(b"%d" % at) < crc32(b"plumless")]
    sheet = Sheet(LANES)
    for each in (*lower[:19], *last):
        sheet.take(SEEN._replace(account_id=each), "argon2id", BAD)
    found = sheet.tally(accounts=21).sample
    assert found[:19] == tuple(sorted(lower[:19], key=lambda id_: crc32(id_.encode())))
    assert found[19:] == ("plumless",)


@pytest.mark.parametrize("domains", [18, 19, 20, 21])
def test_twenty_domains_are_named(domains: int) -> None:
    """Those with most members; of as many, those that come first by name."""
    names = [f"{chr(ord('a') + at)}.example" for at in range(domains)]
    found = named({"z.example": 2, **dict.fromkeys(reversed(names), 1)})
    assert found.domains == {"z.example": 2, **dict.fromkeys(names[:19], 1)}
    assert found.to_tell == domains + 2


def test_the_largest_domain_of_no_group_is_named_besides() -> None:
    """One, however many there are: only it can be the slowest of them."""
    providers = {f"yahoo.{chr(ord('a') + at)}a": 3 for at in range(20)}
    found = named({**providers, "two.example": 1, "three.example": 2, "one.example": 2})
    assert found.domains == {**providers, "three.example": 2}
    assert found.groups == {"yahoo": 60, "ours": 2}


def test_a_tally_shows_no_domains_and_no_ids() -> None:
    """They are for the operator, and not for a log."""
    found = replace(named({"mail.example": 1}), groups=Counter({"ours": 1}))
    shown = repr(replace(found, sample=("member-17",)))
    assert "accounts=1" in shown
    assert not any(text in shown for text in ("mail.example", "ours", "member-17"))


def test_two_tallies_of_the_same_counts_are_the_same() -> None:
    """The sample is not kept with a plan, which is the same when it is read again."""
    found = named({"mail.example": 1})
    assert found == replace(found, sample=())
    assert found != replace(found, to_tell=2)
