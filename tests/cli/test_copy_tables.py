"""`credguard tables copy`."""

from commands import Terminal


def test_the_command_says_what_was_copied(terminal: Terminal) -> None:
    """And refuses what cannot work."""
    assert terminal.type("tables", "copy").status == 78
    said = terminal.type("tables", "copy", "--to", "postgresql://me:secret@db/x")
    assert said.status == 78
    assert "secret" not in said.err
    assert "CREDGUARD_TARGET_DATABASE" in said.err
    said = terminal.type("tables", "copy", "--to", "sqlite:///other.db")
    assert said.status == 0, said.err
    assert "audit log of the copy verifies" in said.out
    said = terminal.type("tables", "copy", "--to", "sqlite:///other.db")
    assert said.status == 78
    assert "empty database" in said.err
