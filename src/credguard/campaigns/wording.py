"""Which letter a member gets: by the kind of notice and the member's language. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache

from credguard.campaigns.letter import LetterTemplate
from credguard.campaigns.letter_texts import (
    DEFAULT_ASKED_BODY,
    DEFAULT_ASKED_SUBJECT,
    DEFAULT_REMINDER_SUBJECT,
)
from credguard.errors import DeliverySetupError

FALLBACK = "default"
"""The name of the texts for members whose language is unknown or has none."""

FIRST = "first"
REMINDER = "remind"
ASKED = "asked"

MAX_TEXTS_OCTETS = 40_000  # of all languages; they stand in the plan

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """
    The texts of one language; what is empty is taken from the letter, or is ours.

    Attributes:
        reason: What happened.

        subject: The subject of a notice.

        body: Its text.

        reminder_subject: The subject of a reminder.

        reminder_body: Its text; that of a notice if it is empty.

        asked_subject: The subject of a message with a link that was asked for.

        asked_body: Its text.
    """

    reason: str = ""
    subject: str = ""
    body: str = ""
    reminder_subject: str = ""
    reminder_body: str = ""
    asked_subject: str = ""
    asked_body: str = ""


TEXT_NAMES = tuple(each.name for each in fields(Texts))


def language_of(stored: str | None) -> str:
    """Return a stored language such as ``de-AT`` as texts are named: ``de-at``."""
    if stored is None or not _LANGUAGE.fullmatch(stored):
        return FALLBACK
    return stored.lower().replace("_", "-")


class Wording:
    """
    All letters of a campaign, each checked when it is made.

    Args:
        letter: The campaign's letter.

        texts: Texts by language, such as ``de``.

        link_on_request: The page for links that members ask for, empty for the
            letter's own, or for none.

    Raises:
        DeliverySetupError: A text cannot be sent, or names an unknown field, or
            they are too long together.
    """

    def __init__(
        self,
        letter: LetterTemplate,
        texts: Mapping[str, Texts],
        *,
        link_on_request: str = "",
    ) -> None:
        self._letters: dict[tuple[str, str], LetterTemplate] = {}
        _check_size(texts)
        self.can_ask = bool(link_on_request or letter.link)
        for language in {FALLBACK, *texts}:
            given = texts.get(language, Texts())
            first = _first(letter, given)
            self._letters[language, FIRST] = first
            self._letters[language, REMINDER] = _reminder(first, given)
            if self.can_ask:
                link = link_on_request or letter.link
                self._letters[language, ASKED] = _asked(first, given, link)

    def letter(self, language: str | None, kind: str) -> LetterTemplate:
        """
        Return the letter for a member.

        Args:
            language: What `language_of` returned, None for the fallback.

            kind: The kind of notice, such as ``first`` or ``remind1``.
        """
        sort = kind.rstrip("0123456789")
        wanted = language or FALLBACK
        for name in (wanted, wanted.partition("-")[0], FALLBACK):
            if (name, sort) in self._letters:
                return self._letters[name, sort]
        return self._letters[FALLBACK, FIRST]


@lru_cache(maxsize=64)
def wording_of(
    letter: LetterTemplate, texts: tuple[tuple[str, Texts], ...], link_on_request: str
) -> Wording:
    """Return the wording, made once for the same texts."""
    return Wording(letter, dict(texts), link_on_request=link_on_request)


def _first(letter: LetterTemplate, given: Texts) -> LetterTemplate:
    return replace(
        letter,
        reason=given.reason or letter.reason,
        subject=given.subject or letter.subject,
        body=given.body or letter.body,
    )


def _reminder(first: LetterTemplate, given: Texts) -> LetterTemplate:
    ours = "" if given.subject else DEFAULT_REMINDER_SUBJECT
    return replace(
        first,
        subject=given.reminder_subject or ours or first.subject,
        body=given.reminder_body or first.body,
    )


def _asked(first: LetterTemplate, given: Texts, link: str) -> LetterTemplate:
    body = given.asked_body or DEFAULT_ASKED_BODY
    subject = given.asked_subject or DEFAULT_ASKED_SUBJECT
    return replace(first, link=link, subject=subject, body=body)


def _check_size(texts: Mapping[str, Texts]) -> None:
    size = 0
    for language, given in texts.items():
        if language != FALLBACK and language != language_of(language):
            message = "texts are named by a language such as de or pt-br"
            raise DeliverySetupError(message)
        size += sum(
            len(getattr(given, name).encode("utf-8", "surrogatepass"))
            for name in TEXT_NAMES
        )
    if size > MAX_TEXTS_OCTETS:
        message = f"the texts of all languages have more than {MAX_TEXTS_OCTETS} octets"
        raise DeliverySetupError(message)
