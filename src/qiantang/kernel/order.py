"""Sorts domains so that each comes after those whose findings it needs; refuses rings, doubles and unmet needs."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter

from qiantang.kernel.domains import Domain
from qiantang.kernel.errors import DomainError, Fault, Place, raise_all
from qiantang.kernel.words import Text


def ordered(domains: Sequence[Domain]) -> tuple[Domain, ...]:
    """The domains in an order in which they can run. DomainError names every double, unmet need and ring."""
    faults: list[Fault] = []
    by_name: dict[str, Domain] = {}
    giver: dict[str, str] = {}
    for domain in domains:
        place = Place(path=domain.name)
        if domain.name in by_name:
            faults.append(Fault(Text(f"领域 {domain.name} 重复", f"domain {domain.name} occurs twice"), place))
        by_name[domain.name] = domain
        for published in domain.publishes:
            other = giver.setdefault(published.name, domain.name)
            if other != domain.name:
                faults.append(Fault(Text(f"{published.name} 由 {other} 与 {domain.name} 同时发布",
                                         f"{published.name} is published by both {other} and {domain.name}"), place))
    needs = {d.name: {n for n in (*d.needs, *(a.name for x in d.dossiers for a in x.asked))} for d in domains}
    for name, wanted in needs.items():
        faults += [Fault(Text(f"领域 {name} 需要 {need}，但无人发布", f"domain {name} needs {need}, which nobody publishes"),
                         Place(path=name), need) for need in sorted(wanted - set(giver))]
    for kind in ("tables", "forms", "dossiers", "processes", "views"):
        seen: dict[str, str] = {}
        for domain in domains:
            for thing in getattr(domain, kind):
                other = seen.setdefault(thing.name, domain.name)
                if other != domain.name:
                    faults.append(Fault(Text(f"{thing.name}（{kind}）由 {other} 与 {domain.name} 同时声明",
                                             f"{thing.name} ({kind}) is declared by both {other} and {domain.name}"),
                                        Place(path=domain.name)))
    raise_all(DomainError, faults)
    graph = {name: {giver[n] for n in wanted} - {name} for name, wanted in needs.items()}
    try:
        return tuple(by_name[name] for name in TopologicalSorter(graph).static_order())
    except CycleError as ring:
        path = " → ".join(ring.args[1])
        raise DomainError(Fault(Text(f"领域相互需要成环：{path}", f"domains need each other in a ring: {path}"))) from ring
