"""What all targets share: the one oracle, and data taken apart."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256

from credguard.errors import CredguardError
from credguard.keys import Key, Keyring

KEYRING = Keyring(current=Key(sha256(b"a key for tests").digest()))


@contextmanager
def only_declared_errors() -> Iterator[None]:
    """Let declared errors end the block; whatever else leaves it is a finding."""
    with suppress(CredguardError):
        yield


def text_of(data: bytes) -> str:
    """Return any text: what is no UTF-8 becomes lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def fields_of(data: bytes, count: int) -> list[str]:
    """Return *count* texts; those that are parted by no line end are empty."""
    fields = text_of(data).split("\n", count - 1)
    return fields + [""] * (count - len(fields))
