"""What the tables say is held against what the log says: the chain is walked, then the state is worked out anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from qiantang.kernel.actions.accounts import Movement, Way, balance_of
from qiantang.kernel.actions.audit import AuditEntry, BrokenLink, ChainCheck, Head, verify
from qiantang.kernel.actions.cases import Case
from qiantang.kernel.actions.desk import case_subject, found_case
from qiantang.kernel.actions.ledger import account_subject, found_account
from qiantang.kernel.actions.plain import Plain
from qiantang.kernel.actions.ports import CaseQuery, StateReader, StateStore
from qiantang.kernel.errors import Fault, Place
from qiantang.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Proof:
    """The outcome of holding one account or case against the log: ``entries`` of it were read; no fault, no doubt."""

    subject: str
    entries: int
    faults: tuple[Fault, ...]

    @property
    def holds(self) -> bool:
        """Whether log and table agree, and the log is whole."""
        return not self.faults


def verify_log(store: StateStore, anchor: Head | None = None) -> ChainCheck:
    """The whole audit log walked, and held against the other tables' references to it.

    An ``anchor`` noted earlier also finds a log that was cut off and written anew from there.
    """
    with store.reading() as reader:
        return _checked(reader, reader.entries(), anchor)


def prove_account(store: StateStore, account_id: str) -> Proof:
    """The balance worked out anew from the log alone, and compared with the one the account carries.

    A log that is not whole proves nothing: then only its break is told.
    """
    with store.reading() as reader:
        account = found_account(reader, account_id)
        told, chain = _walked(reader, account_subject(account_id))
        if not chain.whole:
            return Proof(account_subject(account_id), len(told), _chain_faults(chain))
        movements = [_movement(account_id, entry) for entry in told]
        pairs = (("balance", balance_of(movements), account.balance),
                 ("movements", movements, reader.movements(account_id)))
    return Proof(account_subject(account_id), len(told), tuple(_differences(account_id, pairs)))


def prove_case(store: StateStore, case_id: str) -> Proof:
    """State, owner, deadline and given fields worked out anew from the log, and compared with the case."""
    with store.reading() as reader:
        case = found_case(reader.case(case_id), case_id)
        told, chain = _walked(reader, case_subject(case_id))
        if not chain.whole:
            return Proof(case_subject(case_id), len(told), _chain_faults(chain))
        faults = _case_faults(reader, case, told)
    return Proof(case_subject(case_id), len(told), faults)


def prove_cases(store: StateStore) -> tuple[Fault, ...]:
    """The same for every case, in a single walk; where the log is not whole, only its break."""
    told: dict[str, list[AuditEntry]] = {}
    with store.reading() as reader:
        def passing() -> Iterator[AuditEntry]:
            for entry in reader.entries():
                told.setdefault(entry.subject, []).append(entry)
                yield entry

        chain = _checked(reader, passing(), None)
        if not chain.whole:
            return _chain_faults(chain)
        cases = reader.cases(CaseQuery(open_only=False))
        return tuple(fault for case in cases for fault in _case_faults(reader, case, told.get(case_subject(case.id), [])))


def _case_faults(reader: StateReader, case: Case, told: Sequence[AuditEntry]) -> tuple[Fault, ...]:
    """A case worked out anew from its part of the log."""
    payload: dict[str, Plain] = {}
    stands: Plain = None
    for entry in told:
        read = entry.told()
        stands = read["stands"]
        detail = read["detail"]
        given = detail.get("payload") if isinstance(detail, dict) else None
        payload |= given if isinstance(given, dict) else {}
    history = [event.seq for event in reader.case_events(case.id)]
    pairs = (("stands", stands, case.stands()), ("payload", payload, dict(case.payload)),
             ("events", [entry.seq for entry in told], history))
    return tuple(_differences(case.id, pairs))


def _walked(reader: StateReader, subject: str) -> tuple[list[AuditEntry], ChainCheck]:
    """The entries of one subject, taken from the very walk that checks the chain."""
    told: list[AuditEntry] = []

    def passing() -> Iterator[AuditEntry]:
        for entry in reader.entries():
            if entry.subject == subject:
                told.append(entry)
            yield entry

    return told, _checked(reader, passing(), None)


def _checked(reader: StateReader, entries: Iterable[AuditEntry], anchor: Head | None) -> ChainCheck:
    check = verify(entries, anchor)
    referred = reader.last_referred_entry()
    if check.whole and referred > check.head.seq:
        cut = Text("其他表引用到第 {n} 条，日志却已截断",
                   "other tables refer to entry {n}, yet the log ends before").filled(n=referred)
        return ChainCheck(check.count, check.head, BrokenLink(check.head.seq + 1, cut))
    return check


def _movement(account_id: str, entry: AuditEntry) -> Movement:
    told = entry.told()
    return Movement(account_id, str(told["reference"]), Way(entry.action.removeprefix("ledger.")),
                    int(str(told["amount"])), int(str(told["balance"])))


def _chain_faults(chain: ChainCheck) -> tuple[Fault, ...]:
    if chain.broken is None:
        return ()
    return (Fault(Text("审计日志第 {n} 条起断裂：", "the audit log breaks at entry {n}: ").filled(n=chain.broken.seq)
                  + chain.broken.why + Text("。", "."), Place(path=f"audit.{chain.broken.seq}"), chain.broken.seq,
                  "chain-whole", Text("请从备份恢复并追查改动者。", "Restore a backup and find out who changed it.")),)


def _differences(subject: str, pairs: Iterable[tuple[str, object, object]]) -> Iterator[Fault]:
    for name, logged, held in pairs:
        if logged != held:
            yield Fault(
                Text("{name}：日志得出 {logged}，表中却是 {held}。",
                     "{name}: the log gives {logged}, the table says {held}.").filled(
                         name=name, logged=logged, held=held),
                Place(path=subject), held, "table-follows-log",
                Text("以日志为准，请核查数据库的改动。", "The log stands; find out who changed the table."))
