"""
One cheap stored row of every format, of a password that is known.

The rows of `stored_rows.jsonl` are the cheapest vectors of `tests/passwords/legacy`,
where the source of each stands, and where none is cheap, what the scheme itself makes
of "correct horse" with the least work that its format can name.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from credguard.passwords import legacy
from credguard.passwords.legacy.discourse import DiscoursePbkdf2
from credguard.passwords.legacy.firebase import (
    FirebaseBcrypt,
    FirebaseDigest,
    FirebaseHmac,
    FirebasePbkdf2,
    FirebaseStandardScrypt,
)
from credguard.passwords.legacy.scheme import Beside, LegacyScheme
from credguard.passwords.work_factor import Ceilings

PATH = Path(__file__).with_suffix(".jsonl")

BUNDLED: tuple[LegacyScheme, ...] = tuple(
    scheme
    for name in legacy.__all__
    if name.isupper()
    for scheme in getattr(legacy, name)
)
# What a site sets up for itself.
SET_UP: tuple[LegacyScheme, ...] = (
    DiscoursePbkdf2(iterations=3),
    FirebaseBcrypt(),
    FirebaseDigest("md5", is_salt_first=True),
    FirebaseHmac("sha1", key="a2V5", is_salt_first=True),
    FirebasePbkdf2("sha256", rounds=1),
    FirebaseStandardScrypt(memory_cost=2, block_size=8, parallelization=1),
)
# Above what the rows ask for, and low enough for nothing to take long.
LOW = Ceilings(
    argon2_memory_kib=1_024,
    argon2_passes=4,
    argon2_lanes=4,
    pbkdf2_iterations=20_000,
    bcrypt_cost=6,
    scrypt_bytes=2**21,
    crypt_rounds=5_000,
    phpass_rounds=4_096,
)
# An OpenSSL without MD4 is common; its rows are declared unreadable then.
MAY_BE_REFUSED = frozenset({"auth0:md4", "kratos:hmac_md4"})


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A stored text, what stands beside it, and the password that it is of."""

    scheme: LegacyScheme
    stored: str
    password: str
    beside: Beside


@cache
def stored_rows() -> tuple[StoredRow, ...]:
    """Return a row of every legacy format."""
    by_name = {scheme.name: scheme for scheme in (*BUNDLED, *SET_UP)}
    lines = PATH.read_text(encoding="utf-8").splitlines()
    return tuple(
        StoredRow(
            by_name[line["scheme"]],
            line["stored"],
            line["password"],
            Beside(salt=line.get("salt"), username=line.get("username")),
        )
        for line in map(json.loads, lines)
    )
