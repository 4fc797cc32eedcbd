"""The systems that second factors come from, and the files that they come in."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from credguard.cli.settings import Settings
from credguard.errors import MissingExtraError, SetupError, UnfitRecordError
from credguard.second_factor import takeover
from credguard.second_factor.takeover import FernetKeys, Imported, Refused, Row

STDIN = Path("-")
MAX_DOCUMENT_BYTES = 256 << 20  # what has no lines is read whole

_FORMS = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".txt": "uris",
}
FORMS = sorted(set(_FORMS.values()))

Read = Callable[..., Iterator[Imported | Refused]]

SYSTEMS: Mapping[str, Read] = {
    "allauth": takeover.read_allauth,
    "authelia": takeover.read_authelia,
    "base32": takeover.read_base32,
    "discourse": takeover.read_discourse,
    "discourse-codes": takeover.read_discourse_codes,
    "django-otp": takeover.read_django_otp,
    "django-otp-codes": takeover.read_django_otp_codes,
    "fernet": takeover.read_fernet,
    "flask-security": takeover.read_flask_security,
    "google": takeover.read_google,
    "keycloak": takeover.read_keycloak,
    "otpauth": takeover.read_otpauth,
    "passlib": takeover.read_passlib,
    "warehouse": takeover.read_warehouse,
    "warehouse-codes": takeover.read_warehouse_codes,
}
_WALLETS = {"flask-security", "passlib"}
_LISTS = {"authelia": "totp_configurations", "keycloak": "users"}


@dataclass(frozen=True, slots=True)
class System:
    """
    A system as it was named on the command line.

    Attributes:
        name: One of `SYSTEMS`.

        account: The column that says whose a record is; None for the usual one.

        keys: The file with the system's own keys, None if it has none.

        code_keys: The file with the keys of its recovery codes.
    """

    name: str
    account: str | None = None
    keys: Path | None = field(default=None, repr=False)
    code_keys: Path | None = field(default=None, repr=False)

    def read(self, rows: Iterable[Row], *, form: str) -> Iterator[Imported | Refused]:
        """
        Read *rows*, which came in a file of this form.

        Raises:
            SetupError: A key is missing, or is none.
        """
        read = SYSTEMS[self.name]
        if self.name == "authelia" and form == "yaml":
            read = takeover.read_authelia_yaml
        named: dict[str, Any] = {}
        if self.account is not None:
            named["account"] = self.account
        if self.name in _WALLETS:
            named["wallet"] = {} if self.keys is None else _wallet(self.keys)
        if self.name == "fernet":
            named["keys"] = _fernet(self.keys)
        if self.code_keys is not None and self.name == "flask-security":
            named["code_keys"] = _fernet(self.code_keys)
        return read(rows, **named)


def form_of(file: Path, form: str | None) -> str:
    """
    Return what *file* holds: as it was said, or by the end of its name.

    Raises:
        SetupError: Neither tells.
    """
    found = form or _FORMS.get(file.suffix.lower())
    if found is None:
        message = f"say what the file holds with --format: one of {', '.join(FORMS)}"
        raise SetupError(message)
    return found


@contextmanager
def rows_in(file: Path, *, form: str, system: str) -> Iterator[Iterable[Row]]:
    """
    Open *file*, ``-`` for what is piped in, and yield its rows.

    Raises:
        SetupError: It cannot be read, or is not of that form.
        MissingExtraError: It is YAML, and PyYAML is not installed.
    """
    try:
        opened = None if file == STDIN else file.open(encoding="utf-8-sig")
    except OSError as error:
        message = f"the file {file} cannot be read: {error.strerror}"
    else:
        source = sys.stdin if opened is None else opened
        try:
            yield _rows(source, form=form, system=system)
        except UnicodeDecodeError:
            message = f"the file {file} is not UTF-8"
        else:
            return
        finally:
            if opened is not None:
                opened.close()
    raise SetupError(message)


def names_by_id(settings: Settings, column: str) -> dict[str, str]:
    """
    Return what *column* of the forum's user table holds, by the account's id.

    Raises:
        SetupError: There is no such table or column.
    """
    id_column = settings.columns.get("id", "id")
    names: dict[str, str] = {}
    for row in takeover.rows_of_table(
        settings.forum_database or "", settings.table or ""
    ):
        if column not in row or id_column not in row:
            message = f"the user table has no column '{column}'"
            raise SetupError(message)
        names[str(row[id_column])] = str(row[column])
    return names


def _rows(source: TextIO, *, form: str, system: str) -> Iterable[Row]:
    lines = takeover.lines_of(source)
    if form == "csv":
        return takeover.rows_of_csv(lines)
    if form == "uris":
        return takeover.rows_of_uris(lines)
    if form == "jsonl":
        return takeover.rows_of_json(lines)
    parse = _parse_yaml if form == "yaml" else json.loads
    return _listed(parse, source, system)


def _listed(
    parse: Callable[[str], object], source: TextIO, system: str
) -> Iterable[Row]:
    """Return the rows of a document: a list, or the one under its known name."""
    text = source.read(MAX_DOCUMENT_BYTES + 1)
    found: object = None
    if len(text) <= MAX_DOCUMENT_BYTES:
        try:
            found = parse(text)
        except (ValueError, RecursionError):
            found = None
    if isinstance(found, Mapping):
        found = found.get(_LISTS.get(system, ""))
    if not isinstance(found, list):
        message = "the file holds no list of records; use JSON lines or CSV"
        raise SetupError(message)
    return [each if isinstance(each, Mapping) else {} for each in found]


def _parse_yaml(text: str) -> object:
    try:
        # Imported here because it is an extra.
        import yaml  # noqa: PLC0415
    except ImportError:
        extra = "yaml"
        raise MissingExtraError(extra, needed_for="A YAML file") from None
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
    except yaml.YAMLError:
        return None


def _secret_lines(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError):
        message = f"the keys file {file} cannot be read"
    else:
        stripped = (line.strip() for line in lines)
        return [line for line in stripped if line and not line.startswith("#")]
    raise SetupError(message)


def _wallet(file: Path) -> dict[str, bytes]:
    """Read application secrets as passlib does: a line ``tag: secret`` for each."""
    pairs = [line.partition(":") for line in _secret_lines(file)]
    if not all(colon and secret.strip() for _, colon, secret in pairs):
        message = f"the keys file {file} has a line 'tag: secret' for each secret"
        raise SetupError(message)
    return {tag.strip(): secret.strip().encode() for tag, _, secret in pairs}


def _fernet(file: Path | None) -> FernetKeys:
    try:
        return FernetKeys([] if file is None else _secret_lines(file))
    except UnfitRecordError:
        pass
    message = "name a file with a Fernet key in each line, with --keys-file"
    raise SetupError(message)
