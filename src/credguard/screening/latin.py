"""
Letters that look like Latin ones, read as those.

A password in full-width letters, or with a Cyrillic a in it, is as easy to guess as
the one that it looks like. So whoever asks how easy a password is reads it like
this as well. What is hashed and looked up in a breach corpus stays as it was typed.

Source: Unicode Technical Standard 39, "Unicode Security Mechanisms", the table of
confusable characters, as far as it leads from Greek and Cyrillic to ASCII letters.
"""

import re
import unicodedata

_CYRILLIC = {
    "\u0430\u0441\u0435\u0501\u04bb\u0456\u0458\u04cf\u043e\u0440": "acedhijlop",
    "\u051b\u0455\u0443\u051d\u0445": "qsywx",
    "\u0410\u0412\u0421\u0415\u041d\u0406\u0408\u041a\u041c\u041e": "ABCEHIJKMO",
    "\u0420\u051a\u0405\u0422\u051c\u0425\u04ae": "PQSTWXY",
}
_GREEK = {
    "\u03b1\u03b9\u03bd\u03bf\u03c1\u03c5": "aivopu",
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d": "ABEZHIKMN",
    "\u039f\u03a1\u03a4\u03a5\u03a7": "OPTYX",
}
LOOK_ALIKES = {
    letter: latin
    for table in (_CYRILLIC, _GREEK)
    for letters, latins in table.items()
    for letter, latin in zip(letters, latins, strict=True)
}
"""The Latin letter that a Cyrillic or Greek one looks like."""

_TO_LATIN = str.maketrans(LOOK_ALIKES)
_NOT_LATIN = re.compile("[\u0370-\u052f]")


def latin_reading(text: str) -> str:
    """
    Return *text* in Normalization Form KC, and in Latin letters if it looks like them.

    Cyrillic and Greek letters are replaced only where all of them look like Latin
    ones: a word that is written in its own alphabet stays as it is.

    Args:
        text: Any text; the cost is linear in it.
    """
    compatible = unicodedata.normalize("NFKC", text)
    if not _NOT_LATIN.search(compatible):
        return compatible
    read = compatible.translate(_TO_LATIN)
    return compatible if _NOT_LATIN.search(read) else read


def folded_forms(text: str) -> tuple[str, ...]:
    """
    Return the forms in which *text* is compared with a list of words.

    Args:
        text: Any text; the cost is linear in it.

    Returns:
        It without regard to case, and its Latin reading if that is another.
    """
    folded, read = _folded(text), _folded(latin_reading(text))
    return (folded,) if read == folded else (folded, read)


def _folded(text: str) -> str:
    # Folding can undo the composition, so it is composed again.
    composed = unicodedata.normalize("NFC", text).casefold()
    return unicodedata.normalize("NFC", composed)
