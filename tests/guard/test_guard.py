"""The door: sign-up, log-in, sessions and resets with whatever is handed in."""

import csv
import gc
import io
import traceback
import unicodedata
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from credguard import CredGuard, Keyring, PasswordHasher, PasswordPolicy
from credguard.accounts import Columns, SqlAccounts
from credguard.campaigns import everyone, in_list
from credguard.errors import (
    AccountIdError,
    BlocklistUnavailableError,
    BusyError,
    CampaignStateError,
    CredguardError,
    PasswordMismatchError,
    PasswordRejectedError,
    RefusedError,
    SessionRefusedError,
    SessionSwappedError,
    StorageSetupError,
    TokenRefusedError,
    UnknownKeyError,
    UnreadableHashError,
)
from credguard.passwords.pool import Argon2Pool, Permit
from credguard.screening import ReasonCode
from credguard.screening.verdicts import Unasked, UnaskedReason, Verdict
from credguard.testing import CHEAPEST, RememberedMail
from forums import (
    LETTER,
    House,
    django_hash,
    hasher,
    house_at,
    password_of,
    policy,
    tokens_in,
)

GOOD = "a quiet harbour at noon"
NFC = unicodedata.normalize("NFC", "an ångström is a small thing")
NFD = unicodedata.normalize("NFD", NFC)
ODD_PASSWORDS = {
    "no length": "",
    "10 MB": "x" * 10_000_000,
    "10 MB of four bytes": "\U0001f600" * 2_500_000,
    "NUL": "a quiet harbour\0at noon",
    "lone surrogate": "a quiet harbour at \ud800 noon",
    "only surrogates": "\udfff" * 20,
    "number": 15,
    "none": None,
    "bytes": GOOD.encode(),
    "list": [GOOD],
}
ODD_IDS = {
    "number": 1,
    "none": None,
    "empty": "",
    "long": "1" * 256,
    "NUL": "1\0",
    "lone surrogate": "\ud800",
    "bytes": b"1",
}


class Unasking:
    """A blocklist that could not be asked."""

    def look_up(self, password: str) -> Verdict:
        """Return that it could not."""
        del password
        return Unasked(UnaskedReason.UNREACHABLE)


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path) -> Iterator[House]:
    """A forum with credguard in its database."""
    with house_at(sqlite_url, tmp_path, "together") as found:
        yield found


@pytest.fixture
def computations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The Argon2 computations of this test: passes of each."""
    done: list[int] = []
    compute = Permit.compute

    def counted(permit: Permit, password: bytes, **how: object) -> bytes:
        done.append(1)
        return compute(permit, password, **how)  # type: ignore[arg-type]  # as called

    monkeypatch.setattr(Permit, "compute", counted)
    return done


@pytest.mark.promise("P7")
@pytest.mark.parametrize("name", ODD_PASSWORDS)
@pytest.mark.promise("P4")
def test_an_odd_password_is_rejected_at_sign_up(house: House, name: str) -> None:
    """It is refused with a reason, and the error does not repeat it."""
    with pytest.raises(PasswordRejectedError) as rejected:
        house.guard.sign_up(ODD_PASSWORDS[name], account_id="1")  # type: ignore[arg-type]  # odd
    assert rejected.value.reasons
    check_shows_nothing(rejected.value, ODD_PASSWORDS[name])


@pytest.mark.promise("P7")
@pytest.mark.parametrize("name", ODD_PASSWORDS)
@pytest.mark.promise("P4")
def test_an_odd_password_does_not_fit_at_log_in(house: House, name: str) -> None:
    """It is as wrong as any other."""
    with pytest.raises(PasswordMismatchError) as refused:
        house.log_in(1, ODD_PASSWORDS[name])  # type: ignore[arg-type]  # odd
    check_shows_nothing(refused.value, ODD_PASSWORDS[name])


@pytest.mark.promise("P7")
@pytest.mark.parametrize("name", ODD_PASSWORDS)
@pytest.mark.promise("P4")
def test_an_odd_password_is_rejected_at_a_reset(house: House, name: str) -> None:
    """The token is not used up by it."""
    token = a_token(house)
    with pytest.raises(PasswordRejectedError) as rejected:
        house.guard.redeem(token, password=ODD_PASSWORDS[name])  # type: ignore[arg-type]  # odd
    check_shows_nothing(rejected.value, ODD_PASSWORDS[name])
    assert house.guard.redeem(token, password=GOOD).account_id == "1"


def check_shows_nothing(error: BaseException, given: object) -> None:
    """Check that an error, and what led to it, does not carry *given*."""
    shown = "".join(traceback.format_exception(error))
    shown.encode()
    if isinstance(given, str) and given:
        assert given not in shown


def a_token(house: House) -> str:
    """Return a token of the first member."""
    campaign = house.swept(in_list(["1"]))
    mail = RememberedMail()
    house.campaigns.send(campaign, mail, worker="sender")
    return tokens_in(mail.messages)[1]


@pytest.mark.promise("P7")
@pytest.mark.parametrize(("chosen", "typed"), [(NFC, NFD), (NFD, NFC), (NFD, NFD)])
def test_a_password_is_the_same_on_every_keyboard(
    house: House, chosen: str, typed: str
) -> None:
    """Composed or not, who signed up with it logs in with it."""
    stored = house.guard.sign_up(chosen, account_id="99")
    assert house.guard.log_in(typed, account_id="99", stored=stored).session


@pytest.mark.promise("P17")
@pytest.mark.parametrize("name", ODD_IDS)
def test_an_odd_id_is_a_mistake_of_the_host(house: House, name: str) -> None:
    """It is told apart from a wrong password, wherever it is handed in."""
    odd: str = ODD_IDS[name]  # type: ignore[assignment]  # odd
    with pytest.raises(AccountIdError) as refused:
        house.guard.sign_up(GOOD, account_id=odd)
    check_shows_nothing(refused.value, odd)
    with pytest.raises(AccountIdError):
        house.guard.check_session("stamp", account_id=odd)
    if odd is not None:
        with pytest.raises(AccountIdError):
            house.guard.log_in(GOOD, account_id=odd, stored=None)


@pytest.mark.parametrize("stored", [None, "", "!", "cgretired1:x", django_hash(GOOD)])
def test_nobody_logs_in_without_an_account(house: House, stored: str | None) -> None:
    """Not even with the right password for whatever stands there."""
    if stored and stored.startswith("cgretired1:"):
        with pytest.raises(BusyError):
            house.guard.log_in(GOOD, account_id=None, stored=stored)
        return
    with pytest.raises(PasswordMismatchError):
        house.guard.log_in(GOOD, account_id=None, stored=stored)


@pytest.mark.promise("P9")
def test_an_unknown_user_costs_a_computation(
    house: House, computations: list[int]
) -> None:
    """As a wrong password for a current hash does, and one that is retired."""
    stored = house.guard.sign_up(GOOD, account_id="1")
    house.forum.set_password(1, stored)
    costs = []
    for act in (
        lambda: house.log_in(1, "a wrong password"),
        lambda: house.guard.log_in("x", account_id=None, stored=None),
        lambda: house.guard.log_in("x", account_id="1000", stored=None),
    ):
        computations.clear()
        with pytest.raises(PasswordMismatchError):
            act()
        costs.append(len(computations))
    house.swept(in_list(["1"]))
    computations.clear()
    with pytest.raises(PasswordMismatchError):
        house.log_in(1, "a wrong password")
    assert {*costs, len(computations)} == {1}


def test_a_better_hash_is_handed_back(house: House) -> None:
    """What the forum wrote is replaced; what we wrote is not."""
    stored = house.forum.password(1)
    login = house.guard.log_in(password_of(1), account_id="1", stored=stored)
    assert login.scheme.startswith("django:")
    assert login.replacement is not None
    assert len(login.replacement) <= 128
    again = house.guard.log_in(password_of(1), account_id="1", stored=login.replacement)
    assert (again.scheme, again.replacement) == ("argon2id", None)


def test_a_busy_machine_keeps_the_old_hash(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A better hash can wait; the log-in cannot."""

    def busy(_password: str, *, account_id: str) -> str:  # noqa: ARG001  # as it is
        raise BusyError

    monkeypatch.setattr(house.guard.passwords, "hash", busy)
    stored = house.forum.password(1)
    login = house.guard.log_in(password_of(1), account_id="1", stored=stored)
    assert login.replacement is None


@pytest.mark.promise("P8")
def test_a_hash_that_nobody_can_read_is_not_a_wrong_password(house: House) -> None:
    """Somebody is paged, and the member is not told a lie."""
    with pytest.raises(UnreadableHashError):
        house.guard.log_in(GOOD, account_id="1", stored="no hash")


def test_a_blocklist_that_is_away_accepts_nothing(house: House) -> None:
    """Could not be asked is not fine, and a token waits."""
    token = a_token(house)
    house.guard.policy = PasswordPolicy(blocklist=Unasking(), fewest_guesses=0)
    with pytest.raises(BlocklistUnavailableError):
        house.guard.sign_up(GOOD, account_id="1")
    with pytest.raises(BlocklistUnavailableError):
        house.guard.redeem(token, password=GOOD)
    house.guard.policy = policy()
    assert house.guard.redeem(token, password=GOOD).account_id == "1"


def test_a_leaked_password_is_told_even_where_the_blocklist_is_away(
    house: House,
) -> None:
    """One reason is enough to refuse."""
    token = a_token(house)
    house.guard.policy = PasswordPolicy(blocklist=Unasking(), fewest_guesses=0)
    with pytest.raises(PasswordRejectedError) as rejected:
        house.guard.redeem(token, password=password_of(1))
    assert [each.code for each in rejected.value.reasons] == [ReasonCode.REUSED]


@pytest.mark.promise("P8")
def test_a_flood_is_busy_and_decides_nothing(house: House) -> None:
    """No permit is neither right nor wrong, and never a leaked password let in."""
    token = a_token(house)
    pool = house.guard.passwords._pool
    assert isinstance(pool, Argon2Pool)
    pool.patience *= 0
    taken = [pool.permit() for _ in range(pool.permits)]
    for permit in taken:
        permit.__enter__()
    with pytest.raises(BusyError):
        house.log_in(2, password_of(2))
    for password in (password_of(1), GOOD):
        with pytest.raises(BusyError):
            house.guard.redeem(token, password=password)
    for permit in taken:
        permit.__exit__(None, None, None)
    assert house.guard.redeem(token, password=GOOD).account_id == "1"


def test_a_session_is_its_accounts_and_its_browsers(house: House) -> None:
    """Handed to anybody else it is refused as swapped."""
    stored = house.forum.password(1)
    login = house.guard.log_in(
        password_of(1), account_id="1", stored=stored, browser="b"
    )
    found = house.guard.check_session(login.session, account_id="1", browser="b")
    assert (found.account_id, found.epoch) == ("1", 0)
    with pytest.raises(SessionRefusedError):  # the cookie was lost: no swap
        house.guard.check_session(login.session, account_id="1")
    for account_id, browser in (("2", "b"), ("1", "c"), ("1", "\ud800")):
        with pytest.raises(SessionSwappedError):
            house.guard.check_session(
                login.session, account_id=account_id, browser=browser
            )


@pytest.mark.promise("P17")
@pytest.mark.parametrize(
    "session", ["", "cgn1", "x" * 10_000_000, "\0", "\ud800", None, 1, b"cgn1"]
)
def test_what_is_no_session_is_refused(house: House, session: object) -> None:
    """Whatever a cookie holds, the answer is: log in again."""
    with pytest.raises(SessionRefusedError):
        house.guard.check_session(session, account_id="1")  # type: ignore[arg-type]  # odd


@pytest.mark.promise("P17")
@pytest.mark.parametrize(
    "token", ["", "cgt1", "x" * 10_000_000, "\0", "\ud800", None, 1, b"cgt1"]
)
def test_what_is_no_token_is_refused(house: House, token: object) -> None:
    """Whatever a link holds, the answer is the same."""
    with pytest.raises(TokenRefusedError):
        house.guard.redeem(token, password=GOOD)  # type: ignore[arg-type]  # odd


def test_a_wrong_keyring_is_found_when_the_door_is_made(house: House) -> None:
    """Not at ten thousand log-ins; a rotated one still opens."""
    with pytest.raises(UnknownKeyError):
        CredGuard(keyring=Keyring.generate(), database=house.ours)
    rotated = house.keyring.rotate()
    house.keyring = rotated
    assert house.another().campaigns.every() == []


def test_a_session_and_a_link_outlive_a_rotated_key(house: House) -> None:
    """A new key is no reason to log in again, or to be told again."""
    token = a_token(house)
    session = house.log_in(2, password_of(2))
    house.keyring = house.keyring.rotate()
    other = house.another()
    assert other.check_session(session, account_id="2").account_id == "2"
    assert other.redeem(token, password=GOOD).account_id == "1"


@pytest.mark.parametrize("url", ["", "x", "oracle://x/y", "\ud800"])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    """The operator is told what one looks like."""
    with pytest.raises(StorageSetupError):
        CredGuard(keyring=Keyring.generate(), database=url)


def test_log_ins_and_sessions_need_no_user_table(house: House) -> None:
    """Campaigns and links do, and say so."""
    token = a_token(house)
    bare = CredGuard(
        keyring=house.keyring,
        database=house.ours,
        passwords=hasher(),
        policy=policy(),
    )
    stored = bare.sign_up(GOOD, account_id="99")
    login = bare.log_in(GOOD, account_id="99", stored=stored)
    assert bare.check_session(login.session, account_id="99").epoch == 1
    with pytest.raises(CampaignStateError, match="accounts="):
        bare.redeem(token, password=GOOD)
    with pytest.raises(CampaignStateError, match="accounts="):
        bare.campaigns.plan(everyone, letter=LETTER)
    bare._database.close()


def test_a_new_password_ends_older_sessions(house: House) -> None:
    """Signing up again under the same id is a new password, too."""
    stored = house.guard.sign_up(GOOD, account_id="99")
    login = house.guard.log_in(GOOD, account_id="99", stored=stored)
    house.guard.sign_up("another quiet harbour", account_id="99")
    with pytest.raises(SessionRefusedError):
        house.guard.check_session(login.session, account_id="99")


@pytest.mark.promise("P4")
def test_no_result_shows_a_secret(house: House) -> None:
    """What a log line or a traceback with locals would show."""
    token = a_token(house)
    stored = str(house.forum.password(2))
    login = house.guard.log_in(password_of(2), account_id="2", stored=stored)
    claim = house.campaigns.claim(token)
    ruling = house.campaigns.rule("1", stored=house.forum.password(1))
    shown = " ".join(
        map(repr, [login, claim, ruling, house.campaigns.every(), claim.account])
    )
    for secret in (
        login.session,
        str(login.replacement),
        django_hash(password_of(1), "salt1"),
        "mail.example",
        token,
    ):
        assert secret not in shown


FORUM_COLUMNS = Columns(
    id="id",
    password="password",
    address="email",
    name="username",
    created_at="date_joined",
    last_login_at="last_login",
    is_active="is_active",
    is_staff="is_staff",
)
DRILL = resources.files("credguard").joinpath("drill", "members.csv")
HARD_ONES = 2


def known_members() -> dict[str, str]:
    """Return some members of the real forum with their passwords, all hard ones."""
    rows = list(csv.DictReader(io.StringIO(DRILL.read_bytes().decode(), newline="")))
    by_scheme = {row["scheme"]: row for row in reversed(rows)}
    return {
        row["username"]: row["password"]
        for row in [*rows[:HARD_ONES], *by_scheme.values()]
        if row["scheme"] != "unusable"
    }


def test_members_of_a_real_forum_log_in(forum_path: Path) -> None:
    """With their passwords, on hashes that the forum wrote, and with no others."""
    url = f"sqlite:///{forum_path}"
    accounts = SqlAccounts(url, table="auth_user", columns=FORUM_COLUMNS)
    guard = CredGuard(
        keyring=Keyring.generate(),
        database=url,
        accounts=accounts,
        passwords=PasswordHasher(work_factor=CHEAPEST),
        policy=policy(),
    )
    with accounts.reading() as connection:
        rows = {
            str(account.name): account
            for page in accounts.pages(connection, size=1000)
            for account in page
        }
    schemes = set()
    for name, password in known_members().items():
        account = rows[name]
        login = guard.log_in(password, account_id=account.id, stored=account.password)
        if login.scheme in schemes:
            continue
        schemes.add(login.scheme)
        with pytest.raises(PasswordMismatchError):
            guard.log_in(password + "x", account_id=account.id, stored=account.password)
        if login.replacement is None:
            # Stronger than what we would write.
            assert login.scheme == "django:argon2"
            continue
        stored = login.replacement
        better = guard.log_in(password, account_id=account.id, stored=stored)
        assert better.replacement is None
        with pytest.raises(PasswordMismatchError):
            guard.log_in("x", account_id=account.id, stored=stored)
    assert len(schemes) > 2
    accounts._database.close()
    guard._database.close()


def test_every_refusal_of_the_door_is_one_of_ours(house: House) -> None:
    """Whatever is handed in anywhere, only our errors come out."""
    gc.collect()
    for odd in [*ODD_PASSWORDS.values(), *ODD_IDS.values()]:
        text: str = odd  # type: ignore[assignment]  # odd
        with pytest.raises(CredguardError):
            house.guard.log_in(text, account_id="1", stored=house.forum.password(1))
        with pytest.raises(RefusedError):
            house.guard.redeem(text, password=GOOD)
