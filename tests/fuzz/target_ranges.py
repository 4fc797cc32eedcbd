"""What a range service answers: compressed, cut, foreign, or lying."""

from credguard.screening.range_body import RangeBody, read_body
from credguard.screening.range_decoding import decoded
from credguard.screening.verdicts import Unasked

WANTED = "1E4C9B93F3F0682250B6CF8331B7EE68FD8"


def one_input(data: bytes) -> None:
    """Read an answer; a hash is found only where its whole line stands."""
    for encoding in ("", "gzip"):
        plain = decoded(data, encoding)
        if isinstance(plain, Unasked):
            continue
        for fewest in (0, 400):
            body = read_body(plain, fewest_lines=fewest)
            if isinstance(body, RangeBody):
                _check(plain, body)
        read_body(plain, fewest_lines=1, suffix_characters=27)


def _check(plain: bytes, body: RangeBody) -> None:
    times = body.times(WANTED)
    lines = plain.upper().removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"").split(b"\n")
    counts = [each[36:] for each in lines if each[:36] == f"{WANTED}:".encode()]
    if all(each.isdigit() for each in counts):
        fits = times == max(map(int, counts), default=0)
    else:
        fits = isinstance(times, Unasked)
    if not fits:
        raise AssertionError
