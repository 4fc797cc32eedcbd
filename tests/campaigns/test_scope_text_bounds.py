"""How long and how deep a scope may be, to the character and the operator."""

from functools import reduce
from operator import or_

import pytest

from credguard.campaigns.scope import Scope, scheme
from credguard.campaigns.scope_text import check_size, parse
from credguard.errors import ScopeError


def scope_of(characters: int) -> Scope:
    """Return a scope that is written with a little more than 4,000 *characters*."""
    longest = [scheme("a" * 64)] * 51  # 74 characters, and 5 for each operator
    last = scheme("a" * (characters - 74 - 50 * 79 - 15))
    found = reduce(or_, [*longest, last])
    assert len(str(found)) == characters
    return found


@pytest.mark.parametrize("characters", [4095, 4096])
def test_a_scope_of_4096_characters_is_taken(characters: int) -> None:
    """It is read as it was written."""
    scope = scope_of(characters)
    check_size(scope)
    assert str(parse(str(scope))) == str(scope)


@pytest.mark.parametrize("characters", [4097, 4098])
def test_a_scope_of_more_characters_is_refused(characters: int) -> None:
    """Who needs more has a list."""
    with pytest.raises(ScopeError, match="at most 4096 characters"):
        check_size(scope_of(characters))


def test_white_space_counts_as_the_characters_that_it_is() -> None:
    """The bound is one of the text, so that nothing longer is looked at."""
    assert str(parse("staff".ljust(4096))) == "staff"
    with pytest.raises(ScopeError, match="at most 4096 characters"):
        parse("staff".ljust(4097))


def test_a_text_that_becomes_too_long_is_refused() -> None:
    """It is kept with all its parentheses, and has to be read again."""
    assert len(str(parse(" or ".join(["scheme('" + "a" * 25 + "')"] * 101)))) == 4035
    with pytest.raises(ScopeError, match="at most 4096 characters"):
        parse(" or ".join(["scheme('" + "a" * 26 + "')"] * 101))


@pytest.mark.parametrize("count", [99, 100])
def test_a_hundred_operators_within_each_other_are_taken(count: int) -> None:
    """Written as signs, as words, or in a row."""
    for text in ("~" * count + "staff", " or ".join(["staff"] * (count + 1))):
        check_size(parse(text))


@pytest.mark.parametrize("count", [101, 102])
def test_more_operators_within_each_other_are_refused_where_they_stand(
    count: int,
) -> None:
    """The first that is too deep is shown, and nothing below it is read."""
    with pytest.raises(ScopeError, match="at most 100 operators") as refused:
        parse("~" * count + "staff")
    assert refused.value.place == 102
    with pytest.raises(ScopeError, match="at most 100 operators"):
        parse(" or ".join(["staff"] * (count + 1)))


@pytest.mark.parametrize(
    ("text", "place"), [("staff\ud800", 1), ("  staff\ud800", 3), ("\n\t \ud800", 4)]
)
def test_a_text_that_no_parser_takes_is_refused_at_its_beginning(
    text: str, place: int
) -> None:
    """Python does not say where a character without a UTF-8 form stands."""
    with pytest.raises(ScopeError, match=rf"at character {place}\b") as refused:
        parse(text)
    assert refused.value.place == place
