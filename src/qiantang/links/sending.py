"""What came of an attempt to send: taken, surely not taken (now or ever), or nobody can know."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from qiantang.kernel.errors import FactsError, Place
from qiantang.kernel.words import Text

TIMEOUT_S = 20
"""Seconds that one step of a conversation may take."""
_MOST_SECRET = 4096


class Came(StrEnum):
    """What came of an attempt.

    ``later`` and ``never`` are surely not taken: the far side said so, or not one byte of the text left. ``unknown`` is
    everything after that moment without an answer.
    """

    TAKEN = "taken"
    LATER = "later"
    NEVER = "never"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: what came of it, and what the far side or the wire said; never a secret."""

    came: Came
    said: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be sent: ``key`` is the same at every attempt, ``address`` is read by the link's own kind."""

    key: str
    address: str
    title: str
    body: str


class Link(Protocol):
    """A declared wire to people."""

    @property
    def deduplicates(self) -> bool:
        """Whether the far side throws away what comes twice under one key."""

    def refuse_unready(self) -> None:
        """FactsError where something it needs, such as a secret, is not there."""

    def send(self, letter: Letter) -> Attempt:
        """Try once."""


def secret(env: str, file: Path | None, title: Text) -> Callable[[], str]:
    """A secret from an environment variable or a file, read when it is needed; FactsError names what is missing."""
    def read() -> str:
        if env and os.environ.get(env):
            return os.environ[env].strip()
        if file is not None and file.is_file():
            return file.read_text(encoding="utf-8")[:_MOST_SECRET].strip()
        wanted = env or str(file or "")
        raise FactsError.of(f"缺少{title.zh}：{wanted}", f"{title.en} is missing: {wanted}", place=Place(path=wanted), value=wanted,
                            remedy=Text("请设置该环境变量，或写入该文件。", "Set that environment variable, or write it into that file."))

    return read


def nothing_secret() -> str:
    """Where no secret is needed."""
    return ""
