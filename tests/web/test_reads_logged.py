"""Every reading of a named enterprise stands in the audit log, by whichever door it was read; what nobody read does not."""

from __future__ import annotations

import pytest

from tests.web.conftest import FOREIGN, LOW, Web

CASE = "lowland-2022-000001"


def reads(web: Web, subject: str) -> list[tuple[str, str]]:
    with web.brain.store.reading() as reader:
        return [(e.actor, str(e.told()["page"])) for e in reader.entries(subject) if e.action == "page.read"]


@pytest.mark.parametrize("path", [f"/enterprise/{LOW}", f"/letter/{LOW}", f"/objection-new/{LOW}", f"/policies/{LOW}", f"/case/{CASE}"])
@pytest.mark.parametrize("door", ["", "/api/v1"])
def test_who_reads_of_an_enterprise_is_logged(own_web: Web, path: str, door: str) -> None:
    before = reads(own_web, LOW)
    assert own_web.as_("officer").get(door + path).status_code == 200
    assert reads(own_web, LOW) == [*before, ("officer", path.split("/")[1])]


def test_who_is_refused_has_read_nothing(own_web: Web) -> None:
    client, before = own_web.as_("enterprise"), reads(own_web, FOREIGN)
    for path in (f"/enterprise/{FOREIGN}", f"/api/v1/letter/{FOREIGN}", f"/policies/{FOREIGN}"):
        assert client.get(path).status_code == 404
    assert reads(own_web, FOREIGN) == before


def test_a_table_that_is_taken_away_is_logged_with_its_rows(own_web: Web) -> None:
    own_web.as_("officer").get("/take/evaluation?rulebook=mu/huangyan-2022&table=evaluation&form=csv")
    with own_web.brain.store.reading() as reader:
        entry = list(reader.entries("page:evaluation"))[-1]
    assert (entry.actor, entry.action, entry.told()) == ("officer", "table.taken", {"form": "csv", "rows": 20, "table": "evaluation"})
