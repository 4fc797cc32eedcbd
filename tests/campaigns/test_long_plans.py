"""A plan is no longer than what each of the databases keeps."""

from dataclasses import replace

import pytest
from test_plan_file import SOME

from credguard.campaigns.notice_policy import NoticePolicy
from credguard.campaigns.plan import Plan
from credguard.campaigns.plan_file import check_fits, read, write
from credguard.campaigns.scope import everyone
from credguard.campaigns.wording import Texts
from credguard.errors import DeliverySetupError
from forums import LETTER, House

# Characters of four octets each.
LONG = replace(LETTER, body="{link}" + "\N{GRINNING FACE}" * 9_000)


def notices(last: int) -> NoticePolicy:
    """Return texts in four languages, that of the last with *last* letters."""
    lengths = {"de": 8_000, "es": 8_000, "fr": 8_000, "it": last}
    return NoticePolicy(
        texts={each: Texts(body="{link}" + "a" * lengths[each]) for each in lengths}
    )


def octets(plan: Plan) -> int:
    """Return how many octets *plan* has as it is kept."""
    return len(write(plan).encode())


def lengthened(plan: Plan, wanted: int) -> Plan:
    """Return *plan* with texts that make it *wanted* octets long."""
    short = replace(plan, letter=LONG, notices=notices(0))
    found = replace(short, notices=notices(wanted - octets(short)))
    assert octets(found) == wanted
    return found


def test_the_longest_plan_is_kept_by_every_database(shared_house: House) -> None:
    """A TEXT column of MariaDB has 65,535 octets."""
    plan = lengthened(shared_house.plan(), 65_535)
    campaign = shared_house.campaigns.start(plan)
    kept = {each.id: each.plan for each in shared_house.campaigns.every()}
    assert kept[campaign] == read(write(plan))
    shared_house.campaigns.abort(campaign, reason="a test")


def test_a_plan_that_became_too_long_is_not_started(house: House) -> None:
    """Somebody edited it; nobody is gated."""
    with pytest.raises(DeliverySetupError, match="65,535 octets"):
        house.campaigns.start(lengthened(house.plan(), 65_536))
    assert not house.campaigns.every()


def test_a_plan_that_is_too_long_is_not_made(house: House) -> None:
    """Who plans learns it, and not only who starts."""
    with pytest.raises(DeliverySetupError, match="shorten"):
        house.campaigns.plan(everyone, letter=LONG, notices=notices(9_990))


@pytest.mark.parametrize("wanted", [65_534, 65_535, 65_536, 65_537])
def test_a_plan_fits_to_the_octet(wanted: int) -> None:
    """Characters do not count: one may have four octets."""
    plan = lengthened(SOME, wanted)
    if wanted <= 65_535:
        check_fits(plan)
    else:
        with pytest.raises(DeliverySetupError, match="65,535 octets"):
            check_fits(plan)
