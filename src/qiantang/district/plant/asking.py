"""What a plant's history is asked: the last reading of its signals, or one signal's readings over a span, as they came or gathered to steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Literal

from qiantang.district.plant.folder import PlantFolder
from qiantang.district.plant.relearning import instant_said, named_signals, signals_within
from qiantang.domains.factory.hours import instant
from qiantang.domains.factory.plant import Plant, Signal
from qiantang.kernel.errors import ActionError, Fault, Place, SubjectError
from qiantang.kernel.readings import Quality, Readings
from qiantang.kernel.words import Text, joined, same

if TYPE_CHECKING:
    from qiantang.engines.duckdb_history import History, Step

Length = Literal["each", "second", "minute", "hour"]
"""How readings are gathered: ``each`` as it came, or to steps of such a length."""
_HOUR = 3_600_000_000
_NOTHING = same("")
_FROM, _UPTO = Text("自何时起", "from when"), Text("至何时止", "up to when")
_AGAINST = {Quality.BAD: Text("来源称不可信", "not to be relied on"), Quality.STALE: Text("来源未连接", "source not connected"),
            Quality.HISTORICAL: Text("断线后补送", "sent later"), Quality.NOT_A_NUMBER: Text("不是数", "not a number"),
            Quality.CLOCK: Text("时钟已更正", "clock corrected"), Quality.UNIT: Text("单位待确认", "unit in doubt")}


@dataclass(frozen=True, slots=True)
class Last:
    """The last reading of a signal: ``at`` in microseconds UTC; ``value`` None where it is not a number; ``against`` says what is known against
    it, empty where nothing is."""

    signal: Signal
    at: int
    value: float | None
    against: Text


@dataclass(frozen=True, slots=True)
class Gathered:
    """The readings of one step, from ``at`` (microseconds UTC) on: how many, and the mean, least and greatest of the finite ones, None where
    none is. A reading as it came is a step of one, with what is known ``against`` it."""

    at: int
    many: int
    mean: float | None
    least: float | None
    most: float | None
    against: Text = _NOTHING


def last_of(folder: PlantFolder, asset: str = "") -> list[Last]:
    """The last reading of every signal that stands in an asset (empty: anywhere in the plant), in the order of the workbook. SubjectError for
    an asset that is not known, or where no node ever kept a history."""
    plant = plant_of(folder)
    there = signals_within(plant, asset) if asset else list(plant.signals)
    with _history(folder) as history:
        now = history.now()
    place = {number: row for row, number in enumerate(now.signal.tolist())}
    return [_last(signal, now, place[signal.number]) for signal in there if signal.number in place]


def _last(signal: Signal, now: Readings, row: int) -> Last:
    value = float(now.value[row])
    return Last(signal, int(now.at[row]), value if isfinite(value) else None, against(int(now.quality[row])))


def against(quality: int) -> Text:
    """What is known against a reading, in words."""
    return joined([told for bit, told in _AGAINST.items() if quality & bit])


def signal_named(plant: Plant, asset: str, name: str) -> Signal:
    """The one signal within an asset that is called so, by address, name, kind or title. SubjectError where none is, or several are."""
    there = signals_within(plant, asset)
    called = name.strip().lower()
    found = [s for s in there if called in (word.lower() for word in (s.address, s.name, s.kind, s.title.zh, s.title.en))]
    if not found:
        numbers = named_signals(plant, asset, name)
        found = [signal for signal in there if signal.number in numbers]
    if len(found) != 1:
        some = [signal.address for signal in found or there][:6]
        raise SubjectError(Fault(Text(f"设备“{asset}”有 {len(found)} 个信号叫“{name}”", f"{len(found)} signals of the asset '{asset}' are called '{name}'"),
                                 Place(plant.id), name, "one-signal", Text("请写地址之一：" + "、".join(some), "Write one address: " + ", ".join(some))))
    return found[0]


def span_said(folder: PlantFolder, signal: Signal, since: str, until: str) -> tuple[int, int]:
    """A span as a person says it, by the plant's own clock, in microseconds UTC: up to the signal's last reading where its end is left out, and
    an hour long where its beginning is. ActionError where it ends before it begins, or a time cannot be read."""
    plant = plant_of(folder)
    last = ""
    if until:
        upto = instant_said(until, plant.local, _UPTO)
    else:
        with _history(folder) as history:
            now = history.now()
        read = now.at[now.signal == signal.number]
        if not len(read):
            raise ActionError(Fault(Text("该信号从未有读数", "the signal was never read"), Place(plant.id), signal.address, "span",
                                    Text("请检查其来源。", "Look after its source.")))
        upto, last = int(read[0]) + 1, f"{instant(int(read[0]), plant.local):%Y-%m-%d %H:%M:%S}"
    begin = instant_said(since, plant.local, _FROM) if since else max(upto - _HOUR, 0)
    if begin >= upto:
        raise ActionError(
            Fault(Text(f"该信号最后一个读数在 {last}，早于所问时段", f"the signal was read last at {last}, before that"), Place(plant.id), since, "span",
                  Text("请把开始时间提前。", "Ask from an earlier time on.")) if last else
            Fault(Text("时段止于其开始之前", "the span ends before it begins"), Place(plant.id), f"{since} – {until}", "span",
                  Text("请检查起止时间。", "Check its beginning and its end.")))
    return begin, upto


def stretch(folder: PlantFolder, signal: Signal, span: tuple[int, int], length: Length) -> list[Gathered]:
    """A signal's readings from the beginning of a span up to (not with) its end; gathered, all the steps (of UTC) that the span touches, whole."""
    with _history(folder) as history:
        if length == "each":
            r = history.readings(signal.number, *span)
            values = [value if isfinite(value) else None for value in r.value.tolist()]
            return [Gathered(at, 1, value, value, value, against(quality))
                    for at, value, quality in zip(r.at.tolist(), values, r.quality.tolist(), strict=True)]
        step: Step = length
        found = history.steps(signal.number, *span, step)
    mean, least, most = ([one if isfinite(one) else None for one in found[name].tolist()] for name in ("mean", "least", "most"))
    rows = zip(found["at"].tolist(), found["n"].tolist(), mean, least, most, strict=True)
    return [Gathered(at, n, middle, low, high) for at, n, middle, low, high in rows]


def plant_of(folder: PlantFolder) -> Plant:
    """The plant as its node told it last. SubjectError where none ever did."""
    plant = folder.plant()
    if plant is None:
        raise _nothing(folder)
    return plant


def _nothing(folder: PlantFolder) -> SubjectError:
    return SubjectError(Fault(Text("该工厂尚无历史", "this plant has no history yet"), Place(str(folder.path)), folder.path.name, "has-history",
                              Text("请先运行其节点：qiantang factory run。", "Run its node first: qiantang factory run.")))


@contextmanager
def _history(folder: PlantFolder) -> Iterator[History]:
    """The plant's history, to be asked only; its node may be at work."""
    home = folder.path / "history"
    if not home.is_dir():
        raise _nothing(folder)
    from qiantang.engines.duckdb_history import History

    history = History(home, memory_mib=200, threads=1, asks_only=True)
    try:
        yield history
    finally:
        history.close()
