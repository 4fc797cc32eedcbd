import json
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counted_work import calls_of
from credguard.errors import (
    BlocklistUnavailableError,
    PasswordRejectedError,
    SetupError,
)
from credguard.screening import (
    Accepted,
    Listed,
    NotListed,
    PasswordPolicy,
    Reason,
    ReasonCode,
    Unasked,
    UnaskedReason,
    Verdict,
    WhenUnasked,
    Words,
)
from credguard.screening.strength import NO_STRENGTH, Strength

GOOD = "correct horse battery staple"
BREACHED = Reason(ReasonCode.BREACHED, arguments=(("at_least", 1000),))


class Always:
    """A list that always answers the same and notes what it was asked."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.asked: list[str] = []

    def look_up(self, password: str) -> Verdict:
        """Return the one verdict."""
        self.asked.append(password)
        return self.verdict


def codes(policy: PasswordPolicy, password: str) -> list[ReasonCode]:
    """Return the codes of all reasons against a password."""
    return [reason.code for reason in policy.reasons(password)]


def test_a_good_password_is_accepted_with_its_strength() -> None:
    """What comes back is truthy and is fit for a meter."""
    accepted = PasswordPolicy().check(GOOD)
    assert isinstance(accepted, Accepted)
    assert bool(accepted) is True
    assert accepted.strength.score == 4
    assert not accepted.recheck


def test_nothing_needs_a_second_look_unless_that_is_said() -> None:
    """A host that makes one for its own tests gets a plain yes."""
    assert Accepted(NO_STRENGTH) == Accepted(NO_STRENGTH, recheck=False, why=None)


# NIST SP 800-63B-4 section 3.1.1.2: 15 alone, 8 with a second factor, at least 64.
@pytest.mark.parametrize(
    ("length", "second_factor", "short"),
    [(14, False, True), (15, False, False), (7, True, True), (8, True, False)],
)
def test_length_depends_on_the_second_factor(
    *, length: int, second_factor: bool, short: bool
) -> None:
    """One character too few is told with the number that is asked for."""
    password = "fq7#Lw2!zR9&xk4"[:length]
    reasons = PasswordPolicy().reasons(password, second_factor=second_factor)
    minimum = 8 if second_factor else 15
    too_short = Reason(ReasonCode.TOO_SHORT, arguments=(("minimum", minimum),))
    assert reasons == ((too_short,) if short else ())


def test_sixty_four_characters_are_always_allowed() -> None:
    """No policy can be made that takes fewer, and the default takes many more."""
    assert codes(PasswordPolicy(maximum=64), (GOOD * 3)[:64]) == []
    assert codes(PasswordPolicy(maximum=64), (GOOD * 3)[:65]) == ["too_long"]
    assert codes(PasswordPolicy(), (GOOD * 40)[:1024]) == []
    assert codes(PasswordPolicy(), (GOOD * 40)[:1025]) == ["too_long"]


def test_code_points_are_counted_in_normal_form() -> None:
    """A letter and its accent are one, however they were typed."""
    composed = "é" * 7 + "xkq7wz9"
    apart = unicodedata.normalize("NFD", composed)
    assert len(apart) > 15
    policy = PasswordPolicy(fewest_guesses=0)
    assert codes(policy, apart) == codes(policy, composed) == ["too_short"]


def test_a_character_that_normal_form_lengthens_is_counted_after_it() -> None:
    """U+0344 becomes two code points, which counts against the maximum."""
    assert codes(PasswordPolicy(maximum=64), "\u0344" * 33) == ["too_long"]


def test_blocklists_are_asked_for_the_normal_form() -> None:
    """What is looked up is what will be hashed."""
    blocklist = Always(NotListed())
    PasswordPolicy(blocklist=blocklist).check("cafe\u0301 au lait et croissant")
    assert blocklist.asked == ["caf\u00e9 au lait et croissant"]


@pytest.mark.parametrize(
    "password",
    ["aaaaaaaaaaaaaaaaaaaa", "qwertyuiopasdfghjkl", "passwordpassword", "1" * 1000],
)
def test_an_easy_password_is_refused_with_hints(password: str) -> None:
    """Long is not enough, and the reason says what makes it easy."""
    (reason,) = PasswordPolicy().reasons(password)
    assert reason.code == ReasonCode.TOO_GUESSABLE
    assert reason.hints
    assert reason.hints[0].text in reason.text


def test_a_million_guesses_are_enough_and_one_fewer_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The floor itself is accepted, and by default it is 1,000,000."""
    for guesses, found in ((1_000_000, []), (999_999, ["too_guessable"])):
        strength = Strength(score=2, guesses=guesses)
        monkeypatch.setattr(
            "credguard.screening.policy.estimate",
            lambda *_, strength=strength, **__: strength,
        )
        assert codes(PasswordPolicy(), GOOD) == found


def test_no_composition_is_asked_for() -> None:
    """No kind of character is needed, and none is barred."""
    for password in (
        "onlylowercaselettershere",
        "ÜMLAUTE SIND ERLAUBT",
        "密码是一个很长的句子而且很难猜到",
    ):
        assert codes(PasswordPolicy(), password) == []


def test_all_reasons_are_told_at_once() -> None:
    """Nobody fixes one thing to learn of the next."""
    policy = PasswordPolicy(site=("acme-corp.example",), blocklist=Words(["acme2026"]))
    with pytest.raises(PasswordRejectedError) as caught:
        policy.check("Acme2026", also=(Reason(ReasonCode.REUSED),))
    assert [reason.code for reason in caught.value.reasons] == [
        ReasonCode.REUSED,
        ReasonCode.TOO_SHORT,
        ReasonCode.FORBIDDEN,
        ReasonCode.CONTEXT,
        ReasonCode.TOO_GUESSABLE,
    ]


def test_a_reason_of_the_callers_refuses_alone() -> None:
    """A door that knows the leaked password refuses what policy would take."""
    with pytest.raises(PasswordRejectedError) as caught:
        PasswordPolicy().check(GOOD, also=(Reason(ReasonCode.REUSED),))
    assert [reason.code for reason in caught.value.reasons] == ["reused"]


@pytest.mark.parametrize("password", ["acme2026", "4l1c3sm1th", "AcmeCorp!2026"])
def test_the_sites_and_the_accounts_words_make_no_password(password: str) -> None:
    """With their usual decorations, for this account and not for another."""
    policy = PasswordPolicy(fewest_guesses=0, minimum=8)
    context = ("alice.smith@acme-corp.example",)
    found = policy.reasons(password, context=context)
    assert [reason.code for reason in found] == ["context"]
    assert policy.reasons(password, context=("bob@example.org",)) == ()
    sited = PasswordPolicy(fewest_guesses=0, minimum=8, site=context)
    assert codes(sited, password) == ["context"]


def test_an_accounts_many_words_do_not_displace_the_sites() -> None:
    """However many names are handed in, the site's own words count."""
    policy = PasswordPolicy(fewest_guesses=0, minimum=8, site=("acme",))
    context = [f"name{number} of an account" for number in range(100)]
    found = policy.reasons("acme2026", context=context)
    assert [reason.code for reason in found] == ["context"]


def test_the_first_eight_texts_of_an_account_count() -> None:
    """Empty ones take no place, and what follows the eighth is not looked at."""
    policy = PasswordPolicy(fewest_guesses=0, minimum=8)
    seven = [f"name{number}" for number in range(7)]
    found = policy.reasons("acme2026", context=[*seven, "", "acme"])
    assert [reason.code for reason in found] == ["context"]
    assert policy.reasons("acme2026", context=[*seven, "other", "acme"]) == ()


def test_context_makes_an_estimate_lower() -> None:
    """The words of an account are the first that an attacker tries."""
    policy = PasswordPolicy()
    password = "wrzlbrmpft and a cow"
    alone = policy.check(password).strength
    known = policy.check(password, context=("wrzlbrmpft",)).strength
    assert known.guesses < alone.guesses


def test_a_judgment_takes_a_bounded_number_of_steps() -> None:
    """Whatever is typed, and whatever the account and the site are called."""
    texts = [f"ab{number} cd ef gh ij kl mn op qr st {number}" for number in range(8)]
    policy = PasswordPolicy(site=texts)
    policy.reasons("warm up")
    for password in (
        "12" * 512,
        "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 57,
    ):
        steps = calls_of(lambda given=password: policy.reasons(given, context=texts))  # type: ignore[misc]  # bound at once
        assert steps < 70_000


def test_one_name_by_itself_is_one_word() -> None:
    """A host that forgot the comma does not bar every letter of a name."""
    policy = PasswordPolicy(minimum=8, fewest_guesses=0, site="acme")  # type: ignore[arg-type, unused-ignore]  # a string is a sequence of strings
    assert codes(policy, "acme2026") == ["context"]
    assert policy.reasons("aemc2026", context="alice") == ()


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "too_short"),
        ("x" * 10_000_000, "too_long"),
        ("\ud800" * 10_000_000, "too_long"),
        ("correct horse\0battery", "not_text"),
        ("\0" * 20, "not_text"),
        ("correct horse \ud83d battery", "not_text"),
        (json.loads('"correct horse \\ud800 battery"'), "not_text"),
        (None, "not_text"),
        (b"correct horse battery", "not_text"),
        (["correct horse battery"], "not_text"),
        (123456789012345678, "not_text"),
    ],
)
def test_what_cannot_be_a_password_has_one_clear_reason(
    password: str, code: str
) -> None:
    """No blocklist is asked, and no error of another kind comes of it."""
    blocklist = Always(NotListed())
    policy = PasswordPolicy(blocklist=blocklist)
    with pytest.raises(PasswordRejectedError) as caught:
        policy.check(password)
    assert [reason.code for reason in caught.value.reasons] == [code]
    assert blocklist.asked == []


def test_no_password_is_told_the_length_that_applies() -> None:
    """The number in the sentence is the one for this account."""
    (reason,) = PasswordPolicy().reasons("", second_factor=True)
    assert dict(reason.arguments) == {"minimum": 8}


def told(password: str, context: list[str]) -> str:
    """Return all that becomes known of a password that was judged."""
    try:
        return repr(PasswordPolicy().check(password, context=context))
    except PasswordRejectedError as error:
        return f"{error!r} {error.args} {vars(error)} {error.__context__}"


@given(st.text(max_size=60), st.lists(st.text(max_size=40), max_size=3))
def test_any_text_is_accepted_or_rejected(password: str, context: list[str]) -> None:
    """Nothing else can happen, and nothing that comes back holds what was typed."""
    for each in (password, f"wrzlbrmpft{password}"):
        assert "wrzl" not in told(each, context)


class TestCouldNotAsk:
    """Neither wrong nor fine: the policy says what it means."""

    SLOW = Unasked(UnaskedReason.TOO_SLOW)

    def policy(self, when: WhenUnasked = WhenUnasked.REFUSE) -> PasswordPolicy:
        """Return a policy whose blocklist cannot be asked."""
        return PasswordPolicy(blocklist=Always(self.SLOW), when_unasked=when)

    def test_it_is_refused_as_something_to_try_again(self) -> None:
        """By default the person comes back later, and the password is not blamed."""
        with pytest.raises(BlocklistUnavailableError, match="try again"):
            self.policy().check(GOOD)

    def test_it_is_accepted_with_a_mark_where_that_was_chosen(self) -> None:
        """The host learns that the password must be screened again."""
        accepted = self.policy(WhenUnasked.ACCEPT_AND_RECHECK).check(GOOD)
        assert accepted.recheck

    @pytest.mark.parametrize("when", WhenUnasked)
    def test_other_reasons_are_told_all_the_same(self, when: WhenUnasked) -> None:
        """A password that is too short is too short whether or not anybody answers."""
        with pytest.raises(PasswordRejectedError) as caught:
            self.policy(when).check("fq7#Lw2!")
        assert [reason.code for reason in caught.value.reasons] == ["too_short"]

    @pytest.mark.parametrize("when", WhenUnasked)
    def test_it_is_reported_among_the_reasons(self, when: WhenUnasked) -> None:
        """Whoever asks for reasons learns that one of them is missing."""
        assert codes(self.policy(when), GOOD) == [ReasonCode.UNCHECKED]

    def test_what_stood_in_the_way_is_told_to_the_operator(self) -> None:
        """In the error, and beside the mark."""
        with pytest.raises(BlocklistUnavailableError) as caught:
            self.policy().check(GOOD)
        assert caught.value.why == UnaskedReason.TOO_SLOW
        accepted = self.policy(WhenUnasked.ACCEPT_AND_RECHECK).check(GOOD)
        assert accepted.why == UnaskedReason.TOO_SLOW

    def test_there_is_no_third_way(self) -> None:
        """Accepting silently is not offered."""
        assert set(WhenUnasked) == {"refuse", "accept_and_recheck"}

    def test_a_list_that_breaks_could_not_be_asked(self) -> None:
        """A sign-up does not fail for a list of the host's own."""
        policy = PasswordPolicy(blocklist=Breaking())
        with pytest.raises(BlocklistUnavailableError) as caught:
            policy.check(GOOD)
        assert caught.value.why == UnaskedReason.BROKEN
        assert caught.value.__context__ is None
        assert codes(policy, GOOD) == [ReasonCode.UNCHECKED]
        assert policy.screen(GOOD) == Unasked(UnaskedReason.BROKEN)


class Breaking:
    """A list that raises."""

    def look_up(self, password: str) -> Verdict:
        """Raise what a missing key raises, with the password in it."""
        raise KeyError(password)


@given(st.text(max_size=30))
def test_a_password_in_use_is_screened_in_normal_form(password: str) -> None:
    """The blocklist alone is asked, for what was hashed."""
    blocklist = Always(NotListed())
    assert PasswordPolicy(blocklist=blocklist).screen(password) == NotListed()
    assert blocklist.asked == [unicodedata.normalize("NFC", password)]


def test_what_is_no_text_is_not_screened() -> None:
    """It is a fault of the host, and the error names the argument alone."""
    blocklist = Always(NotListed())
    with pytest.raises(TypeError, match=r"^PasswordPolicy\.screen\(\): pass"):
        PasswordPolicy(blocklist=blocklist).screen(b"hunter2")  # type: ignore[arg-type]
    assert blocklist.asked == []


# NIST SP 800-63B-4 section 3.1.1.2: no rules of composition.
@pytest.mark.parametrize(
    "password",
    [
        "quietharborwalruslantern",
        "QUIETHARBORWALRUSLANTERN",
        "830275916640273518",
        "(;%~&_^=*:#\\<}|,.",
        "тихая гавань морж фонарь",
        "静かな港のセイウチと灯台守の夕暮れ",
        "🦑🦩🪗🫎🪼🦤🪩🫧🪬🫥🪲🦣🪱🦫🪳",
        "    quiet harbor walrus    ",
    ],
)
def test_no_kind_of_character_is_asked_for(password: str) -> None:
    """One kind is enough, whichever it is, and spaces are characters."""
    assert isinstance(PasswordPolicy().check(password), Accepted)


def test_a_listed_password_is_reported_as_a_reason() -> None:
    """At a log-in nobody is refused; the host is told."""
    policy = PasswordPolicy(blocklist=Always(Listed(BREACHED, times=1234)))
    assert policy.reasons(GOOD) == (BREACHED,)


@pytest.mark.parametrize(
    "make",
    [
        lambda: PasswordPolicy(minimum=7, minimum_with_second_factor=7),
        lambda: PasswordPolicy(minimum_with_second_factor=7),
        lambda: PasswordPolicy(minimum=9, minimum_with_second_factor=10),
        lambda: PasswordPolicy(maximum=63),
        lambda: PasswordPolicy(maximum=1025),
        lambda: PasswordPolicy(minimum=65, maximum=64),
    ],
)
def test_lengths_outside_their_ranges_are_refused(
    make: Callable[[], PasswordPolicy],
) -> None:
    """A policy that the standard forbids is not made."""
    with pytest.raises(SetupError):
        make()
