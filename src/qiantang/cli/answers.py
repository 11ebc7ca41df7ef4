"""What a command answers: the same thing to draw for a person and to write as JSON for a script, with an exit code."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from qiantang.kernel.errors import Fault
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    from qiantang.cli.screen import Screen


class Code(IntEnum):
    """The exit codes of every command."""

    DONE = 0
    ATTENTION = 1
    REFUSED = 2
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Answer:
    """``told`` is written as JSON, each text in both languages; ``draw`` shows the same on a screen.

    A command that must start fast gives ``lines`` instead, which need no screen.
    """

    told: object
    draw: Callable[[Screen], None] | None
    code: Code = Code.DONE
    lines: tuple[str, ...] = ()


def written(told: object) -> str:
    """JSON with stable keys: numbers of the trade as decimal text, days in ISO form, texts as ``{"zh": …, "en": …}``."""
    return json.dumps(plain(told), ensure_ascii=False, indent=1)


def plain(value: object) -> object:
    """The value as JSON knows it."""
    if isinstance(value, Text):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | Fraction | Path):
        return str(value)
    if isinstance(value, Mapping):
        return {"" if k is None else str(k): plain(v) for k, v in value.items()}
    if isinstance(value, frozenset | set):
        return sorted((plain(v) for v in value), key=str)
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    return value


def fault_told(fault: Fault) -> dict[str, object]:
    """A fault with its place, value, message and remedy."""
    place = fault.place
    return {
        "file": place.file, "sheet": place.sheet, "row": place.row, "column": place.column, "path": place.path,
        "value": None if fault.value is None else str(fault.value), "rule": fault.rule, "message": fault.message, "remedy": fault.remedy,
    }
