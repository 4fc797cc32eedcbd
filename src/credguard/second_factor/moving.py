"""What moves in and out: factors of other systems, and ours for those who leave."""

from collections.abc import Callable, Iterable

from credguard.second_factor.kit import Kit
from credguard.second_factor.takeover import exporting
from credguard.second_factor.takeover.exporting import Exported, Leaving
from credguard.second_factor.takeover.records import Imported, Refused
from credguard.second_factor.takeover.report import TakenOver
from credguard.second_factor.takeover.taking import BATCH_SIZE, TakingOver
from credguard.second_factor.takeover.terms import Resolve, Run, Terms


class Moving:
    """A part of `SecondFactors`; it is not made on its own."""

    _kit: Kit
    _issuer: str

    def take_over(
        self,
        records: Iterable[Imported | Refused],
        *,
        resolve: Resolve | None = None,
        overwrite: bool = False,
        with_codes: bool = True,
        is_dry_run: bool = False,
        batch: int = BATCH_SIZE,
        on_progress: Callable[[int], None] | None = None,
    ) -> TakenOver:
        """
        Put factors of another system in force, so that nobody enrolls anew.

        Codes that were used there are not accepted here: what is known of the last
        step is kept, and where nothing is, every step up to the one after the
        present counts as used. A run that was ended is simply begun again: what
        came in before is left as it is.

        Args:
            records: What a reader of `credguard.second_factor.takeover` yields; as
                many as there are.

            resolve: Turns a name that the other system gives into an account id;
                None where it gives the forum's own ids.

            overwrite: True to replace a factor that is in force here already, and
                to bring back one that was disabled here.

            with_codes: False to leave recovery codes behind. Each one in the clear
                takes about 25 ms to hash.

            is_dry_run: True to write nothing, and to say what would be done.

            batch: Accounts in one transaction, 1 to 10,000.

            on_progress: Called with the number of records that are done.

        Returns:
            What came in, what is weak, and what was refused and why.

        Raises:
            SetupError: *batch* is out of its range.
            SealBrokenError, UnknownKeyError: A factor to which recovery codes come
                does not open; page somebody.
            BusyError: No permit to hash a recovery code; what is done stands.
            StorageUnavailableError: The database is away, locked or full; what is
                done stands.
        """
        terms = Terms(
            resolve=resolve,
            overwrite=overwrite,
            with_codes=with_codes,
            is_dry_run=is_dry_run,
            batch=batch,
        )
        run = Run(self._kit, terms, self._kit.clock())
        return TakingOver(run).take(records, on_progress or (lambda _: None))

    def export(
        self,
        write: Callable[[Leaving], None],
        *,
        name_of: Callable[[str], str | None] = str,
    ) -> Exported:
        """
        Hand out the seeds of all factors in force, in the clear, to leave credguard.

        Whoever reads them can log in as anybody. It stands in the audit log before
        the first one is handed out. Recovery codes cannot leave: only hashes of
        them are kept.

        Args:
            write: Takes each factor; write it where nobody else can read it.

            name_of: Turns an account id into the name in the URI; None for the id.

        Returns:
            How many were handed out, and whose seed does not open.

        Raises:
            StorageUnavailableError: The database is away, locked or full.
        """
        return exporting.export(self._kit, write, issuer=self._issuer, name_of=name_of)
