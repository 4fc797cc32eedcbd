import hashlib

import pytest
import requests

from credguard.drill.range_server import LINES, PADDING_LINES, RangeServer


def ask(server: RangeServer, path: str, **headers: str) -> requests.Response:
    """Ask with another client than ours."""
    with requests.Session() as session:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return session.get(f"{server.url}{path}", headers=named, timeout=20)


def test_a_range_holds_what_was_listed() -> None:
    """The line of a listed password stands in its range with its count."""
    digits = hashlib.sha1(b"listed", usedforsecurity=False).hexdigest().upper()
    with RangeServer({"listed": 17_491}) as server:
        answer = ask(server, f"/range/{digits[:5]}")
    assert answer.status_code == 200
    assert f"{digits[5:]}:17491" in answer.text.split("\r\n")


def test_a_range_looks_like_one_of_the_public_service() -> None:
    """Sorted lines of 35 upper-case digits and a count above zero, ended by CRLF."""
    with RangeServer({}) as server:
        lines = ask(server, "/range/0aB12").text.split("\r\n")
    assert len(lines) == LINES
    assert lines == sorted(lines)
    for suffix, count in (line.split(":") for line in lines):
        assert len(suffix) == 35
        assert suffix == suffix.upper()
        assert int(suffix, 16) >= 0
        assert int(count) > 0


def test_the_same_question_has_the_same_answer() -> None:
    """Filling depends on the prefix alone, in whatever case it is asked for."""
    with RangeServer({}) as one, RangeServer({}) as other:
        assert ask(one, "/range/ABCDE").text == ask(other, "/range/abcde").text
        assert ask(one, "/range/ABCDE").text != ask(one, "/range/ABCDF").text


def test_padding_is_added_when_asked_for() -> None:
    """Padding comes after the range, with a count of zero."""
    with RangeServer({}) as server:
        plain = ask(server, "/range/ABCDE").text.split("\r\n")
        padded = ask(server, "/range/ABCDE", Add_Padding="true").text.split("\r\n")
    assert padded[: len(plain)] == plain
    assert len(padded) == len(plain) + PADDING_LINES
    assert all(line.endswith(":0") for line in padded[len(plain) :])


def test_an_etag_spares_the_body() -> None:
    """Whoever has the range already is told so."""
    with RangeServer({}) as server:
        etag = ask(server, "/range/ABCDE").headers["ETag"]
        again = ask(server, "/range/ABCDE", If_None_Match=etag)
        other = ask(server, "/range/ABCDF", If_None_Match=etag)
    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/range/", "/range/ABCD", "/range/ABCDEF", "/range/ABCDG", "/range"]
)
def test_anything_else_is_refused(path: str) -> None:
    """Only five hexadecimal digits are a range."""
    with RangeServer({}) as server:
        assert ask(server, path).status_code == 400


def test_it_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """A request line holds a prefix, so none is printed."""
    with RangeServer({}) as server:
        ask(server, "/range/ABCDE")
    assert capsys.readouterr() == ("", "")
