"""What Google Authenticator exports."""

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import SEED, came_in, reasons, seed_of

from credguard.errors import UnfitRecordError
from credguard.second_factor.takeover import Imported, ReasonCode, Row, read_google
from credguard.second_factor.takeover.protobuf import fields_of
from credguard.second_factor.totp import Algorithm, Parameters

# otpauth-migration-decoder, issue 6: the example of the format's wiki page.
EXAMPLE = (
    "otpauth-migration://offline?data=CjEKCkhlbGxvId6tvu8SGEV4YW1wbGU6YWxpY2VAZ29v"
    "Z2xlLmNvbRoHRXhhbXBsZTAC"
)

# scito/extract_otp_secrets, example_export.txt and example_output.json: what the app
# exported, and names and issuers that are in it. All have the seed of the first.
SCITO_SEED = bytes.fromhex("faa505e933a0d12e90beea96c8c10836")
SCITO = [
    (
        (
            "CjUKEPqlBekzoNEukL7qlsjBCDYSDnBpQHJhc3BiZXJyeXBpGgtyYXNwYmVycnlwaSABKAEwAhABGAE"
            "gACjr4JKK%2B%2F%2F%2F%2F%2F8B"
        ),
        [("pi@raspberrypi", "raspberrypi")],
    ),
    (
        (
            "CigKEPqlBekzoNEukL7qlsjBCDYSDnBpQHJhc3BiZXJyeXBpIAEoATACEAEYASAAKLzjp5n4%2F%2F%2"
            "F%2F%2FwE%3D"
        ),
        [("pi@raspberrypi", "")],
    ),
    (
        (
            "CigKEPqlBekzoNEukL7qlsjBCDYSDnBpQHJhc3BiZXJyeXBpIAEoATACCjUKEPqlBekzoNEukL7qlsjBC"
            "DYSDnBpQHJhc3BiZXJyeXBpGgtyYXNwYmVycnlwaSABKAEwAhABGAEgACiQ7OOa%2Bf%2F%2F%2F%2F8B"
        ),
        [("pi@raspberrypi", ""), ("pi@raspberrypi", "raspberrypi")],
    ),
    (
        (
            "CjYKEPqlBekzoNEukL7qlsjBCDYSHGVuY29kaW5nOiDCv8Okw4TDqcOJPyAoZGVtbykgASgBMAIQARgB"
            "IAAorfCurv%2F%2F%2F%2F%2F%2FAQ%3D%3D"
        ),
        [("encoding: ¿äÄéÉ? (demo)", "")],
    ),
]
SCITO_HOTP = (
    "CiUKEPqlBekzoNEukL7qlsjBCDYSCWhvdHAgZGVtbyABKAEwATgEEAEYASAAKNuv15j6%2F%2F%2F%2F%2FwE"
    "%3D"
)


def varint(number: int) -> bytes:
    """Return a number as Protocol Buffers write it."""
    written = b""
    while number > 0x7F:
        written += bytes([number & 0x7F | 0x80])
        number >>= 7
    return written + bytes([number])


def message(*fields: tuple[int, int | bytes]) -> bytes:
    """Return a message of these fields."""
    written = b""
    for number, value in fields:
        if isinstance(value, int):
            written += varint(number << 3) + varint(value)
        else:
            written += varint(number << 3 | 2) + varint(len(value)) + value
    return written


def row(*fields: tuple[int, int | bytes]) -> Row:
    """Return a row with the URI of a payload of these fields."""
    data = quote(base64.b64encode(message(*fields)), safe="")
    return {"uri": f"otpauth-migration://offline?data={data}"}


def entry(seed: bytes = SEED, *more: tuple[int, int | bytes]) -> bytes:
    """Return an entry of a payload."""
    return message((1, seed), (2, b"alice"), (6, 2), *more)


def test_the_known_example_comes_in() -> None:
    """The example that other decoders have gives seed, name and issuer."""
    [record] = came_in(read_google([{"uri": EXAMPLE}]))
    assert seed_of(record) == b"Hello!\xde\xad\xbe\xef"
    assert (record.account_id, record.issuer) == ("alice@google.com", "Example")
    assert record.parameters == Parameters()
    assert record.is_weak


@pytest.mark.parametrize(("data", "names"), SCITO)
def test_exports_of_the_app_come_in(data: str, names: list[tuple[str, str]]) -> None:
    """What another decoder reads from the app's exports is read here too."""
    uri = f"otpauth-migration://offline?data={data}"
    records = came_in(read_google([{"uri": uri}]))
    assert [(record.account_id, record.issuer) for record in records] == names
    assert {seed_of(record) for record in records} == {SCITO_SEED}


def test_a_counter_is_refused() -> None:
    """An entry whose codes come from a counter is told apart."""
    uri = f"otpauth-migration://offline?data={SCITO_HOTP}"
    assert reasons(read_google([{"uri": uri}])) == [ReasonCode.COUNTER_BASED]


def test_digits_are_an_enumeration() -> None:
    """1 stands for six digits and 2 for eight; 3 is SHA-512, 4 is MD5."""
    rows = [
        row((1, entry(SEED, (4, 3), (5, 2)))),
        row((1, entry(SEED, (4, 4)))),
        row((1, entry(SEED, (5, 6)))),
        row((1, entry(SEED, (5, b"x")))),
    ]
    records = list(read_google(rows))
    assert isinstance(records[0], Imported)
    assert records[0].parameters == Parameters(8, Algorithm.SHA512, 30)
    assert reasons(records[1:]) == [ReasonCode.PARAMETERS] * 3


def test_an_export_of_several_parts_comes_in_whole() -> None:
    """All parts of a batch give all entries, in any order."""
    parts = [row((1, entry()), (3, 3), (4, index), (5, 77)) for index in (2, 0, 1)]
    assert len(came_in(read_google(parts))) == 3


def test_a_missing_part_is_told() -> None:
    """What is there comes in, and one refusal says that the rest is missing."""
    parts = [row((1, entry()), (3, 3), (4, index), (5, 77)) for index in (0, 2)]
    assert reasons(read_google(parts)) == [None, None, ReasonCode.BATCH_MISSING]


@pytest.mark.parametrize(
    ("first", "second"), [([], [(5, 0)]), ([(5, 0)], []), ([], [])]
)
def test_a_batch_without_a_number_is_batch_nought(
    first: list[tuple[int, int | bytes]], second: list[tuple[int, int | bytes]]
) -> None:
    """As Protocol Buffers leave out a number that is nought."""
    parts = [
        row((1, entry()), (3, 2), (4, 0), *first),
        row((1, entry()), (3, 2), (4, 1), *second),
    ]
    assert reasons(read_google(parts)) == [None, None]


@pytest.mark.parametrize(("index", "missing"), [(0, []), (1, ["batch_missing"])])
def test_an_export_that_says_no_number_of_parts_has_one(
    index: int, missing: list[str]
) -> None:
    """Another part than the first is not all of it."""
    assert reasons(read_google([row((1, entry()), (4, index))])) == [None, *missing]


@pytest.mark.promise("P7")
def test_a_huge_number_of_parts_costs_nothing() -> None:
    """A payload that says it is one of billions is told, and fills no memory."""
    [_, refused] = list(read_google([row((1, entry()), (3, 2**62), (5, 1))]))
    assert reasons([refused]) == [ReasonCode.BATCH_MISSING]


def test_the_row_may_say_whose_it_is() -> None:
    """An account beside the URI is the account of each entry."""
    [record] = came_in(read_google([{"uri": EXAMPLE, "account_id": "7"}]))
    assert record.account_id == "7"


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("otpauth-migration://offline?data=%%%", ReasonCode.UNREADABLE),
        ("otpauth-migration://offline", ReasonCode.UNREADABLE),
        ("otpauth-migration://offline?data=", ReasonCode.UNREADABLE),
        (EXAMPLE.replace("otpauth-migration", "https"), ReasonCode.UNREADABLE),
        (EXAMPLE[:-3], ReasonCode.UNREADABLE),
        (EXAMPLE + "&data=" + SCITO[1][0], ReasonCode.UNREADABLE),
        ("otpauth-migration://offline?data=" + "A" * 9000, ReasonCode.TOO_LARGE),
        ("otpauth-migration://[offline?data=AA", ReasonCode.UNREADABLE),
        (None, ReasonCode.UNREADABLE),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_what_is_no_export_is_refused(uri: object, expected: str) -> None:
    """Cut, mistyped and oversized URIs are refused, each with its reason."""
    assert reasons(read_google([{"uri": uri}])) == [expected]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([(1, b"")], ReasonCode.NO_ACCOUNT),
        ([(1, message((2, b"alice"), (6, 2)))], ReasonCode.NO_SEED),
        ([(1, message((1, 7), (2, b"alice"), (6, 2)))], ReasonCode.UNREADABLE),
        ([(1, message((1, SEED), (2, 7), (6, 2)))], ReasonCode.NO_ACCOUNT),
        ([(1, entry(b"short"))], ReasonCode.SEED_TOO_SHORT),
    ],
)
def test_an_entry_that_does_not_fit_says_why(
    fields: list[tuple[int, int | bytes]], expected: str
) -> None:
    """Entries without a name or a seed are refused, each with its reason."""
    assert reasons(read_google([row(*fields)])) == [expected]


@pytest.mark.parametrize("padding", [0, 1, 2])
def test_base64_is_read_without_its_padding(padding: int) -> None:
    """Some tools take the equals signs for the end of a field, and cut them off."""
    written = message((1, SEED), (2, b"alice".ljust(8 - padding)), (6, 2))
    data = base64.b64encode(message((1, written))).decode()
    assert data.count("=") == padding
    uri = f"otpauth-migration://offline?data={quote(data.rstrip('='), safe='')}"
    assert seed_of(came_in(read_google([{"uri": uri}]))[0]) == SEED


def test_unquoted_plus_signs_are_read() -> None:
    """Base64's plus signs survive a tool that did not quote them."""
    seed = b"\0\0" + b"\xfb\xef\xbe" * 5
    payload = message((1, entry(seed)))
    data = base64.b64encode(payload).decode()
    assert "+" in data
    uri = f"otpauth-migration://offline?data={data}"
    assert seed_of(came_in(read_google([{"uri": uri}]))[0]) == seed


def test_the_algorithms_are_an_enumeration_too() -> None:
    """Nought and 1 are SHA-1, 2 is SHA-256; nought and 1 are six digits."""
    wanted = {
        (0, 0): Parameters(),
        (1, 1): Parameters(),
        (2, 2): Parameters(8, Algorithm.SHA256),
    }
    for (algorithm, digits), parameters in wanted.items():
        written = row((1, entry(SEED, (4, algorithm), (5, digits))))
        assert came_in(read_google([written]))[0].parameters == parameters


def test_positions_count_the_rows() -> None:
    """What came in, what did not, and a missing part, which is told at the end."""
    rows: list[Row] = [
        {"uri": EXAMPLE},
        {"uri": None, "account_id": "7"},
        row((1, entry()), (1, entry(b"short")), (3, 2), (4, 0), (5, 9)),
    ]
    read = list(read_google(rows))
    assert [record.position for record in read] == [1, 2, 3, 3, 3]
    assert [record.account_id for record in read[1:2]] == ["7"]
    assert reasons(read[4:]) == [ReasonCode.BATCH_MISSING]


def test_only_the_parts_that_are_said_to_be_count() -> None:
    """Parts are counted from nought, each batch for itself."""
    first = [row((1, entry()), (3, 2), (4, index), (5, 1)) for index in (0, 1)]
    other = [row((1, entry()), (3, 2), (4, index), (5, 2)) for index in (1, 2)]
    told = reasons(read_google([*first, *other]))
    assert told == [None] * 4 + [ReasonCode.BATCH_MISSING]


def test_a_thousand_parts_are_the_most_that_are_asked_for() -> None:
    """No export is larger; a number beyond that is not believed."""
    parts = [row((1, entry()), (3, 5000), (4, index)) for index in range(1000)]
    assert len(came_in(read_google(parts))) == 1000
    assert reasons(read_google(parts[:-1]))[-1] == ReasonCode.BATCH_MISSING


def test_the_longest_uri_is_read() -> None:
    """8,192 characters; one more is refused."""
    uri = EXAMPLE + "&x="
    [record] = came_in(read_google([{"uri": uri.ljust(8192, "x")}]))
    assert record.account_id == "alice@google.com"
    too_long = {"uri": uri.ljust(8193, "x")}
    assert reasons(read_google([too_long])) == [ReasonCode.TOO_LARGE]


@pytest.mark.parametrize(("more", "is_read"), [(7, True), (8, False)])
def test_a_uri_has_at_most_eight_fields(more: int, *, is_read: bool) -> None:
    """The app writes one."""
    uri = EXAMPLE + "".join(f"&x{each}=1" for each in range(more))
    wanted = None if is_read else ReasonCode.UNREADABLE
    assert reasons(read_google([{"uri": uri}])) == [wanted]


@pytest.mark.parametrize(
    ("name", "issuer", "account"),
    [
        (b"Forum:alice", b"Forum", "alice"),
        (b"Forum : alice ", b"Forum", "alice"),
        (b"Forum:alice", b"Other", "Forum:alice"),
        (b"Forum:alice", b"", "Forum:alice"),
        (b"alice", b"alice", "alice"),
    ],
)
def test_the_issuer_is_taken_off_the_name(
    name: bytes, issuer: bytes, account: str
) -> None:
    """Where it stands before a colon; another colon is part of the name."""
    written = message((1, SEED), (2, name), (3, issuer), (6, 2))
    [record] = came_in(read_google([row((1, written))]))
    assert (record.account_id, record.label) == (account, name.decode())
    assert record.issuer == issuer.decode()


@pytest.mark.parametrize("number", [0, 127, 128, 16_383, 16_384, 2**63])
def test_a_number_is_seven_bits_to_a_byte(number: int) -> None:
    """The bit above says that more follow; ten bytes are the most."""
    assert list(fields_of(message((1, number), (2, b"x")))) == [(1, number), (2, b"x")]


def test_a_field_may_end_with_the_message_and_be_empty() -> None:
    """Its number may be larger than a byte."""
    data = message((200, b""), (17, b"abc"))
    assert list(fields_of(data)) == [(200, b""), (17, b"abc")]


@pytest.mark.parametrize("size", [9, 10, 11])
def test_a_number_has_at_most_ten_bytes(size: int) -> None:
    """64 bits, seven to a byte."""
    data = b"\x08" + b"\x80" * (size - 1) + b"\x01"
    if size <= 10:
        assert list(fields_of(data)) == [(1, 1 << 7 * (size - 1))]
        return
    with pytest.raises(UnfitRecordError):
        list(fields_of(data))


def test_fixed_numbers_are_passed_over() -> None:
    """Fields of four and eight bytes are skipped as the encoding says."""
    data = bytes([0x0D, 1, 2, 3, 4, 0x11, *range(8), 0x08, 5])
    assert list(fields_of(data)) == [
        (1, b"\1\2\3\4"),
        (2, bytes(range(8))),
        (1, 5),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"\x0b",
        b"\x0d\x01",
        b"\x80" * 11,
        b"\x0a\xff\xff\xff\xff\x0fabc",
        b"\x0a\x04abc",
        b"\x0a",
    ],
    ids=lambda data: data.hex(),
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    """Groups, cut fields and endless numbers raise the declared error."""
    with pytest.raises(UnfitRecordError):
        list(fields_of(data))


@pytest.mark.promise("P7")
@given(data=st.binary(max_size=300))
def test_no_payload_breaks_the_reader(data: bytes) -> None:
    """For any bytes there are records and refusals, and nothing else."""
    text = base64.b64encode(data).decode()
    uri = f"otpauth-migration://offline?data={quote(text, safe='')}"
    assert list(read_google([{"uri": uri}]))
