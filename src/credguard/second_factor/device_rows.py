"""Rows of trusted devices."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from credguard._text import has_surrogate
from credguard.storage.tables import trusted_device


@dataclass(frozen=True, slots=True)
class Device:
    """
    A trusted device, as its owner may see it in a list.

    Attributes:
        id: What `TrustedDevices.revoke` takes.

        name: What the host called it, such as the browser's name.

        made_at: When it was trusted.

        used_at: When it was last used.

        expires_at: Until when it is trusted.
    """

    id: str
    name: str
    made_at: datetime
    used_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """
    A trusted device as it stands in its row.

    Attributes:
        id: Its id, which stands in the token too.

        account_id: Whose it is.

        factor_id: The factor that was in force; it ends with it.

        epoch: The account's credential epoch then; it ends with it.

        digest: SHA-256 of the present secret, in hexadecimal digits.

        previous: That of the one before, None if there was none.

        name: What the host called it.

        made_at: When it was trusted.

        rotated_at: When the present secret was made.

        expires_at: Until when it is trusted.

        version: What must still stand in the row when it is changed.
    """

    id: str
    account_id: str
    factor_id: str
    epoch: int
    digest: str = field(repr=False)
    previous: str | None = field(repr=False)
    name: str
    made_at: datetime
    rotated_at: datetime
    expires_at: datetime
    version: int


def find(connection: Connection, device_id: str) -> DeviceRow | None:
    """Return the device, None if there is none of this id."""
    query = select(trusted_device).where(trusted_device.c.id == device_id)
    found = connection.execute(query).mappings().first()
    return None if found is None else DeviceRow(**found)


def of_account(connection: Connection, account_id: str) -> list[DeviceRow]:
    """Return the account's devices, the one that was used last first."""
    query = (
        select(trusted_device)
        .where(trusted_device.c.account_id == account_id)
        .order_by(trusted_device.c.rotated_at.desc(), trusted_device.c.id)
    )
    return [DeviceRow(**row) for row in connection.execute(query).mappings()]


def add(connection: Connection, row: DeviceRow) -> None:
    """Put a new device into the table."""
    values = {each.name: getattr(row, each.name) for each in trusted_device.c}
    connection.execute(insert(trusted_device).values(**values))


def rotate(
    connection: Connection, found: DeviceRow, digest: str, *, now: datetime
) -> bool:
    """
    Put a new secret's digest in place, if the row still stands as *found*.

    Returns:
        True if it won; False if another change came first.
    """
    changed = connection.execute(
        update(trusted_device)
        .where(
            trusted_device.c.id == found.id, trusted_device.c.version == found.version
        )
        .values(
            digest=digest,
            previous=found.digest,
            rotated_at=now,
            version=found.version + 1,
        )
    )
    return changed.rowcount == 1


def remove(connection: Connection, account_id: str, device_id: str) -> bool:
    """Delete a device of the account; True if there was one."""
    if has_surrogate(device_id):
        return False  # from a form, anything may come
    gone = connection.execute(
        delete(trusted_device).where(
            trusted_device.c.id == device_id,
            trusted_device.c.account_id == account_id,
        )
    )
    return gone.rowcount == 1


def remove_all(connection: Connection, account_id: str) -> int:
    """Delete all devices of the account and return how many there were."""
    gone = connection.execute(
        delete(trusted_device).where(trusted_device.c.account_id == account_id)
    )
    return int(gone.rowcount)
