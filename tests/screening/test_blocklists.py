import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.errors import CorpusDamagedError
from credguard.screening import (
    AnyOf,
    Blocklist,
    FirstAvailable,
    Listed,
    NotListed,
    Reason,
    ReasonCode,
    Unasked,
    UnaskedReason,
    Verdict,
    Words,
)
from credguard.screening.blocklists import asked

LISTED = Listed(Reason(ReasonCode.BREACHED, arguments=(("at_least", 1),)), times=3)
SLOW = Unasked(UnaskedReason.TOO_SLOW)
DOWN = Unasked(UnaskedReason.UNREACHABLE)


class Always:
    """A list that always answers the same and counts how often it was asked."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.asked = 0

    def look_up(self, _: str) -> Verdict:
        """Return the one verdict."""
        self.asked += 1
        return self.verdict


@pytest.mark.parametrize(
    ("verdicts", "outcome"),
    [
        ([LISTED], LISTED),
        ([NotListed()], NotListed()),
        ([SLOW], SLOW),
        ([SLOW, NotListed(), LISTED], NotListed()),
        ([SLOW, DOWN, LISTED], LISTED),
        ([SLOW, DOWN], SLOW),
        ([NotListed(), LISTED], NotListed()),
    ],
)
def test_the_first_that_can_be_asked_decides(
    verdicts: list[Verdict], outcome: Verdict
) -> None:
    """The others are asked only in its stead."""
    lists: list[Blocklist] = [Always(verdict) for verdict in verdicts]
    assert FirstAvailable(*lists).look_up("password") == outcome


def test_the_one_that_decides_is_asked_last() -> None:
    """A list behind the one that decided is left alone."""
    first, second = Always(NotListed()), Always(LISTED)
    FirstAvailable(first, second).look_up("password")
    assert (first.asked, second.asked) == (1, 0)


@pytest.mark.parametrize(
    ("verdicts", "outcome"),
    [
        ([NotListed(), NotListed()], NotListed()),
        ([NotListed(), LISTED], LISTED),
        ([SLOW, LISTED], LISTED),
        ([SLOW, NotListed()], SLOW),
        ([NotListed(), SLOW, DOWN], SLOW),
    ],
)
def test_any_of_them_can_refuse(verdicts: list[Verdict], outcome: Verdict) -> None:
    """Without a listing, one that could not be asked leaves it open."""
    lists: list[Blocklist] = [Always(verdict) for verdict in verdicts]
    assert AnyOf(*lists).look_up("password") == outcome


def test_a_listing_ends_the_search() -> None:
    """What the cheap list knows is not asked of the network."""
    cheap, network = Always(LISTED), Always(NotListed())
    AnyOf(cheap, network).look_up("password")
    assert network.asked == 0


VERDICTS = st.sampled_from([LISTED, NotListed(), SLOW, DOWN])


@given(st.lists(VERDICTS, min_size=1, max_size=6))
def test_could_not_ask_is_never_lost(verdicts: list[Verdict]) -> None:
    """Both combinations are what their three-valued tables say, for any lists."""
    lists: list[Blocklist] = [Always(verdict) for verdict in verdicts]
    told = [each for each in verdicts if not isinstance(each, Unasked)]
    first = FirstAvailable(*lists).look_up("x")
    assert first == (told[0] if told else verdicts[0])
    unasked = [each for each in verdicts if isinstance(each, Unasked)]
    weakest = LISTED if LISTED in verdicts else (*unasked, NotListed())[0]
    assert AnyOf(*lists).look_up("x") == weakest


@given(st.recursive(VERDICTS, lambda each: st.tuples(st.booleans(), each, each)))
def test_no_combination_makes_an_unasked_list_fine(tree: object) -> None:
    """However they are nested, not listed comes only from a list that said so."""
    leaves: list[Verdict] = []

    def built(part: object) -> Blocklist:
        if isinstance(part, tuple):
            combine = AnyOf if part[0] else FirstAvailable
            return combine(built(part[1]), built(part[2]))
        leaves.append(part)  # type: ignore[arg-type]  # a leaf is a verdict
        return Always(leaves[-1])

    outcome = built(tree).look_up("x")
    assert outcome in leaves
    if all(isinstance(each, Unasked) for each in leaves):
        assert outcome == leaves[0]


class Breaking:
    """A list that raises, or answers what is no verdict."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def look_up(self, password: str) -> Verdict:
        """Break, with the password in the error."""
        if isinstance(self.answer, type):
            message = f"about {password}"
            raise self.answer(message)
        return self.answer  # type: ignore[return-value]  # that is the point


BROKEN = [ValueError, OSError, CorpusDamagedError, MemoryError, None, False, 17]


@pytest.mark.parametrize("answer", BROKEN)
def test_a_list_that_breaks_could_not_be_asked(
    answer: object, caplog: pytest.LogCaptureFixture
) -> None:
    """It is no crash and no verdict, and the log names the error but no password."""
    expected = Unasked(UnaskedReason.BROKEN)
    assert asked(Breaking(answer), "secretive") == expected
    assert "Breaking" in caplog.text
    assert "secretive" not in caplog.text
    assert AnyOf(Breaking(answer), Always(LISTED)).look_up("x") == LISTED
    assert AnyOf(Breaking(answer), Always(NotListed())).look_up("x") == expected
    assert FirstAvailable(Breaking(answer), Always(LISTED)).look_up("x") == LISTED
    assert FirstAvailable(Breaking(answer)).look_up("x") == expected


def test_an_interrupt_is_no_verdict() -> None:
    """Whoever stops the process stops it, in a look-up as well."""
    with pytest.raises(KeyboardInterrupt):
        asked(Breaking(KeyboardInterrupt), "secretive")


def test_combinations_can_be_combined() -> None:
    """The common list refuses in any case; behind it the next best list decides."""
    chain = AnyOf(
        Words(["forum2026"]), FirstAvailable(Always(DOWN), Always(NotListed()))
    )
    assert isinstance(chain.look_up("forum2026"), Listed)
    assert chain.look_up("another") == NotListed()


@pytest.mark.parametrize(
    "password", ["Forum2026", "FORUM2026", "caf\u00e9", "cafe\u0301"]
)
def test_words_are_whole_passwords_in_any_case(password: str) -> None:
    """A site's word is found however it is composed and capitalized."""
    verdict = Words(["forum2026", "CAF\u00c9"]).look_up(password)
    assert verdict == Listed(Reason(ReasonCode.FORBIDDEN))


@given(st.text())
def test_any_text_can_be_looked_up(password: str) -> None:
    """A word is on the list that was made of it, surrogates included."""
    assert isinstance(Words([password]).look_up(password), Listed)
    assert Words([f"{password}x"]).look_up(password) == NotListed()


def test_a_word_is_found_as_it_looks() -> None:
    """Full width and look-alikes hide no word of the site's."""
    words = Words(["forum2026"])
    assert words.look_up("ｆｏｒｕｍ２０２６") == Listed(Reason(ReasonCode.FORBIDDEN))
    assert words.look_up("f\N{CYRILLIC SMALL LETTER O}rum2026") == Listed(
        Reason(ReasonCode.FORBIDDEN)
    )


@given(st.lists(st.text(max_size=4)), st.text(max_size=4))
def test_the_stamp_of_words_changes_with_them(words: list[str], another: str) -> None:
    """Their order makes no difference, and one more word does."""
    stamp = Words(words).stamp
    assert Words(reversed(words)).stamp == stamp
    if Words(words).look_up(another) == NotListed():
        assert Words([*words, another]).stamp != stamp


def test_the_stamp_of_words_outlives_a_release() -> None:
    """It is kept with each account; another one has every account screened again."""
    assert Words(["forum2026", "Forum", "CAF\u00c9"]).stamp == "words fb8439cae6a3793c"
