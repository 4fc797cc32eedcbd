"""Secrets that are looked for, and the forms in which they could be found."""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

LENGTH = 24
_SHORT = 8  # what is shorter is found by accident, unless it stands alone


def fresh(name: str) -> str:
    """Return a text that stands nowhere else, and says which it is when found."""
    return f"{name[:4]}+{secrets.token_urlsafe(LENGTH)}"[:LENGTH]


@dataclass(frozen=True)
class Canaries:
    """
    Secrets by their names, each with all the forms that give it away.

    Args:
        texts: The secrets.
    """

    texts: Mapping[str, str]

    def __post_init__(self) -> None:
        forms = {form: name for name, text in self.texts.items() for form in _of(text)}
        long = sorted((each for each in forms if len(each) > _SHORT), reverse=True)
        short = sorted(each for each in forms if len(each) <= _SHORT)
        object.__setattr__(self, "_names", forms)
        object.__setattr__(self, "_long", re.compile("|".join(map(re.escape, long))))
        alone = "|".join(map(re.escape, short)) or r"(?!)"
        object.__setattr__(
            self, "_alone", re.compile(rf"(?<![\w.+:-])(?:{alone})(?![\w.])")
        )

    def in_text(self, text: str) -> set[str]:
        """Return the names of the secrets that *text* gives away."""
        names: dict[str, str] = self._names  # type: ignore[attr-defined]  # as made
        found: Iterable[str] = self._long.findall(text)  # type: ignore[attr-defined]
        alone: Iterable[str] = self._alone.findall(text)  # type: ignore[attr-defined]
        return {names[each] for each in (*found, *alone)}

    def in_bytes(self, data: bytes) -> set[str]:
        """Return the names of the secrets that *data* gives away, in any encoding."""
        found = self.in_text(data.decode("latin-1"))
        for name, text in self.texts.items():
            for coding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le"):
                if len(text) > _SHORT and text.encode(coding) in data:
                    found.add(name)
        return found


def _of(text: str) -> set[str]:
    """Return the forms in which *text* is still the secret."""
    data = text.encode("utf-8", "surrogatepass")
    if len(text) <= _SHORT:
        return {text}
    sha1 = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    forms = {
        text,
        repr(text)[1:-1],
        text.upper(),
        text.lower(),
        text[::-1],
        quote(text),
        quote(text, safe=""),
        data.hex(),
        data.hex().upper(),
        text.encode("utf-16-le", "surrogatepass").hex(),
        sha1,
        sha1.upper(),
        base64.b32encode(data).decode().rstrip("="),
    }
    for skipped in range(3):
        # Wherever it begins within a longer text that is coded as a whole.
        coded = base64.b64encode(
            data[skipped : skipped + (len(data) - skipped) // 3 * 3]
        )
        forms |= {coded.decode(), coded.decode().translate(_TO_URL)}
    return forms


_TO_URL = str.maketrans("+/", "-_")
