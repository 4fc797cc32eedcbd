"""Every reader of other systems' rows, with what some of them need beside the rows."""

import base64
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from credguard.second_factor import takeover
from credguard.second_factor.takeover import FernetKeys, Imported, Refused, Row

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
