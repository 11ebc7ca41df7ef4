"""Every text a person reads exists twice: in Chinese and in English."""

from __future__ import annotations

import locale
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or title in both languages; ``{name}`` marks a place to fill."""

    zh: str
    en: str

    def said(self, lang: Lang) -> str:
        """The text in one language."""
        return self.zh if lang == "zh" else self.en

    def filled(self, **values: object) -> Text:
        """Both languages with the places filled; a ``Text`` value is put in language by language."""
        return Text(
            self.zh.format(**{k: v.zh if isinstance(v, Text) else v for k, v in values.items()}),
            self.en.format(**{k: v.en if isinstance(v, Text) else v for k, v in values.items()}),
        )

    def __add__(self, other: Text) -> Text:
        return Text(self.zh + other.zh, self.en + other.en)


def same(word: str) -> Text:
    """A word that is the same in both languages (a code, a number, a file name)."""
    return Text(word, word)


def both(say: Callable[[Lang], str]) -> Text:
    """A text from what says it in one language."""
    return Text(say("zh"), say("en"))


def joined(texts: list[Text], zh: str = "、", en: str = ", ") -> Text:
    """A list of texts as one, with each language's own separator."""
    return Text(zh.join(t.zh for t in texts), en.join(t.en for t in texts))


def preferred_lang() -> Lang:
    """The language of the person at the keyboard: ``QIANTANG_LANG``, else the locale, else English."""
    for name in (os.environ.get("QIANTANG_LANG"), os.environ.get("LC_ALL"), os.environ.get("LC_MESSAGES"),
                 os.environ.get("LANG"), locale.getlocale()[0]):
        if name:
            return "zh" if name.lower().startswith(("zh", "chinese")) else "en"
    return "en"
