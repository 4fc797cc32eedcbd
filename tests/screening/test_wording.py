import pytest

from credguard.errors import SetupError
from credguard.screening import ENGLISH, Hint, Reason, ReasonCode, Wording
from credguard.screening.reasons import ARGUMENTS


def reason_of(code: ReasonCode) -> Reason:
    """Return a reason with the arguments of its code and every hint."""
    return Reason(code, tuple(ARGUMENTS.get(code, {}).items()), tuple(Hint))


def hundreds(at_least: int) -> str:
    """Word a count as a language might that has other signs in its numbers."""
    return f"{at_least:,}".replace(",", ".") + " Mal gesehen."


GERMAN = Wording(
    reasons={
        ReasonCode.TOO_SHORT: "Bitte mindestens {minimum} Zeichen.",
        ReasonCode.BREACHED: hundreds,
        "common": "Zu beliebt.",
    },
    hints={Hint.COMMON: "Das nehmen viele."},
)


def test_english_is_complete() -> None:
    """Every reason and every hint has a sentence, and the reason's own is the same."""
    assert ENGLISH.missing() == ()
    for code in ReasonCode:
        assert ENGLISH.say(reason_of(code)) == reason_of(code).text
    assert [ENGLISH.hint(hint) for hint in Hint] == [hint.text for hint in Hint]


def test_a_table_words_reasons_and_hints() -> None:
    """By the code or its text, and with numbers where a sentence has them."""
    short = Reason(ReasonCode.TOO_SHORT, (("minimum", 8),))
    assert GERMAN.say(short) == "Bitte mindestens 8 Zeichen."
    common = Reason(ReasonCode.COMMON, hints=(Hint.COMMON,))
    assert GERMAN.say(common) == "Zu beliebt. Das nehmen viele."


def test_a_function_words_what_needs_more_than_braces() -> None:
    """It is called with the arguments by name."""
    breached = Reason(ReasonCode.BREACHED, (("at_least", 1_000_000),))
    assert GERMAN.say(breached) == "1.000.000 Mal gesehen."


def test_what_a_table_leaves_out_is_told_in_english() -> None:
    """A release with a new reason breaks no translation, and the host can list them."""
    assert GERMAN.say(Reason(ReasonCode.CONTEXT)) == Reason(ReasonCode.CONTEXT).text
    assert GERMAN.hint(Hint.DATE) == Hint.DATE.text
    assert "reasons: context" in GERMAN.missing()
    assert "reasons: common" not in GERMAN.missing()
    assert "hints: date" in GERMAN.missing()
    assert "hints: common" not in GERMAN.missing()


def test_sentences_are_joined_as_the_language_joins_them() -> None:
    """Not every language has spaces."""
    wording = Wording(between="")
    said = wording.say(Reason(ReasonCode.COMMON, hints=(Hint.NAME,)))
    assert said == (Reason(ReasonCode.COMMON).text + Hint.NAME.text)


@pytest.mark.parametrize(
    "table",
    [
        {"reasons": {"too_shrt": "Mehr."}},
        {"hints": {"reused": "Neu."}},
        {"reasons": {ReasonCode.TOO_SHORT: "Mindestens {least} Zeichen."}},
        {"reasons": {ReasonCode.TOO_SHORT: "Mindestens {} Zeichen."}},
        {"reasons": {ReasonCode.TOO_SHORT: "Mindestens {minimum Zeichen."}},
        {"reasons": {ReasonCode.TOO_SHORT: "Mindestens {minimum.x} Zeichen."}},
        {"reasons": {ReasonCode.COMMON: "Schon {at_least} Mal gesehen."}},
        {"reasons": {ReasonCode.TOO_SHORT: lambda: "Mehr."}},
        {"hints": {Hint.DATE: "Kein {datum}."}},
    ],
)
def test_a_table_that_would_break_in_a_form_is_not_made(
    table: dict[str, dict[str, str]],
) -> None:
    """A code that is misspelled and an argument that is not there are found at once."""
    with pytest.raises(SetupError):
        Wording(**table)  # type: ignore[arg-type]  # some of them on purpose


@pytest.mark.parametrize(
    ("code", "names"), [(ReasonCode.TOO_SHORT, "minimum"), (ReasonCode.COMMON, "none")]
)
def test_what_a_sentence_may_name_is_told(code: ReasonCode, names: str) -> None:
    """Whoever writes a table learns which arguments there are, or that none are."""
    with pytest.raises(SetupError, match=f"its arguments: {names}$"):
        Wording(reasons={code: "{least}"})
