"""Which forms of a password a row is compared with, and whether it is replaced."""

from credguard._secret import Secret
from credguard.errors import PasswordUnhashableError
from credguard.passwords.preparing import prepare
from credguard.passwords.reading import Reading
from credguard.passwords.work_factor import WorkFactor


def forms_of(password: str, reading: Reading | None) -> tuple[tuple[Secret, ...], int]:
    """
    Return what to compare, most likely first, and how many forms the password has.

    The number does not depend on the row, so that neither does what a refusal costs.

    Args:
        password: What was typed; anything may be given.

        reading: The row; None if there is none to compare with.
    """
    try:
        prepared = prepare(password)
    except PasswordUnhashableError:
        return (), 1
    forms = prepared.normalized_first
    if reading is not None and not reading.is_native:
        forms = prepared.typed_first
    elif reading is not None and reading.own is not None and reading.own.is_nfc:
        forms = prepared.normalized_first[:1]
    return forms, len(prepared.normalized_first)


def is_to_be_replaced(reading: Reading, ours: WorkFactor, *, is_due: bool) -> bool:
    """
    Return True if a new hash of the same password would be better.

    No cost is ever lowered: where any number of an Argon2id hash is above ours, it
    stays, whatever it is wrapped around and whichever key it is sealed under.

    Args:
        reading: The row.

        ours: The work factor of new hashes.

        is_due: Whether the row should be sealed, sealed anew, or bound.
    """
    theirs = reading.row.argon2id
    if theirs is None:
        return True
    is_same = theirs == ours
    if not is_same and theirs.exceeds(ours):
        return False
    return is_due or not is_same or not reading.is_native
