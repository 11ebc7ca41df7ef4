"""After a repair charts learn again what the fault may have taught them, at one place in the log, whatever is killed in between."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from qiantang.district.plant.answers import Answers, read_answers
from qiantang.district.plant.charting import Given
from qiantang.district.plant.folder import Order, PlantFolder
from qiantang.district.plant.node import Node
from qiantang.district.plant.notices import learnt_again
from qiantang.district.plant.pipeline import Pipeline, Step
from qiantang.district.plant.relearning import Relearning, instant_said, named_signals, relearning_of
from qiantang.district.plant.replaying import replay
from qiantang.district.plant.work import Work
from qiantang.domains.factory.alarms.bearing import Bearing
from qiantang.domains.factory.alarms.entry import Change
from qiantang.domains.factory.charts.relearning import Anew
from qiantang.domains.factory.charts.settings import ChartSettings, charted
from qiantang.domains.factory.plant import Technician
from qiantang.kernel.errors import ActionError, SubjectError
from qiantang.kernel.readings import Readings
from qiantang.kernel.words import same
from tests.district.plant import lines, repairing
from tests.district.plant.lines import START, S
from tests.district.plant.sender import Sender
from tests.district.plant.test_node import recorded
from tests.domains.factory.plants import SMALL

SECONDS = 80
WHOLE = np.array([10**6])


def mended(batches: list[tuple[int, Readings]], place: int, asked: Relearning) -> tuple[Pipeline, list[Step]]:
    """Through a pipeline whose charts are asked to learn again at the first end of a step at or after a place in the log."""
    steps: list[Step] = []

    def heard(step: Step) -> None:
        steps.append(step)
        if step.start < place <= step.upto:
            pipeline.learn_again(asked)

    pipeline = Pipeline([lines.judged_by(repairing.learning(None))], heard, addresses=lines.ADDRESSES)
    for offset, batch in batches:
        pipeline.take(offset, batch)
    pipeline.finish()
    return pipeline, steps


def everything(by: str = "li") -> Relearning:
    return Relearning((), 0, tuple(range(len(SMALL.signals))), by, same("mended"))


@given(st.lists(st.integers(1, 700), min_size=1, max_size=8), st.integers(0, 50))
@settings(max_examples=25, deadline=None)
def test_where_the_log_is_cut_changes_no_alarm_with_a_repair_in_its_middle(sizes: list[int], seed: int) -> None:
    draws = np.random.default_rng(seed)
    r = lines.happened(40, seed)
    # Some of it comes seconds late: windows are computed anew across the repair.
    came = lines.delivered(r, np.where(draws.random(len(r)) < 0.03, draws.integers(2 * S, 9 * S, len(r)), draws.integers(0, S, len(r))))
    place = len(came) // 2
    whole, once = mended([(0, came)], place, everything())
    pieces, cut = mended(lines.split(came, np.array(sizes)), place, everything())
    assert [a for step in once for a in step.alarms] == [a for step in cut for a in step.alarms]
    left, right = whole.snapshot().parts, pieces.snapshot().parts
    assert {k: v for k, v in left.items() if k != "ordering"} == {k: v for k, v in right.items() if k != "ordering"}
    assert [v.who for v in whole.analysis.limits] == ["phase I", "li"]


def test_a_late_reading_from_before_the_repair_undoes_nothing_of_it() -> None:
    r = lines.happened(20, 3, faults=0)
    late = np.zeros(len(r), np.int64)
    # One reading far off, of the first second, comes seven seconds late; the repair is in between.
    spoilt = int(np.flatnonzero((r.at == START + S) & (r.signal == 12))[0])
    value = r.value.copy()
    value[spoilt] = 9.0
    late[spoilt] = 7 * S
    came = lines.delivered(Readings(r.signal, r.at, r.received, value, r.quality, r.sequence), late)
    place = int(np.flatnonzero(came.at >= START + 5 * S)[0])
    pipeline, steps = mended([(0, came)], place, everything())
    raised = [a for step in steps for a in step.alarms if a.signal == 12 and a.at == START + S]
    assert "nelson_1" in {a.rule for a in raised}
    assert {a.limits for a in raised} == {1}
    # Charts learnt from thirty points after the repair, not from the readings before it.
    assert pipeline.counters.counts["computed_anew"] > 0
    assert pipeline.counters.counts["learnt_again"] == len(SMALL.signals)
    again, _ = mended([(0, came)], place, everything())
    assert pipeline.snapshot().parts == again.snapshot().parts
    assert not pipeline.analysis.learned.all()


def test_only_what_was_learnt_since_something_was_wrong_is_learnt_again() -> None:
    chart = charted(SMALL, window_s=0.0, machine_every_s=0.0, most_order=0, learning=20)
    pipeline = Pipeline([lines.judged_by(chart)], lambda _: None, addresses=lines.ADDRESSES)
    r = lines.happened(240, 5, faults=0)
    # The press says nothing for the first 90 seconds, when the mixer is learnt already.
    late_press = r.taken((r.signal == 12) | (r.at >= START + 90 * S))
    pipeline.take(0, lines.delivered(late_press, np.zeros(len(late_press), np.int64)))
    assert pipeline.analysis.learned.all()
    press, mixer = (tuple(s.number for s in SMALL.signals if SMALL.machine(s.asset) == m) for m in ("P1", "M1"))
    asked = Relearning((*press, *mixer), START + 85 * S, (), "li", same("bladder"))
    assert pipeline.learn_again(asked).signals == press
    assert not pipeline.learn_again(replace(asked, signals=mixer))
    # What is being learnt when the repair ends is in doubt as well, as soon as it has begun.
    more = lines.happened(3, 6, faults=0)
    pipeline.take(pipeline.position, lines.delivered(replace(more, at=more.at + 240 * S), np.zeros(len(more), np.int64)))
    assert pipeline.learn_again(asked).signals == press


def _models(share: float = 1e-2) -> ChartSettings:
    """Models of machines from sixty points, one a second; signals are known."""
    found = replace(charted(SMALL, window_s=0.0, machine_every_s=1.0, most_order=0, learning=25), machine_learning=60, machine_alpha=share)
    return replace(found, known=dict.fromkeys(range(found.bases), (0.0, 1.0)))


PRESS = tuple(s.number for s in SMALL.signals if SMALL.machine(s.asset) == "P1")


def _piped(chart: ChartSettings, r: Readings, orders: dict[int, Relearning], quiet_s: int = 3600,
           sizes: NDArray[np.int64] = WHOLE) -> tuple[Pipeline, list[Step], list[Change]]:
    """Through a pipeline that is asked at the first end of a step at or after some seconds."""
    steps: list[Step] = []
    changes: list[Change] = []

    def heard(step: Step) -> None:
        steps.append(step)
        changes.extend(step.changes)
        for second in [s for s in orders if step.clock >= START + s * S]:
            asked = orders.pop(second)
            changes.extend(pipeline.mended(asked, pipeline.learn_again(asked)))

    pipeline = Pipeline([lines.judged_by(chart)], heard, addresses=lines.ADDRESSES, bearing=Bearing(quiet=quiet_s * S))
    for offset, batch in lines.split(r, sizes):
        pipeline.take(offset, batch)
    pipeline.finish()
    return pipeline, steps, changes


def _moved(r: Readings, second: int, by: float, until: int = 10**6) -> Readings:
    """The press's first signal at another level for some time, within what its own charts bear."""
    away = (r.signal == PRESS[0]) & (r.at >= START + second * S) & (r.at < START + until * S)
    return replace(r, value=np.where(away, r.value + by, r.value))


def test_a_repair_that_moved_a_level_leaves_the_machines_model_which_reads_deviations_from_the_new_one() -> None:
    """The level stays where the repair brought it. Learnt again, it is no deviation any more: T² and SPE are at rest without learning anew."""
    r = _moved(lines.happened(400, 9, faults=0), 100, 12.0)
    changed = Relearning((), 0, (PRESS[0],), "li", same("new mould"))
    alone, _, _ = _piped(_models(), r, {})
    assert alone.analysis.holds("P1", -1, "t2") or alone.analysis.holds("P1", -1, "spe")
    pipeline, _, changes = _piped(_models(), r, {120: changed})
    assert "machines_learnt_again" not in pipeline.counters.counts
    assert pipeline.analysis.learned.all()
    said = [(c.event.value, round((c.at - START) / S)) for c in changes if (c.alarm.asset, c.alarm.rule) == ("P1", "t2") and c.event is not None]
    assert said[0] == ("raised", 101)
    assert said[1][0] == "returned"
    assert said[1][1] <= 122
    assert not pipeline.analysis.holds("P1", -1, "t2")
    assert [v.who for v in pipeline.analysis.limits] == ["phase I", "li"]


def test_a_model_learnt_while_something_was_wrong_is_learnt_again_and_one_of_before_is_not() -> None:
    r = lines.happened(200, 10, faults=0)
    early, late = (Relearning(PRESS, START + second * S, (), "li", same("valve")) for second in (20, 150))
    pipeline, _, _ = _piped(_models(), r, {160: early})
    assert pipeline.counters.counts["machines_learnt_again"] == 1
    pipeline, _, _ = _piped(_models(), r, {160: late})
    assert "machines_learnt_again" not in pipeline.counters.counts
    # Of a model that is being learnt the points since then are in doubt, and none of before.
    pipeline, _, _ = _piped(_models(), r, {30: early})
    assert pipeline.counters.counts["machines_learnt_again"] == 1
    pipeline, _, _ = _piped(_models(), r, {30: late})
    assert "machines_learnt_again" not in pipeline.counters.counts


def test_a_machine_that_a_repair_did_not_help_is_told_again() -> None:
    r = _moved(lines.happened(300, 12, faults=0), 100, 12.0)
    asked = Relearning(PRESS, START + 100 * S, (), "li", same("valve"))
    pipeline, _, changes = _piped(_models(), r, {120: asked}, quiet_s=60)
    assert pipeline.counters.counts["armed_again"] == 2
    said = [(c.event.value, round((c.at - START) / S)) for c in changes if (c.alarm.asset, c.alarm.rule) == ("P1", "t2") and c.event is not None]
    assert [event for event, _ in said] == ["raised", "returned", "raised"]
    assert said[0][1] < 120 < 175 < said[2][1] <= said[1][1] < 185
    assert any(c.told for c in changes if c.at > START + 175 * S and c.machine == "P1")


@given(st.integers(0, 50), st.lists(st.integers(1, 700), min_size=1, max_size=8))
@settings(max_examples=4, deadline=None)
def test_models_learnt_anew_and_armed_anew_are_so_at_the_same_place_however_the_log_is_cut(seed: int, sizes: list[int]) -> None:
    """Some readings are late: windows are computed anew across the places at which machines began anew."""
    draws = np.random.default_rng(seed)
    r = _moved(lines.happened(200, seed, faults=4), 90, 12.0, 150)
    came = lines.delivered(r, np.where(draws.random(len(r)) < 0.03, draws.integers(2 * S, 9 * S, len(r)), 0))
    said = []
    for cut in (WHOLE, np.array(sizes)):
        orders = {110: Relearning(PRESS, START + 40 * S, (), "li", same("valve")), 170: Relearning(PRESS, START + 100 * S, PRESS, "li", same("mould"))}
        pipeline, steps, _ = _piped(_models(), came, orders, 20, cut)
        assert pipeline.counters.counts["machines_learnt_again"] >= 2
        said.append(([a for step in steps for a in step.alarms], pipeline.register.snapshot()))
    assert said[0] == said[1]


@pytest.mark.parametrize(("order", "wrong", "zh", "en"), [
    (Order("learn_again", {"asset": "P9", "reason": "new mould"}, "li", 1), SubjectError, "没有设备“P9”", "no asset 'P9'"),
    (Order("learn_again", {"asset": "P1", "reason": " "}, "li", 1), ActionError, "须写明理由", "needs a reason"),
    (Order("learn_again", {"asset": "P1", "reason": "x", "changed": "torque"}, "li", 1), SubjectError, "没有信号“torque”", "no signal 'torque'"),
])
def test_what_cannot_be_learnt_again_is_refused_in_both_languages(order: Order, wrong: type[Exception], zh: str, en: str) -> None:
    with pytest.raises(wrong) as refused:
        relearning_of(order, SMALL)
    fault = refused.value.faults[0]  # type: ignore[attr-defined]  # every error of the house bears its faults
    assert zh in fault.message.zh
    assert en in fault.message.en
    assert fault.remedy.zh
    assert fault.remedy.en


@pytest.mark.parametrize(("written", "en"), [("inner_presure", "Write 'all', or: inner pressure"), ("平板温", "Write 'all', or: plate temperature"),
                                             ("torque", "Write 'all', or: plate temperature, inner pressure, nitrogen flow")])
def test_a_signal_that_is_not_known_is_refused_with_the_nearest_names(written: str, en: str) -> None:
    with pytest.raises(SubjectError) as refused:
        named_signals(SMALL, "P1", written)
    assert refused.value.faults[0].remedy.en == en


def test_signals_are_named_as_people_name_them_and_an_asset_holds_what_stands_in_it() -> None:
    def asked(asset: str, changed: str) -> tuple[int, ...]:
        found = relearning_of(Order("learn_again", {"asset": asset, "reason": "x", "changed": changed}, "li", 1), SMALL)
        assert found is not None
        return found.changed

    assert asked("P1", "") == asked("P1", "全部") == (0, 1, 2, 3, 4, 5)
    assert asked("P1", "内压；plate temperature") == (0, 1, 3, 4)
    assert asked("P1L", "inner_pressure") == (1,)
    assert asked("curing-area", "all") == tuple(range(12))


def fed(folder: Path, batch: Readings) -> Node:
    """A node over the folder, fed a batch and a while of silence, and stopped."""
    sender = Sender([batch], 0, 0.0)
    sender.now = int(batch.received[0])
    node = repairing.opened(folder, sender, snapshot_s=1e9)

    async def pour() -> None:
        running = asyncio.create_task(node.run([]))
        await sender.run(node)
        while node.status().behind:
            await asyncio.sleep(0.02)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(pour())
    return node


def test_an_order_left_before_the_node_was_killed_is_carried_out_once(tmp_path: Path) -> None:
    r = lines.happened(30, 4, faults=0)
    came = lines.delivered(r, np.zeros(len(r), np.int64))
    folder = PlantFolder(tmp_path)
    order = Order("learn_again", {"asset": "P1", "reason": "new mould"}, "li", 7)
    folder.leave(order)
    folder.leave(Order("learn_again", {"asset": "nowhere", "reason": "new mould"}, "li", 8))
    node = fed(tmp_path, came.taken(slice(0, len(came) // 2)))
    assert node.pipeline.counters.counts["learnt_again"] == 6
    assert [n.told.en for n in node.notices if n.kind == "learnt_again"] == [
        "press 1 learns anew: the charts of 6 signals. Li: new mould"]
    assert "no asset 'nowhere'" in next(n.told.en for n in node.notices if n.kind == "order")
    kept = read_answers(tmp_path / "answers.jsonl")[0]
    # Killed after the order was kept and before it was taken away: it is there again.
    folder.leave(order)
    again = fed(tmp_path, came.taken(slice(len(came) // 2, None)))
    assert again.pipeline.counters.counts["learnt_again"] == 6
    assert [v.who for v in again.pipeline.analysis.limits] == ["phase I", "li"]
    assert read_answers(tmp_path / "answers.jsonl")[0].orders == kept.orders
    assert list(folder.orders()) == []
    alarms = replay(tmp_path, Given(repairing.learning))
    assert alarms == replay(tmp_path, Given(repairing.learning))


def test_what_is_learnt_anew_is_told_with_the_machine_who_said_so_and_why() -> None:
    staffed = replace(SMALL, technicians=(Technician("li", "李示例", frozenset({"curing"}), "all"),))
    finish = relearning_of(Order("finish", {"task": "t", "worker": "li", "done": "bladder changed", "_asset": "P1", "_since": "7"}, "li", 7), staffed)
    asked = relearning_of(Order("learn_again", {"asset": "P1", "reason": "new mould"}, "local", 7), staffed)
    assert finish is not None
    assert asked is not None
    after, by_hand = (learnt_again(one, staffed, anew, 7) for one, anew in ((finish, Anew((1, 2, 3))), (asked, Anew((1, 2, 3), (0,)))))
    assert after.told.en == "press 1 learns anew: the charts of 3 signals. 李示例: learnt again after a repair: bladder changed"
    assert by_hand.told.en == "press 1 learns anew: the charts of 3 signals and the model of the whole machine. the person at the keyboard: new mould"
    assert by_hand.told.zh.endswith("3 个信号的控制图和整机模型重新学习。本机操作者：new mould")
    assert after.source == "P1"


def test_an_answer_whose_time_cannot_be_read_is_refused_and_the_node_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Work, "repaired", lambda _, values, by: {"_since": str(instant_said(values["since"], SMALL.local))})
    r = lines.happened(10, 4, faults=0)
    folder = PlantFolder(tmp_path)
    for at, since in enumerate(("yesterday", "0001-01-01")):
        folder.leave(Order("finish", {"task": "task-1", "since": since}, "li", at))
    node = fed(tmp_path, lines.delivered(r, np.zeros(len(r), np.int64)))
    assert [n.told.en for n in node.notices if n.kind == "order"] == [
        f"it cannot be done: since when something was wrong: the time '{since}' cannot be read. Write it like 2026-11-26 08:30."
        for since in ("yesterday", "0001-01-01")]
    assert list(folder.orders()) == []
    assert read_answers(tmp_path / "answers.jsonl")[0].orders == []


def test_a_torn_last_answer_was_not_carried_out_and_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    answers = Answers(path, 30)
    for place in (10, 10, 30):
        answers.keep(place, Order("acknowledge", {"alarm": "a"}, "li", place))
    answers.close()
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"place": 40, "ord')
    again = Answers(path, 30)
    assert [o.at for o in again.between(0, 10)] == [10, 10]
    assert [o.at for o in again.between(10, 40)] == [30]
    assert again.knows(Order("acknowledge", {"alarm": "a"}, "li", 30))
    assert not again.knows(Order("acknowledge", {"alarm": "a"}, "li", 31))
    again.close()
    assert path.read_bytes() == whole


def test_answers_at_places_that_the_log_lost_are_carried_out_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    answers = Answers(path, 0)
    for place in (10, 40, 50):
        answers.keep(place, Order("acknowledge", {"alarm": "a"}, "li", place))
    answers.close()
    again = Answers(path, 30)
    again.keep(35, Order("acknowledge", {"alarm": "b"}, "li", 60))
    again.close()
    for kept in (again, read_answers(path)[0]):
        assert [[o.at for o in kept.between(*span)] for span in ((0, 20), (20, 30), (30, 40), (40, 60))] == [[10], [40, 50], [60], []]


def test_kill_9_around_repairs_and_the_log_with_its_answers_gives_the_same_alarms(tmp_path: Path) -> None:
    draws = np.random.default_rng(4)
    first, kills, ended = 0, 0, -1
    for _ in range(30):
        child = subprocess.Popen([sys.executable, "-m", "tests.district.plant.repairing", str(tmp_path), str(SECONDS), "5", str(first)],
                                 stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        killer = threading.Timer(float(draws.uniform(1.5, 2.5)), os.kill, (child.pid, signal.SIGKILL))
        if kills < 4:
            killer.start()
        said = child.stdout.read().split("\n")
        killer.cancel()
        child.wait()
        child.stdout.close()
        first = max([first - 1, *(int(line.removeprefix("ack ")) for line in said if line.startswith("ack "))]) + 1
        kills += child.returncode == -signal.SIGKILL
        ended = child.returncode
        if "done" in said:
            break
    assert ended == 0
    assert kills == 4
    finished = [o for o in read_answers(tmp_path / "answers.jsonl")[0].orders if o.order == "finish" and "_asset" in o.values]
    assert finished
    assert max(Counter(o.values["task"] for o in finished).values()) == 1
    found = recorded(tmp_path)
    alarms = replay(tmp_path, Given(repairing.learning))
    assert Counter((str(f.values["alarm"]), f.values["offset"], f.outcome) for f in found) == \
        Counter((a.id, a.offset, "withdrawn" if a.withdrawn else a.rule) for a in alarms)
    # Without what people answered the same readings give other alarms.
    (tmp_path / "answers.jsonl").rename(tmp_path / "set-aside.jsonl")
    assert replay(tmp_path, Given(repairing.learning)) != alarms


def repaired(lasting_s: int, *, batches: NDArray[np.int64] | None = None, quiet_s: int = 10) -> tuple[list[Step], list[Change], Pipeline]:
    """A press that goes wrong at second 10 and stays so for a while; somebody calls it mended at second 20."""
    r = lines.happened(60, 5, faults=0)
    value = r.value.copy()
    value[(r.signal == 12) & (r.at >= START + 10 * S) & (r.at < START + (10 + lasting_s) * S)] += 9.0
    r = lines.delivered(Readings(r.signal, r.at, r.received, value, r.quality, r.sequence), np.zeros(len(r), np.int64))
    steps: list[Step] = []
    changes: list[Change] = []
    asked = Relearning((12,), START + 10 * S, (), "li", same("mended"))

    def heard(step: Step) -> None:
        steps.append(step)
        changes.extend(step.changes)
        if step.clock >= START + 20 * S > steps[-2].clock:
            changes.extend(pipeline.mended(asked, pipeline.learn_again(asked)))

    pipeline = Pipeline([lines.judged_by(lines.settings())], heard, addresses=lines.ADDRESSES, bearing=Bearing(quiet=quiet_s * S))
    for offset, batch in lines.split(r, np.array([len(r)]) if batches is None else batches):
        pipeline.take(offset, batch)
    pipeline.finish()
    return steps, changes, pipeline


def told_at(changes: list[Change]) -> list[float]:
    """At which seconds operators were told of the press."""
    return [(change.alarm.at - START) / S for change in changes if change.told and change.alarm.signal == 12]


def test_what_goes_on_after_a_repair_is_raised_and_told_again_once_it_would_have_fallen_quiet() -> None:
    steps, changes, pipeline = repaired(45)
    first, again = told_at(changes)
    assert first == 10.0
    assert 28.0 <= again < 30.0, "ten quiet seconds after the repair by our clock, of which readings are waited for two"
    raised = [alarm for step in steps for alarm in step.alarms if alarm.rule == "nelson_1" and alarm.signal == 12]
    assert len({alarm.id for alarm in raised}) == 2
    assert pipeline.counters.counts["armed_again"] == 1


def test_what_a_repair_helped_is_not_told_again_though_slow_charts_remember_it() -> None:
    _, changes, pipeline = repaired(11)
    assert told_at(changes) == [10.0]
    assert pipeline.counters.counts["armed_again"] == 1, "the drift chart still held"


def test_a_repair_in_vain_is_told_at_the_same_place_however_the_log_is_read_and_wherever_it_is_taken_up_again() -> None:
    whole, changes, _ = repaired(45)
    cut, other, _ = repaired(45, batches=np.array([7, 90, 3]))
    assert [a for step in whole for a in step.alarms] == [a for step in cut for a in step.alarms]
    assert changes == other
    waiting, _, before = repaired(45, quiet_s=3600)
    again = Pipeline([lines.judged_by(lines.settings())], waiting.append, addresses=lines.ADDRESSES, bearing=Bearing(quiet=3600 * S))
    again.restore(before.snapshot())
    assert again.snapshot().parts == before.snapshot().parts
    (instant, signals), = json.loads(again.snapshot().parts["state"])["proofs"]
    assert signals == [12]
    assert START + 3620 * S <= instant < START + 3621 * S
