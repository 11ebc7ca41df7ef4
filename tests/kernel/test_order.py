"""Domains come after those whose findings they need; doubles, unmet needs and rings are refused together, by name."""

import subprocess
import sys
from itertools import pairwise

import pytest

from qiantang.kernel.domains import Computed, Domain, Published
from qiantang.kernel.errors import DomainError
from qiantang.kernel.facts import schema as s
from qiantang.kernel.facts.dossier import Asked, Dossier
from qiantang.kernel.facts.schema import Table
from qiantang.kernel.order import ordered
from qiantang.kernel.words import same
from tests.house.plan import ROOT


def _table(name: str) -> Table:
    return Table(name, same(name), (s.code("id", "", ""),), ("id",), "id")


def _domain(name: str, needs: str = "", gives: str = "", **more) -> Domain:
    publishes = tuple(Published(p, s.flag("x", "", ""), (), lambda view: view.column("x")) for p in gives.split())
    return Domain(name, same(name), tuple(needs.split()), publishes, **more)


def _faults(*domains: Domain) -> list[str]:
    with pytest.raises(DomainError) as refused:
        ordered(domains)
    return [f.message.en for f in refused.value.faults]


def _names(*domains: Domain) -> list[str]:
    return [d.name for d in ordered(domains)]


def test_each_domain_comes_after_those_it_needs() -> None:
    assert _names(_domain("cockpit", "land.class"), _domain("land", "firms.hitech", "land.class"), _domain("firms", "", "firms.hitech")) == [
        "firms", "land", "cockpit"]


def test_a_dossier_that_asks_for_a_finding_is_a_need_too() -> None:
    dossier = Dossier("d", same("d"), _table("t"), asked=(Asked(s.flag("x", "", ""), "firms.hitech"),))
    assert _names(_domain("land", dossiers=(dossier,)), _domain("firms", gives="firms.hitech")) == ["firms", "land"]


def test_domains_that_need_nothing_stay_in_the_order_they_were_given() -> None:
    assert _names(*(_domain(name) for name in "dbca")) == list("dbca")


def test_a_domain_may_need_what_it_publishes_itself() -> None:
    assert _names(_domain("land", "land.class", "land.class")) == ["land"]


def test_no_domains_have_an_order_too() -> None:
    assert ordered([]) == ()


def test_a_ring_is_told_as_a_ring() -> None:
    told, = _faults(_domain("a", "c.x", "a.x"), _domain("b", "a.x", "b.x"), _domain("c", "b.x", "c.x"))
    ring = told.removeprefix("domains need each other in a ring: ").split(" → ")
    assert (ring[0], set(ring), len(ring)) == (ring[-1], {"a", "b", "c"}, 4)
    assert all((here, there) in {("a", "c"), ("b", "a"), ("c", "b")} for here, there in pairwise(ring)), \
        "each needs the next"


def test_doubles_unmet_needs_and_a_ring_are_all_told_at_once() -> None:
    told = _faults(
        _domain("a", "b.x nobody.knows", "a.x twice"), _domain("b", "a.x", "b.x twice", tables=(_table("t"),)), _domain("a", gives="a.y"),
        _domain("c", "never.heard", tables=(_table("t"),)), _domain("d", gives="d.x d.x"),
    )
    assert told[0] == "domain a occurs twice"
    assert {"d.x (publishes) is declared by both d and d", "t (tables) is declared by both b and c",
            "domain c needs never.heard, which nobody publishes"} <= set(told)
    told = _faults(_domain("a", "b.x nobody.knows", "a.x twice"), _domain("b", "a.x", "b.x twice"))
    assert told[:2] == ["twice (publishes) is declared by both a and b", "domain a needs nobody.knows, which nobody publishes"]
    assert told[2].startswith("domains need each other in a ring")


def test_a_computed_table_may_not_bear_the_name_of_another() -> None:
    computed = Computed(_table("t"), (), lambda tables: [])
    assert _faults(_domain("a", tables=(_table("t"),)), _domain("b", computed=(computed,))) == ["t (tables) is declared by both a and b"]


def test_the_order_is_the_same_in_every_process() -> None:
    """Sets of names come in another order in every process; the order of domains must not."""
    program = (
        "from tests.kernel.test_order import _domain, _names\n"
        "print(_names(_domain('z', 'a.x b.x c.x d.x e.x'), *(_domain(n, gives=n + '.x') for n in 'edcba')))")
    said = {subprocess.run([sys.executable, "-c", program], env={"PYTHONHASHSEED": str(seed), "PYTHONPATH": "src:."}, cwd=ROOT, capture_output=True,
                           text=True, check=True).stdout for seed in range(4)}
    assert said == {"['e', 'd', 'c', 'b', 'a', 'z']\n"}
