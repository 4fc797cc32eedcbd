import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scopes import SCOPES

from credguard.campaigns.lists import AccountList, ListKind
from credguard.campaigns.scope import Scope, everyone, in_list
from credguard.campaigns.scope_text import (
    MAX_SCOPE_CHARACTERS,
    MAX_SCOPE_DEPTH,
    check_size,
    parse,
)
from credguard.errors import ScopeError

DIGEST = AccountList.of(["1"]).digest
PIECES = st.sampled_from(
    [
        "everyone",
        "scheme",
        "in_list",
        "credential_set_before",
        "logged_in_between",
        "('argon2id')",
        "('2014-04-12T17:45Z')",
        f"('{DIGEST}')",
        "'2019-02-05'",
        *"()&|~,'\"\\ \n\t#=.0é\0\ud800{}[]",
        "staff",
        "has_second_factor",
        "mail_domain('*.example.org')",
        "cost_below('owasp')",
        " and ",
        " or ",
        " not ",
        "lambda",
        "1e999",
        "f'{1}'",
        "b'x'",
        "*",
        "**",
    ]
)


@given(SCOPES)
def test_a_scope_that_is_written_reads_as_it_was(scope: Scope) -> None:
    """Text and expression are the same thing."""
    read = parse(str(scope))
    assert str(read) == str(scope)
    assert [each.digest for each in read.lists()] == [
        each.digest for each in scope.lists()
    ]


def test_words_mean_what_signs_mean() -> None:
    """And, or and not are &, | and ~, with the precedence that they have in Python."""
    text = "not staff and scheme('a') or has_second_factor and not (staff or everyone)"
    same = "(~staff & scheme('a')) | (has_second_factor & ~(staff | everyone))"
    assert str(parse(text)) == str(parse(same))
    many = parse(" or ".join(["staff"] * 5))
    assert str(many) == "((((staff | staff) | staff) | staff) | staff)"


def test_and_binds_closer_than_or() -> None:
    """Precedence is Python's."""
    text = "everyone | scheme('a') & ~scheme('b')"
    assert str(parse(text)) == "(everyone | (scheme('a') & ~scheme('b')))"


def test_white_space_and_lines_mean_nothing() -> None:
    """A scope may be laid out over several lines."""
    assert str(parse("\n\t( everyone\r\n | everyone )  ")) == "(everyone | everyone)"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("  nobody", 3),
        ("everyone & nobody", 12),
        ("everyone\n& nobody", 12),
        ("in_list('é') & nobody", 16),
        ("everyone + everyone", 1),
        ("-everyone", 1),
        ("everyone and nobody", 14),
        ("everyone or not nobody", 17),
        ("everyone if everyone else everyone", 1),
        ("everyone < everyone", 1),
        ("+everyone", 1),
        ("staff()", 1),
        ("has_second_factor('x')", 1),
        ("created_before('yesterday')", 1),
        ("everyone and cost_below('cheap')", 14),
        ("everyone & scheme('A b')", 12),
        ("mail_domain('nowhere')", 1),
        ("mail_domain('*.*.example.org')", 1),
        ("in_list('a', 'names')", 1),
        ("in_list('a', 'ids', 'b')", 1),
        ("~logged_in_between('2019-02-07', '2019-02-05')", 2),
        ("everyone()", 1),
        ("everyone.includes", 1),
        ("scheme()", 1),
        ("scheme('a', 'b')", 1),
        ("scheme(name='a')", 1),
        ("scheme(*'a')", 8),
        ("scheme(1)", 8),
        ("scheme(b'a')", 8),
        ("scheme(f'{everyone}')", 8),
        ("logged_in_between('2019-02-05')", 1),
        ("credential_set_before('yesterday')", 1),
        ("credential_set_before('9999-12-31T23:59-23:59')", 1),
        ("__import__('os')", 1),
        ("(lambda: everyone)()", 1),
        ("[everyone]", 1),
        ("1", 1),
        ("\ufeffnobody", 1),
    ],
)
def test_a_text_that_is_no_scope_is_refused_with_its_place(
    text: str, place: int
) -> None:
    """The operator is told where to look, in characters from 1."""
    with pytest.raises(ScopeError, match=rf"at character {place}\b") as refused:
        parse(text, open_list=lambda name, _kind: AccountList.of([name]))
    assert refused.value.place == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "everyone &",
        "(everyone",
        "everyone; everyone",
        "x = everyone",
        "everyone\0",
        "everyone\ud800",
        r"scheme('\x')",
        r"scheme('\d')",
    ],
)
def test_a_text_that_is_no_expression_is_refused_with_a_place(text: str) -> None:
    """Where the parser stops is for it to say."""
    with pytest.raises(ScopeError, match=r"at character \d+;|scheme"):
        parse(text)


def test_a_text_that_breaks_off_is_refused_at_its_end() -> None:
    """What is missing is missing after the last character."""
    with pytest.raises(ScopeError, match=r"at character 11\b"):
        parse("everyone &")


@pytest.mark.promise("P7")
@pytest.mark.parametrize(
    "text",
    [
        "~" * 3000 + "everyone",
        "(" * 1500 + "everyone" + ")" * 1500,
        "~(" * 1000 + "everyone" + ")" * 1000,
        "[" * 4000,
        " | ".join(["everyone"] * (MAX_SCOPE_DEPTH + 2)),
        "everyone | (" * 150 + "everyone" + ")" * 150,
        "x" * 1_000_000,
        "9" * 4000,
        "'" + "x" * 4000,
    ],
)
def test_a_text_of_any_size_is_refused_and_not_choked_on(text: str) -> None:
    """Neither depth nor length brings the reader down."""
    with pytest.raises(ScopeError):
        parse(text)


@pytest.mark.promise("P7")
@given(st.lists(PIECES, max_size=12).map("".join))
def test_whatever_is_written_is_a_scope_or_refused(text: str) -> None:
    """No text raises anything else, and what is read can be written."""
    try:
        found = parse(text)
    except ScopeError:
        return
    assert str(parse(str(found))) == str(found)


@pytest.mark.promise("P7")
@given(st.text(max_size=40))
def test_any_text_is_a_scope_or_refused(text: str) -> None:
    """No character breaks the reader."""
    try:
        found = parse(text)
    except ScopeError:
        return
    assert str(found)


@pytest.mark.promise("P7")
def test_nothing_of_a_text_is_run() -> None:
    """A text that would end the interpreter ends nothing."""
    code = (
        "from credguard.campaigns.scope_text import parse\n"
        "from credguard.errors import ScopeError\n"
        "for text in ['__import__(\"os\")._exit(3)', 'exit(3)',\n"
        "             'scheme(exit(3))', '(exit(3), everyone)[1]']:\n"
        "    try: parse(text)\n"
        "    except ScopeError: print('refused')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    assert ended.stdout.split() == ["refused"] * 4


def test_a_list_is_opened_by_its_name() -> None:
    """The name is handed on as it was written."""
    names: list[str] = []

    def opened(name: str, _kind: ListKind | None) -> AccountList:
        names.append(name)
        return AccountList.of(["1"])

    scope = parse("in_list('Löschliste 1.txt') & ~in_list(\"b\")", open_list=opened)
    assert names == ["Löschliste 1.txt", "b"]
    assert str(scope) == f"(in_list('{DIGEST}') & ~in_list('{DIGEST}'))"


def test_the_kind_of_a_list_is_handed_on() -> None:
    """A list of addresses keeps its kind in the text."""
    kinds: list[ListKind | None] = []

    def opened(name: str, kind: ListKind | None) -> AccountList:
        kinds.append(kind)
        return AccountList.of_addresses([name])

    scope = parse(
        "in_list('a@b.example', 'addresses') | in_list('b')", open_list=opened
    )
    assert kinds == [ListKind.ADDRESSES, None]
    assert str(parse(str(scope))) == str(scope)
    assert str(scope).count("', 'addresses')") == 2


def test_what_a_list_lacks_is_told_with_its_place() -> None:
    """A list that cannot be read, or is empty, is found in a long expression."""

    def failing(_name: str, _kind: ListKind | None) -> AccountList:
        message = "the list cannot be read"
        raise ScopeError(message)

    for opened in (failing, lambda _name, _kind: AccountList.of([])):
        with pytest.raises(ScopeError, match=r"in_list|list") as refused:
            parse("everyone & in_list('x')", open_list=opened)
        assert refused.value.place == 12


@pytest.mark.parametrize("name", ["x.txt", "", DIGEST[:-1], DIGEST.upper()])
def test_without_a_reader_a_list_is_a_digest(name: str) -> None:
    """A stored scope names no files."""
    with pytest.raises(ScopeError, match="digest"):
        parse(f"in_list('{name}')")


def test_a_scope_that_could_not_be_read_back_is_refused() -> None:
    """A campaign whose scope nobody can read would lock everybody out."""
    deep: Scope = everyone
    for _ in range(MAX_SCOPE_DEPTH):
        deep = ~deep
    check_size(deep)
    with pytest.raises(ScopeError, match="100 operators"):
        check_size(~deep)
    for _ in range(5000):
        deep = ~deep
    with pytest.raises(ScopeError, match="operators"):
        check_size(deep)


def test_a_scope_that_is_too_wide_is_refused() -> None:
    """Neither many lists nor a scope made of itself gets through."""
    wide: Scope = everyone
    for _ in range(60):
        wide |= in_list(["1"])
    assert len(str(wide)) > MAX_SCOPE_CHARACTERS
    with pytest.raises(ScopeError, match="characters"):
        check_size(wide)
    doubled: Scope = everyone
    for _ in range(60):
        doubled &= doubled
    with pytest.raises(ScopeError, match="characters"):
        check_size(doubled)
