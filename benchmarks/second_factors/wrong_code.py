"""A wrong code: how fast it is refused, beside other libraries in the same run."""

import time
from collections.abc import Callable
from statistics import median

from benchmarks.passwords.interleaved import interleaved
from benchmarks.second_factors.population import NOW, code_of, seed_of

from credguard.errors import CodeMismatchError
from credguard.second_factor.totp import RFC_6238_DRIFT, match

ROUNDS, EACH = 15, 2000
SEED = seed_of(7)
SECONDS = int(NOW.timestamp())
WRONG = next(
    text
    for text in map("{:06d}".format, range(10))
    if text not in {code_of(7), code_of(7, step=0)}
)


def ours() -> None:
    for _ in range(EACH):
        try:
            match(SEED, WRONG, now=SECONDS, window=RFC_6238_DRIFT)
        except CodeMismatchError:
            continue
        raise AssertionError


def pyotp() -> Callable[[], None]:
    import base64  # noqa: PLC0415

    from pyotp import TOTP  # noqa: PLC0415

    totp = TOTP(base64.b32encode(SEED).decode())

    def verify() -> None:
        for _ in range(EACH):
            assert not totp.verify(WRONG, for_time=NOW, valid_window=1)

    return verify


def cryptography() -> Callable[[], None]:
    from cryptography.hazmat.primitives.hashes import SHA1  # noqa: PLC0415
    from cryptography.hazmat.primitives.twofactor import InvalidToken  # noqa: PLC0415
    from cryptography.hazmat.primitives.twofactor.totp import TOTP  # noqa: PLC0415

    totp = TOTP(SEED, 6, SHA1(), 30)  # noqa: S303
    code = WRONG.encode()

    def verify() -> None:
        for _ in range(EACH):
            for offset in (-30, 0, 30):
                try:
                    totp.verify(code, SECONDS + offset)
                except InvalidToken:
                    continue
                raise AssertionError

    return verify


def run() -> None:
    print("\nA wrong code, window of one step on each side")
    works = {"credguard": ours}
    for name, make in (("pyotp", pyotp), ("cryptography, 3 steps", cryptography)):
        try:
            works[name] = make()
        except ImportError:
            print(f"  ({name} is not installed)")
    taken = interleaved(works, rounds=ROUNDS, clock=time.process_time)
    fastest = median(taken["credguard"])
    for name, seconds in taken.items():
        each = median(seconds) / EACH * 1e6
        print(f"  {name:24} {each:6.1f} us CPU  x{median(seconds) / fastest:.2f}")
