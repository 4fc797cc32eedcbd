"""
One-time codes from a seed and the time. Pure, and the standard library only.

Time is integer Unix time here: no time zone and no daylight saving can move a
code. A typed code is compared with every step of the window in constant time,
and neither the last step that was accepted nor an older one is accepted again.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from enum import StrEnum
from struct import Struct

from credguard.errors import (
    CodeMismatchError,
    CodeReplayedError,
    SetupError,
    StepInFutureError,
)

MAX_TYPED_CHARACTERS = 64  # a code with spaces and hyphens has far fewer
DIGITS = range(6, 9)  # RFC 4226 section 5.3: six, and seven or eight
MAX_PERIOD_SECONDS = 120  # NIST SP 800-63B-4 section 3.1.4: changes within 2 minutes
MAX_WINDOW_STEPS = 4  # two minutes of 30 seconds each; each one is a guess more

_COUNTER_BYTES = 8  # RFC 4226 section 5.1
_FOUR_BYTES = Struct(">I").unpack_from  # RFC 4226 section 5.3
_LOW_31_BITS = 0x7FFF_FFFF
_HASHES = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha512": hashlib.sha512}
_INNER_PAD = bytes(byte ^ 0x36 for byte in range(256))  # RFC 2104 section 2
_OUTER_PAD = bytes(byte ^ 0x5C for byte in range(256))


class Algorithm(StrEnum):
    """The hash functions of RFC 6238, as an otpauth URI names them."""

    SHA1 = "SHA1"
    SHA256 = "SHA256"
    SHA512 = "SHA512"


@dataclass(frozen=True, slots=True)
class Parameters:
    """
    How codes are made from a seed.

    Attributes:
        digits: How many digits a code has, 6 to 8.

        algorithm: The hash function.

        period_seconds: How long a step lasts, 1 to 120 seconds.

        hash_name: The hash function as Python calls it.

    Raises:
        SetupError: A number is out of its range.
    """

    digits: int = 6
    algorithm: Algorithm = Algorithm.SHA1
    period_seconds: int = 30
    hash_name: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Looked up here once: an enumeration takes its time with each code.
        object.__setattr__(self, "hash_name", str(self.algorithm).lower())
        if self.digits not in DIGITS:
            message = f"a code has {DIGITS[0]} to {DIGITS[-1]} digits"
            raise SetupError(message)
        if not 1 <= self.period_seconds <= MAX_PERIOD_SECONDS:
            message = f"a step lasts 1 to {MAX_PERIOD_SECONDS} seconds"
            raise SetupError(message)


EVERY_APP = Parameters()  # what every authenticator app reads; others ignore the rest


@dataclass(frozen=True, slots=True)
class Window:
    """
    Which steps are looked at beside the present one.

    Attributes:
        back: Steps before it, 0 to 4: for those who type slowly.

        ahead: Steps after it, 0 to 4: for clocks that are fast.

    Raises:
        SetupError: A number is out of its range.
    """

    back: int
    ahead: int

    def __post_init__(self) -> None:
        if not all(0 <= n <= MAX_WINDOW_STEPS for n in (self.back, self.ahead)):
            message = f"a window has 0 to {MAX_WINDOW_STEPS} steps on each side"
            raise SetupError(message)


STRICT = Window(back=0, ahead=0)  # OWASP ASVS 5.0 6.5.5: good for 30 seconds
RFC_6238_DELAY = Window(back=1, ahead=0)  # section 5.2: one step for the way
RFC_6238_DRIFT = Window(back=1, ahead=1)  # section 6: and a clock that is fast


def step_at(now: int, *, period_seconds: int = EVERY_APP.period_seconds) -> int:
    """
    Return the step of an instant.

    Args:
        now: Unix time in whole seconds.

        period_seconds: How long a step lasts.

    Source:
        RFC 6238 section 4.2, with T0 = 0.
    """
    return now // period_seconds


def code_at(seed: bytes, step: int, *, parameters: Parameters = EVERY_APP) -> str:
    """
    Return the code of *seed* at *step*.

    Args:
        seed: The secret that the authenticator shares.

        step: The counter, 0 to 2⁶⁴ - 1.

        parameters: Digits and hash function.

    Raises:
        OverflowError: *step* is out of its range.

    Source:
        RFC 4226 section 5.3; RFC 6238 section 1.2 for SHA-256 and SHA-512.
    """
    counter = step.to_bytes(_COUNTER_BYTES, "big")
    number = _truncated(hmac.digest(seed, counter, parameters.hash_name))
    return f"{number % 10**parameters.digits:0{parameters.digits}d}"


def read_code(typed: object, *, digits: int = EVERY_APP.digits) -> str:
    """
    Read a code as people type it.

    Args:
        typed: Anything; spaces and hyphens between the digits are passed over.

        digits: How many digits a code has.

    Returns:
        Exactly *digits* ASCII digits.

    Raises:
        CodeMismatchError: It is anything else.
    """
    if isinstance(typed, str) and len(typed) <= MAX_TYPED_CHARACTERS:
        code = typed
        if len(typed) != digits:
            code = typed.replace(" ", "").replace("-", "")
        # isdigit alone takes digits of every alphabet.
        if len(code) == digits and code.isascii() and code.isdigit():
            return code
    raise CodeMismatchError


def match(
    seed: bytes,
    typed: object,
    *,
    now: int,
    window: Window = RFC_6238_DRIFT,
    after_step: int | None = None,
    parameters: Parameters = EVERY_APP,
) -> int:
    """
    Find the step that a typed code is of.

    Every step of the window is computed and compared, whichever is right.

    Args:
        seed: The secret that the authenticator shares.

        typed: What was typed; anything may be given.

        now: Unix time in whole seconds.

        window: Which steps to look at beside the present one.

        after_step: The last step that was accepted, None if there is none.

        parameters: How codes are made.

    Returns:
        The step, later than *after_step*. Store it as the last one before anybody
        is told that the code was right.

    Raises:
        CodeReplayedError: The code is of the last accepted step or an older one.
        StepInFutureError: It would be right, but the last accepted step is further
            ahead than any window reaches: the clock was set back.
        CodeMismatchError: It is of no step in the window.

    Source:
        RFC 6238 section 5.2: a code is accepted once.
    """
    wanted = int(read_code(typed, digits=parameters.digits)).to_bytes(4, "big")
    present = now // parameters.period_seconds
    modulus = 10**parameters.digits
    compare = hmac.compare_digest
    inner, outer = _keyed(seed, parameters.hash_name)
    found = []
    for step in range(max(0, present - window.back), present + window.ahead + 1):
        inside = inner.copy()
        inside.update(step.to_bytes(_COUNTER_BYTES, "big"))
        outside = outer.copy()
        outside.update(inside.digest())
        # Numbers of one length instead of texts: to format a text takes as long as
        # to compute a code.
        number = _truncated(outside.digest()) % modulus
        if compare(number.to_bytes(4, "big"), wanted):
            found.append(step)
    if not found:
        raise CodeMismatchError
    # Once in a million codes two steps share their digits. The oldest decides
    # whether they were used and the newest is used up: no digits pass twice.
    if after_step is not None and found[0] <= after_step:
        if after_step > present + MAX_WINDOW_STEPS:
            raise StepInFutureError
        raise CodeReplayedError
    return found[-1]


def _keyed(seed: bytes, hash_name: str) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """
    Return HMAC's two hashes with the key taken in, to be copied for each step.

    The steps of a window share them, which saves half of the work (RFC 2104
    section 4).
    """
    new = _HASHES[hash_name]
    block = new().block_size
    key = seed if len(seed) <= block else new(seed).digest()
    padded = key.ljust(block, b"\0")
    return new(padded.translate(_INNER_PAD)), new(padded.translate(_OUTER_PAD))


def _truncated(mac: bytes) -> int:
    """Return 31 bits of an HMAC (RFC 4226 section 5.3)."""
    number: int = _FOUR_BYTES(mac, mac[-1] & 0x0F)[0]
    return number & _LOW_31_BITS
