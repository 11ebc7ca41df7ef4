"""The outbox: what is to be told to whom, claimed before it is sent and marked after, so that nothing is sent twice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, insert, select, update

from qiantang.kernel.actions.messages import Delivery, DeliveryState, Message, MessageState
from qiantang.kernel.actions.plain import written_instant
from qiantang.stores import rows
from qiantang.stores.relational import opened_engine, transaction
from qiantang.stores.schema import OUTBOX_DELIVERIES, OUTBOX_MESSAGES

_AT_ONCE = 2000
_D, _M = OUTBOX_DELIVERIES.c, OUTBOX_MESSAGES.c


@dataclass(frozen=True, slots=True)
class Routed:
    """What became of new messages: the deliveries they make, and the state of each by its number."""

    deliveries: tuple[Delivery, ...]
    states: Mapping[int, MessageState]


class OutboxStore:
    """The outbox in one SQLite file or one PostgreSQL database."""

    def __init__(self, where: Path | str) -> None:
        self._engine = opened_engine(where)

    def add(self, messages: Sequence[Message]) -> int:
        """Put messages in that no case step causes (a task sent out); a cause known already adds nothing. How many are new."""
        with transaction(self._engine, writes=True) as connection:
            causes = {m.cause for m in messages}
            known = set(connection.execute(select(_M.cause).where(_M.cause.in_(causes))).scalars())
            fresh = {m.cause: rows.message_cells(m) for m in messages if m.cause not in known}
            if fresh:
                connection.execute(insert(OUTBOX_MESSAGES), list(fresh.values()))
            return len(fresh)

    def route(self, plan: Callable[[Sequence[Message]], Routed]) -> Routed:
        """Let ``plan`` say where the oldest new messages go, and keep that, all or nothing; no message is routed twice."""
        asked = select(OUTBOX_MESSAGES).where(_M.state == str(MessageState.NEW)).order_by(_M.number).limit(_AT_ONCE)
        with transaction(self._engine, writes=True) as connection:
            new = [rows.message_from(dict(row)) for row in connection.execute(asked).mappings()]
            if not new:
                return Routed((), {})
            found = plan(new)
            if found.deliveries:
                connection.execute(insert(OUTBOX_DELIVERIES), [rows.delivery_cells(d) for d in found.deliveries])
            for state in MessageState:
                numbers = [n for n, s in found.states.items() if s is state]
                if numbers and state is not MessageState.NEW:
                    connection.execute(update(OUTBOX_MESSAGES).where(_M.number.in_(numbers)).values(state=str(state)))
            return found

    def claim(self, claim: str, now: datetime, until: datetime, links: Collection[str]) -> Delivery | None:
        """The next delivery that is due by one of these links, now claimed: nobody else gets it before ``until``."""
        asked = (select(OUTBOX_DELIVERIES).where(_D.state == str(DeliveryState.WAITING), _D.not_before <= written_instant(now), _D.link.in_(links))
                 .order_by(_D.not_before, _D.number).limit(1))
        with transaction(self._engine, writes=True) as connection:
            row = connection.execute(asked).mappings().first()
            if row is None:
                return None
            found = rows.delivery_from(dict(row))
            connection.execute(update(OUTBOX_DELIVERIES).where(_D.number == found.number).values(
                state=str(DeliveryState.SENDING), claim=claim, claimed_until=written_instant(until), attempts=found.attempts + 1))
        return replace(found, state=DeliveryState.SENDING, claim=claim, claimed_until=until, attempts=found.attempts + 1)

    def mark(self, delivery: Delivery, state: DeliveryState, at: datetime, told: str, not_before: datetime | None = None) -> bool:
        """Say what came of a claimed delivery; False where somebody else holds it by now.

        A sender that was taken for dead but reports after all is believed as long as nobody claimed or decided anew.
        """
        values = {"state": str(state), "told": told, "ended_at": None if state is DeliveryState.WAITING else written_instant(at)}
        if not_before is not None:
            values["not_before"] = written_instant(not_before)
        held = (str(DeliveryState.SENDING), str(DeliveryState.UNCERTAIN))
        with transaction(self._engine, writes=True) as connection:
            changed = connection.execute(update(OUTBOX_DELIVERIES).where(
                _D.number == delivery.number, _D.claim == delivery.claim, _D.state.in_(held)).values(**values))
            return bool(changed.rowcount)

    def settle_abandoned(self, now: datetime, safe: Collection[str], told: str) -> list[Delivery]:
        """Deliveries whose claim ran out: by a link of ``safe`` they wait again, any other is uncertain; those touched."""
        asked = select(OUTBOX_DELIVERIES).where(_D.state == str(DeliveryState.SENDING), _D.claimed_until < written_instant(now))
        with transaction(self._engine, writes=True) as connection:
            found = [rows.delivery_from(dict(row)) for row in connection.execute(asked).mappings()]
            for one in found:
                state = DeliveryState.WAITING if one.link in safe else DeliveryState.UNCERTAIN
                connection.execute(update(OUTBOX_DELIVERIES).where(_D.number == one.number).values(
                    state=str(state), told=told, ended_at=written_instant(now) if state is DeliveryState.UNCERTAIN else None))
        return found

    def decide(self, number: int, state: DeliveryState, at: datetime, told: str) -> Delivery | None:
        """A person says what is to become of an uncertain, failed or waiting delivery; None where it is none of these."""
        open_ = (str(DeliveryState.UNCERTAIN), str(DeliveryState.FAILED), str(DeliveryState.WAITING))
        with transaction(self._engine, writes=True) as connection:
            row = connection.execute(select(OUTBOX_DELIVERIES).where(_D.number == number, _D.state.in_(open_))).mappings().first()
            if row is None:
                return None
            again = state is DeliveryState.WAITING
            values: dict[str, object] = {"state": str(state), "told": told, "claim": "", "ended_at": None if again else written_instant(at)}
            if again:
                values |= {"attempts": 0, "not_before": written_instant(at)}
            connection.execute(update(OUTBOX_DELIVERIES).where(_D.number == number).values(**values))
        return rows.delivery_from(dict(row))

    def deliveries(self, states: Collection[DeliveryState] = (), limit: int = 100, offset: int = 0) -> list[Delivery]:
        """Deliveries of these states (none named: all), newest first."""
        asked = select(OUTBOX_DELIVERIES).order_by(_D.number.desc()).limit(limit).offset(offset)
        if states:
            asked = asked.where(_D.state.in_([str(s) for s in states]))
        with transaction(self._engine, writes=False) as connection:
            return [rows.delivery_from(dict(row)) for row in connection.execute(asked).mappings()]

    def counts(self) -> dict[str, int]:
        """How many deliveries stand in each state, and how many messages (``message:…``)."""
        with transaction(self._engine, writes=False) as connection:
            letters = {str(s): int(n) for s, n in connection.execute(select(_D.state, func.count()).group_by(_D.state))}
            return letters | {f"message:{s}": int(n) for s, n in connection.execute(select(_M.state, func.count()).group_by(_M.state))}

    def messages(self, state: MessageState, limit: int = 100) -> list[Message]:
        """Messages of a state, newest first."""
        asked = select(OUTBOX_MESSAGES).where(_M.state == str(state)).order_by(_M.number.desc()).limit(limit)
        with transaction(self._engine, writes=False) as connection:
            return [rows.message_from(dict(row)) for row in connection.execute(asked).mappings()]

    def close(self) -> None:
        """Let go of the store's connections."""
        self._engine.dispose()
