"""Writes docs/cli.md from the commands themselves: python docs/cli_reference.py."""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from credguard.cli.app import credguard

FILE = Path(__file__).with_name("cli.md")
HEAD = """# The command

`pip install 'credguard[cli]'`. Inside Django it is `manage.py credguard`, inside Flask
`flask credguard`, both on the host's own settings. Each command has `--help`.

A command ends with 0 when it did what it was asked; with 75 when something is away or
busy, so that it can be tried again; with 78 when a setting is wrong, and the text says
which; with 1 when it refused; and with 2 when the command line is no such command.

<!-- written by docs/cli_reference.py; a test compares -->
"""


def text() -> str:
    """Return the whole page."""
    return HEAD + "".join(_parts(credguard, ["credguard"])) + "\n"


def _parts(command: click.Command, path: list[str]) -> Iterator[str]:
    if isinstance(command, click.Group):
        if len(path) > 1:
            yield f"\n## {' '.join(path)}\n\n{_prose(command)}\n"
        for name in sorted(command.commands):
            yield from _parts(command.commands[name], [*path, name])
        return
    yield f"\n### {' '.join(path)}\n\n{_prose(command)}\n\n"
    context = click.Context(command, info_name=" ".join(path), terminal_width=80)
    yield f"```text\n{command.get_usage(context)}\n```\n"
    rows = [found for each in command.params if (found := _row(each, context))]
    if rows:
        yield "\n| option | what |\n|---|---|\n" + "".join(rows)


def _prose(command: click.Command) -> str:
    paragraphs = (command.help or "").replace("\b\n", "").split("\n\n")
    return "\n\n".join(re.sub(r"\s+", " ", each).strip() for each in paragraphs)


def _row(parameter: click.Parameter, context: click.Context) -> str | None:
    if not isinstance(parameter, click.Option) or parameter.hidden:
        return None
    record = parameter.get_help_record(context)
    if record is None:
        return None
    name, help_text = (re.sub(r"\s+", " ", part).replace("|", "\\|") for part in record)
    return f"| `{name}` | {help_text} |\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
