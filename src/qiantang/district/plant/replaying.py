"""A node's log read again from its beginning: the same log gives the same alarms, bit for bit, and nothing is written."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from qiantang.district.plant.answers import ANSWERS, read_answers
from qiantang.district.plant.charting import Charts
from qiantang.district.plant.models import ModelRecord
from qiantang.district.plant.node import NodeSettings
from qiantang.district.plant.pipeline import Pipeline, Step
from qiantang.district.plant.relearning import relearning_of
from qiantang.domains.factory.alarm import Alarm
from qiantang.kernel.errors import Fault, Place, QiantangError, SubjectError
from qiantang.kernel.words import Text
from qiantang.stores.reading_log import ReadingLog
from qiantang.stores.signal_directory import SignalDirectory


def replay(folder: Path, charts: Charts, *, settings: NodeSettings | None = None, heard: Callable[[Step], None] = lambda _: None,
           start: int = 0) -> list[Alarm]:
    """The alarms that a node's log gives, from its beginning; the node itself must not be at work. Nothing is written. ``charts`` reads how
    the node charted, as the node was given it. SubjectError where no node ever worked in the folder.

    The same log gives the same alarms, bit for bit, however often and in whatever pieces it is read: what each version of the plant's
    workbook judged is judged by it again, and charts that were learnt anew after a repair are learnt anew at the same place.
    """
    s = settings or NodeSettings()
    alarms: list[Alarm] = []
    answers, _ = read_answers(folder / ANSWERS)
    models = ModelRecord(folder).read(charts)
    if not models or not (folder / "log").is_dir():
        raise never_worked(folder)

    def note(step: Step) -> None:
        alarms.extend(step.alarms)
        for order in answers.between(step.start, step.upto):
            with contextlib.suppress(QiantangError):
                relearning = relearning_of(order, pipeline.plant)
                if relearning is not None:
                    pipeline.learn_again(relearning)
        heard(step)

    directory, log = SignalDirectory(folder / "signals"), ReadingLog(folder / "log")
    with contextlib.closing(directory), contextlib.closing(log):
        pipeline = Pipeline(models, note, addresses=directory.addresses, allowances=s.allowances, pace=s.pace, bearing=s.bearing)
        pipeline.begin(max(start, log.start))
        for offset, batch in log.read(start):
            pipeline.take(offset, batch)
        pipeline.finish()
    return alarms


def never_worked(folder: Path) -> SubjectError:
    """The fault that no node ever worked in a folder."""
    return SubjectError(Fault(Text("这里没有工厂的读数日志", "there is no log of a plant's readings here"), Place(str(folder)), remedy=Text(
        "请给出工厂文件夹，如 地区/.qiantang/plants/工厂编号", "Name a plant's folder, such as DISTRICT/.qiantang/plants/PLANT")))
