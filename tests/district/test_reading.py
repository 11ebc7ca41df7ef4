"""A viewer with a scope sees the subjects inside it, and no question brings out anybody else."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from qiantang.cli import main
from qiantang.district.assembly import house
from qiantang.district.assess import columns_beyond
from qiantang.district.histories import history_of
from qiantang.district.inquiries import Inquiry, inquiry_for_view
from qiantang.district.reading import LOCAL, ReadService, Viewer, personal_columns, personal_facts
from qiantang.district.workspace import StoredRun, Workspace
from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.errors import SubjectError
from qiantang.kernel.expressions.nodes import Expr, Fact, code_constant, constant
from qiantang.kernel.facts.dossier import Derived, Dossier
from qiantang.kernel.facts.schema import Table, count, text
from qiantang.kernel.findings.judging import judging
from qiantang.kernel.rulebooks.document import parse_document
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, FormDeclaration, Outline, Role, Rulebook
from qiantang.kernel.words import Text, same
from qiantang.links.templates import write_template
from qiantang.registers.dossiers import ENTERPRISE
from tests.cli.tiny import code, name, rows

MU, LOW = "mu/huangyan-2022", "lowland/qiantang-5wan"
MINE, OTHERS = code(3), code(4)  # numbers that three divides stand on the platform medport, the others on linjiang


def of_platform(platform: str) -> Expr:
    return ENTERPRISE.fact("platform").equals(code_constant(platform))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("scoped") / "district"
    write_template(made / "facts.xlsx", house().tables, "zh", rows())
    assert main(["assess", str(made), "--rulebook", MU, "--rulebook", LOW, "--json"]) == 0
    return made


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    made = DuckDBEngine()
    yield made
    made.close()


@pytest.fixture
def everything(folder: Path, engine: DuckDBEngine) -> ReadService:
    return ReadService(Workspace(folder), engine, LOCAL)


@pytest.fixture
def scoped(folder: Path, engine: DuckDBEngine) -> ReadService:
    return ReadService(Workspace(folder), engine, Viewer("medport", of_platform("medport")))


def test_an_inside_subject_is_explained_as_for_everybody(scoped: ReadService, everything: ReadService) -> None:
    mine, whole = (Inquiry(reads, MU).explain(MINE) for reads in (scoped, everything))
    assert (mine.outcome, mine.score, mine.standing) == (whole.outcome, whole.score, whole.standing)


def test_an_outside_subject_is_as_if_it_were_not_there(scoped: ReadService) -> None:
    inquiry = Inquiry(scoped, MU)
    for asked in (OTHERS, name(4)):
        with pytest.raises(SubjectError) as wrong:
            inquiry.explain(asked)
        assert OTHERS not in str(wrong.value).replace(f"'{asked}'", "")
    with pytest.raises(SubjectError):
        inquiry.row(OTHERS)


def test_an_outside_subject_is_not_lifted_either(scoped: ReadService) -> None:
    with pytest.raises(SubjectError):
        Inquiry(scoped, MU).lift(OTHERS, "A")


def test_a_lift_inside_still_competes_with_everybody(scoped: ReadService, everything: ReadService) -> None:
    mine, whole = (Inquiry(reads, MU).lift(MINE, "A") for reads in (scoped, everything))
    assert (mine.needed, mine.singles) == (whole.needed, whole.singles)
    assert mine.singles


def test_a_view_lists_and_counts_inside_subjects_only(scoped: ReadService, everything: ReadService) -> None:
    for view in ("land_classes", "land_lowest", "land_nearly"):
        mine, whole = (inquiry.view(declared).rows for declared, inquiry in (inquiry_for_view(r, view) for r in (scoped, everything)))
        assert {row.get("platform") for row in mine if row.get("platform")} <= {"medport"}
        assert len(mine) < len(whole)
    total = inquiry_for_view(scoped, "land_classes")
    assert total[1].view(total[0]).rows[-1]["enterprises"] == 20


def test_a_history_is_told_of_inside_subjects_only(scoped: ReadService) -> None:
    assert history_of(scoped, MINE).past
    with pytest.raises(SubjectError):
        history_of(scoped, OTHERS)


def test_a_reform_shows_only_inside_subjects_that_move(scoped: ReadService, everything: ReadService) -> None:
    mine, whole = (Inquiry(reads, LOW).compare({"floor.tax_per_mu": "30"}) for reads in (scoped, everything))
    inside = {code(n) for n in range(0, 60, 3)}
    assert {row["subject"] for row in mine.moved} == {row["subject"] for row in whole.moved} & inside
    assert sum(int(str(row["many"])) for row in mine.matrix) == 20


def test_what_hangs_on_a_guess_is_told_of_inside_subjects_only(scoped: ReadService) -> None:
    assert {s.subject for s in Inquiry(scoped, LOW).robust().standings} == {code(n) for n in range(0, 60, 3)}


def test_who_is_on_no_platform_is_seen_by_no_platforms_viewer(scoped: ReadService) -> None:
    run = scoped.workspace.latest(LOW)
    reading = Inquiry(scoped, LOW).reading
    assert scoped.seen_subjects(run, reading) == frozenset(code(n) for n in range(0, 60, 3))


def test_a_scope_over_a_fact_that_the_dossier_lacks_shows_nobody(folder: Path, engine: DuckDBEngine) -> None:
    stranger = Fact.of(text("home_province", "籍贯", "home province")).equals(code_constant("x"))
    reads = ReadService(Workspace(folder), engine, Viewer("stranger", stranger))
    run = reads.workspace.latest(LOW)
    assert reads.seen_subjects(run, Inquiry(reads, LOW).reading) == frozenset()


# --- personal columns ---

PEOPLE = Table("persons", Text("人员", "persons"), (
    text("person", "编号", "id", required=True), count("age", "年龄", "age", "年", personal=True), count("papers", "论文", "papers", "件")),
    ("person",), "person")
PERSON = Dossier("person", Text("人员", "person"), PEOPLE, derived=(
    Derived(count("years_left", "距退休", "years to go", "年", high="100"), PEOPLE.fact("age")),))
_YAML = """# A rulebook over persons.
id: talent/test
form: talent
title: {zh: 测试, en: test}
level: zone
valid: {since: 2022-01-01}
status: assumption
source: {issuer: test, document: test}
"""


def _talent(_: Parameters, dossier: Dossier) -> Outline:
    is_young, is_known = dossier.fact("years_left") <= constant(40, "年"), dossier.fact("papers") >= constant(5, "件")
    young = Criterion("young", same("young"), Role.CONDITION, dossier.fact("years_left"), met=is_young)
    known = Criterion("known", same("known"), Role.CONDITION, dossier.fact("papers"), met=is_known)
    return Outline((young, known), (Case(is_young, "yes", "young"),), Case(is_known, "no", "known"), (("yes", same("yes")), ("no", same("no"))))


def _book() -> Rulebook:
    document = parse_document(_YAML.encode(), "talent.yaml")
    return Rulebook(document, FormDeclaration("talent", "person", _talent, same("talent")), PERSON, document.parameters)


def test_a_fact_made_of_a_personal_one_is_personal() -> None:
    assert personal_facts(PERSON) == {"age", "years_left"}


def test_run_columns_that_tell_a_personal_fact_are_withheld_and_the_outcome_is_not() -> None:
    reading = _book().on()
    hidden = personal_columns(reading)
    assert {"young__value", "young__met"} <= hidden
    assert hidden.isdisjoint({"known__value", "known__met", "outcome"})
    assert all(name in hidden for name in columns_beyond(reading) if "years_left" in name)


def test_a_viewer_sees_personal_facts_only_where_allowed(tmp_path: Path, engine: DuckDBEngine) -> None:
    reading = _book().on()
    dossier, found = tmp_path / "dossier.parquet", tmp_path / "run.parquet"
    engine.write("SELECT 'p1' AS person, CAST(35 AS BIGINT) AS age, CAST(9 AS BIGINT) AS papers, CAST(35 AS BIGINT) AS years_left", dossier)
    judged = judging(reading)
    engine.write(judged.select(engine.parquet([dossier]), engine.dialect), found)
    run = StoredRun("k", "talent/test", "v", date(2022, 1, 1), date(2022, 1, 1), 2022, found, dossier, judged.types, {})
    workspace = Workspace(tmp_path)
    for viewer, age in ((Viewer("clerk"), None), (Viewer("head", may_see_personal=True), 35)):
        reads = ReadService(workspace, engine, viewer)
        row = engine.rows(f"SELECT * FROM {reads.rows(run, reading)} AS r")[0]
        assert (row["age"], row["years_left"], row["young__value"]) == (age, age, age)
        assert (row["papers"], row["outcome"]) == (9, "yes")

