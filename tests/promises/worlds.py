"""Everything of credguard that takes a secret, alive, with secrets that are known."""

import base64
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from canaries import Canaries, fresh
from cryptography.fernet import Fernet
from host_calls import hosts_of, identity_in

from credguard import CredGuard, Keyring, PasswordHasher, PasswordPolicy, SecondFactors
from credguard.accounts import Columns, SqlAccounts
from credguard.campaigns import in_list
from credguard.campaigns.approver_keys import ApproverKey
from credguard.delivery import Maildir, Smtp
from credguard.incidents import Incidents
from credguard.passwords import CHEAPEST
from credguard.passwords.legacy import DISCOURSE, DJANGO, KRATOS, LDAP, PHPBB, WERKZEUG
from credguard.screening import (
    AnyOf,
    CommonPasswords,
    Corpus,
    FirstAvailable,
    RangeService,
    estimate,
)
from credguard.screening.corpus import (
    CorpusWriter,
    Kind,
    Origin,
    Shape,
    Width,
    directory_bits,
    read_lines,
)
from credguard.second_factor import takeover
from credguard.sessions import open_stamp
from credguard.storage import Database
from credguard.testing import FrozenClock, RememberedMail
from forums import MEMBERS, Forum, House, hash_of, tokens_in
from keepers import CHEAP, NOON
from phones import Phone, enrolled

NOBODY = "http://127.0.0.1:9"  # the discard port: nobody listens
QUICKLY = timedelta(seconds=0.5)
GOOD = "a quiet harbour at {}"

# What is no secret, and may be shown.
SHOWN: Mapping[str, object] = {
    "account_id": "1",
    "account_ids": ["1"],
    "at": NOON,
    "by": "an operator",
    "campaign_id": "no-such-campaign",
    "cohort": "members",
    "end": NOON,
    "epoch": 1,
    "incident_id": "no-such-incident",
    "issuer": "Forum",
    "key_id": "00000000",
    "leak_id": "no-such-leak",
    "name": "a name",
    "network": "192.0.2.1",
    "now": NOON,
    "number": 1,
    "owner": "1",
    "part": None,
    "purpose": "a test",
    "reason": "a reason",
    "recipient": "member1@mail.example",
    "sender": "help@machina.example",
    "start": NOON,
    "title": "a title",
    "username": "member1",
    "what": "something",
    "worker": "a worker",
}
OF_KIND: Mapping[str, object] = {
    "timedelta": timedelta(minutes=1),
    "bool": True,
    "int": 1,
    "Callable": lambda *_: None,
}
NOT_CALLED = {"close", "end", "reveal"}


class TickingClock(FrozenClock):
    """A clock that goes on a little with each look at it, so that nobody waits."""

    def __call__(self) -> datetime:
        """Return the time, a little later than the last time."""
        self.advance(timedelta(milliseconds=20))
        return super().__call__()


@dataclass
class World:
    """Objects with their public methods, functions, and what must not leave."""

    house: House
    clock: FrozenClock
    phone: Phone
    canaries: Canaries
    objects: dict[str, object]
    functions: dict[str, Callable[..., object]]
    given: dict[str, object] = field(default_factory=dict)

    def calls(self) -> Iterator[tuple[str, Callable[..., object]]]:
        """Yield every public function, and every public method of every object."""
        yield from self.functions.items()
        for label, each in self.objects.items():
            for name, member in inspect.getmembers(type(each)):
                is_public = not name.startswith("_") and name not in NOT_CALLED
                # What a part for a host inherits is the host's.
                is_ours = str(getattr(member, "__module__", "")).startswith("credguard")
                # Nobody waits for it here; `host_calls` does.
                is_awaited = inspect.iscoroutinefunction(member)
                is_called = is_public and is_ours and not is_awaited
                if is_called and inspect.isroutine(member):
                    yield f"{label}.{name}", getattr(each, name)

    def databases(self) -> list[Database]:
        """Return all databases that are open."""
        found = [getattr(each, "_database", each) for each in self.objects.values()]
        databases = [each for each in found if isinstance(each, Database)]
        return [*dict.fromkeys(databases)]

    def arguments(
        self, function: Callable[..., object], changed: Callable[[str], object]
    ) -> tuple[list[object], dict[str, object]]:
        """Return what to call *function* with: all that is secret is *changed*."""
        positional: list[object] = []
        named: dict[str, object] = {}
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
                continue
            if parameter.default is not parameter.empty and name not in self.given:
                continue
            value = self._value(name, str(parameter.annotation), changed)
            if parameter.kind is parameter.KEYWORD_ONLY:
                named[name] = value
            else:
                positional.append(value)
        return positional, named

    def _value(
        self, name: str, annotation: str, changed: Callable[[str], object]
    ) -> object:
        if name in SHOWN:
            return SHOWN[name]
        if name == "context":
            return [changed(str(self.given[name]))]
        if name not in self.given:
            for kind, value in OF_KIND.items():
                if kind in annotation and "str" not in annotation:
                    return value
        return changed(str(self.given.get(name, self.canaries.texts["password"])))


@contextmanager
def world_at(ours: str, forum: str, folder: Path) -> Iterator[World]:
    """Open a forum in which every kind of secret is in use."""
    clock = TickingClock(NOON)
    table = Forum(forum)
    table.make(MEMBERS)
    house = House(ours, table, clock)
    with ExitStack() as stack:
        stack.callback(house.close)
        yield _furnished(house, clock, folder, stack)


def _furnished(
    house: House, clock: FrozenClock, folder: Path, stack: ExitStack
) -> World:
    guard = house.guard
    guard.passwords = PasswordHasher(work_factor=CHEAPEST, keyring=house.keyring)
    guard.second_factors = SecondFactors(
        guard._database, house.keyring, issuer="Forum", hasher=CHEAP, clock=clock
    )
    texts = {
        name: fresh(name)
        for name in ("password", "new password", "context", "mail password", "cookie")
    }
    stored = guard.sign_up(texts["password"], account_id="1")
    house.forum.set_password(1, stored)
    login = guard.log_in(
        texts["password"], account_id="1", stored=stored, browser=texts["cookie"]
    )
    phone = enrolled(guard, "1", clock)
    recovery = guard.second_factors.replace_recovery_codes(
        "1", proof=guard.second_factors.vouch("1", by="a test")
    )
    verified = guard.second_factors.verify("1", recovery.codes[0])
    device = guard.second_factors.devices.trust("1", proof=verified.proof, epoch=1)
    house.swept(in_list(["2", "3"]))
    mail = RememberedMail()
    for record in guard.campaigns.every():
        guard.campaigns.send(record.id, mail, worker="sender")
    approver = ApproverKey.generate()
    texts |= {
        "stored": stored,
        "retired": hash_of(2),
        "seed": base64.b32encode(phone.seed).decode(),
        "seed in hex": phone.seed.hex(),
        "recovery code": recovery.codes[1],
        "reset token": tokens_in(mail.messages)[2],
        "forgotten token": guard.forgotten_token("1"),
        "session": login.session,
        "proof": verified.proof,
        "device": str(device.token),
        "keyring": house.keyring.reveal(),
        "key": house.keyring.current.reveal().partition(".")[2],
        "approver": approver.reveal(),
    }
    calls, parts = stack.enter_context(hosts_of(guard, texts))
    return World(
        house,
        clock,
        phone,
        Canaries(texts),
        _objects(house, folder, stack, texts) | parts,
        _functions() | calls,
        _given(texts) | {"written": identity_in(texts)},
    )


def _objects(
    house: House, folder: Path, stack: ExitStack, texts: Mapping[str, str]
) -> dict[str, object]:
    guard, own = house.guard, Database(house.ours)
    stack.callback(own.close)
    corpus = stack.enter_context(Corpus(_corpus_in(folder)))
    service = RangeService(NOBODY, deadline=QUICKLY)
    stack.callback(service.close)
    common = CommonPasswords()
    smtp = Smtp(
        "smtps://alice@127.0.0.1:9",
        sender="help@machina.example",
        password=texts["mail password"],
        timeout=QUICKLY,
        deadline=QUICKLY,
    )
    stack.callback(smtp.close)
    found = {
        "guard": guard,
        "hasher": guard.passwords,
        "plain hasher": PasswordHasher(work_factor=CHEAPEST),
        "old hasher": PasswordHasher(
            work_factor=CHEAPEST,
            accept=DJANGO + WERKZEUG + DISCOURSE + KRATOS + LDAP + PHPBB,
        ),
        "policy": guard.policy,
        "default policy": PasswordPolicy(),
        "strict policy": PasswordPolicy(blocklist=service),
        "factors": guard.second_factors,
        "devices": guard.second_factors.devices,
        "leaks": guard.second_factors.leaks,
        "campaigns": guard.campaigns,
        "screening": guard.screening,
        "journal": guard.journal,
        "swaps": guard.swaps,
        "incidents": Incidents(own, house.keyring, clock=house.clock),
        "keyring": house.keyring,
        "key": house.keyring.current,
        "approver": ApproverKey.parse(texts["approver"]),
        "code hasher": CHEAP,
        "common": common,
        "corpus": corpus,
        "service": service,
        "any of": AnyOf(common, corpus, service),
        "first available": FirstAvailable(service, common),
        "smtp": smtp,
        "maildir": Maildir(folder / "mails"),
        "database": own,
    }
    accounts = guard.campaigns._means.accounts
    return found | {"accounts": accounts}


def _corpus_in(folder: Path) -> Path:
    lines = "".join(f"{each:040X}:{each}\n" for each in range(1, 50)).encode()
    shape = Shape(Kind.SHA1, Width.DEFAULT, directory_bits(49))
    origin = Origin("a test", source_time=1, built_time=2)
    path = folder / "corpus.cgc"
    with CorpusWriter(path, shape=shape, expected=49, origin=origin) as writer:
        writer.add(read_lines(lines, shape))
        writer.finish()
    return path


def _functions() -> dict[str, Callable[..., object]]:
    def keyring(text: str) -> object:
        return Keyring.parse(text)

    def keyring_of(line: str) -> object:
        return Keyring.parse(f"cgk1,current={line}")

    def approver(line: str) -> object:
        return ApproverKey.parse(line)

    return {
        "Keyring.parse": keyring,
        "Keyring.parse line": keyring_of,
        "ApproverKey.parse": approver,
        "estimate": estimate,
        **_with_addresses(),
        **_take_overs(),
        "open_stamp": open_stamp,
    }


def _with_addresses() -> dict[str, Callable[..., object]]:
    """Return what takes an address in which a password may stand."""

    def smtp(password: str) -> object:
        sender = "help@machina.example"
        return Smtp("smtps://alice@127.0.0.1:9", sender=sender, password=password)

    def smtp_url(password: str) -> object:
        return Smtp(f"smtp://a:{password}@x", sender="help@machina.example")

    def guard(password: str) -> object:
        url = f"postgresql://alice:{password}@127.0.0.1:9/forum"
        return CredGuard(keyring=Keyring.generate(), database=url)

    def accounts(password: str) -> object:
        url = f"mariadb://alice:{password}@127.0.0.1:9/forum"
        found = SqlAccounts(url, table="members", columns=Columns(id="a", password="b"))
        with found.reading() as connection:
            return list(found.pages(connection, size=10))

    def database(password: str) -> object:
        found = Database(f"mariadb://alice@127.0.0.1:9/forum?password={password}")
        with found.read() as connection:
            return repr(connection)

    def proxied(password: str) -> object:
        service = RangeService(
            "http://ranges.example",
            proxy=f"http://alice:{password}@127.0.0.1:9",
            deadline=QUICKLY,
        )
        return service, service.look_up(password)

    return {
        "Smtp": smtp,
        "Smtp url": smtp_url,
        "CredGuard": guard,
        "SqlAccounts": accounts,
        "Database": database,
        "RangeService": proxied,
    }


def _take_overs() -> dict[str, Callable[..., object]]:
    """Return the readers of other systems' second factors, with rows to read."""
    found: dict[str, Callable[..., object]] = {}
    for name in takeover.__all__:
        reader = getattr(takeover, name)
        if name.startswith("read_"):
            found[name] = _reading(reader)
        elif name.startswith("rows_of_") and name != "rows_of_table":
            found[name] = _reading_lines(reader)

    def fernet(key: str) -> object:
        return takeover.FernetKeys([key])

    return found | {"FernetKeys": fernet}


class _Columns(dict[str, object]):
    """A row in which the same stands in every column."""

    def __init__(self, value: object) -> None:
        super().__init__(user_id="1", value=value)
        self._value = value

    def __missing__(self, name: str) -> object:
        return "1" if name.endswith(("id", "user", "name")) else self._value

    def get(self, name: str, default: object = None) -> object:
        del default
        return self[name]

    def __contains__(self, name: object) -> bool:
        return True


def _reading(reader: Callable[..., Any]) -> Callable[..., object]:
    keys = takeover.FernetKeys([Fernet.generate_key()])

    def read(seed: str) -> object:
        needed = [
            name
            for name, each in inspect.signature(reader).parameters.items()
            if each.default is each.empty and each.kind is each.KEYWORD_ONLY
        ]
        given = {name: keys if name == "keys" else seed for name in needed}
        return list(reader([_Columns(seed)], **given))

    return read


def _reading_lines(reader: Callable[..., Any]) -> Callable[..., object]:
    def read(seed: str) -> object:
        if isinstance(seed, str):
            list(reader(takeover.lines_of(StringIO(f"uri\n{seed}"))))
        return ""

    return read


def _given(texts: Mapping[str, str]) -> dict[str, object]:
    """Return which secret goes into a parameter of which name."""
    return {
        "password": texts["password"],
        "new": texts["new password"],
        "context": texts["context"],
        "stored": texts["stored"],
        "replacement": texts["stored"],
        "hashed": texts["stored"],
        "encoded": texts["stored"],
        "sealed": texts["stored"],
        "code": texts["recovery code"],
        "proof": texts["proof"],
        "token": texts["reset token"],
        "session": texts["session"],
        "stamp": texts["session"],
        "browser": texts["cookie"],
        "salt": texts["new password"],
        "text": texts["keyring"],
        "line": texts["key"],
        "seed": texts["seed"],
        "key": texts["key"],
    }
