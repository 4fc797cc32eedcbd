"""The tally of what a password column holds."""

from credguard import Keyring, PasswordHasher
from credguard.passwords.census import Census
from credguard.testing import CHEAPEST

MD5 = "md5$seasalt$ef9b0b3b3f0a3b7a5b3a9e1c5d8a2f10"


def test_a_census_counts_each_row_once_by_what_it_is() -> None:
    """Schemes, weak and wrapped rows, keys and rows out of use add up."""
    keyring = Keyring.generate()
    hasher = PasswordHasher(keyring=keyring, work_factor=CHEAPEST)
    direct = hasher.hash("a tall ship", account_id="1")
    wrapped = hasher.wrap(MD5, account_id="2")
    texts = [MD5, MD5, direct, wrapped, "!x", "cgretired1:x", "strange", None]
    census = Census()
    for text in texts:
        census.add(hasher.describe(text))
    assert census.rows == len(texts)
    assert census.weak == 2
    assert census.wrappable == 2
    assert census.wrapped == 1
    assert census.retired == 1
    assert census.unusable == 2
    assert census.unreadable == 1
    assert census.shuckable == 0
    assert census.keys == {keyring.current.id: 2}


def test_the_most_frequent_comes_first() -> None:
    """Rows of one kind are one line, however many there are."""
    hasher = PasswordHasher()
    census = Census()
    for text in ["!x", MD5, MD5]:
        census.add(hasher.describe(text))
    found = [(kind.scheme, count) for kind, count in census.most_common()]
    assert found == [("django:md5", 2), ("unusable", 1)]


def test_an_empty_table_has_an_empty_census() -> None:
    """Nothing is counted where nothing is."""
    census = Census()
    assert (census.rows, census.weak, census.most_common()) == (0, 0, [])
