"""
Puts records of other systems in force, a batch in a transaction.

A run that was ended in any way is begun again from the first record: what came in
before is recognized and left as it is, and nothing is hashed once more.
"""

from collections.abc import Callable, Iterable

from credguard.second_factor.takeover.code_batches import put_codes
from credguard.second_factor.takeover.records import Imported, Refused, shown_account
from credguard.second_factor.takeover.refusals import ReasonCode
from credguard.second_factor.takeover.report import TakenOver
from credguard.second_factor.takeover.seed_batches import put_seeds
from credguard.second_factor.takeover.terms import Run

BATCH_SIZE = 500  # accounts; on SQLite others wait a few milliseconds for it


class TakingOver:
    """
    One run.

    Args:
        run: What its parts share.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seeds: dict[str, Imported] = {}
        self._codes: dict[str, Imported] = {}

    def take(
        self,
        records: Iterable[Imported | Refused],
        on_progress: Callable[[int], None],
    ) -> TakenOver:
        """
        Take *records* over, as many as there are.

        Raises:
            BusyError: No permit or memory to hash a recovery code, or others
                changed an account too often; what came in before stands.
            StorageUnavailableError: So too; call it again.
        """
        tally, batch = self._run.tally, self._run.terms.batch
        for record in records:
            tally.read += 1
            if isinstance(record, Refused):
                tally.refuse(record)
                continue
            self._collect(record)
            if len(self._seeds) + len(self._codes) >= batch:
                self._flush()
                on_progress(tally.read)
        self._flush()
        on_progress(tally.read)
        return tally.told(is_dry_run=self._run.terms.is_dry_run)

    def _collect(self, record: Imported) -> None:
        resolve = self._run.terms.resolve
        if resolve is not None:
            account_id = shown_account({"id": resolve(record.account_id)}, "id")
            if account_id is None:
                self._run.refuse(record, ReasonCode.UNKNOWN_ACCOUNT)
                return
            record = record.belonging_to(account_id)
        waiting = self._codes if record.seed is None else self._seeds
        first = waiting.setdefault(record.account_id, record)
        if first is record:
            return
        if record.seed is not None and record.seed == first.seed:
            self._run.tally.unchanged += 1
        else:
            self._run.refuse(record, ReasonCode.ALREADY_ENROLLED)

    def _flush(self) -> None:
        seeds, codes = self._seeds, self._codes
        self._seeds, self._codes = {}, {}
        if seeds:
            put_seeds(self._run, seeds)
        # Codes beside seeds: those of the same batch are in force by now.
        if codes and self._run.terms.with_codes:
            put_codes(self._run, codes)
