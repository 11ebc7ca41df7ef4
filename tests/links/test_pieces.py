"""Piece events as plants write them: over topics, in Sparkplug texts, in files; what is wrong is told with place, value and remedy."""

import asyncio
import json
import math
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from qiantang.kernel.errors import Fault, Place
from qiantang.kernel.pieces import PieceEvent
from qiantang.kernel.wires import Delivery, Notice
from qiantang.links.messages import Said, messages
from qiantang.links.piece_files import PieceFiles
from qiantang.links.piece_rows import PieceFields, events_of_json, json_of
from qiantang.links.piece_topics import PieceTopics
from qiantang.links.sparkplug.encoding import Metric, md5_of, payload
from qiantang.links.sparkplug.fields import DataType
from qiantang.links.sparkplug.host import HostSettings
from qiantang.links.sparkplug.piece_metrics import PieceMetrics
from tests.links.sparkplug.talking import MS, Talker, host_of

NOW = 1_800_000_000_000_000
START, END = NOW - 960_000_000, NOW - 1_000_000
TIRE = {"piece": "tire-1", "step": "curing", "asset": "P1L", "mould": "m-7", "operator": "zhao", "materials": ["green-1", "batch-9"],
        "start": START / 1e6, "end": END / 1e6, "result": "ok"}
CURED = PieceEvent("tire-1", "curing", START, END, "P1L", "m-7", "zhao", ("green-1", "batch-9"))


def read(said: dict[str, Any], fields: PieceFields | None = None) -> PieceEvent | list[Fault]:
    return (fields or PieceFields()).event(said, Place("mes/x"), NOW)


@pytest.mark.parametrize("said", [
    TIRE,
    {"条码": "tire-1", "工序": "curing", "模腔": "P1L", "模具": "m-7", "操作员": "zhao", "材料批次": "green-1；batch-9", "开始": START // 1000,
     "结束": END // 1000, "结果": "合格"},
    {"Piece_ID": "tire-1", "STEP": "curing", "machine": "P1L", "mold": "m-7", "worker": "zhao", "lots": "green-1;batch-9;green-1",
     "begin": datetime.fromtimestamp(START / 1e6).astimezone().isoformat(), "end": datetime.fromtimestamp(END / 1e6).astimezone().isoformat()},
])
def test_an_event_is_read_under_the_names_people_use(said: dict[str, Any]) -> None:
    assert read(said) == CURED


def test_a_source_may_call_its_fields_otherwise_and_leave_out_what_is_always_the_same() -> None:
    fields = PieceFields({"piece": "tyre_no", "until": "ts"}, step="curing", asset="P1L")
    assert read({"tyre_no": 1204.0, "ts": END / 1e6, "piece": "no"}, fields) == PieceEvent("1204", "curing", END, END, "P1L")


def test_a_reason_without_a_result_is_scrap() -> None:
    found = read({"piece": "t", "step": "s", "end": END / 1e6, "reason": "bladder crease"})
    assert isinstance(found, PieceEvent)
    assert (found.result, found.reason) == ("scrap", "bladder crease")


@pytest.mark.parametrize(("wrong", "column", "zh", "en"), [
    ({"piece": None}, "piece", "缺少", "missing"),
    ({"step": ""}, "step", "缺少", "missing"),
    ({"piece": {"a": 1}}, "piece", "应是短文本", "a short text belongs here"),
    ({"piece": "x" * 300}, "piece", "应是短文本", "a short text belongs here"),
    ({"piece": math.nan}, "piece", "应是短文本", "a short text belongs here"),
    ({"start": "yesterday"}, "start", "不是时间", "no time"),
    ({"start": "0001-01-01T00:00:00"}, "start", "早于 1970 年", "before 1970"),
    ({"end": "9999-12-31T23:59:59-08:00"}, "end", "在将来", "ahead"),
    ({"end": 10**400}, "end", "不是时间", "no time"),
    ({"end": NOW / 1e6 + 90_000}, "end", "在将来", "ahead"),
    ({"start": NOW / 1e6}, "end", "结束早于开始", "ends before it begins"),
    ({"start": None, "end": None}, "end", "缺少时间", "no time"),
    ({"result": "so-so"}, "result", "不认识的结果", "means nothing here"),
    ({"materials": [{"lot": 1}]}, "materials", "批次编号的清单", "list of batch ids"),
    ({"materials": [math.inf]}, "materials", "批次编号的清单", "list of batch ids"),
    ({"materials": ["b"] * 1001}, "materials", "批次编号的清单", "list of batch ids"),
])
def test_what_is_wrong_with_an_event_is_told_with_its_field_and_a_remedy(wrong: dict[str, Any], column: str, zh: str, en: str) -> None:
    found = read(TIRE | wrong)
    assert isinstance(found, list)
    fault, = found
    assert fault.place.column == column
    assert zh in fault.told.zh
    assert en in fault.told.en
    assert fault.remedy.zh
    assert fault.remedy.en


def test_every_fault_of_an_event_is_told_at_once() -> None:
    found = read({"result": "so-so"})
    assert isinstance(found, list)
    assert {f.place.column for f in found} == {"piece", "step", "end", "result"}


def test_of_a_list_the_good_ones_are_taken_and_each_bad_one_is_named_by_its_number() -> None:
    events, faults = events_of_json(json.dumps([TIRE, {"piece": "x"}, 7]), PieceFields(), "mes/x", NOW)
    assert events == [CURED]
    assert {f.place.row for f in faults} == {2, 3}
    assert events_of_json(b"{", PieceFields(), "mes/x", NOW)[1][0].place.path == "mes/x"


def test_half_of_a_surrogate_pair_is_no_text_that_could_be_put_on_record() -> None:
    events, (fault,) = events_of_json(b'{"piece": "\\ud83d", "step": "s", "end": 1800000000}', PieceFields(), "mes/x", NOW)
    assert not events
    assert "surrogates" in fault.told.en
    assert events_of_json(b'{"piece": "\\ud83d\\ude00", "step": "s", "end": 1799999999}', PieceFields(), "mes/x", NOW)[0][0].piece == "\U0001f600"


@pytest.mark.parametrize("event", [
    CURED, PieceEvent("轮胎 1", "检测", END, END, result="scrap", reason="气泡"), PieceEvent("p", "s", START + 1, END + 999_999, result="rework")])
def test_what_is_written_is_read_as_the_same_event(event: PieceEvent) -> None:
    assert events_of_json(json_of(event), PieceFields(), "mes/x", NOW) == ([event], [])


def told(said: Said) -> list[str]:
    return [notice.told.en for notice in said.notices]


def test_topics_bring_events_and_what_is_wrong_is_counted_and_told_with_its_value() -> None:
    topics = PieceTopics({"mes/curing/+": PieceFields(step="curing"), "mes/other": PieceFields()})
    assert topics.subscriptions == (("mes/curing/+", 1), ("mes/other", 1))
    without = {name: value for name, value in TIRE.items() if name != "step"}
    said = topics.feed(messages(("mes/curing/P1", json.dumps(without).encode(), NOW), ("mes/other", json.dumps(without).encode(), NOW),
                                ("mes/curing/P1", json.dumps(TIRE | {"result": "so-so"}).encode(), NOW), ("elsewhere", b"{}", NOW)))
    assert said.pieces == (CURED,)
    assert not said.empty
    assert topics.counters.counts == {"messages": 4, "pieces": 1, "piece_faulty": 2}
    assert any("mes/other" in one and "step" in one for one in told(said))
    assert any("'so-so'" in one for one in told(said))


def test_a_text_metric_of_sparkplug_brings_events_by_name_and_by_alias_beside_the_readings() -> None:
    talker, host = Talker(), host_of(HostSettings(read_elsewhere=frozenset(("G/E/P1/last_piece",))))
    pieces = PieceMetrics(host, {"G/E/P1/last_piece": PieceFields()})
    birth = talker.dbirth(Metric("temperature", DataType.DOUBLE, 170.0, 1, talker.now // MS),
                          Metric("last_piece", DataType.STRING, json.dumps(TIRE), 9, talker.now // MS),
                          Metric("note", DataType.STRING, json.dumps(TIRE | {"piece": "not this"}), 10, talker.now // MS))
    born = pieces.feed(messages(*((topic, raw, NOW) for topic, raw, _ in (talker.nbirth(), birth))))
    assert born.pieces == (CURED,)
    second = TIRE | {"piece": "tire-2"}

    def data(value: str) -> tuple[str, bytes, int]:
        now = talker.later()
        metrics = [Metric("", DataType.DOUBLE, 171.0, 1, now // MS), Metric("", DataType.STRING, value, 9, now // MS)]
        return talker.topic("DDATA", "P1"), payload(now // MS, metrics, talker.count()), NOW

    said = pieces.feed(messages(data(json.dumps(second)), data("{")))
    assert [event.piece for event in said.pieces] == ["tire-2"]
    assert len(said.readings) == 2
    assert pieces.counters.counts["piece_faulty"] == 1
    assert pieces.counters.counts["text"] == 1, "the note, in the birth: what is read of pieces is not left aside"
    topic, _, _ = data("x")
    assert pieces.feed(messages((topic, b"\xff\xff\xff", NOW))).pieces == ()
    # A node that starts anew knows the alias from the births it remembers.
    again = PieceMetrics(host_of(births=host.snapshot(), directory=host.directory), {"G/E/P1/last_piece": PieceFields()})
    assert [event.piece for event in again.feed(messages(data(json.dumps(second)))).pieces] == ["tire-2"]


def test_of_a_text_without_its_sum_nothing_is_taken_and_a_rebirth_is_asked_for_once_a_minute() -> None:
    talker, host = Talker(), host_of()
    pieces = PieceMetrics(host, {"G/E//told": PieceFields()})

    def data(piece: str, sum_of: str) -> tuple[str, bytes, int]:
        now = talker.later()
        text = json.dumps(TIRE | {"piece": piece})
        metric = Metric("", DataType.STRING, text, 9, now // MS, md5=md5_of(text.replace(piece, sum_of)).upper())
        return talker.topic("NDATA"), payload(now // MS, [metric], talker.count()), NOW

    def asked(now: int) -> int:
        return sum("NCMD" in one.topic for one in pieces.tick(now).publications)

    pieces.connected(NOW)
    pieces.feed(messages((*talker.nbirth(Metric("told", DataType.STRING, None, 9))[:2], NOW)))
    assert [event.piece for event in pieces.feed(messages(data("tire-1", "tire-1"))).pieces] == ["tire-1"]
    assert pieces.feed(messages(data("tire-7", "tire-1"))).pieces == ()
    assert pieces.counters.counts["piece_faulty"] == 1
    assert asked(NOW + 20 * MS) == 1
    # It is born again, and what it says is damaged still.
    pieces.feed(messages((*talker.nbirth(Metric("told", DataType.STRING, "[]", 9, md5="0" * 32))[:2], NOW)))
    assert [asked(NOW + at * MS) for at in (1_000, 59_000, 60_100)] == [0, 0, 1]


class Kept:
    def __init__(self) -> None:
        self.pieces: list[PieceEvent] = []
        self.notices: list[Notice] = []

    async def deliver(self, delivery: Delivery) -> None:
        self.pieces += delivery.pieces

    def notice(self, notice: Notice) -> None:
        self.notices.append(notice)


def test_files_are_read_row_by_row_and_faulty_rows_are_told_with_sheet_row_and_column(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "pieces.xlsx")) as book:
        page = book.add_worksheet("硫化")
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        page.write_row(0, 0, ["条码", "工序", "设备", "材料批次", "结束", "结果"])
        for row, (piece, result) in enumerate((("tire-1", "合格"), ("tire-2", "报废"), ("tire-3", "一般")), 1):
            page.write_row(row, 0, [piece, "curing", "P1L", "batch-9；batch-8"])
            page.write_datetime(row, 4, datetime(2026, 5, 1, 8, 0, row), day)  # noqa: DTZ001  # a spreadsheet knows no zone
            page.write(row, 5, result)
    (tmp_path / "pieces.csv").write_text("piece,step,end\ntire-9,building,2026-05-01 08:00:00\n,building,2026-05-01 08:00:00\n", encoding="utf-8")
    kept, files = Kept(), PieceFiles(dict.fromkeys((tmp_path / "pieces.xlsx", tmp_path / "pieces.csv", tmp_path / "none.csv"), PieceFields()))
    asyncio.run(files.run(kept))
    assert [event.piece for event in kept.pieces] == ["tire-1", "tire-2", "tire-9"]
    assert kept.pieces[1].materials == ("batch-9", "batch-8")
    assert kept.pieces[0].until == 1_777_593_601_000_000  # eight o'clock at UTC+8
    said = [notice.told.en for notice in kept.notices]
    assert any(one.startswith("pieces.xlsx, sheet 硫化, row 4, 结果: this result means nothing here") and "'一般'" in one for one in said)
    assert any(one.startswith("pieces.csv, row 3, piece: missing") for one in said)
    assert any("no such file" in one for one in said)
    assert "pieces.xlsx: 2 piece events read, 1 rows are wrong" in said
