"""What a release writes beside its passwords, seals, texts and rows."""

import base64
import hashlib
import json
import lzma
from dataclasses import asdict
from itertools import product
from pathlib import Path

from golden_files import HERE

from credguard import Keyring, PasswordHasher
from credguard.campaigns.approver_keys import ApproverKey
from credguard.passwords import CHEAPEST, legacy
from credguard.passwords.legacy import LegacyScheme
from credguard.screening.corpus import (
    CorpusWriter,
    Kind,
    Origin,
    Shape,
    Width,
    asking_news,
    read_lines,
)
from credguard.screening.corpus.journal import Fetched, Journal, Piece, Terms
from credguard.screening.corpus.nt_hash import nt_hash

# Of every bundle, a name once; Firebase's has keys of its own project.
SCHEMES: dict[str, LegacyScheme] = {
    scheme.name: scheme
    for name in legacy.__all__
    if name.isupper()
    for scheme in getattr(legacy, name)
}
SHAPES = list(product(Kind, Width))
SYNCED = "synced"
MESSAGE = b"a message"
ETAGS = {0: 'W/"first"', 0xFFFFF: '"last"', 7: ""}
TERMS = Terms("https://ranges.example", "sha1", "default", 20, 3, 1 << 20, "a stamp")


def wrapped(ring: Keyring) -> list[dict[str, str]]:
    """Return a wrapped hash of every family of schemes, of rows that others wrote."""
    maker = PasswordHasher(
        keyring=ring, work_factor=CHEAPEST, accept=tuple(SCHEMES.values())
    )
    rows = json.loads((HERE / "legacy_rows.json").read_text("utf-8"))
    return [
        {
            "scheme": row["scheme"],
            "password": row.pop("password"),
            "stored": maker.wrap(row.pop("stored"), account_id="77", **row),
        }
        for row in rows
    ]


def approver(key: ApproverKey) -> dict[str, str]:
    """Return both halves of an approver's key, and a signature."""
    return {
        "private": key.reveal(),
        "public": key.public,
        "signature": key.sign(MESSAGE).hex(),
    }


def write_corpora(folder: Path, listed: dict[str, int], place: Path) -> None:
    """Keep a corpus of each kind and width, and one as a sync leaves it."""
    for kind, width in SHAPES:
        made = _corpus(place, listed, Shape(kind, width, 1))
        (folder / f"corpus-{kind}-{width}.xz").write_bytes(made)
    made = _corpus(place, listed, Shape(Kind.SHA1, Width.WHOLE, 20), has_ranges=True)
    (folder / f"corpus-{SYNCED}.xz").write_bytes(made)


def lines_of(listed: dict[str, int], kind: Kind) -> bytes:
    """Return what a downloader would write of *listed*."""
    hashes = {_hash(each, kind).hex().upper(): times for each, times in listed.items()}
    return "".join(f"{each}:{hashes[each]}\n" for each in sorted(hashes)).encode()


def sync_files(listed: dict[str, int], place: Path) -> dict[str, object]:
    """Return the files of a sync that was stopped, and what was seen of a service."""
    folder, state = place / "corpus.sync", place / "etags.json"
    journal = Journal(folder)
    journal.begin(TERMS)
    run = read_lines(lines_of(listed, Kind.SHA1), Shape(Kind.SHA1, Width.DEFAULT, 20))
    with Piece(folder, 0) as piece:
        piece.append(3, Fetched('W/"three"', run))
        piece.append(5, Fetched('W/"five"', None))
    journal.close()
    asking_news._remember(state, Kind.SHA1, ETAGS)
    return {
        "journal": {
            path.name: base64.b64encode(lzma.compress(path.read_bytes())).decode()
            for path in sorted(folder.iterdir())
        },
        "terms": asdict(TERMS),
        "etags.json": state.read_text("utf-8"),
    }


def _hash(password: str, kind: Kind) -> bytes:
    if kind is Kind.NTLM:
        return nt_hash(password)
    return hashlib.sha1(password.encode(), usedforsecurity=False).digest()


def _corpus(
    place: Path, listed: dict[str, int], shape: Shape, *, has_ranges: bool = False
) -> bytes:
    path, origin = place / "one", Origin("a story", source_time=1, built_time=2)
    with CorpusWriter(
        path, shape=shape, expected=3, origin=origin, has_ranges=has_ranges
    ) as writer:
        writer.add(read_lines(lines_of(listed, shape.kind), shape))
        for number, etag in ETAGS.items() if has_ranges else ():
            writer.note_etag(number, etag)
        writer.finish()
    return lzma.compress(path.read_bytes())
