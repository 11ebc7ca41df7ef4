"""The language of a run: --lang where it is given, else QIANTANG_LANG, else the locale."""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import StrEnum

from qiantang.kernel.words import Text, preferred_lang


class Tongue(StrEnum):
    """The two languages, as the option takes them."""

    zh = "zh"
    en = "en"


def settle(arguments: Sequence[str]) -> None:
    """Take the language from the arguments before anything is said; what is no language is left to be refused later."""
    for place, word in enumerate(arguments):
        if word == "--":
            return
        name, sign, value = word.partition("=")
        asked = value if sign else next(iter(arguments[place + 1:place + 2]), "")
        if name == "--lang" and asked in list(Tongue):
            os.environ["QIANTANG_LANG"] = asked


def said(zh: str, en: str) -> str:
    """A sentence in the language of this run."""
    return told(Text(zh, en))


def told(text: Text) -> str:
    """A text in the language of this run."""
    return text.said(preferred_lang())
