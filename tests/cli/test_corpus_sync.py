import sys
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "screening"))

from upstream import Upstream  # of the neighboring folder

from credguard.cli.app import credguard
from credguard.screening.corpus import Corpus
from credguard.screening.corpus.pieces import SyncPlan

RANGES = 70


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """Serve 70 ranges, and sync no others."""
    plan = partial(SyncPlan, ranges=RANGES)
    monkeypatch.setattr("credguard.cli.corpus_sync.SyncPlan", plan)
    monkeypatch.setattr(
        "credguard.screening.corpus.fetching.Fetcher._pause", lambda *_: None
    )
    with Upstream(RANGES) as upstream:
        yield upstream


def test_a_sync_says_what_it_did(few: Upstream, tmp_path: Path) -> None:
    """How much was fetched, and what the corpus is now."""
    path = tmp_path / "corpus"
    arguments = ["corpus", "sync", few.url, str(path), "--fewest-lines", "0"]
    said = [CliRunner().invoke(credguard, arguments) for _ in range(2)]
    assert [each.exit_code for each in said] == [0, 0]
    assert said[0].output.startswith("70 ranges were fetched, 0 had not changed.\n")
    assert said[1].output.startswith("0 ranges were fetched, 70 had not changed.\n")
    assert few.url in said[0].output
    with Corpus(path) as corpus:
        assert corpus.header.entries == len(few.hashes())


def test_a_sync_that_lacks_ranges_may_be_tried_again(
    few: Upstream, tmp_path: Path
) -> None:
    """The status says so, and the text which ones."""
    few.change = lambda number, answer: (502, b"", {}) if number == 3 else answer
    arguments = ["corpus", "sync", few.url, str(tmp_path / "corpus")]
    done = CliRunner().invoke(credguard, [*arguments, "--fewest-lines", "0"])
    assert done.exit_code == 75
    assert "1 range could not be fetched: 00003 (bad_status);" in done.output


@pytest.mark.parametrize("url", ["", "ranges.example", "ftp://ranges.example"])
def test_an_address_that_is_none_is_told(url: str, tmp_path: Path) -> None:
    """Before anything is made, but for a folder that is in nobody's way."""
    arguments = ["corpus", "sync", url, str(tmp_path / "corpus")]
    done = CliRunner().invoke(credguard, arguments)
    assert done.exit_code == 78
    assert "a range service's address is like" in done.output


def test_a_proxy_with_a_password_stands_in_the_environment(
    few: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others can read a command line; from the environment it is asked."""
    arguments = ["corpus", "sync", few.url, str(tmp_path / "corpus")]
    proxy = few.url.replace("//", "//somebody:s3cret-of-a-proxy@")
    refused = CliRunner().invoke(credguard, [*arguments, "--proxy", proxy])
    assert refused.exit_code == 78
    assert "into the environment as CREDGUARD_PROXY" in refused.output
    assert "s3cret" not in refused.output
    monkeypatch.setenv("CREDGUARD_PROXY", proxy)
    done = CliRunner().invoke(credguard, [*arguments, "--fewest-lines", "0"])
    assert done.exit_code == 0
    known = b64encode(b"somebody:s3cret-of-a-proxy").decode()
    assert few.credentials == {f"Basic {known}"}
