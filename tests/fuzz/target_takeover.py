"""The rows of other systems' second factors."""

import base64
import io
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from taking import drain
from trying import text_of

from credguard.second_factor import takeover
from credguard.second_factor.takeover import (
    FernetKeys,
    Imported,
    Refused,
    Row,
    lines_of,
    rows_of_csv,
    rows_of_json,
)

Read = Callable[[Iterable[Row]], Iterator[Imported | Refused]]
WALLET = {"1": b"secret"}
KEYS = FernetKeys([base64.urlsafe_b64encode(bytes(32))])
READERS: dict[str, Read] = {
    name: getattr(takeover, name)
    for name in takeover.__all__
    if name.startswith("read_")
} | {
    "read_passlib": partial(takeover.read_passlib, wallet=WALLET),
    "read_flask_security": partial(
        takeover.read_flask_security, wallet=WALLET, code_keys=KEYS
    ),
    "read_fernet": partial(takeover.read_fernet, keys=KEYS),
}
MOST_ROWS = 20


def one_input(data: bytes) -> None:
    """Read the data as lines of JSON and of CSV, by every reader."""
    lines = list(lines_of(io.StringIO(text_of(data))))
    rows = [*rows_of_json(lines)][:MOST_ROWS] + [*rows_of_csv(lines)][:MOST_ROWS]
    for read in READERS.values():
        drain(read(rows))
