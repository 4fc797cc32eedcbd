"""
Trusted devices: a log-in from one of them skips the second factor, and only that.

The browser keeps an opaque token; the table keeps its SHA-256 and nothing to make
it from. Each use replaces it. The one before stays good for a minute, for a second
tab that was opened at the same time; if it comes back later, two browsers hold what
one should, and the device is not trusted any more.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from credguard._exact import exact_arguments
from credguard._random import random_text
from credguard._secret import never_copied
from credguard.errors import BusyError, DeviceRefusedError, FactorStateError, SetupError
from credguard.second_factor import device_rows, rows
from credguard.second_factor.device_rows import Device, DeviceRow
from credguard.second_factor.events import EventKind, FactorEvent
from credguard.second_factor.factor import Factor, FactorState, Place
from credguard.second_factor.kit import BUSY, MOST_TRIES, NONE_IN_FORCE, Kit
from credguard.second_factor.step_up import check_proof
from credguard.storage.account_ids import check_account_id

TRUST_LIFETIME = timedelta(days=30)
GRACE = timedelta(seconds=60)  # a second tab loads within it
MOST_DEVICES = 20  # of one account; the one that was used longest ago goes
MAX_NAME_CHARACTERS = 64

_LONGEST = timedelta(days=365)
_ID_BYTES = 16
_SECRET_BYTES = 32
_MOST_CHARACTERS = 100
_SHAPE = re.compile(r"cgd1\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})", re.ASCII)


@never_copied
@dataclass(frozen=True, slots=True)
class Trusted:
    """
    A device that is trusted.

    Attributes:
        account_id: Whose it is.

        device_id: Its id in the list.

        token: The token to keep in the browser from now on, in a cookie that is
            Secure, HttpOnly and SameSite; None if the browser has it already.

        expires_at: Until when it is trusted.
    """

    account_id: str
    device_id: str
    token: str | None = field(repr=False)
    expires_at: datetime


@exact_arguments("account_id", "token")
class TrustedDevices:
    """
    The trusted devices of all accounts, in the credguard_trusted_device table.

    Any change of the factor, the password or the epoch ends them.

    Args:
        kit: What it works with.

    Raises:
        SetupError: The lifetime is not longer than nothing, or longer than a year.
    """

    def __init__(self, kit: Kit) -> None:
        if not timedelta(0) < kit.trust_lifetime <= _LONGEST:
            message = "a device is trusted for longer than nothing, and for a year most"
            raise SetupError(message)
        self._kit = kit

    def trust(
        self, account_id: str, *, proof: str, epoch: int, name: str = ""
    ) -> Trusted:
        """
        Trust the browser that has just proved the second factor.

        Args:
            account_id: The account.

            proof: `Verified.proof` of this log-in.

            epoch: The account's credential epoch: `Session.epoch`.

            name: What the person finds it by, such as the browser's name; it is
                cut after 64 characters.

        Returns:
            The device, with the token to keep in the browser.

        Raises:
            FactorStateError: No factor is in force, so there is nothing to skip.
            StepUpRequiredError: *proof* is not of the factor in force, or too old.
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away, locked or full.
        """
        check_account_id(account_id)
        kit, now = self._kit, self._kit.clock()
        device_id, secret = (
            random_text(_ID_BYTES),
            random_text(_SECRET_BYTES),
        )
        with kit.database.begin() as connection:
            factor = rows.find(connection, account_id, Place.CURRENT)
            if factor is None or factor.state is not FactorState.ACTIVE:
                raise FactorStateError(NONE_IN_FORCE)
            check_proof(
                kit.keyring,
                proof,
                account_id=account_id,
                factor_id=factor.id,
                now=now,
            )
            for old in device_rows.of_account(connection, account_id)[
                MOST_DEVICES - 1 :
            ]:
                device_rows.remove(connection, account_id, old.id)
            row = DeviceRow(
                id=device_id,
                account_id=account_id,
                factor_id=factor.id,
                epoch=epoch,
                digest=_digest(secret),
                previous=None,
                name=name[:MAX_NAME_CHARACTERS].encode("utf-8", "replace").decode(),
                made_at=now,
                rotated_at=now,
                expires_at=now + kit.trust_lifetime,
                version=0,
            )
            device_rows.add(connection, row)
            event = _event(EventKind.DEVICE_TRUSTED, row, now)
            kit.events.record(connection, event)
        kit.events.tell_of(event)
        return Trusted(account_id, device_id, f"cgd1.{row.id}.{secret}", row.expires_at)

    def check(self, token: object, *, account_id: str, epoch: int) -> Trusted:
        """
        Check a token, and replace it.

        Ask only after the password was right: the device takes the place of the
        second factor and of nothing else.

        Args:
            token: What the browser sent; anything may be given.

            account_id: The account that logs in.

            epoch: Its credential epoch now.

        Returns:
            The device. Give the browser its new token, where there is one.

        Raises:
            DeviceRefusedError: The device is not trusted: ask for a code.
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            BusyError: Nothing was decided; try again.
            StorageUnavailableError: The database is away, locked or full.
        """
        check_account_id(account_id)
        device_id, digest = _read(token)
        kit = self._kit
        for _ in range(MOST_TRIES):
            now = kit.clock()
            with kit.database.read() as connection:
                row = device_rows.find(connection, device_id)
                factor = rows.find(connection, account_id, Place.CURRENT)
            if row is None or not _stands(row, factor, (account_id, epoch), now):
                raise DeviceRefusedError
            if not hmac.compare_digest(row.digest, digest):
                self._check_previous(row, digest, now)
                return Trusted(account_id, row.id, None, row.expires_at)
            secret = random_text(_SECRET_BYTES)
            with kit.database.begin() as connection:
                won = device_rows.rotate(connection, row, _digest(secret), now=now)
            if won:
                kit.events.tell_of(_event(EventKind.DEVICE_USED, row, now))
                return Trusted(
                    account_id, row.id, f"cgd1.{row.id}.{secret}", row.expires_at
                )
        raise BusyError(BUSY)

    def every(self, account_id: str) -> list[Device]:
        """
        Return the account's devices, the one that was used last first.

        Raises:
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away or locked.
        """
        check_account_id(account_id)
        now = self._kit.clock()
        with self._kit.database.read() as connection:
            found = device_rows.of_account(connection, account_id)
            factor = rows.find(connection, account_id, Place.CURRENT)
        return [
            Device(row.id, row.name, row.made_at, row.rotated_at, row.expires_at)
            for row in found
            if _stands(row, factor, (account_id, row.epoch), now)
        ]

    def revoke(self, account_id: str, device_id: str) -> bool:
        """
        Stop trusting one device.

        Returns:
            True if the account had it.

        Raises:
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away, locked or full.
        """
        check_account_id(account_id)
        return self._revoke(EventKind.DEVICE_REVOKED, account_id, device_id)

    def revoke_all(self, account_id: str) -> int:
        """
        Stop trusting all devices of the account.

        Returns:
            How many there were.

        Raises:
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away, locked or full.
        """
        check_account_id(account_id)
        kit, now = self._kit, self._kit.clock()
        with kit.database.begin() as connection:
            count = device_rows.remove_all(connection, account_id)
            event = FactorEvent(
                EventKind.DEVICE_REVOKED, account_id, now, {"devices": count}
            )
            if count:
                kit.events.record(connection, event)
        if count:
            kit.events.tell_of(event)
        return count

    def _check_previous(self, row: DeviceRow, digest: str, now: datetime) -> None:
        is_previous = hmac.compare_digest(row.previous or "", digest)
        if is_previous and now - row.rotated_at <= GRACE:
            return
        if is_previous:
            self._revoke(EventKind.DEVICE_REPLAYED, row.account_id, row.id)
        raise DeviceRefusedError

    def _revoke(self, kind: EventKind, account_id: str, device_id: str) -> bool:
        kit = self._kit
        event = FactorEvent(kind, account_id, kit.clock(), {"device_id": device_id})
        with kit.database.begin() as connection:
            removed = device_rows.remove(connection, account_id, device_id)
            if removed:
                kit.events.record(connection, event)
        if removed:
            kit.events.tell_of(event)
        return removed


def _stands(
    row: DeviceRow, factor: Factor | None, whose: tuple[str, int], now: datetime
) -> bool:
    """Return True if nothing has ended the device yet."""
    return (
        factor is not None
        and factor.state is FactorState.ACTIVE
        and row.factor_id == factor.id
        and (row.account_id, row.epoch) == whose
        and now < row.expires_at
    )


def _event(kind: EventKind, row: DeviceRow, now: datetime) -> FactorEvent:
    detail = {"device_id": row.id, "factor_id": row.factor_id}
    return FactorEvent(kind, row.account_id, now, detail)


def _read(token: object) -> tuple[str, str]:
    text = token if isinstance(token, str) else ""
    found = _SHAPE.fullmatch(text) if len(text) <= _MOST_CHARACTERS else None
    if found is None:
        raise DeviceRefusedError
    return found[1], _digest(found[2])


def _digest(secret: str) -> str:
    # Fast is right here: 256 random bits need no slow hash.
    return hashlib.sha256(secret.encode("ascii")).hexdigest()
