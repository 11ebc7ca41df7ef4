"""A node's log read again from its beginning: the same log gives the same alarms, bit for bit, and nothing is written."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from qiantang.district.plant.answers import ANSWERS, read_answers
from qiantang.district.plant.node import NodeSettings
from qiantang.district.plant.pipeline import Pipeline, Step
from qiantang.district.plant.relearning import relearning_of
from qiantang.district.plant.workbook import numbered
from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.charts.settings import ChartSettings, charted
from qiantang.domains.factory.plant import Plant
from qiantang.kernel.errors import QiantangError
from qiantang.stores.reading_log import ReadingLog
from qiantang.stores.signal_directory import SignalDirectory


def replay(folder: Path, plant: Plant, *, settings: NodeSettings | None = None, charts: Callable[[Plant], ChartSettings] = charted,
           heard: Callable[[Step], None] = lambda _: None, start: int = 0) -> list[Alarm]:
    """The alarms that a node's log gives, from its beginning; the node itself must not be at work. Nothing is written.

    The same log gives the same alarms, bit for bit, however often and in whatever pieces it is read: charts that were learnt anew after
    a repair are learnt anew at the same place.
    """
    s = settings or NodeSettings()
    alarms: list[Alarm] = []
    answers, _ = read_answers(folder / ANSWERS)

    def note(step: Step) -> None:
        alarms.extend(step.alarms)
        for order in answers.between(step.start, step.upto):
            with contextlib.suppress(QiantangError):
                relearning = relearning_of(order, plant)
                if relearning is not None:
                    pipeline.learn_again(relearning)
        heard(step)

    directory, log = SignalDirectory(folder / "signals"), ReadingLog(folder / "log")
    with contextlib.closing(directory), contextlib.closing(log):
        plant = numbered(plant, directory)
        pipeline = Pipeline(plant, charts(plant), note, addresses=directory.addresses, lateness_of=s.lateness_of, allowances=s.allowances,
                            pace=s.pace, bearing=s.bearing)
        pipeline.begin(max(start, log.start))
        for offset, batch in log.read(start):
            pipeline.position = max(pipeline.position, offset)
            pipeline.take(offset, batch)
        pipeline.finish()
    return alarms
