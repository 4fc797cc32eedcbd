"""Links from one document to another lead somewhere."""

import re
from pathlib import Path

import pytest
from documents import COMMENT, DOCUMENTS, NAMES, blocks_of

LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
ELSEWHERE = re.compile(r"[a-z]+:|#")


def prose_of(text: str) -> str:
    """Return a Markdown *text* without its blocks and comments."""
    for block in reversed(blocks_of(text)):
        text = text[: block.start] + text[block.end :]
    return COMMENT.sub("", text)


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_links_to_files_lead_somewhere(path: Path) -> None:
    """Every relative link of a document names a file that exists."""
    for found in LINK.finditer(prose_of(path.read_text("utf-8"))):
        target = found["target"].partition("#")[0]
        if not ELSEWHERE.match(found["target"]):
            assert (path.parent / target).exists(), found["target"]
