"""qiantang factory: tasks and alarms of a plant told in words and JSON, a node run from its file, its log read again the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len

from qiantang.cli.factory import _draw_status, _shown
from qiantang.cli.opening import today
from qiantang.district.intake import read_folder
from qiantang.district.plant.answers import ANSWERS, Answers
from qiantang.district.plant.demonstration import DemoStatus
from qiantang.district.plant.folder import Order, PlantFolder, plant_folder
from qiantang.district.plant.workbook import read_plant, write_plant
from qiantang.domains.factory.alarms.finding import finding_of
from qiantang.domains.factory.alarms.register import Register
from qiantang.domains.factory.facts import PLANT_FIGURES
from qiantang.domains.factory.hours import instant
from qiantang.domains.factory.needs import Needs
from qiantang.engines.duckdb_history import History
from qiantang.kernel.actions.streams import record_findings
from qiantang.kernel.readings import Quality, readings
from qiantang.kernel.words import Lang, Text
from qiantang.registers.enterprises import ENTERPRISES
from qiantang.stores import open_store
from tests.cli.conftest import Run
from tests.cli.node_files import readings_file
from tests.cli.tiny import code
from tests.domains.factory.plants import SECOND, SMALL, START, alarm
from tests.links.wiring import free_port, node_server
from tests.web.plants import PLANT, plant_at_work

LINKS = Path(__file__).resolve().parents[1] / "links"


@pytest.fixture
def district(tmp_path: Path) -> Path:
    """A district's folder with one plant that has told how it stands, and a finding that was amended."""
    folder = plant_at_work(tmp_path / ".qiantang")
    store = open_store(folder.path / "state.sqlite")
    first = alarm(12, 0)
    said = finding_of(first, PLANT)
    later = finding_of(alarm(12, SECOND, amends=first.id, value=170.5), PLANT, amends=said)
    record_findings(store, [said, later], at=said.at, actor="plant/small")
    store.close()
    return tmp_path


def test_tasks_are_listed_by_urgency_with_their_people(district: Path, run: Run) -> None:
    answered = run("factory", "tasks", "--dir", district)
    assert answered.code == 0, answered.err
    assert answered.out.index("T1") < answered.out.index("T3")
    rows = run("factory", "tasks", "--dir", district, "--json").told
    assert [row["id"] for row in rows] == ["T1", "T2", "T3"]
    assert rows[0]["priority"] == 1
    zh, en = (run("factory", "tasks", "--dir", district, "--lang", lang).out for lang in ("zh", "en"))
    assert "待派" in zh
    assert "to be assigned" in en
    assert "due (UTC+08:00)" in " ".join(en.split())
    assert not any(row["state"] in zh for row in rows), "states are told in words"


def test_causes_and_deeds_are_exported_as_labels_of_findings(district: Path, run: Run) -> None:
    answers = Answers(district / ".qiantang" / "plants" / "small" / ANSWERS, 10)
    answers.keep(1, Order("finish", {"task": "T:s12:nelson_1:5", "worker": "li", "cause": "worn bearing", "done": "bearing changed", "_asset": "M1",
                                     "_since": str(START), "_alarms": '["s12:nelson_1:5", "s12:ewma:6"]'}, "li", START + 60 * SECOND))
    answers.close()
    told = run("factory", "labels", "--dir", district, "--json").told
    assert [(row["finding"], row["rule"], row["signals"], row["cause"], row["since"]) for row in told] == [
        (f"s12:{rule}", rule[:-2], [SMALL.signals[12].address], "worn bearing", "2023-11-15T06:13:20+08:00") for rule in ("nelson_1:5", "ewma:6")]
    assert "worn bearing" in run("factory", "labels", "--dir", district, "--lang", "en").out
    assert run("factory", "labels", "--csv", district / "labels.csv", "--dir", district).code == 0
    lines = (district / "labels.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "finding,task,rule,asset,machine,signals,since,until,cause,done,worker"
    assert len(lines) == 3


@pytest.fixture
def with_history(district: Path) -> Path:
    """The same with a history: P1L's plate temperature once a second over two hours from the start on, M1's torque once and not a number."""
    home = district / ".qiantang" / "plants" / "small"
    assert home.is_dir()
    many = 7200
    history = History(home / "history")
    seconds = np.arange(many)
    history.append(readings([*[0] * many, 12], START + SECOND * np.array([*seconds, 5]), [*150.0 + seconds % 60, np.nan],
                            quality=[*[0] * many, int(Quality.BAD | Quality.NOT_A_NUMBER)]), 0, many + 1)
    history.close()
    return district


def test_the_last_reading_of_every_signal_is_told_with_what_is_against_it(with_history: Path, run: Run) -> None:
    rows = run("factory", "readings", "--dir", with_history, "--json").told
    assert [(row["asset"], row["signal"], row["value"], row["unit"]) for row in rows] == [
        ("P1L", "plate_temperature", 209.0, "°C"), ("M1", "torque", None, "kNm")]
    assert rows[0]["at"] == "2023-11-15T08:13:19+08:00"
    assert (rows[0]["against"]["en"], rows[1]["against"]) == ("", {"zh": "来源称不可信、不是数", "en": "not to be relied on, not a number"})
    assert [row["asset"] for row in run("factory", "readings", "P1", "--dir", with_history, "--json").told] == ["P1L"], "what stands in it, too"
    drawn = run("factory", "readings", "--dir", with_history, "--lang", "en").out
    assert "2 rows (UTC+08:00)" in drawn
    assert "not to be relied on" in drawn


def test_one_signal_is_told_over_a_span_as_it_came_or_by_steps(with_history: Path, run: Run, tmp_path: Path) -> None:
    def asked(*more: object) -> list[dict[str, object]]:
        told: list[dict[str, object]] = run("factory", "readings", "P1L", "--signal", "plate_temperature", *more, "--dir", with_history, "--json").told
        return told

    lately = asked()
    assert len(lately) == 3600, "the last hour"
    assert lately[-1] == {"at": "2023-11-15T08:13:19+08:00", "value": 209.0, "against": {"zh": "", "en": ""}}
    minutes = asked("--step", "minute", "--since", "2023-11-15 06:30", "--until", "2023-11-15T06:32")
    assert [(row["at"], row["many"]) for row in minutes] == [("2023-11-15T06:30:00+08:00", 60), ("2023-11-15T06:31:00+08:00", 60)]
    assert minutes[0]["mean"] == pytest.approx(179.5)
    assert (minutes[0]["least"], minutes[0]["most"]) == (150.0, 209.0)
    path = tmp_path / "week.csv"
    written = run("factory", "readings", "P1L", "--signal", "plate temperature", "--step", "hour", "--since", "2023-11-14", "--csv", path,
                  "--dir", with_history)
    assert written.code == 0, written.err
    lines = path.read_text("utf-8-sig").splitlines()
    assert lines[0] == "at,many,mean,least,most"
    assert sum(int(line.split(",")[1]) for line in lines[1:]) == 7200


@pytest.mark.parametrize(("words", "said"), [
    (("P7",), "there is no asset 'P7'. Is it one of: P"),
    (("--signal", "torque"), "a signal is named with its asset"),
    (("--step", "minute"), "a span is asked of one signal"),
    (("P1", "--signal", "plate_temperature"), "2 signals of the asset 'P1' are called 'plate_temperature'. Write one address: curing/P1/P1L/"),
    (("P1L", "--signal", ";"), "0 signals of the asset 'P1L' are called ';'. Write one address: curing/P1/P1L/"),
    (("P1L", "--signal", "plate"), "the asset 'P1L' has no signal 'plate'"),
    (("P1L", "--signal", "plate_temperature", "--since", "soon"), "from when: the time 'soon' cannot be read"),
    (("P1L", "--signal", "plate_temperature", "--since", "2023-12-01"), "the signal was read last at 2023-11-15 08:13:19, before that"),
    (("P1L", "--signal", "plate_temperature", "--since", "2023-12-01", "--until", "2023-11-30"), "the span ends before it begins"),
    (("P1R", "--signal", "inner_pressure"), "the signal was never read"),
])
def test_what_the_history_cannot_be_asked_is_told_with_what_to_write(with_history: Path, run: Run, words: tuple[str, ...], said: str) -> None:
    answered = run("factory", "readings", *words, "--dir", with_history, "--lang", "en")
    assert answered.code == 2
    assert said in " ".join(answered.err.split())


def test_a_plant_without_a_history_says_how_to_have_one(district: Path, run: Run) -> None:
    answered = run("factory", "readings", "--dir", district, "--lang", "en")
    assert answered.code == 2
    assert "this plant has no history yet. Run its node first" in " ".join(answered.err.split())


def test_an_alarm_is_explained_with_what_corrected_it(district: Path, run: Run) -> None:
    answered = run("factory", "explain", "12-nelson_1-0", "--dir", district, "--lang", "en")
    assert answered.code == 0, answered.err
    assert "mixer 1, torque: 166.25 kNm against 168.5 kNm" in answered.out
    assert "since 2023-11-15 06:13:18+08:00 (3" in " ".join(answered.out.split())
    assert "170.5" in answered.out
    assert "说明" not in answered.out
    zh = run("factory", "explain", "12-nelson_1-0", "--dir", district, "--lang", "zh").out
    assert "日志中的位置" in zh
    assert "offset" not in zh
    assert "nelson_1" not in zh
    assert "1号密炼机 转矩：166.25 kNm" in zh
    chain = run("factory", "explain", "12-nelson_1-0", "--dir", district, "--json").told
    assert chain[1]["amends"] == chain[0]["id"]


def test_a_task_is_explained_by_the_alarm_that_opened_it(district: Path, run: Run) -> None:
    change, = (each for each in Register(PLANT).raised([alarm(12, 0)]) if each.told)
    task = run("factory", "explain", Needs().task(PLANT, change).id, "--dir", district, "--json").told
    assert task == run("factory", "explain", change.alarm.id, "--dir", district, "--json").told


@pytest.mark.parametrize(("words", "said"), [
    (("explain", "no-such"), "nothing is on record"), (("tasks", "--plant", "elsewhere"), "no such plant")])
def test_what_is_not_there_is_said_with_what_to_do(district: Path, run: Run, words: tuple[str, ...], said: str) -> None:
    answered = run("factory", *words, "--dir", district, "--lang", "en")
    assert answered.code == 2
    assert said in answered.err


def test_without_any_plant_the_demonstration_is_named(tmp_path: Path, run: Run) -> None:
    answered = run("factory", "tasks", "--dir", tmp_path, "--lang", "en")
    assert answered.code == 2
    assert "there is no plant in this folder" in answered.err
    assert "qiantang factory demo" in answered.err


def test_of_several_plants_one_is_to_be_chosen_by_name(district: Path, run: Run) -> None:
    plant_folder(district / ".qiantang", "other").tell_plant(replace(SMALL, id="other"))
    answered = run("factory", "tasks", "--dir", district, "--lang", "en")
    assert answered.code == 2
    assert "there is more than one plant. Choose one with --plant: other, small" in answered.err


def test_a_folder_without_a_log_cannot_be_replayed(tmp_path: Path, run: Run) -> None:
    answered = run("factory", "replay", tmp_path, "--lang", "en")
    assert answered.code == 2
    assert "no log" in answered.err


@pytest.mark.parametrize("words", [("alarm", "shelf", "a"), ("answer", "T1", "done", "--worker", "li")])
def test_a_step_that_there_is_not_is_told_with_those_that_there_are(tmp_path: Path, run: Run, words: tuple[str, ...]) -> None:
    answered = run("factory", *words, "--dir", tmp_path, "--lang", "en")
    assert answered.code == 2
    assert "there is no step" in answered.err
    assert ("shelve" if words[0] == "alarm" else "accept") in answered.err


def _node_file(home: Path) -> Path:
    """A node of the small plant that takes in one file of readings: a step in the torque of the mixer."""
    write_plant(home / "plant.xlsx", SMALL, "en")
    readings_file(home)
    path = home / "node.yaml"
    path.write_text("# The node of the small plant.\nplant: plant.xlsx\nfiles: [readings.csv]\nlearning: 50\noperators: 2\n", encoding="utf-8")
    return path


def test_a_node_runs_from_its_file_until_interrupted_and_its_log_gives_the_same_alarms_twice(tmp_path: Path, run: Run) -> None:
    node = _node_file(tmp_path)
    home = tmp_path / "district"
    home.mkdir()
    process = subprocess.Popen([Path(sys.executable).with_name("qiantang"), "factory", "run", str(node), "--dir", str(home), "--lang", "en"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    folder: PlantFolder = plant_folder(home / ".qiantang", SMALL.id)
    try:
        for _ in range(900):
            told = folder.told()
            if told is not None and told["register"]["entries"]:
                break
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
        else:
            raise AssertionError("no alarm within 90 s")
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Stopped" in err
    first, again = (run("factory", "replay", folder.path, "--json").told for _ in range(2))
    assert first["count"] > 0
    assert first["digest"] == again["digest"]
    assert any(each["signal"] == 12 for each in first["alarms"])
    said = run("factory", "replay", folder.path, "--lang", "en").out
    assert "torque" in said
    assert "+08:00 (" in said
    assert run("factory", "versions", "--dir", home, "--json").told[0]["at"].endswith("+08:00")


@pytest.mark.parametrize(("written", "words"), [
    ("plant: plant.xlsx\nbrokers: [{kind: kafka}]\nlearning: 0\n", ("kind is one of", "positive whole number")),
    ("plant: plant.xlsx\nmachine_weight: 2\n", ("machine_weight: a number above 0, 1 at most, belongs here",)),
    ("plant: plant.xlsx\nbrokers: 5\nfiles: readings.csv\n", ("brokers: a list belongs here", "files: a list belongs here")),
    ("plant: plant.xlsx\nbrokers: [{kind: json, port: mqtt, topics: [hall]}]\n", ("brokers.1.port", "each with its filter")),
    ("brokers: [{kind: json, password: x}]\nwhat: 1\n", ("the plant", "password", "means nothing here")),
    ("plant: [\n", ("node.yaml, row 2: this is no valid YAML", "plant: plant.xlsx")),
    (b"PK\x03\x04\xbd\xff a workbook instead", ("no valid YAML", "plant: plant.xlsx")),
])
def test_every_fault_of_a_nodes_file_is_told_at_once(tmp_path: Path, run: Run, written: str | bytes, words: tuple[str, ...]) -> None:
    path = tmp_path / "node.yaml"
    path.write_bytes(written if isinstance(written, bytes) else written.encode())
    answered = run("factory", "run", path, "--dir", tmp_path, "--lang", "en")
    assert answered.code == 2
    for word in words:
        assert word in answered.err


def test_a_plant_publishes_the_columns_it_names_and_the_door_takes_them(district: Path, run: Run) -> None:
    who = code(0)
    figures = {"busy_h": 100.0, "effective_h": 81.25, "line_h": 24.0, "pieces_left": 12_000.0, "pieces_first": 12_200.0, "pieces_first_good": 12_000.0,
               "energy_kwh": 48_000.5, "equipment": 120.0, "equipment_connected": 118.0}
    folder = plant_folder(district / ".qiantang", "small")
    told = folder.told()
    assert told is not None
    folder.tell({**told, "figures": figures})
    named = run("factory", "publish", "--uscc", who, "--column", "busy_h", "--column", "effective_h", "--column", "alarms", "--dir", district, "--json").told
    assert set(named["row"]) == {"plant", "uscc", "on", "busy_h", "effective_h", "alarms"}
    assert named["row"]["effective_h"] == 812_500
    # By the plant's own clock, which is not ours: a made-up plant lives in its own time.
    assert named["row"]["on"] == instant(told["at"], SMALL.local).date().isoformat() != today().isoformat()
    folder.tell({**told, "figures": {name: 2 * value for name, value in figures.items()}})
    again = run("factory", "publish", "--uscc", who, "--dir", district, "--json").told
    assert again["row"]["effective_h"] == 1_625_000  # the same day: brought up to date, not added
    assert run("factory", "publish", "--uscc", who, "--column", "torque", "--dir", district).code == 2
    english = run("factory", "publish", "--uscc", who, "--dir", district, "--lang", "en").out
    assert not any("\u4e00" <= sign <= "\u9fff" for line in english.splitlines() if "name of the plant" not in line for sign in line)
    refused = run("factory", "publish", "--uscc", "9133", "--column", "torque", "--dir", district, "--lang", "en")
    assert refused.code == 2
    assert "no unified social credit code" in refused.err
    assert "torque" in refused.err
    report = read_folder(district, (PLANT_FIGURES, ENTERPRISES), district / "store", date(2026, 12, 31))
    assert [(sheet.table, sheet.accepted) for file in report.files for sheet in file.sheets] == [("plant_figures", 1)]
    assert report.quarantined == 0
    folder.tell({**told, "at": told["at"] + 86_400_000_000, "figures": {name: 5 * value for name, value in figures.items()}})
    tomorrow = run("factory", "publish", "--uscc", who, "--dir", district, "--json").told["row"]
    assert (tomorrow["on"] > again["row"]["on"], tomorrow["effective_h"]) == (True, 3 * 812_500)


def test_the_empty_workbook_of_a_plant_is_not_written_over_another_file(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "plant.xlsx"
    assert run("factory", "template", path).code == 0
    assert path.stat().st_size > 5_000
    assert run("factory", "template", path).code == 2
    assert run("factory", "template", path, "--force").code == 0


def test_a_server_that_is_not_there_is_told_with_what_to_check(tmp_path: Path, run: Run) -> None:
    answered = run("factory", "describe", f"opc.tcp://127.0.0.1:{free_port()}", tmp_path / "plant.xlsx", "--lang", "en")
    assert answered.code == 2
    assert "cannot be reached" in answered.err
    assert not (tmp_path / "plant.xlsx").exists()


@pytest.mark.parametrize("address", ["nonsense", "http://127.0.0.1:80", "mqtt://", "mqtt://127.0.0.1:99999", "opc.tcp://127.0.0.1:port"])
def test_what_is_no_address_is_told_with_how_one_is_written(tmp_path: Path, run: Run, address: str) -> None:
    answered = run("factory", "describe", address, tmp_path / "plant.xlsx", "--lang", "en")
    assert answered.code == 2
    assert "opc.tcp://HOST:PORT" in answered.err
    assert not (tmp_path / "plant.xlsx").exists()


def test_a_server_of_another_maker_gives_a_first_model(tmp_path: Path, run: Run) -> None:
    port = free_port()
    with node_server("node-opcua@2.186.4", LINKS / "opcua_server.js", str(port), "5", "1000"):
        told = run("factory", "describe", f"opc.tcp://127.0.0.1:{port}", tmp_path / "plant.xlsx", "--id", "works", "--json").told
    assert told["signals"] == 7
    signal = read_plant(tmp_path / "plant.xlsx").by_address[f"opc.tcp://127.0.0.1:{port}|ns=1;s=press1.temperature"]
    assert (signal.asset, signal.unit, signal.most) == ("Press1", "°C", 250.0)


def test_a_simulated_stretch_compares_policies_with_intervals(run: Run) -> None:
    rows = run("factory", "simulate", "--days", "0.1", "--seeds", "2", "--json").told
    assert [row["policy"] for row in rows] == ["dispatch", "first_come", "off"]
    assert all(row["low"] <= row["takt"] <= row["high"] for row in rows)
    assert rows[0]["slower"] is None


def _demo_status(learning: bool) -> DemoStatus:
    return DemoStatus(learning, 0.1234, START, 123_456_789, 123_456.0, {}, (), (), ())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_status_line_of_the_demonstration_fits_into_eighty_columns(lang: Lang) -> None:
    lines: list[str | Text] = []
    for learning in (True, False):
        _draw_status(lines.append, _demo_status(learning), SMALL.local)
    assert len(lines) == 2
    assert all(isinstance(line, Text) and cell_len(line.said(lang)) <= 80 for line in lines)


def test_in_a_pipe_a_line_is_written_when_something_else_begins_and_rarely_between(capsys: pytest.CaptureFixture[str]) -> None:
    with _shown(SMALL.local) as show:
        for learning in (*[True] * 200, *[False] * 200):
            show(_demo_status(learning))
    assert len(capsys.readouterr().err.splitlines()) == 2
