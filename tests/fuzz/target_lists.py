"""Lists that an operator hands in: hashes to be audited, accounts, addresses."""

import io

from trying import text_of

from credguard.campaigns.lists import AccountList
from credguard.screening.corpus.hash_lists import batches_of
from credguard.screening.corpus.layout import Kind


def one_input(data: bytes) -> None:
    """Read the data as each kind of list."""
    lines = data.splitlines(keepends=True)
    for kind in Kind:
        for batch in batches_of(io.BytesIO(data), kind):
            found, odd = divmod(len(batch.digests), kind.hash_bytes)
            if odd or found + batch.unread > len(lines):
                raise AssertionError
            if batch.ids and len(batch.ids) != found:
                raise AssertionError
    texts = text_of(data).split("\n")
    for made in (AccountList.of(texts), AccountList.of_addresses(texts)):
        if len(made.digest) != 64:
            raise AssertionError
