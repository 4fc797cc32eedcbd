"""What was stored for one account works for no other: every pair, every kind of row."""

import secrets
from collections.abc import Callable, Sequence
from itertools import permutations

import pytest
from sqlalchemy import select, update

from credguard import Keyring, PasswordHasher
from credguard.campaigns import in_list
from credguard.errors import (
    BusyError,
    CodeMismatchError,
    DeviceRefusedError,
    PasswordMismatchError,
    SealAccountError,
    SealBrokenError,
    SessionRefusedError,
    SessionSwappedError,
    StepUpRequiredError,
    TokenRefusedError,
)
from credguard.sessions import make_stamp, read_stamp
from credguard.storage import Database
from credguard.storage.tables import (
    member,
    notice,
    recovery_code,
    retired_page,
    second_factor,
    trusted_device,
)
from credguard.testing import CHEAPEST, FrozenClock, RememberedMail
from forums import MEMBERS, House, address_of, has_password, password_of, tokens_in
from handsets import Handset, enroll_all
from keepers import NOON, keeper
from proving import Proof, sized

USERS = sized(everyday=6, prove=25, nightly=50)
REACHED = [number for number in MEMBERS if has_password(number) and address_of(number)]
PAIRS = list(permutations(range(USERS), 2))

pytestmark = pytest.mark.promise("P10")


def accounts_of(count: int = USERS) -> list[str]:
    """Return ids that differ, some of them in little."""
    ids = ["1", "11", "1/1", "a", "A", "ä", "a ", " a", "a\u0308", "1.0"]
    return [*ids, *(f"account {number}" for number in range(len(ids), count))][:count]


def test_a_hash_under_seal_verifies_for_its_account(
    keyring: Keyring, proof: Proof
) -> None:
    """A row of the user table that is copied over another's opens nothing there."""
    hasher = PasswordHasher(work_factor=CHEAPEST, keyring=keyring)
    ids = accounts_of()
    rows = [hasher.hash(f"password of {each}", account_id=each) for each in ids]
    for source, target in PAIRS:
        proof.tried()
        stored, whose = rows[source], ids[target]
        for password in (f"password of {ids[source]}", f"password of {whose}"):
            with pytest.raises(SealBrokenError):
                hasher.verify(password, stored=stored, account_id=whose)


def test_a_session_is_its_accounts(keyring: Keyring, proof: Proof) -> None:
    """A stamp in another's record, or in another browser, is found to be swapped."""
    ids = accounts_of()
    stamps = [
        make_stamp(keyring, account_id=each, epoch=1, browser=f"of {each}", now=NOON)
        for each in ids
    ]
    for source, target in PAIRS:
        proof.tried(2)
        theirs, mine = ids[target], ids[source]
        for whose, browser in ((theirs, f"of {mine}"), (mine, f"of {theirs}")):
            with pytest.raises(SessionSwappedError):
                read_stamp(keyring, stamps[source], account_id=whose, browser=browser)


def _swap(database: Database, handsets: Sequence[Handset], pair: list[int]) -> None:
    """Exchange the sealed seeds of two rows, and leave everything else."""
    with database.begin() as connection:
        sealed = dict(
            connection.execute(
                select(second_factor.c.account_id, second_factor.c.sealed)
            ).all()
        )
        for source, target in (pair, pair[::-1]):
            connection.execute(
                update(second_factor)
                .where(second_factor.c.account_id == handsets[target].account_id)
                .values(sealed=sealed[handsets[source].account_id])
            )


def test_a_seed_opens_for_its_account(
    database: Database, keyring: Keyring, proof: Proof
) -> None:
    """With another's sealed seed in the row, neither person's code logs in."""
    handsets = enroll_all(database, keyring, accounts_of())
    factors = keeper(database, keyring, clock=FrozenClock(NOON))
    for pair in PAIRS:
        source, target = pair
        if source > target:
            continue
        _swap(database, handsets, [*pair])
        for whose in pair:
            for code in (handsets[each].code(NOON) for each in pair):
                proof.tried()
                with pytest.raises(SealAccountError):
                    factors.verify(handsets[whose].account_id, code)
        _swap(database, handsets, [*pair])
    for each in handsets:
        assert factors.verify(each.account_id, each.code(NOON)).factor_id


def test_a_whole_factor_moves_nowhere(
    database: Database, keyring: Keyring, proof: Proof
) -> None:
    """A copy of another's whole row, id and all, opens for nobody either."""
    handsets = enroll_all(database, keyring, accounts_of())
    factors = keeper(database, keyring, clock=FrozenClock(NOON))
    with database.read() as connection:
        query = select(second_factor.c.account_id, second_factor)
        rows = {row.account_id: row for row in connection.execute(query)}
    for source, target in PAIRS:
        row, whose = rows[handsets[source].account_id], handsets[target].account_id
        with database.begin() as connection:
            connection.execute(
                update(second_factor)
                .where(second_factor.c.account_id == whose)
                .values(id=row.id, sealed=row.sealed, key_id=row.key_id)
            )
        proof.tried()
        with pytest.raises(SealAccountError):
            factors.verify(whose, handsets[source].code(NOON))


def test_a_recovery_code_is_its_accounts(
    database: Database, keyring: Keyring, proof: Proof
) -> None:
    """Hashes of another's codes, copied into an account's rows, fit no code there."""
    handsets = enroll_all(database, keyring, accounts_of(), recovery=1)
    factors = keeper(database, keyring, clock=FrozenClock(NOON))
    with database.read() as connection:
        rows = {
            row.account_id: row for row in connection.execute(select(recovery_code))
        }
    for source, target in PAIRS:
        theirs, mine = handsets[target], handsets[source]
        row = rows[mine.account_id]
        with database.begin() as connection:
            connection.execute(
                update(recovery_code)
                .where(recovery_code.c.account_id == theirs.account_id)
                .values(hashed=row.hashed, slot=row.slot)
            )
            connection.execute(update(second_factor).values(failures=0, retry_at=None))
        proof.tried()
        with pytest.raises(CodeMismatchError):
            factors.verify(theirs.account_id, mine.recovery[0])


def test_a_trusted_browser_is_its_accounts(
    database: Database, keyring: Keyring, proof: Proof
) -> None:
    """Neither its token nor its row stands for the factor of another account."""
    handsets = enroll_all(database, keyring, accounts_of())
    factors = keeper(database, keyring, clock=FrozenClock(NOON))
    tokens, proofs = [], []
    for each in handsets:
        verified = factors.verify(each.account_id, each.code(NOON))
        proofs.append(verified.proof)
        trusted = factors.devices.trust(each.account_id, proof=verified.proof, epoch=0)
        tokens.append(trusted.token)
    for source, target in PAIRS:
        theirs = handsets[target].account_id
        proof.tried(2)
        with pytest.raises(DeviceRefusedError):
            factors.devices.check(tokens[source], account_id=theirs, epoch=0)
        with pytest.raises(StepUpRequiredError):
            factors.check_proof(theirs, proofs[source])
    for source, target in PAIRS:
        theirs, mine = handsets[target].account_id, handsets[source].account_id
        whose = trusted_device.c.account_id
        with database.begin() as connection:
            moved = update(trusted_device).where(whose == mine)
            connection.execute(moved.values(account_id=theirs))
        proof.tried()
        with pytest.raises(DeviceRefusedError):
            factors.devices.check(tokens[source], account_id=theirs, epoch=0)
        device_id = str(tokens[source]).split(".")[1]
        with database.begin() as connection:
            back = update(trusted_device).where(trusted_device.c.id == device_id)
            connection.execute(back.values(account_id=mine))


def test_a_forgotten_link_names_its_account(house: House, proof: Proof) -> None:
    """Whatever is put together from two links is no link."""
    ids = [str(number) for number in MEMBERS][:USERS]
    tokens = [house.guard.forgotten_token(each) for each in ids]
    for source, target in PAIRS:
        mine, theirs = tokens[source], tokens[target]
        cut = secrets.randbelow(40) + 20
        assert house.guard.check_forgotten(mine) == ids[source]
        proof.tried(2)
        for made in (mine[:cut] + theirs[cut:], mine[:-cut] + theirs[-cut:]):
            with pytest.raises(TokenRefusedError):
                house.guard.check_forgotten(made)


def _links(house: House, numbers: Sequence[int]) -> tuple[str, dict[int, str]]:
    mail = RememberedMail()
    campaign = house.swept(in_list([str(number) for number in numbers]))
    house.campaigns.send(campaign, mail, worker="sender")
    return campaign, tokens_in(mail.messages)


def test_a_notice_is_its_accounts(house: House, proof: Proof) -> None:
    """Its row, moved to another account, makes its link nobody's."""
    numbers = REACHED[: min(USERS, 40)]
    _, tokens = _links(house, numbers)
    database = house.guard._database
    for source, target in permutations(numbers, 2):
        of_source = notice.c.account_id == str(source)
        notice_id = tokens[source].split(".")[2]
        with database.begin() as connection:
            connection.execute(
                update(notice).where(of_source).values(account_id=f"{target}", kind="x")
            )
        proof.tried()
        with pytest.raises(TokenRefusedError):
            house.campaigns.claim(tokens[source])
        with database.begin() as connection:
            back = update(notice).where(notice.c.id == notice_id)
            connection.execute(back.values(account_id=f"{source}", kind="first"))
    assert house.campaigns.claim(tokens[numbers[0]]).account.id == str(numbers[0])


def test_a_retired_hash_is_its_accounts(
    house: House, monkeypatch: pytest.MonkeyPatch, proof: Proof
) -> None:
    """On another's page, or under its number, it lets nobody be told of anything."""
    monkeypatch.setattr("credguard.campaigns.retired.PAGE_ACCOUNTS", 1)
    numbers = REACHED[: min(USERS, 40)]
    _links(house, numbers)
    database = house.guard._database
    with database.read() as connection:
        rows = connection.execute(select(member)).all()
        pages = {row.account_id: row.page for row in rows}
        sealed = connection.execute(select(retired_page)).all()
        seals = {row.number: row.sealed for row in sealed}
    markers = house.forum.passwords()
    for source, target in permutations(map(str, numbers), 2):
        theirs = member.c.account_id == target
        number = retired_page.c.number == pages[target]
        moves = (
            (update(member).where(theirs), {"page": pages[source]}),
            (update(retired_page).where(number), {"sealed": seals[pages[source]]}),
        )
        for moved, values in moves:
            with database.begin() as connection:
                connection.execute(moved.values(values))
            for password in (password_of(int(source)), password_of(int(target))):
                proof.tried()
                with pytest.raises(SealBrokenError):
                    house.guard.log_in(
                        password, account_id=target, stored=markers[target]
                    )
            with database.begin() as connection:
                back = update(member).where(theirs).values(page=pages[target])
                connection.execute(back)
                again = update(retired_page).where(number)
                connection.execute(again.values(sealed=seals[pages[target]]))


def test_a_marker_lets_nobody_in(house: House, proof: Proof) -> None:
    """Another's marker in the column is no hash, and no password fits it."""
    inside, outside = REACHED[: USERS // 2 + 1], REACHED[USERS // 2 + 1 : USERS + 2]
    _links(house, inside)
    markers = house.forum.passwords()
    for source in inside:
        for target in outside:
            stored = markers[str(source)]
            for password in (password_of(source), password_of(target), str(stored)):
                proof.tried()
                with pytest.raises((PasswordMismatchError, BusyError)):
                    house.guard.log_in(password, account_id=f"{target}", stored=stored)


def test_what_a_change_ends(house: House, proof: Proof) -> None:
    """Each way to a new password ends older sessions and links, and only one's own."""
    guard, new = house.guard, "a quiet harbour at noon"
    numbers = iter(REACHED)

    def forgotten(number: int) -> None:
        token = guard.forgotten_token(str(number))
        guard.redeem_forgotten(token, password=new, stored=None)

    def changed(number: int) -> None:
        guard.change_password(
            password_of(number),
            new=new,
            account_id=str(number),
            stored=house.forum.password(number),
        )

    def reset(number: int) -> None:
        _, tokens = _links(house, [number])
        guard.redeem(tokens[number], password=new)

    ways: list[Callable[[int], object]] = [
        forgotten,
        changed,
        reset,
        lambda number: house.swept(in_list([str(number)])),
        lambda number: guard.password_was_set(str(number)),
        lambda number: guard.sign_out_everywhere(str(number)),
    ]
    for _ in range(sized(everyday=1, prove=4)):
        for way in ways:
            number, other = next(numbers), next(numbers)
            stamps = [house.log_in(number, password_of(number)) for _ in range(3)]
            links = [guard.forgotten_token(str(number)) for _ in range(3)]
            others = house.log_in(other, password_of(other))
            way(number)
            for stamp in stamps:
                proof.tried()
                with pytest.raises(SessionRefusedError):
                    guard.check_session(stamp, account_id=str(number))
            for link in links:
                proof.tried()
                with pytest.raises(TokenRefusedError):
                    guard.check_forgotten(link)
            assert guard.check_session(others, account_id=str(other)).account_id
