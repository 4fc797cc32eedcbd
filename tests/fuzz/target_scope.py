"""Scopes, as an operator writes them."""

from trying import only_declared_errors, text_of

from credguard.campaigns.scope_text import parse


def one_input(data: bytes) -> None:
    """Read a scope; what was read is written, and reads as it was."""
    with only_declared_errors():
        scope = parse(text_of(data))
        if parse(str(scope)) != scope:
            raise AssertionError
