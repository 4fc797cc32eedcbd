import stat
from pathlib import Path

from commands import Terminal

from credguard import Keyring


def test_keygen_prints_a_keyring(tmp_path: Path) -> None:
    """What is printed is one line that parses, and each time another."""
    terminal = Terminal(tmp_path)
    first, second = terminal.type("keygen"), terminal.type("keygen")
    assert first.status == 0
    assert first.out.count("\n") == 1
    assert Keyring.parse(first.out).ids != Keyring.parse(second.out).ids


def test_rotation_keeps_the_old_keys(tmp_path: Path) -> None:
    """The next keyring has a new current key and opens what the old one sealed."""
    old = Keyring.generate()
    sealed = old.seal(b"x", purpose="p", owner="o")
    terminal = Terminal(tmp_path, {"CREDGUARD_KEYRING": old.reveal()})
    new = Keyring.parse(terminal.type("keygen", "--rotate").out)
    assert new.current.id != old.current.id
    assert new.open(sealed, purpose="p", owner="o") == b"x"


def test_a_keyring_file_is_private_and_never_overwritten(tmp_path: Path) -> None:
    """The file can be read by its owner alone, and a second keygen refuses."""
    terminal = Terminal(tmp_path)
    assert terminal.type("keygen", "--out", "keys").status == 0
    file = tmp_path / "keys"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_text()
    again = terminal.type("keygen", "--out", "keys")
    assert again.status == 78
    assert "exists" in again.err
    assert file.read_text() == before


def test_rotating_without_a_keyring_names_the_remedy(tmp_path: Path) -> None:
    """The error says where the keyring is looked for."""
    said = Terminal(tmp_path).type("keygen", "--rotate")
    assert said.status == 78
    assert "CREDGUARD_KEYRING" in said.err
    assert "Traceback" not in said.err


def test_a_mistyped_keyring_is_not_repeated(tmp_path: Path) -> None:
    """The error for a damaged keyring does not show it."""
    line = Keyring.generate().reveal()
    terminal = Terminal(tmp_path, {"CREDGUARD_KEYRING": line[:-1]})
    said = terminal.type("keygen", "--rotate")
    assert said.status == 78
    assert line[20:40] not in said.err + said.out
