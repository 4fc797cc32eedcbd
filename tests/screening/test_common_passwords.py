import gzip
import unicodedata
import zlib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from credguard.screening import CommonPasswords, Listed, NotListed, ReasonCode
from credguard.screening.latin import folded_forms

# U+FFFD read as UTF-8, and read as Windows-1251; bytes that hashcat writes as digits,
# as Django's list had them before its version 5.
DAMAGED = ("пїѕ", "\ufffd", "$hex[")


def lines() -> list[str]:
    """Return the bundled list."""
    path = files("credguard.screening") / "data" / "common_passwords.txt.gz"
    return gzip.decompress(path.read_bytes()).decode().split("\n")[:-1]


def sources() -> set[str]:
    """Return the words of both lists that it was made of."""
    packed = files("django.contrib.auth") / "common-passwords.txt.gz"
    text = gzip.decompress(packed.read_bytes()).decode()
    django = {line.strip() for line in text.splitlines()}
    words = (django | set(FREQUENCY_LISTS["passwords"])) - {""}
    return {word for word in words if not any(bad in word for bad in DAMAGED)}


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "PassWord",
        "123456",
        "jennifer",
        "пароль",
        "ПАРОЛЬ",
        "ｐａｓｓｗｏｒｄ",
        "p\N{CYRILLIC SMALL LETTER A}ssw\N{CYRILLIC SMALL LETTER O}rd",
        lines()[0],
        lines()[1],
        lines()[-2],
        lines()[-1],
    ],
)
def test_a_common_password_is_listed_in_any_case(password: str) -> None:
    """What many people choose is refused however it is capitalized, and wide."""
    verdict = CommonPasswords().look_up(password)
    assert isinstance(verdict, Listed)
    assert verdict.reason.code == ReasonCode.COMMON


@pytest.mark.parametrize(
    "password",
    [
        "",
        "asswor",
        "passwor\0",
        "password ",
        "correct horse battery staple",
        "password\nqwerty",
        "\npassword",
        "password\n",
        "\ud800",
    ],
)
def test_only_the_whole_password_counts(password: str) -> None:
    """A piece of a line, or two of them, are on no line."""
    assert CommonPasswords().look_up(password) == NotListed()


def test_two_lines_are_not_one_password() -> None:
    """Neighbors in the file, with the line end between them, are on no line."""
    first, second = lines()[100:102]
    assert CommonPasswords().look_up(f"{first}\n{second}") == NotListed()


@given(st.text())
def test_any_text_can_be_looked_up(password: str) -> None:
    """It is listed exactly if one of its folded forms is a line."""
    listed = any(form in LINES for form in folded_forms(password))
    assert isinstance(CommonPasswords().look_up(password), Listed) == listed


@given(st.sampled_from(lines()), st.integers(0, 40), st.sampled_from("\0 aé\U0010ffff"))
def test_what_is_nearly_a_line_is_none(line: str, place: int, sign: str) -> None:
    """The search over the sorted lines finds lines, and nothing between them."""
    near = line[:place] + sign + line[place:]
    listed = any(form in LINES for form in folded_forms(near))
    assert isinstance(CommonPasswords().look_up(near), Listed) == listed


def test_the_whole_list_is_found() -> None:
    """Each line is, by its own search."""
    common = CommonPasswords()
    assert not [
        line for line in lines() if not isinstance(common.look_up(line), Listed)
    ]


def test_the_stamp_names_the_words() -> None:
    """It changes when they do: a checksum of the whole list is in it."""
    checksum = zlib.crc32("".join(f"{line}\n" for line in lines()).encode())
    assert CommonPasswords().stamp == f"common {checksum:08x}"


def test_all_of_both_sources_are_listed() -> None:
    """Every word of the two published lists is in ours, and is found there."""
    words = sources()
    assert {word.casefold() for word in words} - LINES == set()
    common = CommonPasswords()
    for word in sorted(words)[::100]:
        assert isinstance(common.look_up(word), Listed)


def test_the_file_is_as_its_readme_says() -> None:
    """Sorted, folded, without repeats, and of the number that is written beside it."""
    found = lines()
    assert found == sorted(set(found))
    assert found == [unicodedata.normalize("NFC", line.casefold()) for line in found]
    readme = files("credguard.screening") / "data" / "README.md"
    assert f"{len(found):,} passwords" in readme.read_text(encoding="utf-8")


LINES = frozenset(lines())
