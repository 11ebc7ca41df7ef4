"""A folder goes through the door: every row is accepted or quarantined with its reason, and nothing is told twice."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qiantang.district.intake import read_folder
from qiantang.engines.duckdb import DuckDBEngine
from qiantang.engines.duckdb_door.door import Door
from qiantang.engines.duckdb_door.sheet import SheetAtTheDoor
from qiantang.engines.duckdb_vintages import Vintages
from qiantang.kernel.errors import FactsError, QiantangError
from qiantang.kernel.facts.identity import check_character
from qiantang.kernel.facts.intake import IntakeReport, SheetIntake
from qiantang.kernel.facts.schema import Value
from qiantang.kernel.facts.sheets import Sheet
from qiantang.registers import REGISTERS
from qiantang.registers.enterprise_years import ENTERPRISE_YEARS
from qiantang.registers.enterprises import ENTERPRISES

DAY = date(2023, 4, 1)
LATER = date(2023, 7, 1)
CODE = "统一社会信用代码"
Rows = Sequence[Sequence[object]]


def uscc(number: int) -> str:
    body = f"91330114{number:09d}"
    return body + check_character(body)


ONE, TWO, THREE = uscc(1), uscc(2), uscc(3)


def workbook(path: Path, sheets: Mapping[str, Rows]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(path), {"nan_inf_to_errors": True, "default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for at, cell in enumerate(row):
                    if cell is not None:
                        sheet.write(number, at, cell)


class Folder:
    """A folder of workbooks and its store."""

    def __init__(self, root: Path) -> None:
        self.inbox = root / "inbox"
        self.store = root / "store"
        self.inbox.mkdir()

    def add(self, name: str, *rows: Sequence[object], sheet: str = "Sheet1") -> None:
        workbook(self.inbox / name, {sheet: rows})

    def read(self, on: date = DAY) -> IntakeReport:
        report = read_folder(self.inbox, REGISTERS, self.store, on)
        assert all(s.accepted + s.quarantined == s.read for f in report.files for s in f.sheets)
        return report

    def known(self, table: str = "enterprise_years", on: date = DAY, columns: str = "*") -> list[tuple[object, ...]]:
        engine = DuckDBEngine()
        relation = Vintages(engine, self.store).relation(next(t for t in REGISTERS if t.name == table), on)
        found = engine.execute(f"SELECT {columns} FROM {relation} ORDER BY ALL")
        engine.close()
        return found


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def only(report: IntakeReport) -> SheetIntake:
    (sheet,) = (s for f in report.files for s in f.sheets)
    return sheet


def rules(report: IntakeReport) -> list[str]:
    return [f.rule for f in report.faults]


# --- what is let in ---


def test_a_plain_workbook_is_accepted_with_its_provenance(folder: Folder) -> None:
    folder.add("税务局.xlsx", [CODE, "年度", "实缴税金(元)"], [ONE, 2022, 360_000.5], [TWO, "2022年", "1,200"], sheet="税收")
    report = folder.read()
    assert (report.read, report.accepted, report.faults) == (2, 2, ())
    assert folder.known(columns="uscc, year, tax_paid_wan, _file, _sheet, _row, _known_at") == [
        (ONE, 2022, 36_000_050, "税务局.xlsx", "税收", 2, DAY), (TWO, 2022, 120_000, "税务局.xlsx", "税收", 3, DAY)]


def test_departments_fill_different_columns_of_one_row(folder: Folder) -> None:
    folder.add("税务局.xlsx", [CODE, "年度", "实缴税金"], [ONE, 2022, 36])
    folder.add("统计局.xlsx", [CODE, "年度", "工业增加值", "年平均职工数"], [ONE, 2022, 150, 6])
    assert folder.read().quarantined == 0
    assert folder.known(columns="uscc, tax_paid_wan, value_added_wan, staff_mean") == [(ONE, 36_000_000, 150_000_000, 600)]


def test_the_year_of_a_sheet_name_counts_for_its_rows(folder: Folder) -> None:
    workbook(folder.inbox / "税务局.xlsx", {y: [[CODE, "实缴税金"], [ONE, n]] for n, y in enumerate(("2021", "2022"))})
    assert folder.read().accepted == 2
    assert folder.known(columns="year, tax_paid_wan") == [(2021, 0), (2022, 1_000_000)]


def test_csv_and_parquet_come_in_like_workbooks(folder: Folder) -> None:
    (folder.inbox / "a.csv").write_text(f"{CODE},年度,实缴税金(元)\n{ONE},2022,360000.50\n,,\n", encoding="gb18030")
    duckdb.execute(f"""COPY (SELECT '{TWO}' AS "{CODE}", 2022 AS "年度", 0.1::DOUBLE + 0.2::DOUBLE AS "实缴税金(万元)",
        DATE '2022-01-01' AS "颜色") TO '{folder.inbox / "b.parquet"}' (FORMAT parquet)""")
    report = folder.read()
    assert (report.read, report.accepted) == (2, 2)
    assert folder.known(columns="uscc, tax_paid_wan, _file, _row") == [(ONE, 36_000_050, "a.csv", 2), (TWO, 300_000, "b.parquet", 1)]
    assert [u.header for u in report.files[1].sheets[0].unread] == ["颜色"]


def test_more_decimals_than_fen_are_counted_not_refused(folder: Folder) -> None:
    folder.add("a.xlsx", [CODE, "年度", "实缴税金(元)", "营业收入"], [ONE, 2022, 1.005, "1.00000051"], [TWO, 2022, 2.5, 3])
    report = folder.read()
    assert (report.quarantined, only(report).rounded) == (0, 2)
    assert folder.known(columns="tax_paid_wan, revenue_wan") == [(101, 1_000_001), (250, 3_000_000)]


def test_words_for_nothing_are_unknown(folder: Folder) -> None:
    folder.add("a.xlsx", [CODE, "年度", "实缴税金", "化学需氧量排放量"], [ONE, 2022, 1, "/"], [TWO, 2022, 2, "无"], [THREE, 2022, 3, None])
    assert folder.read().quarantined == 0
    assert [row[0] for row in folder.known(columns="cod_t")] == [None] * 3


def test_ids_stay_as_they_were_written(folder: Folder) -> None:
    folder.add("宗地.xlsx", ["宗地编号", CODE, "宗地面积(m²)"], ["0012", ONE, 2000], [330114001, TWO, 667])
    folder.read()
    assert folder.known("parcels", columns="parcel, area_mu") == [("0012", 30_000), ("330114001", 10_005)]


# --- what stays out, and why ---


def test_a_quarantined_cell_names_file_sheet_row_column_value_rule_and_remedy(folder: Folder) -> None:
    folder.add("税务局.xlsx", ["2022年度税收", None, None], [CODE, "年度", "实缴税金(万元)"], [ONE, 2022, -3.2],
               [TWO, 2022, 1], sheet="2022")
    report = folder.read()
    (fault,) = report.faults
    assert (fault.place.file, fault.place.sheet, fault.place.row, fault.place.column) == ("税务局.xlsx", "2022", 3, "实缴税金(万元)")
    assert (fault.value, fault.rule) == ("-3.2", "low")
    assert fault.said("en") == ("税务局.xlsx, sheet 2022, row 3, 实缴税金(万元): -3.2 is below 0. "
                                "What reached the treasury; refunds have their own columns.")
    assert fault.said("zh") == "税务局.xlsx，工作表 2022，第 3 行，实缴税金(万元)：-3.2 低于下限 0。入库数；退税另列。"
    assert (report.accepted, report.quarantined) == (1, 1)


def test_all_faults_of_a_row_are_told_together(folder: Folder) -> None:
    folder.add("a.xlsx", [CODE, "年度", "实缴税金", "用水量", "公共信用等级", "排放主要污染物"], ["123", 1066, "约三万", -1, "Z", "可能"])
    report = folder.read()
    assert sorted(rules(report)) == ["choice", "credit_code", "low", "low", "not_a_flag", "not_a_number"]
    assert only(report).by_rule["low"] == 2
    assert (report.read, report.quarantined) == (1, 1)


def test_a_wrong_check_character_is_told_from_a_wrong_code(folder: Folder) -> None:
    wrong = ONE[:17] + ("0" if ONE[17] != "0" else "1")
    folder.add("a.xlsx", [CODE, "年度", "实缴税金"], [wrong, 2022, 1], ["330114000000001", 2022, 1], [9.13301e17, 2022, 1], [None, 2022, 1])
    assert rules(folder.read()) == ["check_character", "credit_code", "lost_digits", "required"]


def test_a_cell_that_cannot_be_read_is_not_also_missing(folder: Folder) -> None:
    folder.add("a.xlsx", ["宗地编号", CODE, "宗地面积"], ["1", ONE, "很大"])
    assert rules(folder.read()) == ["not_a_number"]


def test_a_check_over_two_columns_keeps_its_row_out(folder: Folder) -> None:
    folder.add("a.xlsx", [CODE, "年度", "年平均职工数", "科技人员数"], [ONE, 2022, 10, 11], [TWO, 2022, 10, 10], [THREE, 2022, None, 11])
    report = folder.read()
    assert [(f.rule, f.place.row) for f in report.faults] == [("sci_tech_staff_within_staff_mean", 2)]


def test_a_figure_out_of_bounds_does_not_break_a_comparison_on_top(folder: Folder) -> None:
    folder.add("a.xlsx", [CODE, "年度", "年平均职工数", "科技人员数"], [ONE, 2022, -1, 11])
    assert rules(folder.read()) == ["low"]


def test_a_key_twice_in_a_sheet_keeps_its_first_row_and_names_both_places(folder: Folder) -> None:
    folder.add("a.xlsx", [CODE, "年度", "实缴税金"], [ONE, 2022, 1], [ONE, 2021, 7], [ONE, 2022, 2])
    report = folder.read()
    (fault,) = report.faults
    assert (fault.rule, fault.place.row, fault.message.en) == ("duplicate", 4, "a duplicate of a.xlsx, sheet Sheet1, row 2")
    assert folder.known(columns="year, tax_paid_wan") == [(2021, 7_000_000), (2022, 1_000_000)]


def test_two_sheets_that_contradict_each_other_are_told_with_both_values(folder: Folder) -> None:
    folder.add("a.xlsx", [CODE, "年度", "实缴税金", "营业收入"], [ONE, 2022, 1, 5])
    folder.add("b.xlsx", [CODE, "年度", "实缴税金", "用水量"], [ONE, 2022, "1.5", 5], [TWO, 2022, 3, 5])
    report = folder.read()
    (fault,) = report.faults
    assert fault.said("en").startswith("b.xlsx, sheet Sheet1, row 2, 实缴税金: 1.5 differs from 1 in a.xlsx, sheet Sheet1, row 2")
    assert (report.accepted, report.quarantined) == (2, 1)


def test_a_copy_of_a_file_adds_nothing_and_is_said_to(folder: Folder) -> None:
    folder.add("a.xlsx", [CODE, "年度", "实缴税金"], [ONE, 2022, 1])
    folder.add("a (1).xlsx", [CODE, "年度", "实缴税金"], [ONE, 2022, 1])
    report = folder.read()
    assert [(f.place.file, f.rule) for f in report.faults] == [("a.xlsx", "duplicate")]


def test_an_agreeing_column_in_a_second_sheet_is_no_contradiction(folder: Folder) -> None:
    folder.add("a.xlsx", [CODE, "年度", "实缴税金", "营业收入"], [ONE, 2022, 1, None])
    folder.add("b.xlsx", [CODE, "年度", "实缴税金", "营业收入"], [ONE, 2022, 1, 9])
    assert folder.read().quarantined == 0
    assert folder.known(columns="tax_paid_wan, revenue_wan") == [(1_000_000, 9_000_000)]


def test_a_sheet_without_its_key_is_kept_out_whole_with_the_header_that_was_meant(folder: Folder) -> None:
    folder.add("税收.xlsx", ["统一社会信用编码", "年度", "实缴税金"], [ONE, 2022, 1], [TWO, 2022, 1])
    report = folder.read()
    (fault,) = report.faults
    assert fault.rule == "missing_column"
    assert "Is it '统一社会信用编码'?" in fault.remedy.en
    assert (report.read, report.quarantined) == (2, 2)


def test_a_sheet_of_something_else_is_kept_out_whole(folder: Folder) -> None:
    folder.add("菜单.xlsx", ["菜名", "价格"], ["鱼", 12], ["笋", 9])
    report = folder.read()
    assert (rules(report), report.read, report.quarantined) == (["no_table"], 3, 3)


def test_a_column_without_a_header_is_listed(folder: Folder) -> None:
    folder.add("a.xlsx", [CODE, "年度", "实缴税金"], [ONE, 2022, 1, "旁注"])
    assert [u.header for u in only(folder.read()).unread] == ["(4)"]


def test_a_file_that_cannot_be_opened_is_a_fault_and_the_others_go_on(folder: Folder) -> None:
    (folder.inbox / "坏.xlsx").write_bytes(b"junk" * 250_000)
    (folder.inbox / "坏.parquet").write_bytes(b"junk" * 1000)
    (folder.inbox / "说明.pdf").touch()
    folder.add("空.xlsx")
    folder.add("税收.xlsx", [CODE, "年度", "实缴税金"], [ONE, 2022, 1])
    report = folder.read()
    assert {f.file: f.fault.rule if f.fault else None for f in report.files} == {
        "坏.parquet": "unreadable", "坏.xlsx": "unreadable", "税收.xlsx": None, "空.xlsx": None, "说明.pdf": None}
    assert [f.file for f in report.files if f.left_aside] == ["说明.pdf"]
    assert report.accepted == 1


def test_every_quarantined_cell_is_in_the_quarantine_file(folder: Folder) -> None:
    folder.add("a.xlsx", [CODE, "年度", "实缴税金"], *([uscc(n), 2022, -1] for n in range(300)))
    folder.add("菜单.xlsx", ["菜名", "价格"], ["鱼", 12])
    report = folder.read()
    cells = only(IntakeReport(DAY, report.files[:1]))
    assert (len(cells.cells), cells.cells_total) == (200, 300)
    found = duckdb.execute(f"""SELECT file, rule, count(*), min("row"), max(message_zh) FROM '{report.quarantine}'
        GROUP BY ALL ORDER BY 1""").fetchall()
    assert found == [("a.xlsx", "low", 300, 2, "-1 低于下限 0"),
                     ("菜单.xlsx", "no_table", 1, None, "认不出这张表对应哪类数据，全部行未接收")]


def test_strangers_are_warned_of_and_let_in(folder: Folder) -> None:
    folder.add("企业名录.xlsx", [CODE, "企业名称"], [ONE, "示例甲"])
    folder.add("税收.xlsx", [CODE, "年度", "实缴税金"], [ONE, 2022, 1], [TWO, 2022, 1])
    report = folder.read()
    assert report.quarantined == 0
    assert [(w.rule, w.value, w.place.row) for w in report.warnings] == [("stranger", TWO, 3)]


def test_who_was_known_earlier_is_no_stranger(folder: Folder) -> None:
    folder.add("企业名录.xlsx", [CODE, "企业名称"], [ONE, "示例甲"])
    folder.read()
    (folder.inbox / "企业名录.xlsx").unlink()
    folder.add("税收.xlsx", [CODE, "年度", "实缴税金"], [ONE, 2022, 1])
    assert folder.read(LATER).warnings == ()


def test_a_sheet_that_the_engine_stumbles_over_leaves_nothing_behind(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.add("a.xlsx", [CODE, "年度", "实缴税金"], ["123", 2022, "约三"])
    folder.add("b.xlsx", [CODE, "年度", "营业收入"], [ONE, 2022, 1])
    check = SheetAtTheDoor.check

    def stumbling(self: SheetAtTheDoor) -> None:
        check(self)
        if any(h.header == "实缴税金" for h in self._layout.headed):
            raise QiantangError.of("磁盘已满", "the disk is full")

    monkeypatch.setattr(SheetAtTheDoor, "check", stumbling)
    report = folder.read()
    assert [f.said("en") for f in report.faults] == ["a.xlsx: the disk is full"]
    assert (report.accepted, report.quarantine) == (1, "")


# --- over time ---


def test_reading_the_same_folder_again_adds_nothing(folder: Folder) -> None:
    folder.add("税收.xlsx", [CODE, "年度", "实缴税金"], [ONE, 2022, 1])
    assert only(folder.read()).added
    files = sorted(folder.store.rglob("*.parquet"))
    assert not only(folder.read()).added
    assert not only(folder.read(LATER)).added
    assert sorted(folder.store.rglob("*.parquet")) == files


def test_a_changed_figure_is_a_new_vintage_and_the_old_one_stays(folder: Folder) -> None:
    folder.add("税收.xlsx", [CODE, "年度", "实缴税金", "营业收入"], [ONE, 2022, 1, 5])
    folder.read()
    folder.add("税收.xlsx", [CODE, "年度", "实缴税金", "营业收入"], [ONE, 2022, 2, None])
    assert only(folder.read(LATER)).added
    assert folder.known(on=DAY, columns="tax_paid_wan, revenue_wan") == [(1_000_000, 5_000_000)]
    assert folder.known(on=LATER, columns="tax_paid_wan, revenue_wan, _known_at") == [(2_000_000, 5_000_000, LATER)]
    folder.add("税收.xlsx", [CODE, "年度", "实缴税金", "营业收入"], [ONE, 2022, 1, 5])
    assert only(folder.read(LATER)).added, "going back to the first figure is news too"
    assert folder.known(on=LATER, columns="tax_paid_wan") == [(1_000_000,)]


def test_a_correction_with_evidence_outlasts_a_second_reading(folder: Folder) -> None:
    folder.add("税收.xlsx", [CODE, "年度", "实缴税金"], [ONE, 2022, 1])
    folder.read()
    engine = DuckDBEngine()
    vintages = Vintages(engine, folder.store)
    key: dict[str, Value] = {"uscc": ONE, "year": 2022}
    assert vintages.correct(ENTERPRISE_YEARS, key, "tax_paid_wan", 3_000_000, "完税证明 0001", "税务局", LATER) == 1_000_000
    folder.read(LATER)
    assert folder.known(on=LATER, columns="tax_paid_wan, _file") == [(3_000_000, "完税证明 0001")]
    assert folder.known(on=DAY, columns="tax_paid_wan") == [(1_000_000,)]
    stranger: dict[str, Value] = {"uscc": TWO, "year": 2022}
    for row, column, value, evidence, words in (
        (key, "tax_paid_wan", 3_000_000, "完税证明 0001", "already known"), (key, "tax_paid_wan", -1, "完税证明 0001", "below 0"),
        (key, "tax_paid_wan", 1, " ", "evidence"), (stranger, "tax_paid_wan", 1, "完税证明 0001", "no such row"),
        (key, "year", 2021, "完税证明 0001", "outside the key"),
    ):
        with pytest.raises(FactsError, match=words):
            vintages.correct(ENTERPRISE_YEARS, row, column, value, evidence, "税务局", LATER)
    engine.close()


def test_a_reading_broken_off_leaves_the_store_as_it_was(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.add("企业名录.xlsx", [CODE, "企业名称"], [ONE, "示例甲"])
    folder.add("税收.xlsx", [CODE, "年度", "实缴税金"], [ONE, 2022, 1])
    write = DuckDBEngine.write

    def broken(self: DuckDBEngine, select: str, to: Path, found_by: Sequence[str] = ()) -> int:
        if "enterprise_years" in str(to):
            raise KeyboardInterrupt
        return write(self, select, to, found_by)

    monkeypatch.setattr(DuckDBEngine, "write", broken)
    with pytest.raises(KeyboardInterrupt):
        folder.read()
    assert [p for p in folder.store.rglob("*") if p.is_file()] == []


def test_the_report_is_plain_json_in_both_languages(folder: Folder) -> None:
    folder.add("a.xlsx", [CODE, "年度", "实缴税金", "实缴税收额"], [ONE, 2022, -1, 1])
    plain = json.loads(json.dumps(folder.read().to_json()))
    (sheet,) = plain["files"][0]["sheets"]
    assert sheet["unread"] == [{"header": "实缴税收额", "why": {"zh": "未知列，未读", "en": "unknown column; not read"},
                                "suggestion": {"zh": "实缴税金", "en": "tax paid"}}]
    assert sheet["cells"][0]["message"]["en"] == "-1 is below 0"


# --- whatever is thrown at it ---

CELLS = st.one_of(
    st.none(), st.booleans(), st.floats(), st.integers(-10**25, 10**25), st.text(max_size=8), st.dates(), st.datetimes(),
    st.sampled_from([ONE, TWO, ONE[:17] + "0", "", " ", "无", "2022", 2022, 2022.0, "-3", "1,000", "是", "D", "#N/A", "合计", "注：", "\0",
                     "\x1f"]),
)
KNOWN = [h for t in REGISTERS[:4] for c in t.columns for h in (c.title.zh, *c.aliases[:2])]
HEADER = st.one_of(st.sampled_from([CODE, "年度", "实缴税金(元)", "宗地编号", "宗地面积(m²)", "出租方统一社会信用代码", "租赁编号"]),
                   st.sampled_from(KNOWN), CELLS)
SHEETS = st.tuples(
    st.sampled_from(["Sheet1", "2022", "企业名录", "宗地", "租赁", "x"]), st.lists(st.lists(CELLS, max_size=3), max_size=2),
    st.lists(HEADER, max_size=8), st.lists(st.lists(CELLS, max_size=9), max_size=8),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(SHEETS, max_size=3))
def test_accepted_and_quarantined_are_all_that_was_read(tmp_path_factory: pytest.TempPathFactory, sheets: list[
        tuple[str, list[list[object]], list[object], list[list[object]]]]) -> None:
    store = tmp_path_factory.mktemp("store")
    engine = DuckDBEngine(threads=1)
    door = Door(engine, REGISTERS, store, DAY)
    for number, (name, above, header, rows) in enumerate(sheets):
        door.take(Sheet(f"{number}.xlsx", name, [*above, header, *rows]))
    reports = door.closed()
    door.write_quarantine(store / "quarantine.parquet")
    engine.close()
    assert len(reports) == len(sheets)
    stored = sum(duckdb.execute(f"SELECT count(*) FROM '{p}'").fetchall()[0][0] for p in store.glob("facts/*/*.parquet"))
    assert stored == sum(r.accepted for r in reports if r.added)
    for report, (_, above, header, rows) in zip(reports, sheets, strict=True):
        filled = [r for r in (*above, header, *rows) if any(c is not None and (not isinstance(c, str) or c.strip()) for c in r)]
        assert report.accepted + report.quarantined == report.read
        assert report.accepted >= 0
        assert report.quarantined >= 0
        assert report.read <= len(filled)
        if report.table is None:
            assert report.read == len(filled)
        assert report.quarantined == 0 or report.cells_total or report.faults, "whatever stays out has a reason"


def test_a_days_own_time_is_no_fault() -> None:
    engine = DuckDBEngine(threads=1)
    door = Door(engine, [ENTERPRISES], Path("unused"), DAY)
    door.take(Sheet("a.xlsx", "企业名录", [[CODE, "成立日期"], [ONE, datetime(2020, 1, 5, 8, 30)], [TWO, date(2020, 1, 5)]]))  # noqa: DTZ001 # Excel knows no zone
    assert engine.execute("SELECT DISTINCT founded_on FROM typed_0") == [(date(2020, 1, 5),)]
    engine.close()
