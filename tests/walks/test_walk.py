"""The walk of a newcomer by the command line alone: template, filled, check, assess, explain, lift, compare, case closed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import python_calamine
import xlsxwriter

from qiantang.district.assembly import house
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.facts.schema import Column, Value
from qiantang.links.templates import header_of
from tests.cli.tiny import BOOKS, ENTERPRISES, code, rows

MU, LOW = BOOKS
PROGRAM = "import sys; from qiantang.cli import main; sys.exit(main())"


def _hears_ctrl_c() -> None:
    """A test run in the background hands on that Ctrl-C is ignored; a person at a keyboard is heard."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Newcomer:
    """Somebody at a shell, in a folder of their own."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def started(self, *words: str) -> "subprocess.Popen[str]":
        environment = {k: v for k, v in os.environ.items() if k != "QIANTANG_DIR"} | {"QIANTANG_LANG": "en", "PYTHONIOENCODING": "utf-8"}
        return subprocess.Popen([sys.executable, "-c", PROGRAM, *words], cwd=self.home, env=environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=_hears_ctrl_c)  # noqa: PLW1509 # the parent has one thread

    def types(self, *words: str, code: int = 0) -> str:
        process = self.started(*words)
        out, err = process.communicate()
        assert process.returncode == code, f"{' '.join(words)}\n{out}\n{err}"
        return out + err

    def asks(self, *words: str, code: int = 0) -> Any:
        process = self.started(*words, "--json")
        out, err = process.communicate()
        assert process.returncode == code, f"{' '.join(words)}\n{out}\n{err}"
        return json.loads(out)


def fill_in(template: Path, filled: Path) -> None:
    """Do what a department does: take the template's own sheets and headers, and write figures below them."""
    tables = {t.title.zh[:31]: t for t in house().tables}
    book = python_calamine.CalamineWorkbook.from_path(str(template))
    figures = rows()
    with xlsxwriter.Workbook(str(filled), {"default_date_format": "yyyy-mm-dd"}) as out:
        for name in book.sheet_names:
            table = tables.get(name)
            if table is None or table.name not in figures:
                continue
            headers = [str(cell) for cell in book.get_sheet_by_name(name).to_python()[0]]
            columns = {header_of(c, "zh"): c for c in table.columns}
            sheet = out.add_worksheet(name)
            sheet.write_row(0, 0, headers)
            for number, row in enumerate(figures[table.name], start=1):
                for at, header in enumerate(headers):
                    value = shown(columns[header], row.get(columns[header].name))
                    if value is not None:
                        sheet.write(number, at, value)


def shown(column: Column, value: Value) -> object:
    """A stored value as a person writes it."""
    if value is None:
        return None
    if column.kind is Kind.FLAG:
        return "是" if value else "否"
    if column.kind is Kind.NUMBER and isinstance(value, int):
        return float(column.type.decimal(value))
    return column.choice(str(value)).zh if column.choices else value


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Newcomer:
    """The newcomer after the first assessment; what was seen on the way is asserted here."""
    who = Newcomer(tmp_path_factory.mktemp("walk"))
    who.types("template", "facts.xlsx", "--lang", "zh")
    (who.home / "district").mkdir()
    fill_in(who.home / "facts.xlsx", who.home / "district" / "facts.xlsx")
    checked = who.asks("check", "district")
    assert (checked["quarantined"], checked["accepted"]) == (0, checked["read"])
    assert checked["read"] > 2 * ENTERPRISES
    who.types("assess", "district", "--rulebook", MU, "--rulebook", LOW)
    return who


def test_from_a_finding_to_a_closed_case(newcomer: Newcomer) -> None:
    at = ("--dir", "district")
    low = newcomer.asks("view", "land_lowest", *at)["rows"]
    subject = str(low[0]["uscc"])
    explained = newcomer.types("explain", subject, "--rulebook", LOW, *at)
    assert "low-efficiency" in explained
    assert "facts.xlsx, sheet 企业年度数据" in explained
    lifted = newcomer.asks("lift", code(21), "--to", "A", "--rulebook", MU, *at)
    assert any(single["holds"] and single["tight"] for single in lifted["singles"])
    reform = newcomer.asks("compare", "--rulebook", LOW, "--set", "floor.tax_per_mu=12", *at)
    assert {m["after"] for m in reform["moved"]} == {"low"}
    case = newcomer.asks("cases", "list", "--subject", subject, "--process", "lowland", *at)["cases"][0]["id"]

    def does(event: str, day: str, *fields: str) -> str:
        words = [word for field in fields for word in ("--field", field)]
        return str(newcomer.asks("cases", "do", case, event, *words, "--on", day, *at)["state"])

    assert does("submit_plan", "2023-01-16", "route=improve", "plan_land_mu=10", "due_on=2023-12-31", "measures=a second line") == "planned"
    assert does("approve", "2023-02-06") == "in_hand"
    assert does("report_done", "2023-11-30", "by=tax_reached", "document=certificate 88", "tax_per_mu=6.1") == "to_accept"
    assert does("accept", "2023-12-08", "document=record 4") == "watched"
    assert does("confirm", "2024-12-09") == "cleared"
    zero = newcomer.asks("cases", "zero", "--process", "lowland", "--on", "2024-12-31", "--every", "year", *at)
    assert [(p["period"], p["opened"], p["closed"]) for p in zero["periods"]] == [("2022", len(low), 0), ("2023", 0, 0), ("2024", 0, 1)]
    assert case not in {still["case"] for still in zero["still_open"]}
    newcomer.types("audit", "verify", *at)


def test_both_languages_say_the_same_of_one_enterprise(newcomer: Newcomer) -> None:
    chinese = newcomer.types("explain", code(0), "--rulebook", LOW, "--lang", "zh", "--dir", "district")
    english = newcomer.types("explain", code(0), "--rulebook", LOW, "--lang", "en", "--dir", "district")
    assert "结论：低效用地企业" in chinese
    assert "Outcome: low-efficiency" in english


def test_ctrl_c_leaves_the_previous_results_whole(newcomer: Newcomer) -> None:
    before = newcomer.asks("explain", code(0), "--rulebook", LOW, "--dir", "district")
    latest = (newcomer.home / "district" / ".qiantang" / "latest.json").read_bytes()
    process = newcomer.started("assess", "district", "--on", "2022-06-30")
    assert process.stderr is not None
    assert any("judging" in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert "previous results stand whole" in err
    assert "Traceback" not in err
    assert (newcomer.home / "district" / ".qiantang" / "latest.json").read_bytes() == latest
    assert not list((newcomer.home / "district").rglob("*.part"))
    assert newcomer.asks("explain", code(0), "--rulebook", LOW, "--dir", "district") == before
    newcomer.types("audit", "verify", "--dir", "district")


def test_the_demonstration_leads_from_a_finding_to_a_reform(tmp_path: Path) -> None:
    who = Newcomer(tmp_path)
    said = who.asks("demo", "--enterprises", "1000")
    assert said["synthetic"]
    assert said["intake"]["accepted"] + said["intake"]["quarantined"] == said["intake"]["read"]
    assert said["intake"]["quarantined"] > 0
    steps = [step["command"].split() for step in said["next"]]
    assert [words[1] for words in steps][:6] == ["view", "explain", "lift", "lift", "cases", "compare"]
    for words in steps[:6]:
        assert "--dir" not in words, "the demonstration is found from where it was made"
        who.asks(*words[1:])
    first = (tmp_path / "demo-district" / ".qiantang" / "latest.json").read_bytes()
    process = who.started("demo", "--enterprises", "1000", "--seed", "7")
    assert process.stderr is not None
    assert any("judging" in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 130
    assert (tmp_path / "demo-district" / ".qiantang" / "latest.json").read_bytes() == first
    assert [p.name for p in tmp_path.iterdir()] == ["demo-district"]
