"""A domain with a ledger: many draw from one permit at once, and the balance is proved from the audit log alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from qiantang.kernel.actions.ledger import Ledger, account_subject
from qiantang.kernel.actions.ports import StateStore
from qiantang.kernel.actions.proof import prove_account
from qiantang.kernel.domains import Domain
from qiantang.kernel.errors import ActionError
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.evaluate import Evaluation
from qiantang.kernel.facts import schema as s
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.facts.schema import Table
from qiantang.kernel.findings.judging import judged
from qiantang.kernel.order import ordered
from qiantang.kernel.rulebooks.library import Library
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, FormDeclaration, Outline, Role, Rulebook
from qiantang.kernel.words import same
from qiantang.stores import open_store
from tests.kernel.rulebooks.workbench import written

DAY = date(2022, 5, 6)
AT = datetime(2022, 5, 6, tzinfo=UTC)
PERMIT = "permit-7"

CONSIGNMENTS = Table("consignments", same("consignments"), (
    s.code("consignment", "批次", "consignment", required=True), s.quantity("mass", "质量", "mass", "kg", scale=3, required=True),
    s.quantity("left", "余量", "left", "kg", scale=3)), ("consignment",), "consignment")
DOSSIER = Dossier("consignment", same("consignment"), CONSIGNMENTS)


def lane(p, d) -> Outline:
    """Green where the permit still covers the consignment with a reserve; yellow otherwise."""
    covered = d.fact("left") - d.fact("mass") >= p.number("reserve")
    return Outline((Criterion("covered", same("covered"), Role.CONDITION, d.fact("mass"), met=covered),), (Case(covered, "green", "covered"),),
                   Case(n.flag_constant(True), "yellow", "covered"), (("green", same("green")), ("yellow", same("yellow"))))


LANE = FormDeclaration("permits/lane", "consignment", lane, same("lane"))
PERMITS = Domain("permits", same("permits"), tables=(CONSIGNMENTS,), dossiers=(DOSSIER,), forms=(LANE,), usual=("permits/lane",))


@pytest.fixture
def book(tmp_path: Path) -> Rulebook:
    reserve = "reserve: {title: {zh: 预留, en: reserve}, unit: kg, value: 0.5}"
    (tmp_path / "lane.yaml").write_text(written("permits/lane", more="form: permits/lane", parameters=reserve), encoding="utf-8")
    return Library([tmp_path], {LANE.name: LANE}, {DOSSIER.name: DOSSIER}).book("permits/lane")


@pytest.fixture
def store(tmp_path: Path):
    opened = open_store(tmp_path / "state.sqlite")
    Ledger(opened).open(PERMIT, unit="kg", scale=3, amount=10_000, reference="approval", at=AT, actor="customs")
    yield opened
    opened.close()


@pytest.fixture
def clear(book: Rulebook, store: StateStore) -> Callable[[int], str]:
    """What happens to a consignment of 0.7 kg: judged by what is left, and drawn where it is green."""
    ledger, reading = Ledger(store), book.on(DAY)

    def clearing(number: int) -> str:
        left = ledger.account(PERMIT).balance
        found, = judged(reading, [{"consignment": str(number), "mass": 700, "left": left}])
        assert found is not None
        if found.values["outcome"] != "green":
            return "yellow"
        try:
            ledger.draw(PERMIT, 700, f"consignment-{number}", at=AT, actor="broker")
        except ActionError as refused:
            return refused.faults[0].rule
        return "green"

    return clearing


def test_such_a_domain_is_declared_like_any_other() -> None:
    assert ordered([PERMITS]) == (PERMITS,)


def test_one_after_the_other_draws_down_to_the_reserve(clear: Callable[[int], str], store: StateStore) -> None:
    assert [clear(i) for i in range(15)] == ["green"] * 13 + ["yellow"] * 2
    assert Ledger(store).account(PERMIT).balance == 10_000 - 13 * 700


def test_all_at_once_never_draw_what_is_not_there_and_the_log_proves_every_gram(clear: Callable[[int], str], store: StateStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        lanes = list(pool.map(clear, range(40)))
    assert set(lanes) <= {"green", "yellow", "no-overdraft"}
    account, movements = Ledger(store).account(PERMIT), Ledger(store).movements(PERMIT)
    assert account.balance == 10_000 - 700 * lanes.count("green") >= 0
    assert [m.balance for m in movements] == [10_000 - 700 * i for i in range(len(movements))]
    assert prove_account(store, PERMIT).holds
    with store.reading() as reader:
        told = [entry.told() for entry in reader.entries(account_subject(PERMIT))]
    assert sum(int(str(t["amount"])) for t in told[1:]) == 700 * lanes.count("green")
    assert {t["reference"] for t in told[1:]} == {f"consignment-{i}" for i, lane in enumerate(lanes) if lane == "green"}


def test_a_permit_whose_balance_nobody_told_gives_unknown_and_draws_nothing(book: Rulebook) -> None:
    reading = book.on(DAY)
    found, = judged(reading, [{"consignment": "x", "mass": 700, "left": None}])
    assert found is not None
    assert found.values["outcome"] is None
    assert {b.name for b in Evaluation([{"mass": 700}], DAY).blame(reading.outcome, 0)} == {"left"}
