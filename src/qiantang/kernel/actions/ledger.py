"""The ledger draws amounts from balances, one writer at a time, and logs every movement, so that each can be proved."""

from __future__ import annotations

from datetime import datetime

from qiantang.kernel.actions.accounts import Account, Movement, Way, moved, opening, repeated
from qiantang.kernel.actions.audit import Act
from qiantang.kernel.actions.ports import StateReader, StateStore, StateWriter
from qiantang.kernel.errors import ActionError, Fault, Place, SubjectError
from qiantang.kernel.words import Text


def account_subject(account_id: str) -> str:
    """What the audit log calls an account."""
    return f"account:{account_id}"


class Ledger:
    """The accounts of one store; amounts are whole numbers of an account's smallest unit."""

    def __init__(self, store: StateStore) -> None:
        self._store = store

    def open(self, account_id: str, *, unit: str, scale: int, amount: int, reference: str, at: datetime,
             actor: str) -> Account:
        """A new account with its first amount; asked again with the same facts, the account as it stands."""
        with self._store.writing() as writer:
            account, movement = opening(account_id, unit, scale, amount, reference)
            known = writer.account(account_id)
            if known is None:
                _carry_out(writer, account, movement, at, actor)
                return account
            before = writer.movement(account_id, reference)
            if before is None or (known.unit, known.scale) != (unit, scale):
                raise ActionError(Fault(
                    Text("账户 {id} 已经存在。", "account {id} exists already.").filled(id=account_id),
                    Place(path=account_id), reference, "account-once",
                    Text("请换一个编号，或在原账户上增量。", "Use another id, or deposit into the account.")))
            repeated(before, Way.OPEN, amount)
            return known

    def draw(self, account_id: str, amount: int, reference: str, *, at: datetime, actor: str) -> Movement:
        """Take an amount out, whole or not at all; the same reference again takes nothing more."""
        return self._move(account_id, Way.DRAW, amount, reference, at, actor)

    def deposit(self, account_id: str, amount: int, reference: str, *, at: datetime, actor: str) -> Movement:
        """Put an amount in: a raised quota, or a draw given back."""
        return self._move(account_id, Way.DEPOSIT, amount, reference, at, actor)

    def account(self, account_id: str) -> Account:
        """The account as it stands."""
        with self._store.reading() as reader:
            return found_account(reader, account_id)

    def movements(self, account_id: str) -> list[Movement]:
        """An account's movements, oldest first."""
        with self._store.reading() as reader:
            found_account(reader, account_id)
            return reader.movements(account_id)

    def _move(self, account_id: str, way: Way, amount: int, reference: str, at: datetime, actor: str) -> Movement:
        with self._store.writing() as writer:
            account = found_account(writer, account_id)
            before = writer.movement(account_id, reference)
            if before is not None:
                return repeated(before, way, amount)
            account, movement = moved(account, way, amount, reference)
            _carry_out(writer, account, movement, at, actor)
            return movement


def found_account(reader: StateReader, account_id: str) -> Account:
    """The account of this id, or an error that says there is none."""
    account = reader.account(account_id)
    if account is None:
        raise SubjectError(Fault(
            Text("没有编号为 {id} 的账户。", "there is no account {id}.").filled(id=account_id),
            Place(path=account_id), account_id, "known-account", Text("请先开立账户。", "Open the account first.")))
    return account


def _carry_out(writer: StateWriter, account: Account, movement: Movement, at: datetime, actor: str) -> None:
    told = {"reference": movement.reference, "amount": movement.amount, "balance": movement.balance,
            "unit": account.unit, "scale": account.scale}
    entry, = writer.log([Act(at, actor, f"ledger.{movement.way.value}", account_subject(account.id), told)])
    writer.put_account(account)
    writer.add_movements([(movement, entry.seq)])
