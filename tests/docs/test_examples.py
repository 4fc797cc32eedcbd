"""
The examples that people read, executed.

In each document the blocks marked `sh` and `python` run in order, in one
temporary folder. The shell's exported variables and its folder go on from block
to block, and Python sees both. An HTML comment `not executed: the reason`
directly above a block bars it.
"""

import doctest
import importlib
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from documents import (
    COMMENT,
    DOCUMENTS,
    EXECUTED,
    NAMES,
    ROOT,
    SHOWN,
    blocks_of,
)
from sybil import Document, Example
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

PATIENCE_SECONDS = 300
DEAD_PROXY = "http://127.0.0.1:9"  # the discard port: nothing outside is reached
REACHES_OUT = re.compile(r"\b(git clone|pip3? install|apt(-get)? install|make [a-z])")


class Shell:
    """Evaluates `sh` blocks one after the other, as one person would type them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._state = folder / "state"
        self._state.mkdir(parents=True)
        self._monkeypatch = monkeypatch
        home = folder / "home"
        home.mkdir()
        for name, value in {
            "HOME": str(home),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "LC_ALL": "C.UTF-8",
            "NO_COLOR": "1",
            "http_proxy": DEAD_PROXY,
            "https_proxy": DEAD_PROXY,
            "no_proxy": "127.0.0.1,localhost,::1",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(home)

    def __call__(self, example: Example) -> str | None:
        """Run one block; return what went wrong, None if nothing did."""
        leave = f"trap 'env -0 > {self._state}/env; pwd > {self._state}/folder' EXIT\n"
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", leave + example.parsed],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            encoding="utf-8",
            timeout=PATIENCE_SECONDS,
        )
        if ended.returncode:
            return f"ended with {ended.returncode}:\n{example.parsed}\n{ended.stdout}"
        self._carry_over()
        return None

    def _carry_over(self) -> None:
        left = dict(
            line.split("=", 1)
            for line in (self._state / "env").read_text("utf-8").split("\0")
            if "=" in line
        )
        for name in os.environ.keys() - left.keys():
            self._monkeypatch.delenv(name)
        for name, value in left.items():
            if os.environ.get(name) != value:
                self._monkeypatch.setenv(name, value)
        folder = (self._state / "folder").read_text("utf-8").removesuffix("\n")
        self._monkeypatch.chdir(folder)


def execute(path: Path, shell: Shell) -> int:
    """Run the examples of the document at *path*; return how many there were."""
    document = Document.parse(
        str(path), CodeBlockParser("sh", shell), PythonCodeBlockParser()
    )
    document.namespace["__name__"] = "__main__"
    barred = [block for block in blocks_of(document.text) if not block.is_executed]
    done = 0
    for example in document.examples():
        if not any(block.start <= example.start < block.end for block in barred):
            example.evaluate()
            done += 1
    return done


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_the_examples_of_a_document_work(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every block of a document that is to be executed succeeds, in order."""
    expected = sum(block.is_executed for block in blocks_of(path.read_text("utf-8")))
    done = execute(path, Shell(tmp_path, monkeypatch))
    assert done >= expected  # a block of doctests holds several examples


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_every_block_says_what_it_is(path: Path) -> None:
    """A block's language is one that is executed or one that is known to be shown."""
    for block in blocks_of(path.read_text("utf-8")):
        is_directive = block.language.startswith("{")
        assert is_directive or block.language in EXECUTED | SHOWN, block.body
        assert block.reason is None or block.language in EXECUTED, block.body


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_no_example_hides_in_a_comment(path: Path) -> None:
    """What is executed can be read: no HTML comment holds code."""
    for comment in COMMENT.findall(path.read_text("utf-8")):
        assert "```" not in comment, comment
        assert "code-block" not in comment, comment


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_executed_blocks_do_not_reach_out(path: Path) -> None:
    """A block that clones, installs or builds says why it is not executed."""
    for block in blocks_of(path.read_text("utf-8")):
        if block.is_executed and block.language == "sh":
            assert not REACHES_OUT.search(block.body), block.body


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_commands_that_are_not_executed_exist(path: Path) -> None:
    """Every make target and every extra that a document names is there."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = set(project["optional-dependencies"])
    text = COMMENT.sub("", path.read_text("utf-8"))
    assert set(re.findall(r"^(?:    |`)?make ([a-z-]+)", text, re.MULTILINE)) <= targets
    for named in re.findall(r"credguard\[([a-z, ]+)\]", text):
        assert {name.strip() for name in named.split(",")} <= extras


def test_the_examples_in_docstrings_work() -> None:
    """Every doctest in a module of ours prints what it says."""
    for path in (ROOT / "src").rglob("*.py"):
        if re.search(r"^\s*>>> ", path.read_text("utf-8"), re.MULTILINE):
            parts = path.relative_to(ROOT / "src").with_suffix("").parts
            name = ".".join(parts).removesuffix(".__init__")
            results = doctest.testmod(importlib.import_module(name))
            assert results.attempted, name
            assert not results.failed, name


def test_shell_blocks_share_folder_and_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one block exports and where it goes is there in the next, and in Python."""
    path = tmp_path / "page.md"
    path.write_text(
        "```sh\nexport FRUIT='a pear'\nmkdir basket\ncd basket\n```\n"
        '```sh\necho "$FRUIT" > fruit\n```\n'
        "```python\nimport os, pathlib\n"
        "fruit = pathlib.Path('fruit').read_text('utf-8').strip()\n"
        "if fruit != os.environ['FRUIT']:\n    raise LookupError(fruit)\n```\n"
        "```python\n>>> fruit\n'a pear'\n```\n",
        "utf-8",
    )
    assert execute(path, Shell(tmp_path, monkeypatch)) == 4


@pytest.mark.parametrize(
    "block",
    [
        "```sh\nfalse\ntrue\n```",
        "```sh\ncat not-there | wc -l\n```",
        '```sh\necho "$NOT_SET"\n```',
        "```python\nraise RuntimeError\n```",
        "```python\n>>> 1 + 1\n3\n```",
    ],
)
def test_a_wrong_example_is_found(
    block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A block that fails in any line fails the document, unless it is barred."""
    path = tmp_path / "page.md"
    path.write_text(f"Text.\n\n{block}\n", "utf-8")
    with pytest.raises((AssertionError, RuntimeError)):
        execute(path, Shell(tmp_path, monkeypatch))
    path.write_text(f"<!-- not executed: it is wrong -->\n{block}\n", "utf-8")
    assert execute(path, Shell(tmp_path / "again", monkeypatch)) == 0
