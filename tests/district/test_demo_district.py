"""The demonstration district: calibrated, consistent, visibly synthetic, the same for the same seed."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from qiantang.district.demo import DemoReport, build_demo
from qiantang.district.demo.building import LOG
from qiantang.district.demo.published import read_published
from qiantang.district.settings import District, default_folder
from qiantang.kernel.errors import FactsError
from qiantang.kernel.words import Text


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> DemoReport:
    """The demonstration at its usual size, as columns."""
    return build_demo(tmp_path_factory.mktemp("demo") / "usual", form="parquet")


@pytest.fixture(scope="module")
def sheets(usual: DemoReport) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every sheet of the usual demonstration as a view."""
    with duckdb.connect() as base:
        for sheet in usual.sheets:
            name = sheet.file.removesuffix(".parquet").partition("-")[2]
            base.execute(f"CREATE VIEW \"{name}\" AS SELECT * FROM read_parquet('{usual.directory / sheet.file}')")
        yield base


def _one(base: duckdb.DuckDBPyConnection, query: str) -> object:
    row = base.execute(query).fetchone()
    assert row is not None
    return row[0]


def _contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# --- calibration ---


def test_every_published_total_is_met(usual: DemoReport) -> None:
    off = {r.figure.name: (r.target, r.reached) for r in usual.figures if abs(r.off_by) > Decimal("0.001")}
    assert off == {}


def test_what_is_counted_is_met_exactly(usual: DemoReport) -> None:
    counted = {"above_scale_industry": 661, "hitech_certificates": 802, "top_talents": 344, "academician_teams": 8, "smart_factories": 14,
               "future_factories": 1, "universities": 14, "institutes": 22, "alumni_projects": 153, "university_projects": 85}
    reached = {r.figure.name: r.reached for r in usual.figures}
    assert {name: int(reached[name]) for name in counted} == counted


def test_the_sheets_hold_what_the_report_says(usual: DemoReport, sheets: duckdb.DuckDBPyConnection) -> None:
    assert _one(sheets, "SELECT count(*) FROM 企业基本信息 WHERE 是否规上 = '是' AND 行业分组 IS NOT NULL") == 661
    assert _one(sheets, "SELECT count(DISTINCT 统一社会信用代码) FROM 高新技术企业名单 WHERE 认定类型 = '高新技术企业' "
                        "AND DATE '2021-12-31' BETWEEN 发证日期 AND 有效期至") == 802


def test_a_tail_of_above_scale_enterprises_pays_less_than_five_a_mu(sheets: duckdb.DuckDBPyConnection) -> None:
    low = _one(sheets, """
        WITH land AS (SELECT 权利人信用代码 AS code, sum("宗地面积(平方米)") * 3 / 2000 AS mu FROM 宗地 GROUP BY 1)
        SELECT count(*) FROM 税收数据 t JOIN land l ON l.code = t.纳税人识别号 JOIN 企业基本信息 e ON e.统一社会信用代码 = t.纳税人识别号
        WHERE t.所属年度 = 2022 AND e.是否规上 = '是' AND t."实缴税金(元)" / 10000 / l.mu < 5""")
    assert isinstance(low, int)
    assert 10 <= low <= 120


def test_some_enterprises_stand_exactly_on_the_floor_of_tax_per_mu(sheets: duckdb.DuckDBPyConnection) -> None:
    exact = """
        SELECT count(*) FROM 税收数据 t JOIN 宗地 p ON p.权利人信用代码 = t.纳税人识别号
        WHERE t.所属年度 = 2022 AND t."实缴税金(元)" = {} AND round(p."宗地面积(平方米)" * 3 / 2000, 2) = 4"""
    assert _one(sheets, exact.format(200000)) == 3
    assert _one(sheets, exact.format(199900)) == 4


def test_a_smaller_district_is_scaled(tmp_path: Path) -> None:
    report = build_demo(tmp_path / "small", 1_000, form="parquet")
    reached = {r.figure.name: r.reached for r in report.figures}
    assert int(reached["above_scale_industry"]) == 165, "661 / 4, half up"
    assert int(reached["hitech_certificates"]) == 201
    assert round(reached["tax_per_mu"], 1) == Decimal("39.9")
    assert round(reached["output"]) == 875


# --- consistency ---


@pytest.mark.parametrize("contradiction", [
    "SELECT count(*) FROM 统计数据 WHERE \"工业增加值（千元）\" > 0.7 * \"工业总产值（千元）\" AND \"工业总产值（千元）\" < 30000000",
    "SELECT count(*) FROM 统计数据 WHERE \"主营业务收入（千元）\" > \"营业收入（千元）\"",
    """SELECT count(*) FROM 科技数据 k JOIN 统计数据 s ON s.统一社会信用代码 = k.统一社会信用代码 AND s.年份 = k.会计年度
       WHERE k.从事科技活动人员 > s.全年平均从业人员 OR k.研究开发人员 > k.从事科技活动人员""",
    """SELECT count(*) FROM 税收数据 t JOIN 统计数据 s ON s.统一社会信用代码 = t.纳税人识别号 AND s.年份 = t.所属年度
       WHERE t."实缴税金(元)" / 1000 > 0.5 * s."营业收入（千元）" AND s."营业收入（千元）" > 0""",
    "SELECT count(*) FROM 企业登记 r JOIN 税收数据 t ON t.纳税人识别号 = r.统一社会信用代码 WHERE year(r.成立日期) > t.所属年度",
    "SELECT count(*) FROM 租赁台账 WHERE 起始日期 > 到期日期",
    "SELECT count(*) FROM 知识产权清单 WHERE 授权公告日 > 失效日期",
])
def test_the_figures_of_one_enterprise_agree(sheets: duckdb.DuckDBPyConnection, contradiction: str) -> None:
    assert _one(sheets, contradiction) == 0


def test_the_use_of_land_is_owned_plus_rented_in_less_rented_out(sheets: duckdb.DuckDBPyConnection) -> None:
    overlet = _one(sheets, """
        WITH owned AS (SELECT 权利人信用代码 AS code, sum("宗地面积(平方米)") * 3 / 2000 AS mu FROM 宗地 GROUP BY 1),
             lets AS (SELECT 出租方信用代码 AS code, sum("承租面积(亩)") AS mu FROM 租赁台账 WHERE 到期日期 >= DATE '2022-12-31'
                      AND 出租方信用代码 <> 承租方信用代码 GROUP BY 1)
        SELECT count(*) FROM lets LEFT JOIN owned USING (code) WHERE owned.mu IS NULL OR lets.mu > owned.mu""")
    assert overlet == 0


def test_no_enterprise_has_figures_of_a_year_before_it_was_founded(sheets: duckdb.DuckDBPyConnection) -> None:
    years = [y for y, in sheets.execute("SELECT DISTINCT 所属年度 FROM 税收数据 ORDER BY 1").fetchall()]
    assert years == [2020, 2021, 2022]


# --- nobody real ---


def test_every_subject_is_visibly_synthetic(sheets: duckdb.DuckDBPyConnection) -> None:
    assert _one(sheets, "SELECT count(*) FROM 企业登记 WHERE 企业名称 NOT LIKE '示例·%' OR 统一社会信用代码 NOT LIKE '91339900D%'") == 0
    assert _one(sheets, "SELECT count(*) FROM 变更记录 WHERE 曾用名 NOT LIKE '示例·%'") == 0
    assert _one(sheets, "SELECT count(*) FROM 人才库 WHERE 姓名 NOT LIKE '示例人员 %' OR 院校 NOT LIKE '示例%'") == 0
    assert _one(sheets, "SELECT count(*) FROM 高校院所 WHERE 机构名称 NOT LIKE '示例%'") == 0
    assert _one(sheets, "SELECT count(*) FROM 项目库 WHERE 项目名称 NOT LIKE '示例%'") == 0


def test_no_two_enterprises_share_a_name_or_a_code(sheets: duckdb.DuckDBPyConnection) -> None:
    assert _one(sheets, "SELECT count(DISTINCT 企业名称) FROM 企业登记 WHERE 企业名称 NOT LIKE '%（重复）'") == 4_000
    assert _one(sheets, "SELECT count(DISTINCT 统一社会信用代码) FROM 企业基本信息") == 4_000


def test_the_folder_says_in_both_languages_that_it_is_synthetic(usual: DemoReport) -> None:
    words = (usual.directory / "README.md").read_text(encoding="utf-8")
    assert usual.notice.zh in words
    assert usual.notice.en in words
    assert usual.synthetic
    assert usual.notice.zh in usual.said("zh")


def test_published_figures_keep_their_contradictions() -> None:
    published = District.load(default_folder()).published_figures
    assert published is not None
    figures = read_published(published)
    below = {f.part: int(f.figure) for f in figures if f.place == "景宁" and f.indicator == "class_count_below_scale"}
    assert sum(below.values()) == 28
    assert next(f.figure for f in figures if f.place == "景宁" and f.indicator == "evaluated_below_scale") == 36
    assert {int(f.figure) for f in figures if f.place == "钱塘" and f.year == 2021 and f.indicator == "output_above_scale"} == {2000, 3000}
    counties = [f.figure for f in figures if f.place == "丽水" and f.year == 2019 and f.indicator == "tax_per_mu" and f.part not in ("all", "total")]
    assert sum(counties) == Decimal("209.58")


# --- the same again ---


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "same"):
        build_demo(tmp_path / name, 1_000, 7, form="xlsx")
    assert _contents(tmp_path / "one") == _contents(tmp_path / "same")


def test_another_seed_gives_another_district(tmp_path: Path) -> None:
    taxes = set()
    for seed in (7, 8):
        build_demo(tmp_path / str(seed), 1_000, seed, form="parquet")
        with duckdb.connect() as base:
            taxes.add(str(_one(base, f"SELECT list_sort(list(\"实缴税金(元)\")) FROM '{tmp_path}/{seed}/税务局-税收数据.parquet'")))
    assert len(taxes) == 2


GOLDEN = ("示例·医药港 0007 号有限公司", "1996-12-27", Decimal("7942600.00"))


def test_the_seventh_enterprise_of_the_usual_seed_is_a_promise(sheets: duckdb.DuckDBPyConnection) -> None:
    """What is shown in the documentation rests on the usual seed; a change of the draws changes all of it."""
    row = sheets.execute("SELECT r.企业名称, CAST(r.成立日期 AS VARCHAR), t.\"实缴税金(元)\" FROM 企业登记 r "
                         "JOIN 税收数据 t ON t.纳税人识别号 = r.统一社会信用代码 AND t.所属年度 = 2022 "
                         "WHERE r.统一社会信用代码 LIKE '91339900D0000007%'").fetchone()
    assert row == GOLDEN


def test_one_year_alone_can_be_made(tmp_path: Path) -> None:
    report = build_demo(tmp_path / "year", 1_000, years=(2023,), form="parquet")
    with duckdb.connect() as base:
        assert _one(base, f"SELECT list(DISTINCT 所属年度) FROM read_parquet('{report.directory}/税务局-税收数据.parquet')") == [2023]


# --- refusals ---


@pytest.mark.parametrize(("asked", "word"), [
    ({"enterprises": 999}, "outside"), ({"enterprises": 1_000_001}, "outside"), ({"enterprises": 500_000, "form": "xlsx"}, "Excel"),
    ({"years": (2020, 2022)}, "follow"), ({"years": ()}, "follow"), ({"form": "pdf"}, "no form"),
])
def test_what_cannot_be_made_is_refused_before_anything_is_written(tmp_path: Path, asked: dict[str, object], word: str) -> None:
    with pytest.raises(FactsError) as wrong:
        build_demo(tmp_path / "demo", **asked)  # type: ignore[arg-type]  # wrong on purpose
    assert word in wrong.value.said("en")
    assert not (tmp_path / "demo").exists()


def test_somebodys_own_folder_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "税务局.xlsx").write_text("mine", encoding="utf-8")
    with pytest.raises(FactsError):
        build_demo(tmp_path, 1_000)
    assert (tmp_path / "税务局.xlsx").read_text(encoding="utf-8") == "mine"


class _StoppedError(Exception):
    pass


def test_breaking_off_leaves_the_earlier_demonstration_whole(tmp_path: Path) -> None:
    build_demo(tmp_path / "demo", 1_000, 7, form="parquet")
    before = _contents(tmp_path / "demo")

    def stop(_: Text, done: float) -> None:
        if done > 0.9:
            raise _StoppedError

    with pytest.raises(_StoppedError):
        build_demo(tmp_path / "demo", 1_000, 8, progress=stop, form="parquet")
    assert _contents(tmp_path / "demo") == before


def test_the_log_is_hidden_and_can_be_read(usual: DemoReport) -> None:
    dirt = json.loads((usual.directory / LOG / "dirt.json").read_text(encoding="utf-8"))
    assert len(dirt) == len(usual.dirt)
    assert json.loads((usual.directory / LOG / "report.json").read_text(encoding="utf-8")) == usual.to_json()
