"""`credguard campaign destroy-key`: asked for by name, and done once."""

from commands import Terminal
from test_campaign import started


def test_the_key_is_destroyed_by_who_types_the_campaigns_id(terminal: Terminal) -> None:
    """Anything else leaves it; afterwards an abort is refused with the reason."""
    name = started(terminal, "scheme('django:md5')")
    said = terminal.type("campaign", "destroy-key", name, answer="yes\n")
    assert said.status == 1
    assert "nothing was destroyed" in said.err
    said = terminal.type("campaign", "destroy-key", name, answer=f"{name}\n")
    assert said.status == 0, said.err
    said = terminal.type("campaign", "abort", name, "--reason", "x", "--yes")
    assert said.status == 1
    assert "destroyed" in said.err
    assert terminal.type("campaign", "destroy-key", name, "--yes").status == 1
