"""An account holds a whole number of a stated unit; nothing is drawn that is not there, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from qiantang.kernel.errors import ActionError, Fault, Place
from qiantang.kernel.words import Text

MOST = 2**63 - 1
"""The largest balance that both stores can keep."""


class Way(StrEnum):
    """Which way an amount moves."""

    OPEN = "open"
    DEPOSIT = "deposit"
    DRAW = "draw"


@dataclass(frozen=True, slots=True)
class Account:
    """A balance in units of 10 to the minus ``scale``: scale 3 and unit kg means whole grams."""

    id: str
    unit: str
    scale: int
    balance: int

    @property
    def amount(self) -> Decimal:
        """The balance in the unit itself."""
        return Decimal(self.balance).scaleb(-self.scale)


@dataclass(frozen=True, slots=True)
class Movement:
    """One change of a balance, told apart from all others of its account by its reference."""

    account: str
    reference: str
    way: Way
    amount: int
    balance: int

    @property
    def change(self) -> int:
        """The amount with its sign."""
        return -self.amount if self.way is Way.DRAW else self.amount


def opening(account: str, unit: str, scale: int, amount: int, reference: str) -> tuple[Account, Movement]:
    """A new account with its first amount, which may be nothing."""
    _check(account, amount, least=0)
    if scale < 0 or not account or not unit:
        raise ActionError(Fault(
            Text("账户须有编号、单位和非负的小数位数。",
                 "an account has an id, a unit and a scale that is not negative."),
            Place(path=account), scale, "account-shape",
            Text("例如 kg、3 位小数，即以克记账。", "Such as kg with scale 3, which counts grams.")))
    return Account(account, unit, scale, amount), Movement(account, reference, Way.OPEN, amount, amount)


def moved(account: Account, way: Way, amount: int, reference: str) -> tuple[Account, Movement]:
    """The account after a draw or a deposit; an overdraft is refused with what is left."""
    _check(account.id, amount, least=1)
    balance = account.balance - amount if way is Way.DRAW else account.balance + amount
    if balance < 0:
        raise ActionError(Fault(
            Text("账户 {id} 余额不足：要核销 {amount}，只余 {left} {unit}。",
                 "account {id} cannot be overdrawn: {amount} wanted, {left} {unit} left.").filled(
                     id=account.id, amount=Decimal(amount).scaleb(-account.scale), left=account.amount,
                     unit=account.unit),
            Place(path=account.id), amount, "no-overdraft",
            Text("请减少数量，或先办理增量。", "Draw less, or have the balance raised first.")))
    _check(account.id, balance, least=0)
    return replace(account, balance=balance), Movement(account.id, reference, way, amount, balance)


def repeated(before: Movement, way: Way, amount: int) -> Movement:
    """The movement already made under this reference, where it is the same; another one is refused."""
    if (before.way, before.amount) != (way, amount):
        raise ActionError(Fault(
            Text("凭证号 {reference} 已用于另一笔：{way} {amount}。",
                 "the reference {reference} already stands for another movement: {way} {amount}.").filled(
                     reference=before.reference, way=before.way.value, amount=before.amount),
            Place(path=before.account), before.reference, "reference-once",
            Text("每笔使用各自的凭证号。", "Give every movement its own reference.")))
    return before


def balance_of(movements: Iterable[Movement]) -> int:
    """What the movements add up to."""
    return sum(movement.change for movement in movements)


def _check(account: str, amount: object, least: int) -> None:
    if isinstance(amount, bool) or not isinstance(amount, int) or not least <= amount <= MOST:
        raise ActionError(Fault(
            Text("{amount} 不是可记账的数量。", "{amount} is no amount an account can take.").filled(
                amount=repr(amount)),
            Place(path=account), amount, "whole-amount",
            Text("请给出不小于 {least} 的整数，以账户的最小单位计。",
                 "Give a whole number of at least {least}, in the account's smallest unit.").filled(least=least)))
