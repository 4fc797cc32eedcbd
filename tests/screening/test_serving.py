import asyncio
import gzip
import logging
from collections.abc import MutableMapping
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
from asking_ranges import Clock
from hypothesis import given
from hypothesis import strategies as st
from range_corpora import Counts, full_range, lines_of, write

from credguard.errors import CorpusSetupError
from credguard.screening import Unasked
from credguard.screening.corpus import Corpus, Kind, Shape, Width, read_lines
from credguard.screening.corpus.asgi import RangeAsgi
from credguard.screening.corpus.range_text import has_ranges_apart, range_text
from credguard.screening.corpus.serving import (
    FEWEST_PADDING,
    MOST_PADDING,
    Question,
    RangeAnswers,
    Reply,
)
from credguard.screening.corpus.wsgi import RangeWsgi
from credguard.screening.range_body import read_body

DIGITS = {Kind.SHA1: 40, Kind.NTLM: 32}
COUNTS = full_range("ABCDE", lines=300) | full_range("ABCDF", lines=2)


def asked(prefix: str = "ABCDE", method: str = "GET", **headers: str) -> Question:
    """Return a question."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Question(f"/range/{prefix}", "", named, method)


def header(reply: Reply, name: str) -> str | None:
    """Return a header of a reply."""
    return dict(reply.headers).get(name)


@pytest.fixture
def answers(tmp_path: Path) -> RangeAnswers:
    """Return what answers from a small corpus."""
    return RangeAnswers(write(tmp_path / "corpus", COUNTS))


class TestText:
    """The lines of a range."""

    @pytest.mark.parametrize(
        ("kind", "bits"),
        [
            (Kind.SHA1, 0),
            (Kind.NTLM, 7),
            (Kind.SHA1, 19),
            (Kind.SHA1, 20),
            (Kind.NTLM, 20),
        ],
    )
    def test_lines_are_those_that_the_file_was_made_of(
        self, tmp_path: Path, kind: Kind, bits: int
    ) -> None:
        """Whatever the shape, from an empty range to a full one, and at both ends."""
        digits = DIGITS[kind]
        counts: Counts = {}
        for prefix, lines in (("00000", 5), ("ABCDE", 300), ("FFFFF", 1)):
            counts |= full_range(prefix, lines=lines, digits=digits)
        path = write(tmp_path / "corpus", counts, kind=kind, bits=bits)
        serving = RangeAnswers(path)
        mode = "mode=ntlm" if kind is Kind.NTLM else ""
        for prefix in ("00000", "00001", "ABCDD", "ABCDE", "FFFFE", "FFFFF"):
            reply = serving.answer(Question(f"/range/{prefix}", mode, {}))
            expected = "\r\n".join(lines_of(counts, prefix))
            assert reply.body.decode() == expected

    @given(
        st.dictionaries(
            st.binary(min_size=18, max_size=18), st.integers(1, 2**40 - 1), max_size=40
        ),
        st.sampled_from([20, 22, 23, 24, 26]),
        st.integers(0, 0xFFFFF),
    )
    def test_any_records_become_lines(
        self, found: dict[bytes, int], bits: int, number: int
    ) -> None:
        """Of any suffixes and counts, the large ones too."""
        shape = Shape(Kind.SHA1, Width.WHOLE, bits)
        suffixes = {each.hex().upper()[:35]: n for each, n in found.items()}
        counts = {f"{number:05X}{suffix}": n for suffix, n in suffixes.items()}
        text = "".join(f"{digest}:{counts[digest]}\r\n" for digest in sorted(counts))
        run = read_lines(text.encode(), shape)
        assert has_ranges_apart(shape)
        buckets = 1 << (bits - 20)
        before = [0] * (run.first - number * buckets) if run.lengths else []
        lengths = before + run.lengths
        lengths += [0] * (buckets - len(lengths))
        whole = type(run)(number * buckets, lengths, run.body, run.large)
        lines = "".join(f"{line[5:]}\r\n" for line in text.split("\r\n") if line)
        assert range_text(whole, shape).decode() == lines

    def test_parts_of_hashes_cannot_be_served(self, tmp_path: Path) -> None:
        """The error says how to make what can."""
        path = write(tmp_path / "corpus", COUNTS, width=Width.DEFAULT)
        with pytest.raises(CorpusSetupError, match="--width whole"):
            RangeAnswers(path)


class TestAnswers:
    """What is answered to what."""

    def test_a_range_comes_with_what_saves_the_next_one(
        self, answers: RangeAnswers
    ) -> None:
        """Its ETag, how long it is good, and its length."""
        reply = answers.answer(asked())
        assert reply.status == 200
        assert reply.body.decode().split("\r\n") == lines_of(COUNTS, "ABCDE")
        assert header(reply, "Content-Length") == str(len(reply.body))
        assert header(reply, "Cache-Control") == "public, max-age=86400"
        assert header(reply, "Content-Type") == "text/plain"

    def test_either_case_is_understood(self, answers: RangeAnswers) -> None:
        """The five digits may be in lower case."""
        assert answers.answer(asked("abcde")) == answers.answer(asked())

    def test_padding_hides_the_length(self, answers: RangeAnswers) -> None:
        """Between 10 and 209 lines of count 0, other ones each time, at the end."""
        lengths = set()
        for _ in range(30):
            reply = answers.answer(asked(add_padding="true"))
            lines = reply.body.decode().split("\r\n")
            assert lines[:300] == lines_of(COUNTS, "ABCDE")
            padding = lines[300:]
            assert FEWEST_PADDING <= len(padding) <= MOST_PADDING
            assert all(line.endswith(":0") and len(line) == 37 for line in padding)
            lengths.add(len(padding))
            assert not isinstance(read_body(reply.body, fewest_lines=300), Unasked)
        assert len(lengths) > 1

    def test_an_empty_range_with_padding_is_no_empty_answer(
        self, answers: RangeAnswers
    ) -> None:
        """So that a client can refuse those."""
        assert answers.answer(asked("00000")).body == b""
        assert answers.answer(asked("00000", add_padding="true")).body != b""

    @pytest.mark.parametrize(
        "condition", ["{}", "W/{}", '"other", {}', "*", ' "a",W/{} , "b"']
    )
    def test_who_has_it_is_told_so(self, answers: RangeAnswers, condition: str) -> None:
        """In whatever way the ETag is among those that are there."""
        etag = header(answers.answer(asked()), "ETag")
        assert etag is not None
        strong = etag.removeprefix("W/")
        reply = answers.answer(asked(if_none_match=condition.format(strong)))
        assert (reply.status, reply.body) == (304, b"")
        assert header(reply, "ETag") == etag

    @pytest.mark.parametrize("condition", ["", '"other"', "nonsense", "W/"])
    def test_who_has_another_gets_it(
        self, answers: RangeAnswers, condition: str
    ) -> None:
        """An ETag that is none of ours changes nothing."""
        assert answers.answer(asked(if_none_match=condition)).status == 200

    @pytest.mark.parametrize(
        ("accepted", "compressed"),
        [
            ("gzip", True),
            ("br, gzip;q=0.5", True),
            ("GZIP", True),
            ("gzip; q=0", False),
            ("gzip;q=0.0", False),
            ("br", False),
            ("identity", False),
            ("", False),
        ],
    )
    def test_who_accepts_it_gets_it_compressed(
        self, answers: RangeAnswers, accepted: str, *, compressed: bool
    ) -> None:
        """And nobody else."""
        reply = answers.answer(asked(accept_encoding=accepted))
        plain = answers.answer(asked()).body
        assert (header(reply, "Content-Encoding") == "gzip") == compressed
        assert (gzip.decompress(reply.body) if compressed else reply.body) == plain

    def test_compression_can_be_left_out(self, tmp_path: Path) -> None:
        """Between machines side by side it costs more than it saves."""
        path = write(tmp_path / "corpus", COUNTS)
        sparing = RangeAnswers(path, compress=False, max_age=timedelta(minutes=1))
        reply = sparing.answer(asked(accept_encoding="gzip"))
        assert header(reply, "Content-Encoding") is None
        assert header(reply, "Cache-Control") == "public, max-age=60"

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/range/ABCD", 400),
            ("/range/ABCDEF", 400),
            ("/range/ABCDG", 400),
            ("/range/", 400),
            ("/range/ABCDE/", 400),
            ("/range/%41BCDE", 400),
            ("/range", 404),
            ("/", 404),
            ("", 404),
            ("/robots.txt", 404),
            ("http://ranges.example/range/ABCDE", 404),
        ],
    )
    def test_anything_else_is_refused(
        self, answers: RangeAnswers, path: str, status: int
    ) -> None:
        """Only five hexadecimal digits are a range."""
        assert answers.answer(Question(path, "", {})).status == status

    def test_a_head_has_no_body(self, answers: RangeAnswers) -> None:
        """All else is as for GET."""
        head = answers.answer(asked(method="HEAD"))
        assert head == Reply(200, answers.answer(asked()).headers, b"")

    @pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "get", ""])
    def test_nothing_can_be_done_but_asking(
        self, answers: RangeAnswers, method: str
    ) -> None:
        """Another method is refused, and the right ones are named."""
        reply = answers.answer(asked(method=method))
        assert (reply.status, header(reply, "Allow")) == (405, "GET, HEAD")

    @pytest.mark.parametrize("query", ["mode=ntlm", "mode=NTLM", "mode=", "x"])
    def test_sha1_hashes_are_not_passed_off_as_others(
        self, answers: RangeAnswers, query: str
    ) -> None:
        """Who asks for another kind would find no hash listed."""
        assert answers.answer(Question("/range/ABCDE", query, {})).status == 400

    @pytest.mark.parametrize(
        ("query", "status"), [("mode=ntlm", 200), ("", 400), ("mode=sha1", 400)]
    )
    def test_ntlm_hashes_are_asked_for_as_such(
        self, tmp_path: Path, query: str, status: int
    ) -> None:
        """In no other way."""
        counts = full_range("ABCDE", lines=3, digits=32)
        ntlm = RangeAnswers(write(tmp_path / "ntlm", counts, kind=Kind.NTLM))
        assert ntlm.answer(Question("/range/ABCDE", query, {})).status == status


class TestEtags:
    """When an answer counts as another."""

    def test_a_range_that_was_synced_keeps_its_own(self, tmp_path: Path) -> None:
        """A load elsewhere does not change it; a change of it does."""
        found = []
        for more, etag in ((1, '"a"'), (2, '"a"'), (2, '"b"')):
            counts = COUNTS | full_range("00001", lines=more)
            etags = {0xABCDE: etag}
            path = write(tmp_path / f"{more}{etag[1]}", counts, etags=etags)
            found.append(header(RangeAnswers(path).answer(asked()), "ETag"))
        assert found[0] == found[1]
        assert found[1] != found[2]

    def test_any_other_changes_with_the_corpus(self, tmp_path: Path) -> None:
        """And only with it."""
        found = []
        for name, more in (("a", 1), ("b", 1), ("c", 2)):
            path = write(tmp_path / name, COUNTS | full_range("00001", lines=more))
            found.append(header(RangeAnswers(path).answer(asked()), "ETag"))
        assert found[0] == found[1]
        assert found[1] != found[2]


class TestChange:
    """A file that is swapped, damaged or gone while it is served."""

    def test_a_new_file_is_taken_up(self, tmp_path: Path) -> None:
        """Within seconds, without a restart."""
        clock = Clock()
        path = write(tmp_path / "corpus", COUNTS)
        serving = RangeAnswers(path, monotonic=clock)
        other = full_range("00001", lines=3)
        write(path, other)
        assert serving.answer(asked("00001")).body == b""
        clock.now += 3
        body = serving.answer(asked("00001")).body
        assert body.decode().split("\r\n") == lines_of(other, "00001")

    @pytest.mark.parametrize("width", [Width.DEFAULT, None])
    def test_a_file_that_cannot_be_served_is_not_taken_up(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture, width: Width | None
    ) -> None:
        """What was open goes on answering, and the log says so."""
        clock = Clock()
        path = write(tmp_path / "corpus", COUNTS)
        serving = RangeAnswers(path, monotonic=clock)
        if width is None:
            path.unlink()
        else:
            write(path, COUNTS, width=width)
        clock.now += 3
        assert serving.answer(asked()).body != b""
        assert "not taken up" in caplog.text

    def test_a_damaged_block_is_no_answer(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Not a wrong one, that is; and the log does not say what was asked."""
        path = write(tmp_path / "corpus", COUNTS)
        with Corpus(path) as corpus:
            body_at = corpus.header.body_at
        data = bytearray(path.read_bytes())
        data[body_at] ^= 1
        path.write_bytes(data)
        caplog.set_level(logging.DEBUG)
        reply = RangeAnswers(path).answer(asked())
        assert reply.status == 500
        said = [record.getMessage() for record in caplog.records]
        assert said == [f"{path} is damaged; build or copy it again"]

    def test_a_closed_one_answers_no_more(self, answers: RangeAnswers) -> None:
        """It is an error of whoever closed it."""
        answers.close()
        with pytest.raises(CorpusSetupError):
            answers.answer(asked())


class TestWsgi:
    """The application for WSGI servers."""

    def test_it_keeps_to_the_specification(self, answers: RangeAnswers) -> None:
        """Seen by the standard library's validator."""
        request: dict[str, Any] = {
            "SCRIPT_NAME": "",
            "PATH_INFO": "/range/ABCDE",
            "HTTP_ADD_PADDING": "true",
            "QUERY_STRING": "",
        }
        setup_testing_defaults(request)
        seen: list[tuple[str, list[tuple[str, str]]]] = []

        def start(
            status: str, headers: list[tuple[str, str]], _: object = None
        ) -> object:
            seen.append((status, headers))
            return BytesIO().write

        parts = validator(RangeWsgi(answers))(request, start)  # type: ignore[arg-type]
        body = b"".join(parts)
        parts.close()  # type: ignore[attr-defined]
        ((status, headers),) = seen
        assert status == "200 OK"
        assert dict(headers)["Content-Length"] == str(len(body))
        assert body.count(b":0") >= FEWEST_PADDING


class TestAsgi:
    """The application for ASGI servers."""

    @staticmethod
    def call(
        answers: RangeAnswers, scope: dict[str, Any]
    ) -> list[MutableMapping[str, Any]]:
        """Call the application once, and return what it sent."""
        sent: list[MutableMapping[str, Any]] = []
        received = iter(["lifespan.startup", "lifespan.shutdown"])

        async def receive() -> MutableMapping[str, Any]:
            return {"type": next(received)}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        asyncio.run(RangeAsgi(answers)(scope, receive, send))
        return sent

    def test_a_range_is_answered(self, answers: RangeAnswers) -> None:
        """Below where the application is mounted, too."""
        for root in ("", "/ranges"):
            start, body = self.call(
                answers,
                {
                    "type": "http",
                    "method": "GET",
                    "path": f"{root}/range/ABCDE",
                    "root_path": root,
                    "query_string": b"",
                    "headers": [(b"accept-encoding", b"gzip"), (b"x-more", b"\xff")],
                },
            )
            assert start["status"] == 200
            assert (b"content-encoding", b"gzip") in start["headers"]
            assert gzip.decompress(body["body"]) == answers.answer(asked()).body

    def test_it_starts_and_stops_with_the_server(self, answers: RangeAnswers) -> None:
        """Both are acknowledged."""
        sent = self.call(answers, {"type": "lifespan"})
        kinds = [message["type"] for message in sent]
        assert kinds == ["lifespan.startup.complete", "lifespan.shutdown.complete"]

    def test_a_web_socket_is_not_answered(self, answers: RangeAnswers) -> None:
        """The server closes what nobody accepts."""
        assert self.call(answers, {"type": "websocket"}) == []
