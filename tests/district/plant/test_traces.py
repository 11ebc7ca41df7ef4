"""What an alarm's chart shows is what its chart judged: by the node's own path, from the history, and still after a repair."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from qiantang.district.identity import KEYBOARD
from qiantang.district.plant.folder import PlantFolder
from qiantang.district.plant.pipeline import Pipeline, Step
from qiantang.district.plant.showing import Showing
from qiantang.district.plant.views import PlantShown
from qiantang.engines.duckdb_history import History
from qiantang.kernel.readings import Readings, readings
from qiantang.kernel.wires import Counters
from tests.district.plant import lines
from tests.district.plant.lines import ADDRESSES, START, S
from tests.district.plant.test_relearning import everything
from tests.domains.factory.plants import SMALL

SIGNAL = 1


def shifted(seconds: int, at: int, by: float) -> Readings:
    draws = np.random.default_rng(3)
    value = np.round(draws.normal(size=(seconds, len(ADDRESSES))) * 0.7, 3)
    value[at:, SIGNAL] += by
    return readings(np.tile(np.arange(len(ADDRESSES)), seconds), np.repeat(START + S * np.arange(seconds), len(ADDRESSES)), value.ravel())


def begun(showing: Showing) -> None:
    """What is being judged of before is judged, and is to be told at once."""
    if showing._traces._beginning is not None:
        assert showing._traces._beginning.over.wait(20.0)
    showing._traces._told_at = -10.0


def at_work(tmp_path: Path, batch: Readings, *, known: int = 0) -> tuple[Pipeline, Showing, PlantFolder]:
    """The pipeline and what it shows, as a node has them; the first ``known`` readings were in the history when showing began."""
    folder = PlantFolder(tmp_path / "small")
    if known:
        history = History(folder.path / "history")
        history.append(batch.taken(slice(0, known)), 0, known)
        history.close()
    showing = Showing(folder, SMALL, history=folder.path / "history")
    place = 0

    def heard(step: Step) -> None:
        showing.seen(step.readings)
        begun(showing)
        if step.upto > known:
            showing.show(pipeline, Counters(), None, step.clock)

    pipeline = Pipeline([lines.judged_by(lines.settings())], heard, addresses=ADDRESSES)
    for place in range(0, len(batch), 130):
        pipeline.take(place, batch.taken(slice(place, place + 130)))
    pipeline.finish()
    return pipeline, showing, folder


def test_an_alarms_chart_is_drawn_with_the_limits_it_was_judged_by_and_from_before_the_alarm(tmp_path: Path) -> None:
    batch = shifted(200, 150, 6.0)
    _, _, folder = at_work(tmp_path, batch, known=150 * len(ADDRESSES))
    trace = PlantShown(folder, KEYBOARD).charts(ADDRESSES[SIGNAL])[0]
    assert [(title.en, float(value)) for title, value in trace.levels] == [("centre", 0.0), ("upper limit", 3.0), ("lower limit", -3.0)]
    assert len(trace.values) == 120
    assert trace.instants[0].timestamp() * S < START + 150 * S
    broken = [trace.instants[n].timestamp() for n in trace.marked]
    assert START / S + 150 in broken
    assert "one point beyond the control limit" in trace.said.en
    assert float(trace.values[-1] or 0) > 3.0


def test_a_small_lasting_shift_is_drawn_as_the_averages_and_sums_that_found_it(tmp_path: Path) -> None:
    _, _, folder = at_work(tmp_path, shifted(120, 60, 1.6))
    said = [trace.said.en for trace in PlantShown(folder, KEYBOARD).charts(ADDRESSES[SIGNAL])]
    assert any("EWMA" in one for one in said)
    cusum = next(t for t in PlantShown(folder, KEYBOARD).charts(ADDRESSES[SIGNAL]) if "CUSUM" in t.said.en)
    assert [title.en for title, _ in cusum.levels] == ["centre", "decision limit", "decision limit"]
    assert float(cusum.levels[1][1]) == 5.0
    assert len(cusum.beside) == 1
    assert max(float(v) for v in cusum.values if v is not None) > 5.0


def test_after_a_repair_the_chart_of_the_alarm_keeps_the_limits_of_then(tmp_path: Path) -> None:
    batch = shifted(200, 60, 6.0)
    folder = PlantFolder(tmp_path / "small")
    showing = Showing(folder, SMALL, history=None)
    asked = False

    def heard(step: Step) -> None:
        nonlocal asked
        showing.seen(step.readings)
        if step.clock > START + 120 * S and not asked:
            asked = True
            pipeline.learn_again(everything())
        begun(showing)
        showing.show(pipeline, Counters(), None, step.clock)

    pipeline = Pipeline([lines.judged_by(lines.settings())], heard, addresses=ADDRESSES)
    for place in range(0, len(batch), 130):
        pipeline.take(place, batch.taken(slice(place, place + 130)))
    assert any(entry.alarm.signal == SIGNAL for entry in pipeline.register.shown())
    traces = PlantShown(folder, KEYBOARD).charts(ADDRESSES[SIGNAL])
    assert all(float(value) in (0.0, 3.0, -3.0) for title, value in traces[0].levels if "decision" not in title.en)
    assert traces[0].marked
    lately = next(t for t in traces if "lately" in t.said.en)
    assert "were not judged, for the chart was learning" in lately.said.en


def test_a_signal_somebody_asks_for_is_told_and_forgotten_when_nobody_asks_any_more(tmp_path: Path) -> None:
    folder = PlantFolder(tmp_path / "small")
    folder.ask(ADDRESSES[4])
    assert folder.asked() == [ADDRESSES[4]]
    at_work(tmp_path, shifted(60, 60, 0.0))
    shown = PlantShown(folder, KEYBOARD)
    trace, = shown.charts(ADDRESSES[4])
    assert len(trace.values) > 50
    assert len(trace.levels) == 3
    for path in (folder.path / "asked").iterdir():
        import os
        os.utime(path, (time.time() - 700, time.time() - 700))
    assert folder.asked() == []
