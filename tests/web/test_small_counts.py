"""Small counts are withheld outside: a group of few cannot be read, nor worked out from the total and the others."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiantang.district.identity import Identity, Scope
from qiantang.district.small_counts import FEWEST, hidden_groups, withheld_from
from tests.web.conftest import PEOPLE, Web

BANK = Identity("bank", "bank", frozenset({"see"}), Scope("district"), outside=True)


@given(st.lists(st.integers(0, 30), max_size=8))
def test_no_hidden_group_follows_from_the_total_and_the_others(sizes: list[int]) -> None:
    hidden = hidden_groups(sizes)
    assert {n for n, size in enumerate(sizes) if 0 < size < FEWEST} <= hidden
    if len(hidden) == 1:
        assert all(size < FEWEST for size in sizes)  # nobody else is there to hide behind


def test_only_those_outside_who_see_others_are_kept_from_small_counts() -> None:
    assert withheld_from(BANK)
    assert not withheld_from(PEOPLE["director"])
    assert not withheld_from(PEOPLE["enterprise"])  # its own figures are no secret from it


@pytest.fixture
def bank(web: Web, monkeypatch: pytest.MonkeyPatch) -> Web:
    monkeypatch.setitem(PEOPLE, "bank", BANK)
    return web


def views(web: Web, person: str) -> list[list[Any]]:
    client = web.as_(person)
    found = []
    for name in sorted(v.name for v in web.brain.workspace.house.views):
        answer = client.get(f"/api/v1/view/{name}")
        if answer.status_code == 200:
            found += [[name, *row["cells"]] for s in answer.json()["sections"] for b in s["blocks"] if b["kind"] == "table" for row in b["rows"]]
    return found


def test_a_view_shows_the_district_what_it_withholds_from_a_bank(bank: Web) -> None:
    ours, theirs = views(bank, "director"), views(bank, "bank")
    assert len(ours) == len(theirs)
    changed = [(o, t) for o, t in zip(ours, theirs, strict=True) if o != t]
    assert changed
    for mine, other in changed:
        for a, b in zip(mine, other, strict=True):
            if a != b:
                assert (a.get("value") is not None, b.get("value")) == (True, None), (a, b)


def test_counts_of_outcomes_are_withheld_where_few(bank: Web) -> None:
    def counted(person: str) -> dict[str, int]:
        from qiantang.district.asking import asking

        with asking(bank.brain, PEOPLE[person], {}) as ask:
            return dict(next(r for r in ask.runs() if r.rulebook == "lowland/qiantang-5wan").counts)

    few = {outcome for outcome, many in counted("director").items() if 0 < many < FEWEST}
    assert few
    assert not few & set(counted("bank"))
