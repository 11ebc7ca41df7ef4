"""From a plant's node over a broker and two workers of one subscription into the district's register, each a process; read there by name."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from qiantang.district.plant.folder import PlantFolder, plant_folder
from qiantang.district.plant.upward_messages import RULEBOOK, Findings
from qiantang.district.plant.workbook import write_plant
from qiantang.district.plant.worker import DistrictWorker
from qiantang.district.workspace import Workspace
from qiantang.domains.factory.hours import instant
from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.findings.stream import streamed
from qiantang.links.messages import messages
from qiantang.stores import open_store
from qiantang.stores.heard_record import HeardRecord
from tests.cli.conftest import Run
from tests.cli.node_files import readings_file
from tests.cli.tiny import code
from tests.domains.factory.plants import SECOND, SMALL, START
from tests.mosquitto import Mosquitto

PROGRAM = Path(sys.executable).with_name("qiantang")
BOOK = "factory/plant-standing"
CRITERIA = {"factory.signals": "signals", "factory.alarms_per_operator_hour": "alarms", "factory.oee": "oee"}
SECRET = "mixing/M1/M1/torque"


@contextmanager
def running(*words: object) -> Iterator[subprocess.Popen[str]]:
    """A command in a process of its own, in English."""
    process = subprocess.Popen([PROGRAM, *map(str, words), "--lang", "en", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=os.environ | {"PYTHONUNBUFFERED": "1"})
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def stopped(process: subprocess.Popen[str]) -> tuple[dict[str, Any], str]:
    """What it said in the end, after Ctrl-C, and its error stream."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return json.loads(out), err


def until(what: Callable[[], object], seconds: float = 90.0, *alive: subprocess.Popen[str]) -> None:
    """Wait until something is the case, as long as the processes live."""
    for _ in range(int(seconds * 10)):
        if what():
            return
        for process in alive:
            assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s")


def node_file(home: Path, port: int) -> Path:
    """A node of the small plant that takes in one file of readings, with a step in the torque of the mixer, and lets out a little."""
    write_plant(home / "plant.xlsx", SMALL, "en")
    readings_file(home)
    path = home / "node.yaml"
    path.write_text(f"""# The node of the small plant.
plant: plant.xlsx
files: [readings.csv]
learning: 50
upward:
  host: 127.0.0.1
  port: {port}
  uscc: {code(0)}
  figures: [factory.alarms_per_operator_hour, factory.signals]
  findings: [nelson_1, ewma, cusum]
  every_s: 1
""", encoding="utf-8")
    return path


def raised(folder: PlantFolder) -> set[str]:
    """The rules of which the plant's own record has findings."""
    path = folder.path / "state.sqlite"
    if not path.is_file():
        return set()
    with closing(open_store(path)) as store, store.reading() as reader:
        return {str(f.values["rule"]) for f in reader.findings()}


def all_said(folder: PlantFolder) -> bool:
    """Whether nothing on record waits to be published, and the charts are done with what there is to read."""
    kept = folder.path / "upward.json"
    told = folder.told()
    if not kept.is_file() or told is None or int(told["at"]) < START + 3190 * SECOND:
        return False
    with closing(open_store(folder.path / "state.sqlite")) as store, store.reading() as reader:
        return reader.count_findings_after(int(json.loads(kept.read_bytes())["seq"])) == 0


def by_name(district: Path, *names: str) -> dict[str, object]:
    """What the latest run says of the plant's enterprise under names that other domains read."""
    latest = Workspace(district).latest(BOOK)
    engine = DuckDBEngine()
    try:
        row, = engine.rows(f"SELECT * FROM {engine.parquet([latest.path])} AS r WHERE uscc = '{code(0)}'")
    finally:
        engine.close()
    return {name: row[f"{CRITERIA[name]}__value"] for name in names}


@pytest.mark.needs("mosquitto")
def test_a_node_a_broker_and_two_workers_bring_a_plant_into_the_register_where_it_is_read_by_name(assessed_once: Path, tmp_path: Path, run: Run) -> None:
    district = Path(shutil.copytree(assessed_once, tmp_path / "district"))
    home = tmp_path / "works"
    home.mkdir()
    broker = Mosquitto(tmp_path, True, True)
    folder = plant_folder(home / ".qiantang", SMALL.id)
    book = district / "plant-figures-small.xlsx"

    def here() -> list[dict[str, Any]]:
        answered = run("factory", "heard", "--dir", district, "--json")
        return answered.told["findings"] if answered.code == 0 else []

    try:
        address = f"mqtt://127.0.0.1:{broker.port}"
        with running("factory", "hear", address, "--dir", district) as one, running("factory", "hear", address, "--dir", district) as two, \
                running("factory", "run", node_file(home, broker.port), "--dir", home) as node:
            until(lambda: here() and book.is_file(), 90, one, two, node)
            until(lambda: all_said(folder), 90, one, two, node)
            time.sleep(2.5)  # the node tells its counts every second
            node_counts, _ = stopped(node)
            answers = [stopped(worker) for worker in (one, two)]
    finally:
        broker.stop()

    # Findings: those on the list, each once however many workers there are, and nothing else of them.
    listed = raised(folder) & {"nelson_1", "ewma", "cusum"}
    assert listed
    assert raised(folder) - listed, "the plant has others, which it holds back"
    assert {f["rule"] for f in here()} == listed
    assert node_counts["counts"]["upward_held_back"] > 0
    assert node_counts["counts"]["upward_findings"] >= len(here())
    assert all("Stopped; everything that has its receipt is kept." in err for _, err in answers)
    assert all("Traceback" not in err for _, err in answers)

    # No reading, no limit, no address of a signal and no figure that is not on the list ever left the plant.
    with closing(open_store(district / ".qiantang" / "state.sqlite")) as store, store.reading() as reader:
        kept = reader.findings("factory/published")
    assert kept
    assert all(set(f.values) == {"asset", "rule", "at_us", "since_us", "readings", "of"} for f in kept)
    assert SECRET.encode() not in Findings(1, code(0), tuple(kept)).payload()
    with closing(HeardRecord(district / ".qiantang" / "heard.sqlite")) as record:
        row = record.rows(SMALL.id)[-1]
    assert set(row) == {"plant", "uscc", "on", "alarms", "operator_h", "signals"}
    assert row["signals"] == len(SMALL.signals)

    # The district reads it by name, after the assessment that takes its workbook in.
    answered = run("assess", district, "--rulebook", BOOK, "--year", str(row["on"])[:4], "--json")
    assert answered.code == 0, answered.err
    read = by_name(district, "factory.signals", "factory.alarms_per_operator_hour", "factory.oee")
    assert read["factory.signals"] == len(SMALL.signals)
    assert read["factory.alarms_per_operator_hour"] == -(-row["alarms"] * 10**8 // row["operator_h"])
    assert read["factory.oee"] is None, "what the plant keeps to itself is unknown"


@pytest.mark.parametrize(("words", "said"), [
    (("hear", "http://x"), "Write mqtt://HOST:PORT"), (("hear", "mqtt://x:0"), "no address of a broker"),
    (("hear", "mqtt://x", "--group", "a/b"), "no name of a group"),
    (("hear", "mqtts://x", "--ca", "none.pem"), "cannot be used"), (("hear", "mqtt://x", "--password-from", "NOT_SET_ANYWHERE"), "export NOT_SET_ANYWHERE"),
    (("heard",), "qiantang factory hear ADDRESS"), (("heard", "--plant", "elsewhere"), "nothing was heard of such a plant")])
def test_what_the_districts_side_cannot_do_is_said_with_what_to_do(tmp_path: Path, run: Run, words: tuple[str, ...], said: str) -> None:
    answered = run("factory", *words, "--dir", tmp_path, "--lang", "en")
    assert answered.code == 2
    assert said in answered.err
    assert run("factory", *words, "--dir", tmp_path, "--lang", "zh").code == 2


def test_plants_findings_and_what_is_put_aside_are_listed_in_both_languages(tmp_path: Path, run: Run) -> None:
    workspace = Workspace(tmp_path)
    with closing(workspace.state()) as store, closing(HeardRecord(workspace.hidden / "heard.sqlite")) as record:
        worker = DistrictWorker(store, record, lambda: frozenset({code(0), code(1)}))
        for plant, who in (("small", code(0)), ("large", code(1)), ("lost", code(7))):
            said = streamed(RULEBOOK, plant, instant(START), "range", {
                "asset": "M1", "rule": "range", "at_us": START, "since_us": START, "readings": 3, "of": "x"})
            worker.feed(messages((f"qiantang/1/{plant}/findings", Findings(1, who, (said,)).payload(), START)))
    every = run("factory", "heard", "--dir", tmp_path, "--json").told
    assert [plant["plant"] for plant in every["plants"]] == ["large", "small"]
    assert every["count"] == 2
    one = run("factory", "heard", "--enterprise", code(0), "--dir", tmp_path, "--json").told
    assert [(f["plant"], f["asset"], f["rule"]) for f in one["findings"]] == [("small", "M1", "range")]
    aside, = run("factory", "heard", "--aside", "--dir", tmp_path, "--json").told
    assert aside["plant"] == "lost"
    for lang, words in (("en", ("outside the physical range", "stands", "2023-11-14 22:13:20")), ("zh", ("超出物理量程", "成立"))):
        out = run("factory", "heard", "--dir", tmp_path, "--lang", lang).out
        assert all(word in out for word in words), out
    assert "is not in the district's register" in " ".join(run("factory", "heard", "--aside", "--dir", tmp_path, "--lang", "en").out.split())
