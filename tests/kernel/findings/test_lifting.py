"""What would lift a subject: the least value of one fact, several together, and the proof by judging everybody anew."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.errors import RulebookError
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.expressions.evaluate import Evaluation, Stored
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.findings.judging import judged, judging
from qiantang.kernel.findings.lifting import (
    by_conditions,
    cheapest_set,
    gap_columns,
    held_still,
    lift_columns,
    movable_facts,
    population_nodes,
    reached_score,
    scored,
    single_changes,
    with_changes,
)
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, Outline, Reading, Role, Rulebook
from qiantang.kernel.words import same
from tests.kernel.rulebooks.workbench import DAY, DOSSIER, FORM, library, written

Firm = Mapping[str, Stored]


def ranked(parameters: Parameters, d: Dossier) -> Outline:
    """Tax per mu in points of two decimals; the better half is A; of equal scores the lower code stands before."""
    score = n.rounded(n.divide(d.fact("tax") * parameters.number("weight"), d.fact("land") * n.constant(1, "万元/亩"), 8), 2)
    known = n.is_known(score)
    place = p.rank([(score, True), (d.fact("uscc"), False)], among=known)
    quota = p.quota(place, p.group_count(among=known), [p.QuotaBand("A", Fraction(1, 2), True)], "B", "floor")
    best = quota.equals(n.code_constant("A"))
    last = p.group_figure("least", score, among=best)
    last_code = p.group_figure("greatest", d.fact("uscc"), among=n.all_of(best, score.equals(last)))
    needed = n.choose((d.fact("uscc") <= last_code, last), otherwise=last + n.constant("0.01", "分"))
    vetoed = n.surely(d.fact("veto"))
    reach = n.choose((vetoed, n.unknown(needed.type)), otherwise=needed)
    criteria = (Criterion("score", same("score"), Role.FIGURE, points=score), Criterion("veto", same("veto"), Role.VETO, met=vetoed),
                Criterion("quota", same("quota"), Role.FIGURE))
    return Outline(criteria, (Case(vetoed, "D", "veto"),), Case(n.flag_constant(True), quota, "quota"),
                   (("A", same("A")), ("B", same("B")), ("D", same("D"))), score="score", reach=(("A", reach),))


def firm(code: str, tax: str | None, land: str | None = "1", veto: bool | None = False) -> Firm:
    found: dict[str, Stored] = {"uscc": code, "year": 2022, "veto": veto}
    for name, value in (("tax", tax), ("land", land)):
        found[name] = None if value is None else DOSSIER.fact(name).type.stored(Decimal(value))
    return found


FIRMS = [firm("a", "10"), firm("b", "8", "2"), firm("c", "6", "1.5"), firm("d", "2"), firm("e", None), firm("f", "3", veto=True), firm("g", "1", "0")]


@pytest.fixture
def good(tmp_path: Path) -> Reading:
    """A from 15 points on, whoever the others are."""
    return library(tmp_path, [written()]).book("mu/test").on(DAY)


@pytest.fixture
def places(good: Reading) -> Reading:
    """A for the better half."""
    return Rulebook(good.book.document, replace(FORM, build=ranked), DOSSIER, good.book.parameters).on(DAY)


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    opened = DuckDBEngine(threads=1)
    opened.execute("CREATE TABLE firms (uscc VARCHAR, year BIGINT, veto BOOLEAN, tax BIGINT, land BIGINT)")
    for one in FIRMS:
        opened.execute("INSERT INTO firms VALUES (?, ?, ?, ?, ?)", list(one.values()))
    yield opened
    opened.close()


def outcomes(reading: Reading, firms: Sequence[Firm]) -> dict[str, Stored]:
    found = judged(reading, firms)
    return {str(one["uscc"]): row.values["outcome"] for one, row in zip(firms, found, strict=True) if row is not None}


def pass_over(reading: Reading, engine: DuckDBEngine) -> dict[str, dict[str, Stored]]:
    """Each firm's lift values, as stored by its own fact."""
    columns = lift_columns(reading, "A")
    made = judging(reading, explained=False, extra={c.name: c.bound.value for c in columns})
    found = {}
    for row in engine.rows(made.select("firms", engine.dialect)):
        lifts: dict[str, Stored] = {}
        for c in columns:
            value = row[c.name]
            lifts[c.column.name] = value * 10 ** (c.column.scale - c.bound.value.type.scale) if isinstance(value, int) else None
        found[str(row["uscc"])] = lifts
    return found


# --- everybody at once ------------------------------------------------------------------------------------------


def test_every_value_of_the_pass_holds_and_one_stored_unit_short_of_it_does_not(places: Reading, engine: DuckDBEngine) -> None:
    assert outcomes(places, FIRMS) == {"a": "A", "b": "A", "c": "B", "d": "B", "e": None, "f": "D", "g": None}
    found = pass_over(places, engine)
    moved = [(code, fact, value) for code, lifts in found.items() for fact, value in lifts.items() if isinstance(value, int)]
    assert {(code, fact) for code, fact, _ in moved} == {("c", "tax"), ("c", "land"), ("d", "tax"), ("d", "land")}
    for code, fact, value in moved:
        short = value - 1 if fact == "tax" else value + 1
        for at, holds in ((value, True), (short, False)):
            after = [dict(one) | ({fact: at} if one["uscc"] == code else {}) for one in FIRMS]
            assert (outcomes(places, after)[code] == "A") is holds, (code, fact, at)


def test_whose_code_loses_the_tie_needs_one_unit_of_the_score_more(places: Reading, engine: DuckDBEngine) -> None:
    # The last A, b, has 4 万元 a mu: 120 points. c stands behind it on a tie and needs 120.01.
    # Half up at two decimals, 120.005 points are enough: 6.00025 万元 over 1.5 mu.
    assert pass_over(places, engine)["c"]["tax"] == 6_000_250
    before = [{**one, "uscc": "0"} if one["uscc"] == "c" else one for one in FIRMS]
    assert outcomes(places, before)["0"] == "A"


def test_whoever_holds_the_class_is_vetoed_or_has_no_score_is_given_no_value(places: Reading, engine: DuckDBEngine) -> None:
    found = pass_over(places, engine)
    for code in "abefg":
        assert found[code] == {"tax": None, "land": None}, code


def test_a_value_beyond_what_the_door_admits_is_not_given(places: Reading, engine: DuckDBEngine) -> None:
    # One firm has all the tax there may be on one mu: on as much land a later code would need more, on two mu twice as much.
    most = DOSSIER.fact("tax").type.high
    engine.execute("DELETE FROM firms WHERE uscc <> 'd'")
    engine.execute(f"INSERT INTO firms VALUES ('a', 2022, FALSE, {most}, 10000), ('b', 2022, FALSE, {most}, 20000)")
    found = pass_over(places, engine)
    assert found["d"]["tax"] is None
    assert found["b"]["tax"] is None
    assert isinstance(found["b"]["land"], int)


def test_a_fact_moves_only_in_its_better_direction(good: Reading) -> None:
    assert {(c.column.name, c.bound.sense) for c in lift_columns(good, "A")} == {("tax", "at_least"), ("land", "at_most")}
    assert [c.name for c in movable_facts(scored(good))] == ["tax", "land"]


def test_an_outcome_without_a_score_of_its_own_is_refused_with_those_that_have_one(good: Reading) -> None:
    with pytest.raises(RulebookError, match="possible: A"):
        reached_score(good, "B")


def test_a_rulebook_without_a_score_is_refused_by_name(good: Reading) -> None:
    def unscored(parameters: Parameters, d: Dossier) -> Outline:
        return replace(FORM.build(parameters, d), score="")

    book = Rulebook(good.book.document, replace(FORM, build=unscored), DOSSIER, good.book.parameters)
    with pytest.raises(RulebookError, match="mu/test"):
        scored(book.on(DAY))


def test_a_condition_s_gap_is_the_value_that_meets_it_and_is_given_only_where_it_is_not_met(good: Reading) -> None:
    gaps = dict(gap_columns(good))
    assert set(gaps) == {"good"}
    held = {c.column.name: c for _, c in gap_columns(good)}
    # 15 points are 12.0485 万元 a mu, to be reached by rounding half up at two decimals of a point.
    low, high = firm("x", "12"), firm("y", "13")
    tax, none = Evaluation([low, high], DAY).of(held["tax"].bound.value)
    assert none is None
    assert isinstance(tax, Decimal)
    at = DOSSIER.fact("tax").type.stored(tax)
    assert [outcomes(good, [{**low, "tax": stored}])["x"] for stored in (at, at - 1)] == ["A", "B"]


# --- one subject --------------------------------------------------------------------------------------------------


def test_single_changes_come_with_the_least_effort_first_and_each_is_the_least(places: Reading) -> None:
    score, needed = scored(places), reached_score(places, "A")
    nodes = population_nodes(score, needed)
    evaluation = Evaluation(FIRMS, DAY)
    d = next(i for i, one in enumerate(FIRMS) if one["uscc"] == "d")
    row = {name: evaluation.stored(node)[d] for name, node in nodes.items()}
    still, goal = held_still(score, nodes, row), held_still(needed, nodes, row)
    assert population_nodes(still, goal) == {}
    changes = single_changes(still, goal, FIRMS[d], DAY)
    # Half the land is an effort of one half; twice the tax is an effort of one.
    assert [c.column.name for c in changes] == ["land", "tax"]
    assert changes[0].effort < changes[1].effort
    for change in changes:
        short = change.after - 1 if change.after > change.before else change.after + 1
        for at, holds in ((change.after, True), (short, False)):
            after = [dict(one) | ({change.column.name: at} if one["uscc"] == "d" else {}) for one in FIRMS]
            assert (outcomes(places, after)["d"] == "A") is holds, (change, at)


def test_a_missing_fact_and_one_that_can_never_suffice_are_no_change(good: Reading) -> None:
    score, needed = scored(good), reached_score(good, "A")
    assert single_changes(score, needed, firm("x", None), DAY) == []
    # Without tax no piece of land is small enough.
    assert [c.column.name for c in single_changes(score, needed, firm("x", "0"), DAY)] == ["tax"]


def test_several_facts_together_go_no_further_than_allowed_and_the_last_no_further_than_needed(good: Reading) -> None:
    score, needed = scored(good), reached_score(good, "A")
    facts = firm("x", "8")
    changes = cheapest_set(score, needed, facts, DAY, Fraction(3, 10))
    assert changes is not None
    assert {c.column.name for c in changes} == {"land", "tax"}
    assert all(c.effort <= Fraction(3, 10) for c in changes)
    together = {**facts, **{c.column.name: c.after for c in changes}}
    last = changes[-1]
    short = {**together, last.column.name: last.after - 1 if last.after > last.before else last.after + 1}
    assert [outcomes(good, [row])["x"] for row in (together, short)] == ["A", "B"]


def test_where_even_all_facts_together_do_not_suffice_there_is_no_answer(good: Reading) -> None:
    score, needed = scored(good), reached_score(good, "A")
    assert cheapest_set(score, needed, firm("x", "2"), DAY, Fraction(3, 10)) is None
    assert cheapest_set(score, needed, firm("x", None), DAY, Fraction(3, 10)) is None


def test_conditions_that_fail_are_each_met_by_one_fact_or_there_is_no_answer(good: Reading) -> None:
    tax, land = DOSSIER.fact("tax"), DOSSIER.fact("land")
    enough, small = tax >= n.constant(5, "万元"), land < n.constant(2, "亩")
    both = n.all_of(enough, small)
    found = by_conditions([enough, small], both, firm("x", "1", "3"), DAY)
    assert found is not None
    assert [(c.column.name, c.after) for c in found] == [("tax", 5_000_000), ("land", 19_999)]
    assert by_conditions([enough, small], both, firm("x", "5", "1"), DAY) is None
    assert by_conditions([enough, DOSSIER.fact("veto")], both, firm("x", "1", "1"), DAY) is None


# --- proof --------------------------------------------------------------------------------------------------------


def test_a_changed_fact_is_changed_for_its_subject_alone(engine: DuckDBEngine) -> None:
    facts = [n.Fact.of(c) for c in DOSSIER.columns]
    changed = with_changes("firms", engine.dialect, facts, DOSSIER.subject, "d", {"tax": 7, "land": 8})
    after = {str(row["uscc"]): row for row in engine.rows(f"SELECT * FROM {changed} AS c")}
    for one in FIRMS:
        assert after[str(one["uscc"])] == (dict(one) | {"tax": 7, "land": 8} if one["uscc"] == "d" else one)
