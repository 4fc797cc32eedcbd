"""The texts that people read, and the fenced blocks in them."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
    if "_build" not in path.parts
)
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]

EXECUTED = {"python", "sh"}
SHOWN = {"console", "html", "ini", "json", "sql", "text", "toml", "yaml"}

COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FENCE = re.compile(
    r"^(?P<indent>[ ]*)(?P<ticks>`{3,}|~{3,})(?P<language>[^\n`]*)\n"
    r"(?P<body>.*?)"
    r"^(?P=indent)(?P=ticks)[`~]*[ ]*$",
    re.MULTILINE | re.DOTALL,
)
_NOT_EXECUTED = re.compile(r"<!--\s*not executed:\s*(?P<reason>\S[^>]*?)\s*-->\s*\Z")


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, what it holds, why it is not executed."""

    start: int
    end: int
    language: str
    body: str
    reason: str | None

    @property
    def is_executed(self) -> bool:
        """True if the block is in a language that is executed, and nothing bars it."""
        return self.language in EXECUTED and self.reason is None


def blocks_of(text: str) -> list[Block]:
    """Return the fenced blocks of a Markdown *text* in order."""
    blocks = []
    for found in _FENCE.finditer(text):
        barred = _NOT_EXECUTED.search(text, 0, found.start())
        blocks.append(
            Block(
                start=found.start(),
                end=found.end(),
                language=found["language"].strip(),
                body=found["body"],
                reason=barred["reason"] if barred else None,
            )
        )
    return blocks
