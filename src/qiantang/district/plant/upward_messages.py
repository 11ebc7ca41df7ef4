"""What a plant and its district say to each other over a broker: findings, a day's figures, and the receipt for each, as bytes.

Topics are ``qiantang/1/PLANT/findings``, ``…/figures`` and ``…/state``, and back to the plant ``…/receipts``. Every message names the
plant's enterprise and bears a number that grows; its receipt bears the same. A plant says a message again until the receipt comes, so
everything can come twice: a finding is known by its id, a figure by plant and day, where the greater number prevails.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from qiantang.domains.factory.facts import PLANT_FIGURES
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.facts.cells import read_cell
from qiantang.kernel.facts.schema import Value
from qiantang.kernel.findings.stream import StreamedFinding, read_values, written_values
from qiantang.kernel.words import Text

ROOT = "qiantang/1"
FINDINGS, FIGURES, STATE, RECEIPTS = "findings", "figures", "state", "receipts"
RULEBOOK = "factory/published"
"""What published findings are filed under: they are not the plant's own, but say of one what the plant lets out."""
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading a message raises where it is none."""
_PLANT = re.compile(r"\w[\w.-]{0,63}")


def topic(plant: str, what: str) -> str:
    """Where that is said of a plant."""
    return f"{ROOT}/{plant}/{what}"


def sayable(plant: str) -> bool:
    """Whether a plant's id can stand in a topic and in a file's name."""
    return _PLANT.fullmatch(plant) is not None


@dataclass(frozen=True, slots=True)
class Findings:
    """Findings of a plant, with all that they amend."""

    number: int
    uscc: str
    findings: tuple[StreamedFinding, ...]

    def payload(self) -> bytes:
        """As bytes."""
        return _bytes({"number": self.number, "uscc": self.uscc, FINDINGS: [_plain(f) for f in self.findings]})


@dataclass(frozen=True, slots=True)
class Figures:
    """A plant's row of ``plant_figures``, as stored values with the day as text; ``strange`` are figures of no column, or of none of its
    values, with what was said."""

    number: int
    uscc: str
    row: Mapping[str, Value]
    strange: Mapping[str, str]

    def payload(self) -> bytes:
        """As bytes: numbers in the column's own unit, as decimals."""
        return _bytes({"number": self.number, "uscc": self.uscc, FIGURES: {name: _said(name, value) for name, value in self.row.items()}})


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message: how many things of it are kept, how many were put aside, and why."""

    number: int
    kept: int = 0
    aside: int = 0
    why: Text | None = None

    def payload(self) -> bytes:
        """As bytes."""
        why = None if self.why is None else {"zh": self.why.zh, "en": self.why.en}
        return _bytes({"number": self.number, "kept": self.kept, "aside": self.aside, "why": why})


def read_findings(payload: bytes) -> Findings:
    """The findings that a message tells; one of ``UNREADABLE`` where it is none."""
    told = json.loads(payload)
    return Findings(_number(told), str(told["uscc"]), tuple(_finding(one) for one in told[FINDINGS]))


def read_figures(payload: bytes, plant: str) -> Figures:
    """The figures that a message tells; what is none of the table's is told apart. One of ``UNREADABLE`` where it is no such message."""
    told = json.loads(payload)
    said = dict(told[FIGURES])
    if said.pop("plant") != plant or said.pop("uscc") != told["uscc"]:
        raise ValueError("it speaks for another plant or enterprise")
    row: dict[str, Value] = {"plant": plant, "uscc": str(told["uscc"]), "on": date.fromisoformat(str(said.pop("on"))).isoformat()}
    strange: dict[str, str] = {}
    for name, value in said.items():
        stored = _stored(str(name), value)
        if stored is None:
            strange[str(name)] = str(value)
        else:
            row[str(name)] = stored
    return Figures(_number(told), str(told["uscc"]), row, strange)


def read_receipt(payload: bytes) -> Receipt:
    """The receipt that a message is; one of ``UNREADABLE`` where it is none."""
    told = json.loads(payload)
    why = told["why"]
    return Receipt(_number(told), int(told["kept"]), int(told["aside"]), None if why is None else Text(str(why["zh"]), str(why["en"])))


def state(online: bool, at: int) -> bytes:
    """That a plant is connected, or no longer, since an instant in microseconds UTC."""
    return _bytes({"online": online, "at_us": at})


def read_state(payload: bytes) -> bool:
    """Whether it is connected; one of ``UNREADABLE`` where that is not said."""
    return bool(json.loads(payload)["online"])


def _number(told: Mapping[str, Any]) -> int:
    number = told["number"]
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**63:
        raise ValueError("it bears no number")
    return number


def _said(name: str, value: Value) -> object:
    column = PLANT_FIGURES.column(name)
    return str(column.type.decimal(value)) if column.type.is_number and isinstance(value, int) else value


def _stored(name: str, value: object) -> Value:
    """What a figure says, in the column's own unit; None where there is no such column, or it cannot hold that."""
    column = next((column for column in PLANT_FIGURES.columns if column.name == name), None)
    if column is None or not isinstance(value, str) or len(value) > 200:
        return None
    read = read_cell(column, value)
    if read.why is not None or read.value is None:
        return None
    if column.kind is Kind.NUMBER and not column.type.low <= int(read.value) <= column.type.high:  # type: ignore[arg-type]  # a number is stored as an int
        return None
    return read.value


def _plain(finding: StreamedFinding) -> dict[str, object]:
    return {"id": finding.id, "rulebook": finding.rulebook, "subject": finding.subject, "at": finding.at.isoformat(), "outcome": finding.outcome,
            "values": json.loads(written_values(finding.values)), "amends": finding.amends}


def _finding(told: Mapping[str, Any]) -> StreamedFinding:
    at, outcome = datetime.fromisoformat(str(told["at"])), told["outcome"]
    if at.tzinfo is None:
        raise ValueError("an instant without its zone")
    return StreamedFinding(str(told["id"]), str(told["rulebook"]), str(told["subject"]), at, None if outcome is None else str(outcome),
                           read_values(json.dumps(told["values"])), str(told["amends"]))


def _bytes(told: Mapping[str, object] | Sequence[object]) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
