"""The outbox in the browser: officials see what was told to whom, and decide what may have arrived; nobody else looks in."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qiantang.kernel.actions.messages import Delivery, DeliveryState, MessageState
from qiantang.stores.outbox import OutboxStore, Routed
from tests.web.conftest import ORIGIN, Web
from tests.web.reached import declared, http_sink
from tests.web.served import served

NOW = datetime.now(UTC)


@pytest.fixture
def outbox(own_web: Web) -> Iterator[OutboxStore]:
    """One letter for all cases that the tiny district opened, its sender killed after the claim."""
    store = OutboxStore(own_web.brain.workspace.hidden / "state.sqlite")
    store.route(lambda new: Routed((Delivery("key-1", "group", "", "3 件事项待办", "· lowland-2022-000001\n· lowland-2022-000002",
                                             tuple(m.number for m in new), NOW, NOW),), {m.number: MessageState.ROUTED for m in new}))
    assert store.claim("dead", NOW, NOW + timedelta(minutes=1), ("group",)) is not None
    store.settle_abandoned(NOW + timedelta(hours=1), (), "interrupted")
    yield store
    store.close()


def number(outbox: OutboxStore) -> str:
    return str(outbox.deliveries()[0].number)


def test_what_may_have_arrived_waits_for_a_person_and_the_decision_is_logged(own_web: Web, outbox: OutboxStore) -> None:
    client = own_web.as_("director")
    page = client.get("/outbox?lang=en").text
    assert "1 letters wait for your decision" in page
    assert "uncertain whether it arrived" in page
    assert "lowland-2022-000001" in page
    answer = client.post("/outbox/decide", headers=ORIGIN, data={"decision": "arrived", "number": number(outbox)})
    assert answer.status_code == 303
    assert outbox.deliveries()[0].state is DeliveryState.SENT
    assert "wait for your decision" not in client.get("/outbox?lang=en").text
    with own_web.brain.store.reading() as reader:
        entry = list(reader.entries("delivery:key-1"))[-1]
    assert (entry.actor, entry.action, entry.told()["decision"]) == ("local", "letter.decided", "arrived")
    twice = client.post("/outbox/decide", headers=ORIGIN, data={"decision": "again", "number": number(outbox)})
    assert twice.status_code == 422  # it was decided already


def test_a_letter_is_sent_again_only_where_a_person_says_so(own_web: Web, outbox: OutboxStore) -> None:
    client = own_web.as_("director")
    assert outbox.claim("a", NOW + timedelta(days=1), NOW + timedelta(days=2), ("group",)) is None
    client.post("/outbox/decide", headers=ORIGIN, data={"decision": "again", "number": number(outbox)})
    again = outbox.claim("a", datetime.now(UTC), datetime.now(UTC) + timedelta(minutes=1), ("group",))
    assert again is not None
    assert (again.key, again.attempts) == ("key-1", 1)


@pytest.mark.parametrize("values", [{}, {"decision": "burn", "number": "1"}, {"decision": "again", "number": "99"}, {"decision": "again", "number": "x"}])
def test_a_decision_about_nothing_is_refused(own_web: Web, outbox: OutboxStore, values: dict[str, str]) -> None:
    assert own_web.as_("director").post("/outbox/decide", headers=ORIGIN, data=values).status_code in (404, 422)
    assert outbox.deliveries()[0].state is DeliveryState.UNCERTAIN


@pytest.mark.parametrize("person", ["nobody", "officer", "enterprise", "stranger"])
def test_nobody_else_looks_into_the_outbox(own_web: Web, outbox: OutboxStore, person: str) -> None:
    client = own_web.as_(person)
    assert client.get("/outbox").status_code in (303, 404)
    client.post("/outbox/decide", headers=ORIGIN, data={"decision": "drop", "number": number(outbox)})
    assert outbox.deliveries()[0].state is DeliveryState.UNCERTAIN


def test_a_sender_that_was_taken_for_dead_is_believed_when_it_reports_and_nobody_decided(outbox: OutboxStore) -> None:
    slow = outbox.deliveries()[0]
    assert outbox.mark(slow, DeliveryState.SENT, NOW, "250 taken")
    assert not outbox.mark(slow, DeliveryState.FAILED, NOW, "too late")
    assert outbox.deliveries()[0].state is DeliveryState.SENT


def test_a_server_that_runs_tells_people_by_itself(tiny_district: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "district"
    shutil.copytree(tiny_district, folder)
    with http_sink() as sink:
        monkeypatch.setenv("QT_TEST_WHERE", f"{sink.address}/robot?access_token=t")
        declared(folder, "  links:\n    group: {kind: dingtalk, address_env: QT_TEST_WHERE}\n  routes:\n    - {role: platform, link: group}\n")
        came = threading.Event()
        sink.before_answering = came.set
        with served(folder) as server:
            assert came.wait(60)
            page = ""
            for _ in range(200):
                page = server.ask("GET", "/outbox?lang=en")[2]
                if "200 {" in page:
                    break
                time.sleep(0.05)
            assert "wait for your decision" not in page
        assert len(sink.requests) == 1
    assert server.process.returncode == 0  # it ended as it was asked to, the letter at hand carried
