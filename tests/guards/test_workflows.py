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


SERVICES = {"postgres", "mariadb", "redis", "rabbitmq"}
SERVERS = {
    f"CREDGUARD_TEST_{name}" for name in ("POSTGRES", "MARIADB", "REDIS", "RABBITMQ")
}
BILL = "credguard.cdx.json"
BY_NIGHT = [
    "make prove",
    "make fuzz",
    "make modes",
    "--suite",
    "make oldest",
    "benchmarks.mutants",
    "make trial-kills",
    "make bench-timing",
]


def jobs_of(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the jobs of a workflow with their names."""
    workflow = yaml.safe_load(path.read_text("utf-8"))
    yield from workflow["jobs"].items()


def jobs_named(name: str) -> dict[str, dict[str, Any]]:
    """Return the jobs of the workflow in a file of this name."""
    return dict(jobs_of(ROOT / ".github" / "workflows" / name))


def script(job: dict[str, Any]) -> str:
    """Return all that a job runs."""
    return "\n".join(step["run"] for step in job["steps"] if "run" in step)


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


def test_what_is_published_was_proved_built_twice_and_attested() -> None:
    """The publishing job waits for the proofs, the two builds and the attestations."""
    jobs = jobs_named("release.yml")
    assert set(jobs["publish"]["needs"]) >= {"prove", "build", "attest"}
    assert set(jobs["attest"]["needs"]) >= {"build", "bill"}
    assert jobs["bill"]["needs"] == "build"
    scripts = script(jobs["build"])
    assert scripts.count("hatchling build") == 2
    assert "diff --recursive" in scripts
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")
    assert "secrets." not in text


def test_a_release_passes_what_a_change_passes_and_the_promises() -> None:
    """With all servers, of which none may be missing."""
    prove = jobs_named("release.yml")["prove"]
    assert {".ci/run", "make prove"} <= {step.get("run") for step in prove["steps"]}
    assert set(prove["services"]) == SERVICES
    assert set(prove["env"]) >= SERVERS
    assert not prove.get("continue-on-error")


def test_a_release_is_attested_with_its_parts() -> None:
    """Each file's origin, and the list of its parts, which the job before made."""
    jobs = jobs_named("release.yml")
    given = [
        step["with"]
        for step in jobs["attest"]["steps"]
        if step.get("uses", "").startswith("actions/attest@")
    ]
    assert [each["subject-path"] for each in given] == ["dist/*", "dist/*"]
    assert [each.get("sbom-path") for each in given] == [None, BILL]
    (made,) = (step["run"] for step in jobs["bill"]["steps"] if "run" in step)
    assert "cyclonedx-py environment" in made
    assert f"--output-file {BILL}" in made
    kept = [
        step["with"].get("path") for step in jobs["bill"]["steps"] if "with" in step
    ]
    assert BILL in kept
    (published,) = (
        step
        for step in jobs["publish"]["steps"]
        if step["uses"].startswith("pypa/gh-action-pypi-publish@")
    )
    assert published["with"]["attestations"] is True


@pytest.mark.parametrize("name", ["check", "prove", "oldest"])
def test_tests_have_all_servers(name: str) -> None:
    """A test that finds no server is skipped; where it runs for us, it is there."""
    jobs = jobs_named("ci.yml") | jobs_named("nightly.yml")
    assert set(jobs[name]["services"]) == SERVICES
    assert set(jobs[name]["env"]) >= SERVERS


@pytest.mark.parametrize("command", BY_NIGHT)
def test_what_takes_long_runs_by_night(command: str) -> None:
    """Nothing that a page says is tried now and then is tried by nobody."""
    jobs = jobs_named("nightly.yml").values()
    assert [job for job in jobs if command in script(job)]


@pytest.mark.parametrize("name", ["dev", "oldest", "release", "fuzz"])
def test_advisories_are_asked_for(name: str) -> None:
    """All that is pinned is looked up, the oldest set too."""
    jobs = jobs_named("nightly.yml")
    asked = script(jobs["advisories"]) + script(jobs["oldest-advisories"])
    assert f"--requirement requirements/{name}.txt" in asked.split("pip_audit", 1)[1]
