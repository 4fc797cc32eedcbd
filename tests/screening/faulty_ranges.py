"""Range servers that go wrong, one way each. What they serve lists `LISTED`."""

import gzip
import random
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

from credguard.drill.range_server import RangeServer

LISTED = "trustno1 but listed"
TIMES = 17_491

_GZIP = ("Content-Encoding: gzip",)
_DEFLATE = ("Content-Encoding: deflate",)

Fault = Callable[["FaultyRangeServer", BaseHTTPRequestHandler], None]


class FaultyRangeServer(RangeServer):
    """A range server of which every answer goes wrong in one way."""

    def __init__(self, fault: Fault) -> None:
        super().__init__({LISTED: TIMES})
        self._fault = fault
        self.asked = 0

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Go wrong, and end when the client has gone."""
        self.asked += 1
        request.close_connection = True
        with suppress(OSError):
            self._fault(self, request)

    def body(self, request: BaseHTTPRequestHandler) -> bytes:
        """Return what a sound server would have answered."""
        return "\r\n".join(self.lines(request.path[-5:])).encode()


def raw(request: BaseHTTPRequestHandler, *parts: bytes) -> None:
    """Write bytes as they are."""
    for part in parts:
        request.wfile.write(part)


def send(
    request: BaseHTTPRequestHandler, body: bytes, *headers: str, status: str = "200 OK"
) -> None:
    """Write a well-formed answer."""
    length = f"Content-Length: {len(body)}"
    head = [f"HTTP/1.1 {status}", length, "Connection: close", *headers]
    raw(request, "\r\n".join([*head, "", ""]).encode(), body)


def drip(request: BaseHTTPRequestHandler, data: bytes) -> None:
    """Write a byte now and then, for as long as anybody reads."""
    for byte in data:
        request.wfile.write(bytes([byte]))
        time.sleep(0.05)


def with_body(change: Callable[[bytes], bytes], *headers: str) -> Fault:
    """Return a fault that sends the right answer with a changed body."""
    return lambda server, request: send(request, change(server.body(request)), *headers)


def with_status(status: str, *headers: str) -> Fault:
    """Return a fault that sends the right body under another status."""
    return lambda server, request: send(
        request, server.body(request), *headers, status=status
    )


def _silence(_: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
    request.rfile.read(1)  # until the client goes


def _hang_up(_: FaultyRangeServer, __: BaseHTTPRequestHandler) -> None:
    return


def _drip_head(_: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
    drip(request, b"HTTP/1.1 200 OK\r\n" + b"X-More: and more\r\n" * 1000)


def _drip_body(server: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
    body = server.body(request)
    raw(request, b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
    drip(request, body)


def _drip_chunks(server: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
    raw(request, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    drip(
        request,
        b"".join(_chunks(server.body(request)[at : at + 1] for at in range(99))),
    )


def _chunks(parts: Iterable[bytes]) -> Iterator[bytes]:
    for part in parts:
        yield b"%x\r\n%b\r\n" % (len(part), part)


def _endless_head(_: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
    raw(request, b"HTTP/1.1 200 OK\r\n", *[b"X-More: and more\r\n"] * 10_000)


def _endless_informing(_: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
    while True:
        raw(request, b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


def _endless_chunks(_: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
    raw(request, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    raw(request, *_chunks([b"0" * 65_536] * 200))


def _break_off(server: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
    body = server.body(request)
    raw(request, b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
    raw(request, body[: len(body) // 2])


def _break_off_chunks(
    server: FaultyRangeServer, request: BaseHTTPRequestHandler
) -> None:
    raw(request, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    raw(request, *_chunks([server.body(request)]))


def _no_length(server: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
    raw(request, b"HTTP/1.1 200 OK\r\n\r\n", server.body(request))


def _no_http(_: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
    raw(request, b"220 mail.example ESMTP\r\n")


def _huge(_: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
    megabyte = b"0" * 1_000_000
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 300000000\r\n\r\n"
    raw(request, head, *[megabyte] * 300)


def _bomb(_: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
    # A gzip file is one deflated stream, so repeating a block of it repeats zeros.
    packer = zlib.compressobj(wbits=31)
    head = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    send(request, head + block * 900, *_GZIP)


def _noise(_: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
    send(request, gzip.compress(random.Random(1).randbytes(2_000_000)), *_GZIP)


def _as_it_is(body: bytes) -> bytes:
    return body


def _gzip_cut(body: bytes) -> bytes:
    return gzip.compress(body)[:-4]


def _gzip_twice(body: bytes) -> bytes:
    return gzip.compress(body) * 2


def _gzip_damaged(body: bytes) -> bytes:
    packed = bytearray(gzip.compress(body))
    packed[len(packed) // 2] ^= 1
    return bytes(packed)


def _gzip_chain(body: bytes) -> bytes:
    return gzip.compress(gzip.compress(body))


def _by_count(body: bytes) -> bytes:
    def count(line: bytes) -> int:
        return int(line[36:])

    lines = sorted(body.split(b"\r\n"), key=count, reverse=True)
    return b"\r\n".join(lines)


def _two_lines_swapped(body: bytes) -> bytes:
    first, second, *others = body.split(b"\r\n")
    return b"\r\n".join([second, first, *others])


def _only_padding(body: bytes) -> bytes:
    return b"\r\n".join(line[:35] + b":0" for line in body.split(b"\r\n"))


def _garbage_around(body: bytes) -> bytes:
    return b"garbage\r\n" + body + b"\r\ngarbage"


def _html(_: bytes) -> bytes:
    return b"<!doctype html><title>Log in to the hotel's network</title>"


def _cut_in_half(body: bytes) -> bytes:
    return body[: body.rindex(b"\r\n", 0, len(body) // 2)]


def _cut_near_the_end(body: bytes) -> bytes:
    return body[: body.index(b"\r\nF")]


def _as_ntlm(body: bytes) -> bytes:
    return b"\r\n".join(line[8:] for line in body.split(b"\r\n"))


def _hexadecimal_count(body: bytes) -> bytes:
    return body.replace(b":%d" % TIMES, b":1A")


def _and_as_padding(body: bytes) -> bytes:
    padding = [line[:35] + b":0" for line in body.split(b"\r\n")]
    return b"\r\n".join([body, *padding])


def _first_line(line: bytes) -> Callable[[bytes], bytes]:
    return lambda body: line + b"\r\n" + body


SLOW: dict[str, Fault] = {
    "informs without end": _endless_informing,
    "silence": _silence,
    "drips its head": _drip_head,
    "drips its body": _drip_body,
    "drips its chunks": _drip_chunks,
}

WRONG: dict[str, tuple[str, Fault]] = {
    "hangs up": ("unreachable", _hang_up),
    "no HTTP": ("unreachable", _no_http),
    "endless head": ("unreachable", _endless_head),
    "breaks off": ("malformed", _break_off),
    "breaks off between chunks": ("unreachable", _break_off_chunks),
    "404": ("bad_status", with_status("404 Not Found")),
    "429": ("bad_status", with_status("429 Too Many Requests", "Retry-After: 2")),
    "500": ("bad_status", with_status("500 Internal Server Error")),
    "502": ("bad_status", with_status("502 Bad Gateway")),
    "204": ("bad_status", with_status("204 No Content")),
    "206": ("bad_status", with_status("206 Partial Content")),
    "304": ("bad_status", with_status("304 Not Modified")),
    "huge": ("too_large", _huge),
    "endless chunks": ("too_large", _endless_chunks),
    "gzip bomb": ("too_large", _bomb),
    "large when gzipped": ("too_large", _noise),
    "gzip cut": ("malformed", with_body(_gzip_cut, *_GZIP)),
    "gzip of two files": ("malformed", with_body(_gzip_twice, *_GZIP)),
    "gzip damaged": ("malformed", with_body(_gzip_damaged, *_GZIP)),
    "gzip that is none": ("malformed", with_body(lambda body: body, *_GZIP)),
    "gzip chain": ("malformed", with_body(_gzip_chain, "Content-Encoding: gzip, gzip")),
    "deflate unasked": ("malformed", with_body(zlib.compress, *_DEFLATE)),
    "unknown encoding": ("malformed", with_body(_as_it_is, "Content-Encoding: br")),
    "gzip unsaid": ("malformed", with_body(gzip.compress)),
    "no length": ("malformed", _no_length),
    "web page": ("malformed", with_body(_html, "Content-Type: text/html")),
    "nothing": ("malformed", with_body(lambda _: b"")),
    "one empty line": ("malformed", with_body(lambda _: b"\r\n")),
    "UTF-16": ("malformed", with_body(lambda body: body.decode().encode("utf-16"))),
    "NTLM": ("malformed", with_body(_as_ntlm)),
    "JSON": ("malformed", with_body(lambda _: b'{"listed": false}')),
    "commas": ("malformed", with_body(_first_line(b"0" * 35 + b":17,491"))),
    "negative count": ("malformed", with_body(_first_line(b"0" * 35 + b":-1"))),
    "long count": ("malformed", with_body(_first_line(b"0" * 35 + b":" + b"9" * 5000))),
    "hexadecimal count": ("malformed", with_body(_hexadecimal_count)),
    "empty count": ("malformed", with_body(_first_line(b"0" * 35 + b":"))),
    "no count": ("malformed", with_body(_first_line(b"0" * 35))),
    "long suffix": ("malformed", with_body(_first_line(b"0" * 36 + b":1"))),
    "short suffix": ("malformed", with_body(_first_line(b"0" * 34 + b":1"))),
    "not hexadecimal": ("malformed", with_body(_first_line(b"G" * 35 + b":1"))),
    "cut inside a line": ("malformed", with_body(lambda body: body[:-3])),
    "cut in half": ("too_few_lines", with_body(_cut_in_half)),
    "cut near the end": ("too_few_lines", with_body(_cut_near_the_end)),
    "only padding": ("too_few_lines", with_body(_only_padding)),
    "ordered by count": ("malformed", with_body(_by_count)),
    "out of order": ("malformed", with_body(_two_lines_swapped)),
    "garbage and the line": ("malformed", with_body(_garbage_around)),
    "one line": ("too_few_lines", with_body(lambda _: b"0" * 35 + b":1")),
}

SOUND: dict[str, Fault] = {
    "gzip": with_body(gzip.compress, "Content-Encoding: gzip"),
    "LF": with_body(lambda body: body.replace(b"\r\n", b"\n")),
    "final line end": with_body(lambda body: body + b"\r\n"),
    "lower case": with_body(bytes.lower),
    "byte order mark": with_body(lambda body: b"\xef\xbb\xbf" + body),
    "repeated as padding": with_body(_and_as_padding),
    "chunked": lambda server, request: raw(
        request,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        *_chunks([server.body(request), b""]),
    ),
}
