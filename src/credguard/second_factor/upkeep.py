"""What operators do to all second factors: re-seal, count, list, repair."""

from collections.abc import Callable, Iterable, Iterator

from credguard.second_factor import repairing
from credguard.second_factor.kit import Kit
from credguard.second_factor.repairing import Restored, WeakFactor
from credguard.second_factor.resealing import (
    BATCH_SIZE,
    Resealed,
    Resealing,
    key_counts,
)
from credguard.sweeps import Progress


class Upkeep:
    """A part of `SecondFactors`; it is not made on its own."""

    _kit: Kit

    def reseal(
        self,
        *,
        worker: str,
        batch: int = BATCH_SIZE,
        rate: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Resealed:
        """
        Put every seed under the current key, while people log in.

        Several processes may do it at once. Stop it as you like: another call goes
        on. A log-in puts its own seed under the current key as well.

        Args:
            worker: Who works, for the leases; no two have one name.

            batch: Rows of one transaction, 2 to 10,000.

            rate: The most rows that this process changes in a second; None for as
                many as it can.

            on_progress: Called after each range of 5,000 rows.

        Returns:
            What this run did. `key_counts` says which keys are still in use.

        Raises:
            SetupError: A number is out of its range.
            StorageUnavailableError: The database is away, locked or full; what is
                done stands.
        """
        work = Resealing(self._kit, batch=batch, rate=rate)
        return work.run(worker=worker, on_progress=on_progress or (lambda _: None))

    def key_counts(self) -> dict[str, int]:
        """
        Return how many seeds are under each key, by the key's id.

        Raises:
            StorageUnavailableError: The database is away or locked.
        """
        with self._kit.database.read() as connection:
            return key_counts(connection)

    def weak_factors(self) -> Iterator[WeakFactor]:
        """
        Return the factors in force with a seed below 128 bits, by account id.

        They keep working: ask their owners to enroll anew.

        Raises:
            StorageUnavailableError: The database is away or locked.
        """
        return repairing.weak_factors(self._kit)

    def steps_in_future(self) -> int:
        """
        Return how many factors were left in the future by a clock that ran ahead.

        Raises:
            StorageUnavailableError: The database is away or locked.
        """
        return repairing.steps_in_future(self._kit)

    def repair_clock(self) -> int:
        """
        Put steps and delays that are in the future back to the present.

        For a server's clock that ran ahead and was set back: until then the people
        who logged in meanwhile are refused with `StepInFutureError`. Set the clock
        right first. A code that was accepted while the clock was ahead can be used
        once more when its time comes.

        Returns:
            How many factors were mended.

        Raises:
            StorageUnavailableError: The database is away, locked or full.
        """
        return repairing.repair_clock(self._kit)

    def after_restore(
        self, *, used: Iterable[tuple[str, str]] | None = None
    ) -> Restored:
        """
        Void what a restored backup brought back to life, before people log in.

        Recovery codes that were used since the backup are unused in it, and old
        codes and revoked devices count again. This ends all trusted devices, refuses
        every code up to the present step, and voids recovery codes.

        Args:
            used: Account id and slot of each recovery code that was used since, as
                `EventKind.RECOVERY_USED` told it; None where that is not known:
                then all recovery codes are void, and their owners need new ones.

        Returns:
            What was voided.

        Raises:
            StorageUnavailableError: The database is away, locked or full; call it
                again.
        """
        return repairing.after_restore(self._kit, used)
