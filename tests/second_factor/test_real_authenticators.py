"""Authenticators that are not ours show codes that we accept."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from authenticators import NOON, PERIOD, prepared

from credguard.keys import Keyring
from credguard.second_factor import Enrollment, SecondFactors
from credguard.second_factor.enrollment import present
from credguard.second_factor.totp import Algorithm, Parameters, code_at, step_at
from credguard.testing import FrozenClock

SCRIPT = Path(__file__).parents[1] / "javascript" / "authenticators.cjs"

Tool = Callable[..., str]

# Seeds are as long as the hash: some apps stretch shorter ones (RFC 6238, as
# erratum 2866 tells it).
SEEDS = {
    Algorithm.SHA1: bytes(range(20)),
    Algorithm.SHA256: bytes(range(32)),
    Algorithm.SHA512: bytes(range(64)),
}
INSTANTS = [0, 59, 1_111_111_109, 1_790_000_010, 20_000_000_000]
PARAMETERS = [
    Parameters(digits, algorithm, period)
    for digits in (6, 8)
    for algorithm in Algorithm
    for period in (30, 60)
]


def shown_by_oathtool(tool: Tool, enrollment: Enrollment, now: int) -> str:
    """Return what oathtool shows for the key that a person would type."""
    key = enrollment.key.encode()
    return tool("oathtool", "--totp", "-b", "--now", f"@{now}", "-", stdin=key).strip()


def shown_by_javascript(
    tool: Tool, node_modules: str, *asked: tuple[str, int]
) -> list[dict[str, str]]:
    """Return what two JavaScript libraries show for these URIs and instants."""
    lines = "\n".join(json.dumps({"uri": uri, "now": now}) for uri, now in asked)
    printed = tool("node", SCRIPT, node_modules, stdin=lines.encode())
    return [json.loads(line) for line in printed.splitlines()]


def uri_of(parameters: Parameters) -> str:
    """Return an otpauth URI with these parameters."""
    secret = base64.b32encode(SEEDS[parameters.algorithm]).decode().rstrip("=")
    return (
        f"otpauth://totp/Forum:alice?secret={secret}&issuer=Forum"
        f"&algorithm={parameters.algorithm}&digits={parameters.digits}"
        f"&period={parameters.period_seconds}"
    )


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_oathtool_makes_the_same_codes(parameters: Parameters, tool: Tool) -> None:
    """The OATH Toolkit agrees for every hash function, length and period."""
    seed = SEEDS[parameters.algorithm]
    for now in INSTANTS:
        code = tool(
            "oathtool",
            f"--totp={parameters.algorithm.lower()}",
            f"--digits={parameters.digits}",
            f"--time-step-size={parameters.period_seconds}s",
            f"--now=@{now}",
            "-",
            stdin=seed.hex().encode(),
        )
        step = step_at(now, period_seconds=parameters.period_seconds)
        assert code_at(seed, step, parameters=parameters) == code.strip()


def test_javascript_makes_the_same_codes(tool: Tool, node_modules: str) -> None:
    """Two libraries of the web's authenticators agree for all parameters."""
    asked = [(each, now) for each in PARAMETERS for now in INSTANTS]
    shown = shown_by_javascript(
        tool, node_modules, *((uri_of(each), now) for each, now in asked)
    )
    assert len(shown) == len(asked)
    for (each, now), codes in zip(asked, shown, strict=True):
        step = step_at(now, period_seconds=each.period_seconds)
        expected = code_at(SEEDS[each.algorithm], step, parameters=each)
        assert codes == {"otpauth": expected, "otplib": expected}


def test_a_phone_that_typed_the_key_logs_in(tool: Tool, sqlite_url: str) -> None:
    """The key in groups of four, typed into oathtool, confirms and verifies."""
    clock = FrozenClock(NOON)
    with prepared(sqlite_url) as database:
        factors = SecondFactors(
            database, Keyring.generate(), issuer="Forum", clock=clock
        )
        enrollment = factors.enroll("7", name="alice")
        for check in (factors.confirm, factors.verify):
            now = int(clock().timestamp())
            code = shown_by_oathtool(tool, enrollment, now)
            assert check("7", code).account_id == "7"
            clock.advance(PERIOD)


def test_a_phone_that_scanned_the_picture_logs_in(
    tool: Tool, node_modules: str, sqlite_url: str, tmp_path: Path
) -> None:
    """The QR code, scanned by zbar and given to JavaScript, confirms and verifies."""
    clock = FrozenClock(NOON)
    with prepared(sqlite_url) as database:
        factors = SecondFactors(
            database, Keyring.generate(), issuer="Café & Co", clock=clock
        )
        picture = tmp_path / "code.png"
        picture.write_bytes(factors.enroll("7", name="alice@example.org").png())
        uri = tool("zbarimg", "--quiet", "--raw", picture).strip()
        asked = [(uri, int((NOON + n * PERIOD).timestamp())) for n in range(2)]
        first, second = shown_by_javascript(tool, node_modules, *asked)
        assert factors.confirm("7", first["otpauth"]).account_id == "7"
        clock.advance(PERIOD)
        assert factors.verify("7", second["otplib"]).account_id == "7"


def test_the_uri_is_read_by_javascript(tool: Tool, node_modules: str) -> None:
    """Names in any alphabet leave the URI readable for others."""
    later = NOON + timedelta(minutes=15)
    enrollment = present(
        SEEDS[Algorithm.SHA1], issuer="Форум", name="Ä:?&#", expires_at=later
    )
    [shown] = shown_by_javascript(tool, node_modules, (enrollment.uri, 59))
    expected = code_at(SEEDS[Algorithm.SHA1], 1)
    assert shown == {"otpauth": expected, "otplib": expected}
