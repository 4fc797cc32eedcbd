import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.screening.corpus import Kind, hash_lists
from credguard.screening.corpus.hash_lists import Batch, batch_of, batches_of

A, B = bytes(range(20)), bytes(range(20, 40))
NT, LM = bytes(range(16)), bytes(range(16, 32))
TWO = ("alice", "bob")
LDAP = "{SHA}" + base64.b64encode(A).decode()


@pytest.mark.parametrize(
    ("text", "kind", "batch"),
    [
        (f"{A.hex()}\n{B.hex().upper()}\r\n", Kind.SHA1, Batch(A + B)),
        (f"{NT.hex()}", Kind.NTLM, Batch(NT)),
        (
            f"alice:{A.hex()}\nbob:{B.hex()}\n",
            Kind.SHA1,
            Batch(A + B, ("alice", "bob")),
        ),
        (f"7:x:{A.hex()}\n", Kind.SHA1, Batch(A, ("7",))),
        (
            f"alice:1001:{LM.hex()}:{NT.hex()}:::\nbob:1002::{NT.hex()}:::",
            Kind.NTLM,
            Batch(NT + NT, ("alice", "bob")),
        ),
        (f"{A.hex()[:38]}\n{A.hex()}00\n", Kind.SHA1, Batch(b"", unread=2)),
        (f"{A.hex()}\n{A.hex()[:38]}  \n", Kind.SHA1, Batch(A, unread=1)),
        (f"7:x:{NT.hex()}", Kind.NTLM, Batch(NT, ("7",))),
        (f"alice:1001:{LM.hex()}:{NT.hex()}:", Kind.NTLM, Batch(NT, ("alice",))),
        (f"alice:{NT.hex()}", Kind.NTLM, Batch(NT, ("alice",))),
        (f"{A.hex()}\n\n{NT.hex()}\nx\n", Kind.SHA1, Batch(A, unread=2)),
        (f"alice:sha1$${A.hex()}", Kind.SHA1, Batch(A, ("alice",))),
        (f"alice:sha1$salt${A.hex()}", Kind.SHA1, Batch(b"", unread=1)),
        (
            "alice:{SHA}" + base64.b64encode(A).decode(),
            Kind.SHA1,
            Batch(A, ("alice",)),
        ),
        (
            "alice:{SHA}" + base64.b64encode(NT).decode(),
            Kind.SHA1,
            Batch(b"", unread=1),
        ),
        (f"alice:{LDAP[:5]}*{LDAP[5:]}", Kind.SHA1, Batch(b"", unread=1)),
        (LDAP.replace("SHA", "MD5"), Kind.SHA1, Batch(b"", unread=1)),
        (
            "{SHA}" + base64.b64encode(NT).decode(),
            Kind.NTLM,
            Batch(b"", unread=1),
        ),
        ("alice:{SHA}*", Kind.SHA1, Batch(b"", unread=1)),
        ("alice:{SHA}AAAA", Kind.NTLM, Batch(b"", unread=1)),
        ("ü" * 20 + "\n" + A.hex(), Kind.SHA1, Batch(A, unread=1)),
        (
            " " * 3 + "\n" + A.hex()[:39] + "\n" + A.hex() + "0",
            Kind.SHA1,
            Batch(b"", unread=2),
        ),
    ],
)
def test_hashes_are_found_in_their_columns(text: str, kind: Kind, batch: Batch) -> None:
    """Plain lines, ids before hashes, pwdump's columns; others are counted."""
    assert list(batches_of(text.encode().splitlines(keepends=True), kind)) == [batch]


def test_a_list_comes_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long list is never held whole."""
    monkeypatch.setattr(hash_lists, "BATCH", 2)
    found = list(batches_of([A.hex().encode() + b"\n"] * 5, Kind.SHA1))
    assert [len(each.digests) // 20 for each in found] == [2, 2, 1]
    assert list(batches_of([], Kind.SHA1)) == []


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_plain_hashes_are_not_looked_at_one_by_one(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of a million is read at once; only columns cost a look at each line."""
    monkeypatch.setattr(hash_lists, "batch_of", None)
    text = f"{A.hex()}\n{B.hex()}\n{A.hex()}{end}".encode()
    found = list(batches_of(text.splitlines(keepends=True), Kind.SHA1))
    assert found == [Batch(A + B + A)]


def test_a_batch_has_32768_lines() -> None:
    """Some two megabytes of text at a time, whatever the list's length."""
    found = list(batches_of([A.hex().encode() + b"\n"] * 32_769, Kind.SHA1))
    assert [len(each.digests) // 20 for each in found] == [32_768, 1]


def test_rows_of_a_table_keep_their_ids() -> None:
    """A row without a password, or with another hash, is unread."""
    rows = [("1", A.hex()), ("2", None), ("3", "argon2$x"), ("4", B.hex())]
    assert batch_of(rows, Kind.SHA1) == Batch(A + B, ("1", "4"), unread=2)


@given(st.binary(max_size=200), st.sampled_from(Kind))
def test_any_bytes_can_be_audited(data: bytes, kind: Kind) -> None:
    """Nothing is raised, and all digests are of the kind's length."""
    for batch in batches_of(data.splitlines(keepends=True), kind):
        assert len(batch.digests) % kind.hash_bytes == 0
        assert len(batch.ids) in {0, len(batch.digests) // kind.hash_bytes}
