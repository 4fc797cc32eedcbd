"""Taking over and leaving, as they are typed."""

import base64
import json
import sqlite3
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
import yaml
from click.testing import CliRunner
from commands import Said, Terminal

from credguard import Keyring, SecondFactors
from credguard.cli.app import credguard
from credguard.cli.systems import SYSTEMS
from credguard.storage import Database

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
OTHER = "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U"
WALLET = (
    '{"enckey":{"c":14,"k":"PJRP5IO2Y62UY3RJ7CZWUHWSH5SFY3BQ",'
    '"s":"MLWL253OFVSSYBLABQAQ","t":"1","v":1},"type":"totp","v":1}'
)


@pytest.fixture(autouse=True)
def _here(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Type in the forum's folder."""
    monkeypatch.chdir(terminal.folder)
    for name, value in terminal.environment.items():
        monkeypatch.setenv(name, value)


def written(terminal: Terminal, name: str, text: str) -> str:
    """Write a private file, and return its name."""
    path = terminal.folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return name


def typed(*arguments: str, answer: str = "") -> Said:
    """Run the command in this process, which is quicker than one of its own."""
    ended = CliRunner().invoke(credguard, arguments, input=answer)
    assert not isinstance(ended.exception, Exception), ended.exception
    return Said(ended.stdout, ended.stderr, ended.exit_code)


def imported(_: Terminal, system: str, *more: str, answer: str = "") -> Said:
    """Run the import."""
    return typed("second-factors", "import", "--from", system, *more, answer=answer)


def counts(said: Said) -> dict[str, int]:
    """Return the numbers of a report, by what they count."""
    assert said.status == 0, said.err
    pairs = (line.strip().split(maxsplit=1) for line in said.out.splitlines())
    return {
        what: int(number.replace(",", ""))
        for number, what in (pair for pair in pairs if len(pair) == 2)
        if number.replace(",", "").isdigit()
    }


def accepts(terminal: Terminal, account_id: str, secret: str) -> bool:
    """Return True if the next code of *secret* verifies, a few minutes from now."""
    later = datetime.now(UTC) + timedelta(minutes=5)
    keyring = Keyring.parse(terminal.environment["CREDGUARD_KEYRING"])
    database = Database(f"sqlite:///{terminal.folder / 'forum.sqlite'}")
    factors = SecondFactors(database, keyring, issuer="Forum", clock=lambda: later)
    try:
        code = pyotp.TOTP(secret).at(later)
        return factors.verify(account_id, code).account_id == account_id
    finally:
        database.close()


def test_a_file_of_json_lines_comes_in(terminal: Terminal) -> None:
    """The dry run says it, the run does it, and a second one changes nothing."""
    lines = [
        json.dumps({"account_id": 1, "secret": SECRET}),
        "",
        json.dumps({"account_id": 2, "secret": "short"}),
    ]
    file = written(terminal, "seeds.jsonl", "\n".join(lines))
    dry = imported(terminal, "base32", file, "--dry-run")
    assert dry.out.startswith("Dry run: nothing was written.")
    assert counts(dry)["factors in force"] == 1
    said = imported(terminal, "base32", file, "--report", "report.json")
    assert counts(said)["refused"] == 1
    assert "refused: base32 record 2, account '2'" in said.out
    told = json.loads((terminal.folder / "report.json").read_text("utf-8"))
    assert (told["factors"], told["refused"]) == (1, {"seed_too_short": 1})
    assert counts(imported(terminal, "base32", file))["came in before, unchanged"] == 1
    assert accepts(terminal, "1", SECRET)
    assert SECRET not in said.out + said.err


def test_what_is_piped_in_comes_in(terminal: Terminal) -> None:
    """A hyphen reads what is piped in, so that no file has to lie about."""
    text = f"id,secret\n1,{SECRET}\n"
    said = imported(
        terminal, "base32", "-", "--format", "csv", "--account", "id", answer=text
    )
    assert counts(said)["factors in force"] == 1


def test_a_table_comes_in(terminal: Terminal) -> None:
    """A table of the forum's database needs no file at all."""
    with sqlite3.connect(terminal.folder / "forum.sqlite") as forum:
        forum.execute(
            "CREATE TABLE otp_totp_totpdevice (id INTEGER PRIMARY KEY, user_id INTEGER,"
            " key TEXT, confirmed BOOLEAN, t0 INTEGER, last_t INTEGER, digits INTEGER)"
        )
        key = base64.b32decode(SECRET).hex()
        values = (1, 7, key, 1, 0, -1, 6)
        forum.execute(
            "INSERT INTO otp_totp_totpdevice VALUES (?, ?, ?, ?, ?, ?, ?)", values
        )
    forum.close()
    said = imported(terminal, "django-otp", "--from-table", "otp_totp_totpdevice")
    assert counts(said)["factors in force"] == 1
    assert accepts(terminal, "7", SECRET)


def test_names_are_looked_up_in_the_user_table(terminal: Terminal) -> None:
    """What another system calls a member becomes the forum's own id."""
    with sqlite3.connect(terminal.folder / "forum.sqlite") as forum:
        found = forum.execute("SELECT id, username FROM auth_user LIMIT 1").fetchone()
    forum.close()
    file = written(
        terminal,
        "authelia.csv",
        "issuer,username,algorithm,digits,period,secret\n"
        f"A,{found[1]},SHA1,6,30,{SECRET}\nA,nobody at all,SHA1,6,30,{OTHER}\n",
    )
    said = imported(terminal, "authelia", file, "--by", "username")
    assert counts(said)["factors in force"] == 1
    assert "belongs to a name that no account has" in said.out
    assert accepts(terminal, str(found[0]), SECRET)
    wrong = imported(terminal, "authelia", file, "--by", "nickname")
    assert wrong.status == 78
    assert "no column 'nickname'" in wrong.err


def test_documents_come_in(terminal: Terminal) -> None:
    """A realm of Keycloak and a YAML export of Authelia are read whole."""
    secret = json.dumps({"value": "12345678901234567890"})
    credential = {
        "type": "otp",
        "secretData": secret,
        "credentialData": json.dumps({"subType": "totp"}),
    }
    realm = {"users": [{"id": "u1", "credentials": [credential]}]}
    file = written(terminal, "realm.json", json.dumps(realm, indent=1))
    assert counts(imported(terminal, "keycloak", file))["factors in force"] == 1
    entry = {
        "username": "john",
        "secret": base64.b64encode(OTHER.encode()).decode(),
        "digits": 6,
    }
    text = yaml.safe_dump({"totp_configurations": [entry, "odd"]})
    file = written(terminal, "authelia.yml", text)
    said = imported(terminal, "authelia", file)
    assert counts(said)["factors in force"] == 1
    assert counts(said)["refused"] == 1
    assert accepts(terminal, "john", OTHER)


def test_uris_come_in(terminal: Terminal) -> None:
    """A URI to a line, and an export of Google Authenticator."""
    file = written(terminal, "uris.txt", f"otpauth://totp/F:alice?secret={SECRET}\n")
    assert counts(imported(terminal, "otpauth", file))["factors in force"] == 1
    uri = (
        "otpauth-migration://offline?data=CjEKCkhlbGxvId6tvu8SGEV4YW1wbGU6YWxpY2VAZ29v"
        "Z2xlLmNvbRoHRXhhbXBsZTAC"
    )
    file = written(terminal, "google.txt", uri)
    said = imported(terminal, "google", file)
    assert "weak: account 'alice@google.com'" in said.out


def test_sealed_seeds_come_in_with_their_keys(terminal: Terminal) -> None:
    """Keys are named by file, and never on the command line."""
    rows = "".join(
        json.dumps({"account_id": each, "totp": WALLET}) + "\n" for each in ("1", "2")
    )
    file = written(terminal, "passlib.jsonl", rows)
    keys = written(terminal, "keys", "# ours\n1: correct horse battery\n")
    assert (
        "sealed by a key that was not given" in imported(terminal, "passlib", file).out
    )
    said = imported(terminal, "passlib", file, "--keys-file", keys)
    assert counts(said)["factors in force"] == 2
    assert accepts(terminal, "2", SECRET)
    from cryptography.fernet import Fernet  # noqa: PLC0415

    key = Fernet.generate_key()
    token = Fernet(key).encrypt(OTHER.encode()).decode()
    file = written(terminal, "f.jsonl", json.dumps({"account_id": 9, "secret": token}))
    keys = written(terminal, "fkeys", key.decode())
    said = imported(terminal, "fernet", file, "--keys-file", keys)
    assert counts(said)["factors in force"] == 1
    user = {"id": 5, "tf_totp_secret": WALLET, "mf_recovery_codes": [token]}
    file = written(terminal, "flask.jsonl", json.dumps(user))
    wallet = written(terminal, "wallet", "1: correct horse battery")
    said = imported(
        terminal,
        "flask-security",
        file,
        "--keys-file",
        wallet,
        "--code-keys-file",
        keys,
    )
    assert counts(said)["recovery codes hashed"] == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("base32",), "name a file, or a table"),
        (("base32", "x.jsonl", "--from-table", "t"), "name a file, or a table"),
        (("base32", "missing.jsonl"), "cannot be read: No such file"),
        (("base32", "odd.dat"), "say what the file holds with --format"),
        (("base32", "list.json"), "holds no list of records"),
        (("keycloak", "broken.json"), "holds no list of records"),
        (("authelia", "broken.yml"), "holds no list of records"),
        (("base32", "latin.csv"), "is not UTF-8"),
        (("passlib", "x.jsonl", "--keys-file", "odd.dat"), "a line 'tag: secret'"),
        (("passlib", "x.jsonl", "--keys-file", "missing"), "keys file missing cannot"),
        (("fernet", "x.jsonl"), "name a file with a Fernet key in each line"),
        (("django-otp", "--from-table", "nowhere"), "no table named 'nowhere'"),
    ],
)
def test_what_cannot_be_read_is_told(
    terminal: Terminal, arguments: tuple[str, ...], told: str
) -> None:
    """Each mistake is one line that says what to mend."""
    written(terminal, "x.jsonl", "")
    written(terminal, "odd.dat", "no colon here")
    written(terminal, "list.json", '{"users": []}')
    written(terminal, "broken.json", "{")
    written(terminal, "broken.yml", "{")
    (terminal.folder / "latin.csv").write_bytes(b"account_id\n\xe9\n")
    said = imported(terminal, *arguments)
    assert said.status == 78
    assert told in said.err
    assert len(said.err.strip().splitlines()) <= 2


def test_a_file_that_others_can_read_is_told(terminal: Terminal) -> None:
    """A warning says that the seeds lie open, and the import goes on."""
    file = written(terminal, "seeds.csv", f"account_id,secret\n1,{SECRET}\n")
    (terminal.folder / file).chmod(0o644)
    said = imported(terminal, "base32", file)
    assert counts(said)["factors in force"] == 1
    assert "others can read seeds.csv" in said.err


def test_every_reader_can_be_named() -> None:
    """Each system of the library is one of the command's."""
    from credguard.second_factor import takeover  # noqa: PLC0415

    readers = {getattr(takeover, n) for n in takeover.__all__ if n.startswith("read_")}
    assert readers - set(SYSTEMS.values()) == {takeover.read_authelia_yaml}


def test_an_export_is_private_and_loud(terminal: Terminal) -> None:
    """It says what it means, does it with --yes, and only the owner can read it."""
    file = written(terminal, "seeds.csv", f"account_id,secret\n1,{SECRET}\n")
    imported(terminal, "base32", file)
    out = terminal.folder / "leaving.jsonl"
    asked = ("second-factors", "export", "--out", out.name)
    said = typed(*asked)
    assert said.status == 0
    assert "WARNING" in said.err
    assert "Nothing was written" in said.out
    assert not out.exists()
    said = terminal.type(*asked, "--yes", "--issuer", "Old Forum")
    assert said.status == 0, said.err
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    told = json.loads(out.read_text("utf-8"))
    assert told["uri"].startswith("otpauth://totp/Old%20Forum:1?")
    assert SECRET in told["uri"]
    assert SECRET not in said.out + said.err
    again = typed(*asked, "--yes")
    assert again.status == 78
    assert "cannot be made" in again.err
    audit = typed("audit", "verify")
    assert audit.status == 0, audit.err


def test_an_export_may_be_bare_uris_with_names(terminal: Terminal) -> None:
    """Members' names stand in the URIs, one to a line."""
    with sqlite3.connect(terminal.folder / "forum.sqlite") as forum:
        number, name = forum.execute("SELECT id, username FROM auth_user").fetchone()
    forum.close()
    file = written(terminal, "s.csv", f"account_id,secret\n{number},{SECRET}\n")
    imported(terminal, "base32", file)
    said = typed(
        "second-factors",
        "export",
        "--out",
        "u",
        "--format",
        "uris",
        "--by",
        "username",
        "--yes",
    )
    assert said.status == 0, said.err
    parsed = pyotp.parse_uri((terminal.folder / "u").read_text("utf-8").strip())
    assert (parsed.name, parsed.secret) == (name, SECRET)


def test_without_the_extra_the_remedy_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where PyYAML is missing, the error says what to install."""
    from credguard.cli.systems import rows_in  # noqa: PLC0415
    from credguard.errors import MissingExtraError  # noqa: PLC0415

    monkeypatch.setitem(sys.modules, "yaml", None)
    file = tmp_path / "a.yml"
    file.write_text("[]")
    with (
        pytest.raises(MissingExtraError, match=r"credguard\[yaml\]"),
        rows_in(file, form="yaml", system="authelia"),
    ):
        pass
