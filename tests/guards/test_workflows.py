"""What the public CI service runs is pinned, and may do no more than it needs."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sources import ROOT

from proving import Proof

pytestmark = pytest.mark.promise("P24")

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w.-]+(/[\w./-]+)?@[0-9a-f]{40} # v\d+\.\d+\.\d+")
USED = re.compile(r"^\s*(?:- )?uses:\s*(.+?)\s*$", re.MULTILINE)
# Which job may write what, and nothing else may write anything.
WRITES = {
    ("release.yml", "attest"): {"attestations", "id-token"},
    ("release.yml", "publish"): {"id-token"},
}
# A text of others in a script is run by the shell; in `env:` it is a text.
FOREIGN = re.compile(r"\$\{\{")


def jobs_of(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the jobs of a workflow with their names."""
    workflow = yaml.safe_load(path.read_text("utf-8"))
    yield from workflow["jobs"].items()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned(path: Path, proof: Proof) -> None:
    """An action is named by the 40 digits of a commit, its version beside it."""
    used = USED.findall(path.read_text("utf-8"))
    proof.tried(len(used))
    assert used
    assert [each for each in used if not PINNED.fullmatch(each)] == []


def test_an_action_has_one_commit() -> None:
    """No two workflows pin the same action to different commits."""
    pins: dict[str, set[str]] = {}
    for path in WORKFLOWS:
        for used in USED.findall(path.read_text("utf-8")):
            name, _, commit = used.partition("@")
            pins.setdefault(name, set()).add(commit)
    assert {name: sorted(each) for name, each in pins.items() if len(each) > 1} == {}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_job_may_do_more_than_it_needs(path: Path, proof: Proof) -> None:
    """Nothing is allowed to the workflow, and to a job what the table above says."""
    workflow = yaml.safe_load(path.read_text("utf-8"))
    assert workflow["permissions"] == {}
    for name, job in jobs_of(path):
        proof.tried()
        allowed = job["permissions"]
        assert set(allowed.values()) <= {"read", "write"}, name
        writes = {what for what, how in allowed.items() if how == "write"}
        assert writes == WRITES.get((path.name, name), set()), name
        assert set(allowed) - writes <= {"contents"}, name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_job_runs_on_for_ever_or_keeps_credentials(path: Path) -> None:
    """Each job has an end, and a checkout leaves no token behind."""
    for name, job in jobs_of(path):
        assert 0 < job["timeout-minutes"] <= 360, name
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_foreign_text_is_run(path: Path) -> None:
    """A script holds no expression: what comes from outside comes as a variable."""
    for name, job in jobs_of(path):
        scripts = [step["run"] for step in job["steps"] if "run" in step]
        assert [each for each in scripts if FOREIGN.search(each)] == [], name


def test_what_is_published_was_built_twice_and_attested() -> None:
    """The publishing job waits for the two builds and for the attestations."""
    (path,) = (each for each in WORKFLOWS if each.name == "release.yml")
    jobs = dict(jobs_of(path))
    assert set(jobs["publish"]["needs"]) >= {"build", "attest"}
    assert set(jobs["attest"]["needs"]) >= {"build", "bill"}
    scripts = " ".join(step.get("run", "") for step in jobs["build"]["steps"])
    assert scripts.count("hatchling build") == 2
    assert "diff --recursive" in scripts
    assert "secrets." not in path.read_text("utf-8")
