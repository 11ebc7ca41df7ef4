"""A plant's folder in the district: what its node tells of itself, each file whole at any moment, and the orders left for it.

Nothing here decides anything: the node writes what it knows about once a second, pages read it, and what people want done is left
as a file that the node takes in the order of time. Folders of ended nodes stay readable.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qiantang.domains.factory.plant import (
    ZONE,
    Asset,
    Part,
    Phase,
    PieceSource,
    Plant,
    Product,
    Recipe,
    Shift,
    Signal,
    Technician,
    Vehicle,
)
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qiantang.district.plant.tracing import Recorded

PLANTS = "plants"
"""Where the plants' folders lie in a district's hidden folder."""
STATE = "state.sqlite"
"""The store of a plant's findings, in its folder."""
PROMISES = "promises.json"
"""What the plant's charts promise by theory, in its folder."""
FRESH_S = 5.0
"""A node that told nothing for so long is not at work."""
_PLANT, _TOLD, _CELLS, _ORDERS, _TRACES, _ASKED = "plant.json", "told.json", "cells.npz", "orders", "traces.json", "asked"
_MOST_ASKED, _ASKED_FOR_S = 16, 600.0
"""So many signals may be asked for at once, and each for so long after it was asked for last."""


@dataclass(frozen=True, slots=True)
class Order:
    """Something a person wants done in the plant: which kind of order, its values, who gave it, and when (microseconds UTC)."""

    order: str
    values: Mapping[str, str]
    by: str
    at: int


class PlantFolder:
    """One plant's folder; its name is the plant's id."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name

    # --- the node's side ---

    def tell_plant(self, plant: Plant) -> None:
        """What the plant is; told once, and anew when it changes."""
        self._write(_PLANT, json.dumps(asdict(plant), ensure_ascii=False, default=sorted).encode())

    def keep(self, name: str, kept: Mapping[str, Any]) -> None:
        """Something the district's side keeps of the plant, as plain values."""
        self._write(name, json.dumps(kept, ensure_ascii=False).encode())

    def tell(self, told: Mapping[str, Any]) -> None:
        """How it stands: plain values, with ``at`` in microseconds UTC. Whoever reads gets this or what stood before, whole."""
        self._write(_TOLD, json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode())

    def tell_cells(self, at: int, value: NDArray[np.float64], deviation: NDArray[np.float32], state: NDArray[np.uint8]) -> None:
        """Of every signal, by its number, up to an instant (µs UTC): the last value, how far it is from its centre in standard deviations, and
        its state (0 fine, 1 watch, 2 alarm, 3 gives nothing)."""
        import io

        import numpy as np

        room = io.BytesIO()
        np.savez(room, at=np.int64(at), value=value, deviation=deviation, state=state)
        self._write(_CELLS, room.getvalue())

    def tell_traces(self, traces: Mapping[str, Mapping[str, Any]]) -> None:
        """The last points as they were judged, of ``signals`` by address and of ``machines`` by id, as ``Traces`` tells them."""
        self._write(_TRACES, json.dumps(traces, separators=(",", ":")).encode())

    def asked(self) -> list[str]:
        """The addresses of signals whose control charts were asked for lately, the last asked for first, at most so many as may be."""
        home = self.path / _ASKED
        found = sorted(((path.stat().st_mtime, path) for path in home.iterdir() if not path.name.startswith(".")), reverse=True) if home.is_dir() else []
        kept = [path for at, path in found[:_MOST_ASKED] if time.time() - at < _ASKED_FOR_S]
        for _, path in found:
            if path not in kept:
                path.unlink(missing_ok=True)
        return [path.read_text(encoding="utf-8") for path in kept]

    def orders(self) -> Iterator[Order]:
        """The orders that were left, oldest first. Each is taken away once whoever asked comes for the next: one that was given out
        may be given out again where the node was killed meanwhile."""
        home = self.path / _ORDERS
        for path in sorted(home.glob("*.json")) if home.is_dir() else ():
            found = json.loads(path.read_bytes())
            yield Order(found["order"], found["values"], found["by"], found["at"])
            path.unlink()

    # --- the readers' side ---

    def leave(self, order: Order) -> None:
        """Leave an order for the node."""
        home = self.path / _ORDERS
        home.mkdir(parents=True, exist_ok=True)
        name = f"{order.at:020d}-{os.getpid()}-{time.monotonic_ns()}.json"
        self._write(f"{_ORDERS}/{name}", json.dumps(asdict(order), ensure_ascii=False).encode())

    def plant(self) -> Plant | None:
        """What the plant is; None where no node told it yet."""
        path = self.path / _PLANT
        return _plant_at(path, path.stat().st_mtime_ns) if path.is_file() else None

    def told(self) -> Mapping[str, Any] | None:
        """What the node told last; None where it never told anything."""
        path = self.path / _TOLD
        return dict(json.loads(path.read_bytes())) if path.is_file() else None

    def told_ago_s(self) -> float | None:
        """Seconds since the node told anything, by this machine's clock."""
        path = self.path / _TOLD
        return max(time.time() - path.stat().st_mtime, 0.0) if path.is_file() else None

    def cells(self) -> Mapping[str, NDArray[Any]] | None:
        """``value``, ``deviation`` and ``state`` of every signal, and up to when (``at``); None where the node never told them."""
        import numpy as np

        path = self.path / _CELLS
        if not path.is_file():
            return None
        with np.load(path) as found:
            return {name: found[name] for name in found.files}

    def traces(self) -> Mapping[str, Any]:
        """The points of signals and machines as the node told them; none where it told none."""
        path = self.path / _TRACES
        return dict(json.loads(path.read_bytes())) if path.is_file() else {}

    def promises(self) -> Mapping[str, Any]:
        """What the charts promise by theory, as ``Promised``; nothing where the node never told it."""
        path = self.path / PROMISES
        return dict(json.loads(path.read_bytes())) if path.is_file() else {}

    def ask(self, address: str) -> None:
        """Ask the node for the control chart of a signal: it tells it within some seconds, and for as long as it goes on being asked for."""
        self._write(f"{_ASKED}/{sha256(address.encode()).hexdigest()[:16]}", address.encode())

    def genealogy(self) -> Recorded | None:
        """Where pieces come from, by the record of what was told of them; None where the node keeps none, or nothing was told."""
        from qiantang.district.plant.tracing import RECORD, Recorded

        if not (self.path / RECORD).is_file():
            return None
        recorded = Recorded(self.path / RECORD)
        return None if recorded.empty else recorded

    def _write(self, name: str, body: bytes) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        part.write_bytes(body)
        part.replace(path)


def plant_folders(hidden: Path) -> list[PlantFolder]:
    """The folders of all plants that told what they are, by name."""
    home = hidden / PLANTS
    return [PlantFolder(path.parent) for path in sorted(home.glob(f"*/{_PLANT}"))] if home.is_dir() else []


def plant_folder(hidden: Path, plant: str) -> PlantFolder:
    """The folder of a plant, there or not."""
    return PlantFolder(hidden / PLANTS / plant)


@lru_cache(maxsize=8)
def _plant_at(path: Path, _: int) -> Plant:
    return plant_from(json.loads(path.read_bytes()))


def plant_from(written: Mapping[str, Any]) -> Plant:
    """A plant from the plain values it was written as; one that was written before plants had a time zone is of the usual one."""
    def each(name: str, kind: Any, **more: Any) -> tuple[Any, ...]:
        return tuple(kind(**{key: _back(key, value) for key, value in {**row, **{k: f(row) for k, f in more.items()}}.items()})
                     for row in written.get(name, ()))

    phases = {"phases": lambda row: tuple(Phase(**phase) for phase in row["phases"])}
    return Plant(
        written["id"], Text(**written["title"]), each("assets", Asset), each("signals", Signal), each("products", Product),
        each("recipes", Recipe, **phases), tuple((name, Text(**title)) for name, title in written.get("skills", ())),
        each("shifts", Shift, breaks=lambda row: tuple(tuple(pair) for pair in row["breaks"])),
        each("technicians", Technician, skills=lambda row: frozenset(row["skills"])), each("vehicles", Vehicle),
        each("parts", Part, kinds=lambda row: tuple(row.get("kinds", ())), rules=lambda row: tuple(row.get("rules", ()))),
        written["operators"], written["takt_s"], written["synthetic"], each("piece_sources", PieceSource), written.get("zone", ZONE))


def _back(name: str, value: Any) -> Any:
    if name == "title":
        return Text(**value)
    return tuple(value) if name in ("place", "home") and isinstance(value, Sequence) else value
