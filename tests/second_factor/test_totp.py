"""Codes: vectors, other people's implementation, and what is accepted when."""

import hmac

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.twofactor import hotp, totp
from hypothesis import given
from hypothesis import strategies as st

import credguard.second_factor.totp as totp_module
from credguard.errors import (
    CodeMismatchError,
    CodeReplayedError,
    SetupError,
    StepInFutureError,
)
from credguard.second_factor.totp import (
    EVERY_APP,
    RFC_6238_DELAY,
    RFC_6238_DRIFT,
    STRICT,
    Algorithm,
    Parameters,
    Window,
    code_at,
    match,
    read_code,
    step_at,
)

# RFC 4226 appendix D: the seed and the first ten codes.
RFC_4226_SEED = b"12345678901234567890"
RFC_4226_CODES = [
    "755224",
    "287082",
    "359152",
    "969429",
    "338314",
    "254676",
    "287922",
    "162583",
    "399871",
    "520489",
]

# RFC 6238 appendix B, with seeds as long as the hash (erratum 2866: the text's
# single seed of 20 bytes fits only the codes of SHA-1).
RFC_6238_SEEDS = {
    Algorithm.SHA1: b"1234567890" * 2,
    Algorithm.SHA256: (b"1234567890" * 4)[:32],
    Algorithm.SHA512: (b"1234567890" * 7)[:64],
}
RFC_6238_CODES = [
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
]

SEED = RFC_4226_SEED
NOW = 1_790_000_010  # the middle of a step
STEP = step_at(NOW)

seeds = st.binary(min_size=10, max_size=64)
instants = st.integers(min_value=0, max_value=2**36)
windows = st.sampled_from([STRICT, RFC_6238_DELAY, RFC_6238_DRIFT, Window(4, 4)])


@pytest.mark.promise("P3")
@pytest.mark.parametrize(("step", "expected"), list(enumerate(RFC_4226_CODES)))
def test_counters_give_the_codes_of_rfc_4226(step: int, expected: str) -> None:
    """The codes of appendix D of RFC 4226 come out."""
    assert code_at(RFC_4226_SEED, step) == expected


@given(
    seed=st.binary(min_size=1, max_size=300),
    algorithm=st.sampled_from(Algorithm),
    step=st.integers(min_value=1, max_value=2**40),
)
def test_matching_computes_the_hmac_of_the_standard_library(
    seed: bytes, algorithm: Algorithm, step: int
) -> None:
    """The shared halves of HMAC give what `hmac` gives, also for seeds over a block."""
    parameters = Parameters(digits=8, algorithm=algorithm)
    code = code_at(seed, step, parameters=parameters)
    found = match(seed, code, now=step * 30, window=STRICT, parameters=parameters)
    assert found == step


@pytest.mark.parametrize(
    ("algorithm", "block"),
    [(Algorithm.SHA1, 64), (Algorithm.SHA256, 64), (Algorithm.SHA512, 128)],
)
@pytest.mark.parametrize("beside", [-1, 0, 1])
def test_a_seed_as_long_as_a_block_is_the_key_itself(
    algorithm: Algorithm, block: int, beside: int
) -> None:
    """Only a seed that is longer than a block is hashed first (RFC 2104 section 2)."""
    seed = bytes(range(block + beside))
    parameters = Parameters(digits=8, algorithm=algorithm)
    code = code_at(seed, STEP, parameters=parameters)
    found = match(seed, code, now=NOW, window=STRICT, parameters=parameters)
    assert found == STEP


@pytest.mark.promise("P3")
@pytest.mark.parametrize(("now", "sha1", "sha256", "sha512"), RFC_6238_CODES)
def test_instants_give_the_codes_of_rfc_6238(
    now: int, sha1: str, sha256: str, sha512: str
) -> None:
    """The eighteen codes of appendix B of RFC 6238 come out."""
    expected = dict(zip(Algorithm, (sha1, sha256, sha512), strict=True))
    for algorithm, code in expected.items():
        parameters = Parameters(digits=8, algorithm=algorithm)
        seed = RFC_6238_SEEDS[algorithm]
        assert code_at(seed, step_at(now), parameters=parameters) == code


@given(seed=seeds, step=st.integers(min_value=0, max_value=2**64 - 1))
def test_another_implementation_makes_the_same_codes(seed: bytes, step: int) -> None:
    """Codes agree with those of the cryptography package, whatever the counter."""
    for digits in (6, 7, 8):
        other = hotp.HOTP(seed, digits, hashes.SHA1(), enforce_key_length=False)  # noqa: S303
        code = code_at(seed, step, parameters=Parameters(digits=digits))
        assert code == other.generate(step).decode()


@given(seed=seeds, now=instants, period=st.sampled_from([15, 30, 60]))
def test_another_implementation_accepts_our_codes(
    seed: bytes, now: int, period: int
) -> None:
    """The cryptography package verifies our codes of each hash function."""
    known: dict[Algorithm, hashes.SHA1 | hashes.SHA256 | hashes.SHA512] = {
        Algorithm.SHA1: hashes.SHA1(),  # noqa: S303
        Algorithm.SHA256: hashes.SHA256(),
        Algorithm.SHA512: hashes.SHA512(),
    }
    for algorithm, other in known.items():
        parameters = Parameters(8, algorithm, period)
        code = code_at(seed, step_at(now, period_seconds=period), parameters=parameters)
        checker = totp.TOTP(seed, 8, other, period, enforce_key_length=False)
        checker.verify(code.encode(), now)


def test_a_counter_out_of_range_has_no_code() -> None:
    """A counter that does not fit into eight bytes raises OverflowError."""
    for step in (-1, 2**64):
        with pytest.raises(OverflowError):
            code_at(SEED, step)


@pytest.mark.parametrize(
    "typed", ["123456", "123 456", " 1-2-3 4-5-6 ", "123456" + " " * 58]
)
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    """Spaces and hyphens between the digits are passed over."""
    assert read_code(typed) == "123456"


@pytest.mark.promise("P3", "P7")
@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12345",
        "1234567",
        "+123456",
        "1_2_3_4_5_6",
        "12345a",
        "123456\n",
        "\t123456",
        "１２３４５６",
        "١٢٣٤٥٦",
        "12345\ud800",
        "12345\x00",
        "123456" + " " * 59,
        pytest.param("1" * 10_000_000, id="ten million digits"),
    ],
)
def test_anything_else_is_no_code(typed: str) -> None:
    """What is not exactly six ASCII digits is refused, and its size costs nothing."""
    with pytest.raises(CodeMismatchError):
        read_code(typed)


@pytest.mark.promise("P7")
@given(typed=st.text(st.characters()), digits=st.sampled_from([6, 7, 8]))
def test_no_text_breaks_the_reader(typed: str, digits: int) -> None:
    """For any text there are ASCII digits or the declared error, and nothing else."""
    try:
        code = read_code(typed, digits=digits)
    except CodeMismatchError:
        return
    assert len(code) == digits
    assert set(code) <= set("0123456789")


@given(seed=seeds, now=instants, window=windows, offset=st.integers(-6, 6))
def test_the_window_decides(seed: bytes, now: int, window: Window, offset: int) -> None:
    """A code passes if its step is in the window, and the step is what comes back."""
    step = step_at(now) + offset
    if step < 0:
        return
    code = code_at(seed, step)
    present = step_at(now)
    inside = range(max(0, present - window.back), present + window.ahead + 1)
    right = [each for each in inside if code_at(seed, each) == code]
    if right:
        assert match(seed, code, now=now, window=window) == right[-1]
    else:
        with pytest.raises(CodeMismatchError) as refused:
            match(seed, code, now=now, window=window)
        assert not isinstance(refused.value, CodeReplayedError)


@pytest.mark.promise("P3")
@given(seed=seeds, now=instants, later=st.integers(0, 300), window=windows)
def test_a_code_passes_once_in_its_whole_life(
    seed: bytes, now: int, later: int, window: Window
) -> None:
    """As long as a used code or an older one is in the window, it is a replay."""
    used = match(seed, code_at(seed, step_at(now)), now=now, window=window)
    now += later
    for step in range(max(0, step_at(now) - window.back), used + 1):
        with pytest.raises(CodeReplayedError):
            match(seed, code_at(seed, step), now=now, window=window, after_step=used)


def test_a_used_code_is_told_apart() -> None:
    """The last accepted step and older ones in the window are replays."""
    for offset in (-1, 0):
        with pytest.raises(CodeReplayedError):
            match(SEED, code_at(SEED, STEP + offset), now=NOW, after_step=STEP)
    code = code_at(SEED, STEP + 1)
    assert match(SEED, code, now=NOW, after_step=STEP) == STEP + 1


@pytest.mark.parametrize(
    ("ahead", "error"), [(4, CodeReplayedError), (5, StepInFutureError)]
)
def test_a_step_that_no_window_reaches_is_of_another_clock(
    ahead: int, error: type[Exception]
) -> None:
    """Past four steps ahead, the clock was set back: that is not called a replay."""
    with pytest.raises(error):
        match(SEED, code_at(SEED, STEP), now=NOW, after_step=STEP + ahead)


# The first of the numbers from 0 on that, as a seed, gives one code to two steps.
TWINS = (261254).to_bytes(20, "big")


def test_digits_that_two_steps_share_pass_once() -> None:
    """Where two steps have the same code, its first use is its last."""
    code = code_at(TWINS, 0)
    assert code_at(TWINS, 1) == code
    assert match(TWINS, code, now=0, window=RFC_6238_DRIFT) == 1
    with pytest.raises(CodeReplayedError):
        match(TWINS, code, now=30, window=RFC_6238_DRIFT, after_step=0)


def test_every_step_of_the_window_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work does not tell which step was right, or that none was."""
    computed: list[bytes] = []
    truncated = totp_module._truncated  # what is replaced below
    codes = [code_at(SEED, STEP + offset) for offset in (-1, 0, 1, 9)]

    def counted(mac: bytes) -> int:
        computed.append(mac)
        return truncated(mac)

    monkeypatch.setattr(totp_module, "_truncated", counted)
    for code in codes[:3]:
        match(SEED, code, now=NOW, window=RFC_6238_DRIFT)
    with pytest.raises(CodeMismatchError):
        match(SEED, codes[3], now=NOW, window=RFC_6238_DRIFT)
    window = [(STEP + offset).to_bytes(8, "big") for offset in (-1, 0, 1)]
    assert computed == [hmac.digest(SEED, each, "sha1") for each in window] * 4


def test_before_1970_no_code_is_right() -> None:
    """A clock that is set before 1970 has no steps, and breaks nothing."""
    with pytest.raises(CodeMismatchError):
        match(SEED, code_at(SEED, 0), now=-1_000_000)


def test_named_windows_are_what_their_sources_say() -> None:
    """The strict window is the present step alone; the others add one on a side."""
    assert Window(0, 0) == STRICT
    assert Window(1, 0) == RFC_6238_DELAY
    assert Window(1, 1) == RFC_6238_DRIFT


@pytest.mark.promise("P19")
@pytest.mark.parametrize(("back", "ahead"), [(-1, 0), (0, -1), (5, 0), (0, 5)])
def test_a_wide_window_cannot_be_made(back: int, ahead: int) -> None:
    """A window is at most four steps to each side: each one is a guess more."""
    with pytest.raises(SetupError):
        Window(back, ahead)


@pytest.mark.parametrize(
    ("digits", "period"), [(5, 30), (9, 30), (6, 0), (6, -30), (6, 121)]
)
def test_parameters_have_ranges(digits: int, period: int) -> None:
    """A code has 6 to 8 digits, and a step lasts 1 to 120 seconds."""
    with pytest.raises(SetupError):
        Parameters(digits=digits, period_seconds=period)


@pytest.mark.parametrize("digits", [6, 7, 8])
@pytest.mark.parametrize("period", [1, 120])
def test_the_ends_of_the_ranges_are_in_them(digits: int, period: int) -> None:
    """A step of a second, one of two minutes, and each length of a code."""
    made = Parameters(digits=digits, period_seconds=period)
    assert (made.digits, made.period_seconds) == (digits, period)
    assert len(code_at(b"a seed of ours", 1, parameters=made)) == digits
    assert made.hash_name not in repr(made)


def test_the_default_is_what_every_app_reads() -> None:
    """SHA-1, six digits and thirty seconds: apps ignore anything else."""
    assert Parameters(6, Algorithm.SHA1, 30) == EVERY_APP
