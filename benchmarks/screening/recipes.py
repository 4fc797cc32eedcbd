"""
Passwords as people and programs make them, from recipes and a seed; none leaked.

The words and names are those of zxcvbn's lists, drawn as often as their rank says.
"""

import random
import string
from collections.abc import Callable, Sequence

from zxcvbn.frequency_lists import FREQUENCY_LISTS

Draw = random.Random

LEET = str.maketrans("aeiost", "431057")
SIGNS = str.maketrans("ais", "@!$")
ENDINGS = ("", "1", "!", "12", "123", "1!", "7", "99", "2!", "01", "#1", "22")
SEASONS = ("Summer", "Winter", "Spring", "Autumn", "January", "April", "October")
WALKS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "qazwsxedcrfv")
WALKS_BACK = tuple(walk[::-1] for walk in WALKS)
ELSEWHERE = (
    *("пароль", "солнышко", "любовь", "привет", "москва", "наташа", "звезда"),
    *("straße", "schlüssel", "käsekuchen", "größe", "contraseña", "niño", "corazón"),
    *("été", "français", "kukułka", "słońce", "βιβλίο", "θάλασσα", "καλημέρα"),
    *("密码", "我爱你", "さくら", "パスワード", "비밀번호", "사랑해", "שלום", "مرحبا"),
)
FORMATS = ("{0}{1:02}{2:02}", "{2:02}.{1:02}.{0}", "{1}/{2}/{0}", "{2}-{1}-{0}")


def _ranked(draw: Draw, words: Sequence[str]) -> str:
    """Draw a word, the first ones far more often than the last."""
    return words[min(int(draw.paretovariate(0.35)) - 1, len(words) - 1)]


def _word(draw: Draw) -> str:
    return _ranked(draw, FREQUENCY_LISTS["passwords"])


def _english(draw: Draw) -> str:
    return draw.choice(FREQUENCY_LISTS["english_wikipedia"][:8000])


def _name(draw: Draw) -> str:
    lists = ("female_names", "male_names", "surnames")
    return _ranked(draw, FREQUENCY_LISTS[draw.choice(lists)])


def _cased(draw: Draw, word: str) -> str:
    return draw.choice((word, word, word.capitalize(), word.upper()))


def words_with_endings(draw: Draw) -> str:
    return _cased(draw, _word(draw)) + draw.choice(ENDINGS)


def leet_words(draw: Draw) -> str:
    word = _english(draw) if draw.random() < 0.5 else _word(draw)
    table = draw.choice((LEET, SIGNS, {**LEET, **SIGNS}))
    written = "".join(
        each.translate(table) if draw.random() < 0.7 else each for each in word
    )
    return _cased(draw, written) + draw.choice(ENDINGS)


def names_with_years(draw: Draw) -> str:
    joint = draw.choice(("", "", ".", "_", "@"))
    return _cased(draw, _name(draw)) + joint + str(draw.randint(1950, 2019))


def seasons_with_later_years(draw: Draw) -> str:
    word = draw.choice((draw.choice(SEASONS), _cased(draw, _word(draw))))
    return word + str(draw.randint(2020, 2026)) + draw.choice(("", "!", "#", "!!"))


def dates(draw: Draw) -> str:
    day = draw.choice(FORMATS).format(
        draw.randint(1940, 2019), draw.randint(1, 12), draw.randint(1, 28)
    )
    return draw.choice((day, _name(draw) + day, day + _word(draw)))


def keyboard_walks(draw: Draw) -> str:
    parts = []
    for _ in range(draw.randint(1, 3)):
        walk = draw.choice((*WALKS, *WALKS_BACK))
        start = draw.randrange(len(walk) - 3)
        parts.append(_cased(draw, walk[start : start + draw.randint(3, 8)]))
    return "".join(parts) + draw.choice(ENDINGS)


def repeats_and_sequences(draw: Draw) -> str:
    letters = string.ascii_lowercase if draw.random() < 0.5 else string.digits
    start = draw.randrange(len(letters) - 4)
    run = letters[start : start + draw.randint(2, 6)]
    unit = draw.choice((run, run[::-1], _word(draw), draw.choice(letters)))
    return unit * draw.randint(1, 4) + draw.choice(ENDINGS)


def phrases(draw: Draw) -> str:
    joint = draw.choice((" ", " ", "-", ".", ""))
    return joint.join(_english(draw) for _ in range(draw.randint(2, 9)))


def made_by_programs(draw: Draw) -> str:
    kinds = (string.ascii_letters + string.digits, string.printable[:94])
    kind = draw.choice((*kinds, string.digits, string.hexdigits[:16]))
    return "".join(draw.choices(kind, k=draw.randint(6, 24)))


def other_alphabets(draw: Draw) -> str:
    words = [draw.choice(ELSEWHERE) for _ in range(draw.randint(1, 3))]
    year = str(draw.randint(1960, 2019)) if draw.random() < 0.4 else ""
    return draw.choice(("", " ", "-")).join(words) + year + draw.choice(ENDINGS)


RECIPES: tuple[Callable[[Draw], str], ...] = (
    words_with_endings,
    leet_words,
    names_with_years,
    seasons_with_later_years,
    dates,
    keyboard_walks,
    repeats_and_sequences,
    phrases,
    made_by_programs,
    other_alphabets,
)


def passwords_by(recipe: Callable[[Draw], str], number: int) -> list[str]:
    """Return *number* different passwords of one recipe, the same in every run."""
    draw = random.Random(recipe.__name__)
    found: dict[str, None] = {}
    while len(found) < number:
        found[recipe(draw)] = None
    return list(found)
