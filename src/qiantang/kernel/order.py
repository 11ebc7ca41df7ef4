"""Sorts domains so that each comes after those whose findings it needs; refuses rings, doubles and unmet needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from qiantang.kernel.domains import Domain
from qiantang.kernel.errors import DomainError, Fault, Place, raise_all
from qiantang.kernel.words import Text


def ordered(domains: Sequence[Domain]) -> tuple[Domain, ...]:
    """The domains in an order in which they can run, as near to the given one as their needs allow.

    DomainError names every double and every unmet need, and one ring where there is any.
    """
    by_name = {domain.name: domain for domain in domains}
    faults = [Fault(Text(f"领域 {name} 重复", f"domain {name} occurs twice"), Place(path=name))
              for name, times in Counter(d.name for d in domains).items() if times > 1]
    giver: dict[str, str] = {}
    for kind in ("publishes", "tables", "forms", "dossiers", "processes", "views"):
        seen: dict[str, str] = {}
        for domain in by_name.values():
            for name in _names(domain, kind):
                if name in seen:
                    faults.append(Fault(Text(f"{name}（{kind}）由 {seen[name]} 与 {domain.name} 同时声明",
                                             f"{name} ({kind}) is declared by both {seen[name]} and {domain.name}"),
                                        Place(path=domain.name), name))
                seen.setdefault(name, domain.name)
        giver = seen if kind == "publishes" else giver
    order: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(by_name, ()))
    for domain in by_name.values():
        for need in sorted({*domain.needs, *(a.name for x in domain.dossiers for a in x.asked)}):
            if need not in giver:
                faults.append(Fault(Text(f"领域 {domain.name} 需要 {need}，但无人发布",
                                         f"domain {domain.name} needs {need}, which nobody publishes"),
                                    Place(path=domain.name), need))
            elif giver[need] != domain.name:
                order.add(domain.name, giver[need])
    names: tuple[str, ...] = ()
    try:
        names = tuple(order.static_order())
    except CycleError as ring:
        path = " → ".join(reversed(ring.args[1]))
        faults.append(Fault(Text(f"领域相互需要成环：{path}", f"domains need each other in a ring: {path}")))
    raise_all(DomainError, faults)
    return tuple(by_name[name] for name in names)


def _names(domain: Domain, kind: str) -> Iterator[str]:
    """What a domain declares of a kind; a computed table is a table."""
    yield from (thing.name for thing in getattr(domain, kind))
    if kind == "tables":
        yield from (computed.table.name for computed in domain.computed)
