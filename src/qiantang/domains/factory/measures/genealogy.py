"""Where each piece comes from and where each batch went: what was made of what, when, on which machine, with which tool, by whom.

Searchable both ways over columns: from a piece back to everything in it, and from a batch, a mould, a press, a cavity or an operator
forward to all pieces. Operations name the span in which they ran, so that the readings of a piece are found in the history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qiantang.kernel.readings import Directory

NONE = -1
"""No tool, no operator, no asset."""
_OPERATION = ("item", "step", "asset", "tool", "operator", "since", "until")
_USE = ("made", "used")


@dataclass(frozen=True, slots=True)
class Operation:
    """One step in the making of a thing: which thing, at which step, on which machine or cavity, with which tool (a mould), by whom,
    from when to when (microseconds UTC); how it turned out and why not well, where that was told. Empty: none."""

    item: str
    step: str
    asset: str
    tool: str
    operator: str
    since: int
    until: int
    result: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Everything in a thing: the operations that made it and what it is made of, earliest first, and the things used, by name."""

    operations: tuple[Operation, ...]
    used: tuple[str, ...]


class Genealogy:
    """All operations so far. Things are named once and numbered; a row takes 56 bytes, a use 16."""

    def __init__(self) -> None:
        self.names = Directory()
        self._parts: dict[str, list[NDArray[np.int64]]] = {name: [] for name in (*_OPERATION, *_USE)}
        self._index: _Index | None = None

    def made(self, item: Sequence[str], step: Sequence[str], asset: Sequence[str], since: object, until: object, *,
             tool: Sequence[str] = (), operator: Sequence[str] = ()) -> None:
        """Operations, one a place; without tools or operators none has one. A thing may have several operations."""
        n = len(item)
        columns = {"item": item, "step": step, "asset": asset, "tool": tool or [""] * n, "operator": operator or [""] * n}
        found = {name: self._numbers(of) for name, of in columns.items()}
        found |= {"since": np.asarray(since, np.int64), "until": np.asarray(until, np.int64)}
        if any(len(column) != n for column in found.values()):
            raise ValueError("the columns of operations differ in length")
        self._take(found)

    def used(self, made: Sequence[str], used: Sequence[str]) -> None:
        """What went into what, pair by pair."""
        if len(made) != len(used):
            raise ValueError("the columns of uses differ in length")
        self._take({"made": self._numbers(made), "used": self._numbers(used)})

    # --- searching ---

    def origin(self, thing: str) -> Origin:
        """From a thing back to everything in it; nothing for one that is not known."""
        number = self.names.known(thing)
        if number is None:
            return Origin((), ())
        index = self._indexed()
        within = index.reached(np.array([number]), index.uses_of)
        rows = index.operations_of.at(within)
        order = rows[np.lexsort((rows, index.columns["since"][rows]))]
        return Origin(tuple(self._operation(index, int(row)) for row in order), tuple(self._name(int(n)) for n in within if n != number))

    def descendants(self, thing: str) -> tuple[str, ...]:
        """From a thing forward to everything it went into, in the order in which the things were first named."""
        number = self.names.known(thing)
        if number is None:
            return ()
        index = self._indexed()
        return tuple(self._name(int(n)) for n in index.reached(np.array([number]), index.users_of) if n != number)

    def pieces(self, thing: str) -> tuple[str, ...]:
        """From a thing forward to the pieces: what it went into and that goes into nothing itself."""
        number = self.names.known(thing)
        return () if number is None else self._final(np.array([number]))

    def pieces_by(self, *, asset: str = "", tool: str = "", operator: str = "", since: int | None = None, until: int | None = None) -> tuple[str, ...]:
        """All pieces with an operation on this machine or cavity, with this tool, by this operator, that ran in the span."""
        index = self._indexed()
        which = np.ones(len(index.columns["item"]), np.bool_)
        for column, name in (("asset", asset), ("tool", tool), ("operator", operator)):
            if name:
                number = self.names.known(name)
                which &= index.columns[column] == (-2 if number is None else number)
        if since is not None:
            which &= index.columns["until"] >= since
        if until is not None:
            which &= index.columns["since"] <= until
        return self._final(np.unique(index.columns["item"][which]))

    # --- kept and taken up again ---

    def columns(self) -> Mapping[str, NDArray[np.int64]]:
        """Everything but the names, as columns of whole numbers."""
        return self._indexed().columns

    @classmethod
    def of(cls, names: Sequence[str], columns: Mapping[str, NDArray[np.int64]]) -> Genealogy:
        """The genealogy of names and columns that were kept."""
        made = cls()
        made.names = Directory(names)
        made._take(dict(columns))
        return made

    # --- how ---

    def _numbers(self, names: Sequence[str]) -> NDArray[np.int64]:
        return np.fromiter((self.names.number(name) if name else NONE for name in names), np.int64, len(names))

    def _name(self, number: int) -> str:
        return self.names.addresses[number] if number >= 0 else ""

    def _take(self, columns: Mapping[str, NDArray[np.int64]]) -> None:
        for name, column in columns.items():
            self._parts[name].append(np.asarray(column, np.int64))
        self._index = None

    def _indexed(self) -> _Index:
        if self._index is None:
            columns = {name: np.concatenate(parts) if parts else np.empty(0, np.int64) for name, parts in self._parts.items()}
            self._parts = {name: [column] for name, column in columns.items()}
            self._index = _Index(columns, len(self.names))
        return self._index

    def _operation(self, index: _Index, row: int) -> Operation:
        of = {name: int(index.columns[name][row]) for name in _OPERATION}
        return Operation(self._name(of["item"]), self._name(of["step"]), self._name(of["asset"]), self._name(of["tool"]),
                         self._name(of["operator"]), of["since"], of["until"])

    def _final(self, numbers: NDArray[np.int64]) -> tuple[str, ...]:
        index = self._indexed()
        reached = index.reached(numbers, index.users_of)
        return tuple(self._name(int(n)) for n in reached if not len(index.users_of.at(np.array([n]))))


class _Rows:
    """Which rows bear a number, for all numbers at once: the rows in the order of their numbers, and where each number begins."""

    def __init__(self, numbers: NDArray[np.int64], many: int, values: NDArray[np.int64] | None = None) -> None:
        order = np.argsort(numbers, kind="stable")
        self._values = order if values is None else values[order]
        self._begins = np.searchsorted(numbers[order], np.arange(many + 1))

    def at(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows (or their values) of these numbers, number by number."""
        begins, ends = self._begins[numbers], self._begins[numbers + 1]
        lengths = ends - begins
        places = np.repeat(begins - np.r_[0, np.cumsum(lengths)[:-1]], lengths) + np.arange(lengths.sum())
        found: NDArray[np.int64] = self._values[places]
        return found


class _Index:
    """The columns, with the ways back and forward through them."""

    def __init__(self, columns: Mapping[str, NDArray[np.int64]], many: int) -> None:
        self.columns = columns
        self.operations_of = _Rows(columns["item"], many)
        self.uses_of = _Rows(columns["made"], many, columns["used"])
        self.users_of = _Rows(columns["used"], many, columns["made"])

    def reached(self, start: NDArray[np.int64], ways: _Rows) -> NDArray[np.int64]:
        """Every number that can be come to, the start included, in order; a thing that goes into itself is met once."""
        seen = np.unique(start)
        new = seen
        while len(new):
            new = np.setdiff1d(ways.at(new), seen)
            seen = np.union1d(seen, new)
        return seen
