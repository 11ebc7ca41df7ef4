"""The outbox holds on both stores: routed once, claimed by one, marked by who holds the claim."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from qiantang.kernel.actions.desk import CaseDesk
from qiantang.kernel.actions.messages import Delivery, DeliveryState, Message, MessageState
from qiantang.kernel.actions.ports import StateStore
from qiantang.stores.outbox import OutboxStore, Routed
from tests.kernel.actions.clearing import CLEARING, apply, low

NOW = datetime(2023, 1, 3, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def outbox(address: str, store: StateStore) -> Iterator[OutboxStore]:
    apply(CaseDesk(store, [CLEARING]), [low(f"ent-{n}") for n in range(12)])
    opened = OutboxStore(address)
    yield opened
    opened.close()


def each_alone(new: Sequence[Message]) -> Routed:
    """A letter for every message."""
    letters = tuple(Delivery(m.cause, "group", "", m.subject, m.event, (m.number,), NOW, NOW) for m in new)
    return Routed(letters, {m.number: MessageState.ROUTED for m in new})


def test_every_opened_case_has_its_message_and_is_routed_once(outbox: OutboxStore) -> None:
    messages = outbox.messages(MessageState.NEW)
    assert len({m.subject for m in messages}) == len({m.cause for m in messages}) == len(messages) == 12
    assert all(m.role and m.event == "opened" and m.due is not None for m in messages)
    assert len(outbox.route(each_alone).deliveries) == 12
    assert outbox.route(each_alone) == Routed((), {})
    assert outbox.counts() == {"waiting": 12, "message:routed": 12}


def test_a_plan_that_fails_routes_nothing(outbox: OutboxStore) -> None:
    def fails(new: object) -> Routed:
        del new
        raise RuntimeError("the settings are broken")

    with pytest.raises(RuntimeError):
        outbox.route(fails)
    assert outbox.counts() == {"message:new": 12}


def test_each_letter_is_claimed_by_one_alone(outbox: OutboxStore, address: str) -> None:
    outbox.route(each_alone)
    taken: list[tuple[str, str]] = []

    def claim_all(who: str) -> None:
        own = OutboxStore(address)
        while (found := own.claim(who, NOW, NOW + HOUR, ("group",))) is not None:
            taken.append((found.key, who))
        own.close()

    workers = [threading.Thread(target=claim_all, args=(f"w{n}",)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(taken) == len({key for key, _ in taken}) == 12
    assert outbox.counts()["sending"] == 12


def test_only_who_holds_the_claim_marks_and_a_claim_that_ran_out_is_settled(outbox: OutboxStore) -> None:
    outbox.route(each_alone)
    mine = outbox.claim("me", NOW, NOW + HOUR, ("group",))
    assert mine is not None
    assert outbox.settle_abandoned(NOW, (), "too early") == []
    assert [d.key for d in outbox.settle_abandoned(NOW + 2 * HOUR, ("group",), "safe to send again")] == [mine.key]
    theirs = outbox.claim("they", NOW + 2 * HOUR, NOW + 3 * HOUR, ("group",))
    assert theirs is not None
    assert theirs.key == mine.key
    assert not outbox.mark(mine, DeliveryState.SENT, NOW + 2 * HOUR, "late")
    assert outbox.mark(theirs, DeliveryState.WAITING, NOW + 2 * HOUR, "busy", NOW + 5 * HOUR)
    again = next(d for d in outbox.deliveries((DeliveryState.WAITING,)) if d.key == mine.key)
    assert (again.attempts, again.not_before, again.told) == (2, NOW + 5 * HOUR, "busy")


def test_no_letter_goes_by_a_link_that_is_not_ready(outbox: OutboxStore) -> None:
    outbox.route(each_alone)
    assert outbox.claim("me", NOW, NOW + HOUR, ("mail",)) is None
    assert outbox.claim("me", NOW - HOUR, NOW, ("group",)) is None  # not before its time
