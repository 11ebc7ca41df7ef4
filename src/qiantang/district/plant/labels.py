"""What technicians said was wrong and what they did, by the finding it was about: the labels that a plant's findings have earned."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from qiantang.district.plant.answers import ANSWERS, read_answers
from qiantang.district.plant.folder import STATE, Order, PlantFolder
from qiantang.district.plant.relearning import ALARMS, ASSET, FINISH, SINCE
from qiantang.domains.factory.plant import Plant

_ALARM = re.compile(r"(?:task-|T:)?(?P<alarm>(?P<of>.+):(?P<rule>\w+):(?P<at>\d+))")
_OF_SIGNAL = re.compile(r"s(\d+)")


@dataclass(frozen=True, slots=True)
class Label:
    """One finding that a finished task was about. ``finding`` is its alarm's id, as ``factory explain`` takes it; ``asset`` what it is of and
    ``machine`` what was mended; ``signals`` the addresses of its own signal and of those that moved with it; ``since`` when something was
    wrong, ``until`` when the task was finished (microseconds UTC)."""

    finding: str
    task: str
    rule: str
    asset: str
    machine: str
    signals: tuple[str, ...]
    since: int
    until: int
    cause: str
    done: str
    worker: str


def labels_of(folder: PlantFolder, *, moved: bool = False) -> list[Label]:
    """Every label of a plant, in the order in which tasks were finished; ``moved`` looks up in the plant's findings what else moved."""
    plant = folder.plant()
    orders = [order for order in read_answers(folder.path / ANSWERS)[0].orders if order.order == FINISH and ASSET in order.values]
    if plant is None or not orders:
        return []
    others = _moved(folder.path / STATE) if moved else {}
    return [label for order in orders for label in _labels(order, plant, others)]


def _labels(order: Order, plant: Plant, moved: dict[str, tuple[int, ...]]) -> Iterator[Label]:
    """The labels of one finished task. Before its findings were put on record, the one that opened it is known by the task's id."""
    values = order.values
    named: Iterable[str] = json.loads(values[ALARMS]) if ALARMS in values else (values["task"],)
    addresses = {signal.number: signal.address for signal in plant.signals}
    assets = {signal.number: signal.asset for signal in plant.signals}
    for one in named:
        found = _ALARM.fullmatch(one)
        numbered = None if found is None else _OF_SIGNAL.fullmatch(found["of"])
        signal = None if numbered is None else int(numbered.group(1))
        alarm, rule = (one, "") if found is None else (found["alarm"], found["rule"])
        of = assets.get(signal, values[ASSET]) if signal is not None else values[ASSET] if found is None else found["of"]
        signals = dict.fromkeys(number for number in (signal, *moved.get(alarm, ())) if number is not None)
        yield Label(alarm, values["task"], rule, of, values[ASSET], tuple(addresses[number] for number in signals if number in addresses),
                    int(values[SINCE]), order.at, values.get("cause", "").strip(), values.get("done", "").strip(), values.get("worker", order.by))


def _moved(path: Path) -> dict[str, tuple[int, ...]]:
    """The signals that moved with each alarm, by its id, as findings have it on record."""
    if not path.is_file():
        return {}
    from qiantang.stores import open_store

    store = open_store(path)
    try:
        with store.reading() as reader:
            return {str(f.values["alarm"]): tuple(map(int, str(f.values.get("moved", "")).split())) for f in reader.findings() if "alarm" in f.values}
    finally:
        store.close()
