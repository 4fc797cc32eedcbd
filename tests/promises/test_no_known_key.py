"""Keys: none by default, none that anybody knows, and each text names its own."""

import inspect
import re
from pathlib import Path

import pytest

from credguard import CredGuard, Keyring, SecondFactors
from credguard.campaigns.approver_keys import ApproverKey
from credguard.errors import KeyringError, UnknownKeyError
from credguard.incidents import Incidents
from credguard.integrations.keyrings import keyring_of
from credguard.sessions import Journal, Swaps
from proving import Proof, sized

pytestmark = pytest.mark.promise("P23")

ROOT = Path(__file__).parents[2]
LINE = re.compile(r"cgk1,[A-Za-z0-9_.,=-]{20,}|cgas1\.[A-Za-z0-9_-]{43}")
TEXTS = [
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*"), *ROOT.glob("src/**/*"))
    if path.suffix in {".html", ".md", ".py", ".toml", ".yaml", ".yml"}
]
PURPOSES = ("retired hash", "totp seed", "forgotten password, dated", "campaign key")


@pytest.mark.parametrize("kind", [CredGuard, SecondFactors, Incidents, Journal, Swaps])
def test_nothing_has_a_key_of_its_own(kind: type, proof: Proof) -> None:
    """Whatever needs a keyring is handed one."""
    parameter = inspect.signature(kind).parameters["keyring"]
    assert parameter.default is inspect.Parameter.empty
    proof.tried()


@pytest.mark.parametrize("given", [None, "", " ", "secret", "changeme"])
def test_no_setting_stands_for_a_key(
    given: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that sets none is told so, and no secret of its own is taken for one."""
    monkeypatch.delenv("CREDGUARD_KEYRING", raising=False)
    with pytest.raises(KeyringError):
        keyring_of(given, setting="A SETTING")


def test_no_document_shows_a_key_that_could_be_used(proof: Proof) -> None:
    """What could be copied from a page into a forum's settings is refused there."""
    assert len(TEXTS) > 400
    usable = set()
    for path in TEXTS:
        proof.tried()
        for line in LINE.findall(path.read_text("utf-8")):
            reader = Keyring.parse if line.startswith("cgk1") else ApproverKey.parse
            try:
                reader(line)
            except KeyringError:
                continue
            usable.add(path.name)
    assert usable == set()


def test_every_sealed_text_names_its_key_and_outlives_it(proof: Proof) -> None:
    """Through as many rotations as a keyring has room for; a lost key is named."""
    keyring = Keyring.generate()
    sealed: list[tuple[str, str, str]] = []
    rounds = sized(everyday=15, prove=15)
    for turn in range(rounds):
        for purpose in PURPOSES:
            for part in (None, "a factor"):
                text = keyring.seal(b"x", purpose=purpose, owner=f"{turn}", part=part)
                assert text.split(".")[1] == keyring.current.id
                sealed.append((text, purpose, f"{turn}"))
                proof.tried()
        keyring = keyring.rotate()
    for text, purpose, owner in sealed:
        part = "a factor" if text.startswith("cgs2") else None
        again = keyring.reseal(text, purpose=purpose, owner=owner, part=part)
        assert again.split(".")[1] == keyring.current.id
        alone = Keyring(current=keyring.current)
        assert alone.open(again, purpose=purpose, owner=owner, part=part) == b"x"
        with pytest.raises(UnknownKeyError) as unknown:
            alone.open(text, purpose=purpose, owner=owner, part=part)
        assert unknown.value.key_id == text.split(".")[1]


def test_every_drawn_key_is_a_key(proof: Proof) -> None:
    """What refuses keys that somebody knows refuses none that was drawn."""
    for _ in range(sized(everyday=2_000, prove=100_000, nightly=1_000_000)):
        Keyring.generate()
        proof.tried()
