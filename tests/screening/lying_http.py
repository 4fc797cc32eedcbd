"""Range servers whose HTTP lies: chunks, lengths, heads, and what comes after."""

from http.server import BaseHTTPRequestHandler

from faulty_ranges import WRONG, Fault, FaultyRangeServer, raw, send, with_body

_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def _after(head: bytes, *, cut: int | None = None) -> Fault:
    """Return a fault that sends *head* and then the right body, or a part of it."""
    return lambda server, request: raw(request, head, server.body(request)[:cut])


def _chunk_that_is_shorter(
    server: FaultyRangeServer, request: BaseHTTPRequestHandler
) -> None:
    body = server.body(request)
    raw(request, _CHUNKED, b"%x\r\n%b\r\n0\r\n\r\n" % (len(body) + 100, body))


def _chunk_that_is_longer(
    server: FaultyRangeServer, request: BaseHTTPRequestHandler
) -> None:
    body = server.body(request)
    raw(request, _CHUNKED, b"%x\r\n%b\r\n0\r\n\r\n" % (len(body) - 100, body))


def _two_lengths(server: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
    body = server.body(request)
    lengths = b"Content-Length: 5\r\nContent-Length: %d\r\n\r\n" % len(body)
    raw(request, b"HTTP/1.1 200 OK\r\n", lengths, body)


def _long_line(_: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
    raw(request, b"HTTP/1.1 200 OK\r\nX-More: ", *[b"more" * 16_384] * 200)


def _many_informing(server: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
    raw(request, *[b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"] * 5)
    send(request, server.body(request)[:400])


def _in_utf_16(body: bytes) -> bytes:
    return body.decode("ascii").encode("utf-16-le")


LYING: dict[str, tuple[str, Fault]] = {
    "cut short, without a length": (
        "malformed",
        _after(b"HTTP/1.1 200 OK\r\n\r\n", cut=999),
    ),
    "length of another answer": (
        "too_few_lines",
        _after(b"HTTP/1.1 200 OK\r\nContent-Length: 700\r\n\r\n"),
    ),
    "length below zero": (
        "malformed",
        _after(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
    ),
    "length that is none": (
        "malformed",
        _after(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"),
    ),
    "length beyond all bounds": (
        "malformed",
        _after(b"HTTP/1.1 200 OK\r\nContent-Length: %b\r\n\r\n" % (b"9" * 30)),
    ),
    "two lengths": ("unreachable", _two_lengths),
    "chunk that is shorter than it says": ("unreachable", _chunk_that_is_shorter),
    "chunk that is longer than it says": ("unreachable", _chunk_that_is_longer),
    "chunk of a size that is none": ("unreachable", _after(_CHUNKED + b"many\r\n")),
    "chunk below zero": ("unreachable", _after(_CHUNKED + b"-5\r\n")),
    "chunk beyond all bounds": ("unreachable", _after(_CHUNKED + b"f" * 60 + b"\r\n")),
    "one line of a head without end": ("unreachable", _long_line),
    "informs, and cuts": ("bad_status", _many_informing),
    "HTTP 0.9": ("unreachable", _after(b"")),
    "another charset": (
        "malformed",
        with_body(_in_utf_16, "Content-Type: text/plain; charset=utf-16le"),
    ),
}

EVERY_LIE: dict[str, tuple[str, Fault]] = WRONG | LYING
"""All answers that are wrong, with why nobody was asked."""
