"""Nothing is drawn that is not there, nothing twice, and every balance is proved from the log."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from qiantang.kernel.actions.accounts import MOST, Way
from qiantang.kernel.actions.ledger import Ledger
from qiantang.kernel.actions.ports import StateStore
from qiantang.kernel.actions.proof import prove_account, verify_log
from qiantang.kernel.errors import ActionError, SubjectError
from tests.kernel.actions.clearing import AT

PERMIT = "permit-2024-07"

DRAWS = """
import sys
from datetime import UTC, datetime
from qiantang.kernel.actions.ledger import Ledger
from qiantang.kernel.errors import ActionError
from qiantang.stores import open_store

address, account, writer, draws, amount = *sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5])
ledger = Ledger(open_store(address))
drawn = 0
for number in range(draws):
    try:
        ledger.draw(account, amount, f"{writer}/{number}", at=datetime.now(UTC), actor=writer)
        drawn += 1
    except ActionError as error:
        assert error.faults[0].rule == "no-overdraft", error
print(drawn)
"""


def _opened(store: StateStore, amount: int) -> Ledger:
    ledger = Ledger(store)
    ledger.open(PERMIT, unit="kg", scale=3, amount=amount, reference="approval", at=AT, actor="customs")
    return ledger


def _draw(ledger: Ledger, amount: int, reference: str):
    return ledger.draw(PERMIT, amount, reference, at=AT, actor="broker")


def test_a_draw_takes_from_the_balance_in_whole_grams(store: StateStore) -> None:
    ledger = _opened(store, 2500)
    assert _draw(ledger, 1000, "declaration-1").balance == 1500
    assert ledger.account(PERMIT).amount == Decimal("1.500")


def test_the_balance_may_be_drawn_to_the_last_gram_and_not_one_beyond(store: StateStore) -> None:
    ledger = _opened(store, 1000)
    with pytest.raises(ActionError, match=r"1\.001 wanted, 1\.000 kg left"):
        _draw(ledger, 1001, "declaration-1")
    assert _draw(ledger, 1000, "declaration-1").balance == 0
    with pytest.raises(ActionError, match="overdrawn"):
        _draw(ledger, 1, "declaration-2")
    assert prove_account(store, PERMIT).holds


def test_the_same_reference_draws_once(store: StateStore) -> None:
    ledger = _opened(store, 1000)
    first = _draw(ledger, 300, "declaration-1")
    assert _draw(ledger, 300, "declaration-1") == first
    assert ledger.account(PERMIT).balance == 700
    assert [movement.way for movement in ledger.movements(PERMIT)] == [Way.OPEN, Way.DRAW]


def test_a_reference_used_for_another_amount_is_refused(store: StateStore) -> None:
    ledger = _opened(store, 1000)
    _draw(ledger, 300, "declaration-1")
    with pytest.raises(ActionError, match="already stands for another movement"):
        _draw(ledger, 301, "declaration-1")
    with pytest.raises(ActionError, match="already stands for another movement"):
        ledger.deposit(PERMIT, 300, "declaration-1", at=AT, actor="customs")


def test_a_draw_given_back_is_a_movement_of_its_own(store: StateStore) -> None:
    ledger = _opened(store, 1000)
    _draw(ledger, 300, "declaration-1")
    assert ledger.deposit(PERMIT, 300, "declaration-1 withdrawn", at=AT, actor="customs").balance == 1000
    proof = prove_account(store, PERMIT)
    assert proof.holds
    assert proof.entries == 3


@pytest.mark.parametrize("amount", [0, -1, 1.5, True, MOST + 1, "1"])
def test_only_whole_amounts_above_nothing_are_drawn(store: StateStore, amount) -> None:
    ledger = _opened(store, 1000)
    with pytest.raises(ActionError, match="no amount an account can take"):
        _draw(ledger, amount, "declaration-1")


def test_a_balance_never_outgrows_what_a_store_can_keep(store: StateStore) -> None:
    ledger = _opened(store, MOST)
    with pytest.raises(ActionError, match="no amount an account can take"):
        ledger.deposit(PERMIT, 1, "more", at=AT, actor="customs")
    assert ledger.account(PERMIT).balance == MOST


def test_an_account_opened_again_with_the_same_facts_is_the_one_that_is_there(store: StateStore) -> None:
    ledger = _opened(store, 1000)
    _draw(ledger, 300, "declaration-1")
    assert _opened(store, 1000).account(PERMIT).balance == 700
    with pytest.raises(ActionError, match="another movement"):
        _opened(store, 999)
    with pytest.raises(ActionError, match="exists already"):
        ledger.open(PERMIT, unit="g", scale=0, amount=1000, reference="approval", at=AT, actor="customs")


def test_an_account_that_is_not_there_is_named(store: StateStore) -> None:
    with pytest.raises(SubjectError, match="no account permit-0"):
        Ledger(store).draw("permit-0", 1, "x", at=AT, actor="broker")


def test_a_balance_changed_behind_the_ledgers_back_is_not_proved(store: StateStore, tampered: Callable[..., None]) -> None:
    ledger = _opened(store, 1000)
    _draw(ledger, 300, "declaration-1")
    tampered("UPDATE accounts SET balance = 900")
    proof = prove_account(store, PERMIT)
    assert not proof.holds
    assert [(fault.place.path, fault.value) for fault in proof.faults] == [(PERMIT, 900)]
    assert "the log gives 700, the table says 900" in proof.faults[0].said("en")


def test_threads_that_draw_at_once_never_overdraw(store: StateStore) -> None:
    ledger = _opened(store, 500)

    def draw(number: int) -> bool:
        try:
            _draw(ledger, 10, f"draw-{number}")
        except ActionError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        drawn = sum(pool.map(draw, range(80)))
    assert drawn == 50
    assert ledger.account(PERMIT).balance == 0
    assert prove_account(store, PERMIT).holds


def test_four_processes_of_fifty_draws_never_overdraw_and_the_sum_is_proved(store: StateStore, address: str) -> None:
    ledger = _opened(store, 1000)
    writers = [subprocess.Popen([sys.executable, "-c", DRAWS, address, PERMIT, f"writer-{n}", "50", "7"],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for n in range(4)]
    said = [writer.communicate() for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 4, said
    drawn = sum(int(out) for out, _ in said)
    assert drawn == 1000 // 7
    assert ledger.account(PERMIT).balance == 1000 - 7 * drawn
    assert all(movement.balance >= 0 for movement in ledger.movements(PERMIT))
    assert prove_account(store, PERMIT).holds
    assert verify_log(store).count == drawn + 1
