"""A copy has what the table has, whatever database that is in."""

import stat
from pathlib import Path

import pytest
from sqlalchemy import select

from credguard.accounts import SqlAccounts
from credguard.drill import copying
from credguard.drill.copying import copy
from credguard.errors import StorageUnavailableError
from credguard.sessions import credentials_of, raise_epochs
from credguard.storage import Database
from credguard.storage.tables import credential
from forums import House


def accounts_of(house: House) -> SqlAccounts:
    """Return the forum's user table."""
    accounts = house.guard.campaigns._means.accounts
    assert isinstance(accounts, SqlAccounts)
    return accounts


def database_of(house: House) -> Database:
    """Return where credguard's own tables are."""
    return house.guard._database


def test_a_copy_has_what_a_campaign_asks(
    any_house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accounts as they were read, and epochs with them, page by page."""
    monkeypatch.setattr(copying, "PAGE_SIZE", 7)
    ids = [str(number) for number in range(1, 31)]
    with database_of(any_house).begin() as connection:
        raise_epochs(connection, ids)
    seen: list[tuple[int, int]] = []
    accounts, database = copy(
        accounts_of(any_house),
        database_of(any_house),
        tmp_path,
        on_progress=lambda done, total: seen.append((done, total)),
    )
    with accounts_of(any_house).reading() as there, accounts.reading() as here:
        originals = accounts_of(any_house).pages(there, size=100)
        copies = accounts.pages(here, size=100)
        wanted = {each.id: each for page in originals for each in page}
        found = {each.id: each for page in copies for each in page}
    assert len(found) == 60
    assert found == wanted
    with database.read() as connection:
        assert credentials_of(connection, ids).keys() == set(ids)
        assert len(connection.execute(select(credential)).all()) == 30
    assert seen[-1] == (60, 60)
    mode = (tmp_path / "copy.sqlite").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_database_that_is_new_to_us_is_copied_too(
    house: House, tmp_path: Path
) -> None:
    """Before the first campaign our tables are not there."""
    empty = Database(f"sqlite:///{tmp_path / 'nothing-yet.sqlite'}", ours=False)
    (tmp_path / "nothing-yet.sqlite").touch()
    folder = tmp_path / "copies"
    folder.mkdir()
    accounts, _ = copy(accounts_of(house), empty, folder)
    with accounts.reading() as connection:
        assert accounts.count(connection) == 60
    empty.close()


def test_a_copy_that_cannot_be_written_is_said(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own errors become ours, whichever they are."""
    monkeypatch.setattr(copying, "_MAKE", "CREATE TABLE other (id INTEGER)")
    with pytest.raises(StorageUnavailableError, match="cannot be written"):
        copy(accounts_of(house), database_of(house), tmp_path)
