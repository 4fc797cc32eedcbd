"""
Trivial variations: a new password that whoever knows the old one tries at once. Pure.

Where only a hash of the old password is kept, one asks the other way round: which
passwords is the new one a trivial variation of? There are few of them, because each
costs a computation of the hash.

Source: the edits that people make when they must choose a new password, after Zhang,
Monrose and Reiter, "The Security of Modern Password Expiration" (CCS 2010): a change
of case, a number counted on, a character more or less at an end, leet.
"""

import re

MOST_FORMS = 12  # each is one computation more at a reset

_MOST_CHARACTERS = 4_096  # no longer one can be hashed
MAX_CHARACTERS = 256  # what is longer was not made by hand from another

_LEET = str.maketrans("@430$57", "aaeosst")
_ADDED = "0123456789!?.,#$*+-_ "
_NUMBER = re.compile(r"(.*?)([0-9]{1,9})([^0-9]*)", re.DOTALL | re.ASCII)
_LEAST_CORE = 4  # characters; a shorter rest says nothing about what it is a rest of


def earlier_forms(password: object) -> tuple[str, ...]:
    """
    Return the passwords of which *password* is a trivial variation.

    Args:
        password: What somebody chose; anything may be given.

    Returns:
        At most 12, the likeliest first; never *password* itself, and none empty.
    """
    if not isinstance(password, str) or len(password) > MAX_CHARACTERS:
        return ()
    stripped = password.rstrip(_ADDED)
    half, odd = divmod(len(password), 2)
    is_doubled = not odd and password[:half] == password[half:]
    forms = (
        _counted_back(password),
        password[:-1],
        password[:1].swapcase() + password[1:],
        stripped,
        password.lower(),
        password[1:],
        password.translate(_LEET),
        password[:-2],
        password.lstrip(_ADDED),
        password[:half] if is_doubled else password[::-1],
        password.upper(),
        stripped[:1].swapcase() + stripped[1:],
    )
    found = dict.fromkeys(form for form in forms if form and form != password)
    return tuple(found)[:MOST_FORMS]


def is_variation(new: object, *, of: str) -> bool:
    """
    Return True if *new* is a trivial variation of a password that is at hand.

    Args:
        new: What somebody chose; anything may be given, and what no policy takes is
            no variation.

        of: The old password.
    """
    if not isinstance(new, str) or len(new) > _MOST_CHARACTERS:
        return False
    if new == of or of in earlier_forms(new) or new in earlier_forms(of):
        return True
    core, old = _core(new), _core(of)
    return len(core) >= _LEAST_CORE and old in {core, core[::-1], core * 2}


def _core(password: str) -> str:
    """Return what is left of case, leet, and what is added at the ends."""
    return password.strip(_ADDED).casefold().translate(_LEET)


def _counted_back(password: str) -> str:
    """Return the password with its last number one smaller; 1 stands for the first."""
    found = _NUMBER.fullmatch(password)
    if found is None:
        return ""
    before, number, after = found.groups()
    smaller = int(number) - 1
    if smaller < 0:
        return ""
    width = len(number) if number.startswith("0") else 0
    return f"{before}{smaller:0{width}d}{after}" if smaller else before + after
