"""`credguard keygen`: make a keyring, or the next one."""

import os
from pathlib import Path

import click

from credguard.cli.options import keyring_option
from credguard.cli.settings import read_keyring
from credguard.errors import KeyringError
from credguard.keys import Keyring

_PRIVATE = 0o600
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


@click.command()
@click.option("--rotate", is_flag=True, help="Make a new current key, keep the others.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it to a new file that only you can read, instead of printing it.",
)
@keyring_option
def keygen(*, rotate: bool, out: Path | None, keyring_file: Path | None) -> None:
    """
    Print a new keyring: one line, the secret that everything is sealed with.

    Keep it where the forum keeps its secrets, and apart from the database. With
    --rotate, print the present keyring with a new current key; the old ones stay
    on it and open what they sealed.
    """
    keyring = read_keyring(keyring_file).rotate() if rotate else Keyring.generate()
    write_keyring(keyring, out)


def write_keyring(keyring: Keyring, out: Path | None) -> None:
    """
    Print a keyring, or write it to a new file that only its owner can read.

    Raises:
        KeyringError: The file cannot be made, or is there already.
    """
    if out is None:
        click.echo(keyring.reveal())
        return
    try:
        # Made private from the first byte on, and never over another file.
        os.close(os.open(out, _NEW, _PRIVATE))
    except OSError as error:
        message = f"the file cannot be made: {error.strerror}"
        raise KeyringError(message) from None
    try:
        _fill(out, keyring.reveal() + "\n")
    except OSError as error:
        out.unlink(missing_ok=True)
        message = f"the keyring cannot be written: {error.strerror}; nothing was kept"
        raise KeyringError(message) from None
    click.echo(f"keyring with current key {keyring.current.id} written to {out}")


def _fill(out: Path, text: str) -> None:
    # In one step: a line that was cut between two keys is a keyring without the
    # last ones, and nothing in it tells.
    beside = out.with_name(f"{out.name}.new")
    try:
        beside.unlink(missing_ok=True)  # of a run that was killed
        with os.fdopen(os.open(beside, _NEW, _PRIVATE), "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, out)  # noqa: PTH105  # the atomic one
    except OSError:
        beside.unlink(missing_ok=True)
        raise
