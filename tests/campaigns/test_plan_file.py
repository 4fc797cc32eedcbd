import tomllib
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Never

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scopes import INSTANTS, LISTS, SCOPES

from credguard.campaigns.letter import LetterTemplate
from credguard.campaigns.lists import AccountList, ListKind
from credguard.campaigns.notice_policy import Group, NoticePolicy
from credguard.campaigns.plan import Plan
from credguard.campaigns.plan_file import MAX_PLAN_CHARACTERS, read, write
from credguard.campaigns.scope import everyone, in_list
from credguard.campaigns.tally import Band, Tally
from credguard.errors import (
    CampaignStateError,
    DeliverySetupError,
    ScopeError,
    StorageUnavailableError,
)
from forums import LETTER

T = datetime(2014, 4, 12, 17, 45, 0, 123456, tzinfo=UTC)
COUNTS = st.integers(0, 10**12)
# What a mail can carry, as the letter has it: DEL and the like are refused there.
TEXTS = st.text(
    st.characters(
        exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029{}=?"
    ),
    min_size=1,
    max_size=40,
).filter(str.strip)


DOMAINS = st.sampled_from(["mail.example", "example.org", "a\x7f\"'\\ \n.é"])


LANES = st.sampled_from(["google", "our-host"])
NOTICES = st.builds(
    NoticePolicy,
    day_quota=st.none() | st.integers(1, 10**9),
    other_rate=st.none() | st.floats(1 / 3600, 1e6),
    groups=st.dictionaries(LANES, st.builds(Group, rate=st.floats(1 / 3600, 1e6))),
)


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    """Return counts as they may come from any table."""
    tally = Tally(
        accounts=draw(COUNTS),
        in_scope=draw(st.integers(1, 10**12)),
        to_tell=draw(COUNTS),
        unreachable=draw(COUNTS),
        known_bad=draw(COUNTS),
        no_password=draw(COUNTS),
        inactive=draw(COUNTS),
        staff=draw(COUNTS),
        second_factor=draw(COUNTS),
        never_logged_in=draw(COUNTS),
        unmatched=draw(COUNTS),
    )
    some = st.integers(1, 10**12)
    bands = st.dictionaries(st.sampled_from([band.value for band in Band]), some)
    tally.bands, tally.told_bands = Counter(draw(bands)), Counter(draw(bands))
    tally.domains = Counter(draw(st.dictionaries(DOMAINS, some)))
    tally.groups = Counter(draw(st.dictionaries(LANES, some)))
    names = st.sampled_from(["argon2id", "django:md5", "a\x7f\"'\\ \n.é"])
    tally.schemes = Counter(draw(st.dictionaries(names, st.integers(1, 10**12))))
    return tally


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Return any plan."""
    return Plan(
        scope=draw(SCOPES),
        letter=replace(
            LETTER,
            site=draw(TEXTS),
            reason=draw(TEXTS) + "\n" + draw(TEXTS),
            sender_name=draw(TEXTS),
        ),
        rate=draw(st.floats(1 / 3600, 1e6)),
        link_lifetime=timedelta(seconds=draw(st.integers(300, 10**7))),
        made_at=draw(INSTANTS),
        tally=draw(tallies()),
        notices=draw(NOTICES),
    )


SOME = Plan(
    scope=everyone & ~in_list(LISTS[0]),
    letter=LETTER,
    rate=14.0,
    link_lifetime=timedelta(days=14),
    made_at=T,
    tally=Tally(accounts=10, in_scope=9, to_tell=8, schemes=Counter(argon2id=9)),
)
WRITTEN = write(SOME, lists={LISTS[0].digest: 'a "list".txt'})


def known(digest: str, name: str | None, kind: ListKind) -> AccountList:
    """Return the list with *digest*, as the file of that name holds it."""
    del name, kind
    return next(each for each in LISTS if each.digest == digest)


@given(plans())
def test_a_plan_that_is_written_reads_as_it_was(plan: Plan) -> None:
    """Nothing of it is lost, whatever characters it has."""
    assert read(write(plan), open_list=known) == plan


def test_a_plan_is_stored_without_its_lists() -> None:
    """What a campaign keeps names lists by digest, and means the same scope."""
    found = read(WRITTEN)
    assert str(found.scope) == str(SOME.scope)
    assert [each.ids for each in found.scope.lists()] == [None]
    assert write(found) == write(SOME)


def test_a_list_is_opened_by_the_name_in_the_plan() -> None:
    """The file's name comes back as it was, quotes and all."""
    asked: list[tuple[str, str | None]] = []

    def opened(digest: str, name: str | None, kind: ListKind) -> AccountList:
        asked.append((digest, name))
        return known(digest, name, kind)

    read(WRITTEN, open_list=opened)
    read(write(SOME), open_list=opened)
    digest = LISTS[0].digest
    assert asked == [(digest, 'a "list".txt'), (digest, None)]


def test_a_list_that_changed_is_refused() -> None:
    """What was looked at is what is started."""
    with pytest.raises(ScopeError, match="changed"):
        read(WRITTEN, open_list=lambda _digest, _name, _kind: LISTS[1])


def test_what_a_reader_of_lists_raises_is_told() -> None:
    """A list that cannot be read is not called a broken plan."""

    def failing(_digest: str, _name: str | None, _kind: ListKind) -> Never:
        message = "the disk is away"
        raise StorageUnavailableError(message)

    with pytest.raises(StorageUnavailableError):
        read(WRITTEN, open_list=failing)


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("version = 2", "version = 1", "another release"),
        ("version = 2", "version = true", "not a plan"),
        ("version = 2", "", "not a plan"),
        ("rate = 14.0", 'rate = "fast"', "not a plan"),
        ("rate = 14.0", "", "not a plan"),
        ("accounts = 10", "accounts = -10", "not a plan"),
        ("accounts = 10", "accounts = true", "not a plan"),
        ("accounts = 10", "accounts = 10.0", "not a plan"),
        ("accounts = 10", f"accounts = {10**13}", "not a plan"),
        ("accounts = 10", f"accounts = {'9' * 5000}", "not a plan"),
        ("_seconds = 1209600", "_seconds = 999999999999999", "not a plan"),
        ("_seconds = 1209600", "_seconds = 1209600.5", "not a plan"),
        ("made_at = ", "made_at = 'never' # ", "not a plan"),
        ("made_at = ", "made_at = 1 # ", "not a plan"),
        ("[letter]", "[latter]", "not a plan"),
        ("[letter]", "letter = 1\n[latter]", "not a plan"),
        ('"site" = ', '"sight" = ', "not a plan"),
        ("[schemes]", "[[schemes]]", "not a plan"),
        ("scope = ", "scope = 'nobody' # ", "character 1"),
        ("scope = ", "scope = 1 # ", "character 1"),
        ("scope = ", "scope = '\ud800' # ", "character"),
        ("\n", "\r", "not a plan"),
        ("version", "\0version", "not a plan"),
        ("rate = 14.0", "rate = " + "[" * 5000, "not a plan"),
        ('in_scope" = 9', 'in_scope" = 0', "nobody"),
    ],
)
def test_a_plan_that_was_mangled_is_refused(old: str, new: str, error: str) -> None:
    """What cannot be a plan is said to be none."""
    mangled = WRITTEN.replace('"accounts"', "accounts").replace(old, new, 1)
    assert mangled != WRITTEN
    with pytest.raises(ScopeError, match=error):
        read(mangled)


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("rate = 14.0", "rate = -1", CampaignStateError),
        ("rate = 14.0", "rate = nan", CampaignStateError),
        ("rate = 14.0", "rate = inf", CampaignStateError),
        ("_seconds = 1209600", "_seconds = 1", CampaignStateError),
        ("https://", "http://", DeliverySetupError),
        ("help@machina.example", "help", DeliverySetupError),
    ],
)
def test_a_plan_that_cannot_work_is_refused(
    old: str, new: str, error: type[Exception]
) -> None:
    """What an operator wrote into it is judged like any other plan."""
    with pytest.raises(error):
        read(WRITTEN.replace(old, new))


@pytest.mark.parametrize("text", ["", "x" * (MAX_PLAN_CHARACTERS + 1), "[" * 100_000])
def test_a_text_that_is_no_plan_is_refused(text: str) -> None:
    """Neither nothing nor much of it is a plan."""
    with pytest.raises(ScopeError, match="not a plan"):
        read(text)


@pytest.mark.promise("P7")
@given(
    st.integers(0, len(WRITTEN)),
    st.integers(0, 8),
    st.text(max_size=3) | st.sampled_from(["]", "[", '"', "=", "\n", "\ud800", "\0"]),
)
def test_any_change_of_a_plan_is_a_plan_or_refused(
    place: int, cut: int, put: str
) -> None:
    """An editor's slip never ends in an error of another kind."""
    changed = WRITTEN[:place] + put + WRITTEN[place + cut :]
    try:
        found = read(changed)
    except (ScopeError, CampaignStateError, DeliverySetupError):
        return
    assert read(write(found)).scope.lists() == found.scope.lists()


def test_a_plan_is_for_people_to_read() -> None:
    """It is TOML with a first line that says what to do with it."""
    assert WRITTEN.startswith("# A credguard campaign.")
    content = tomllib.loads(WRITTEN)
    assert content["counts"]["in_scope"] == 9
    assert content["made_at"] == "2014-04-12T17:45:00.123456Z"


def test_control_characters_are_written_as_toml_wants_them() -> None:
    """DEL must be escaped in TOML, and is not in JSON."""
    odd = replace(SOME, tally=replace(SOME.tally, schemes=Counter({"a\x7f\x1f\t": 9})))
    assert "\x7f" not in write(odd)
    assert read(write(odd)).tally.schemes == {"a\x7f\x1f\t": 9}


def test_the_longest_letter_fits_a_plan() -> None:
    """A plan that can be written can be read."""
    body = ('"\\\n' * 3333)[:9_990] + "{link}"
    long = replace(SOME, letter=replace(LETTER, body=body, reason="\\" * 2000))
    assert isinstance(long.letter, LetterTemplate)
    assert read(write(long)).letter == long.letter
