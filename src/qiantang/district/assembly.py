"""Puts the house together: lists the domains, sorts them by need, and gathers what they declare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from qiantang.kernel.actions.processes import Process
from qiantang.kernel.domains import Domain, Opening, Published, ViewDeclaration
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.facts.schema import Table
from qiantang.kernel.findings.integrity import Relation
from qiantang.kernel.order import ordered
from qiantang.kernel.pages.declaring import Page
from qiantang.kernel.rulebooks.document import id_of
from qiantang.kernel.rulebooks.library import Library
from qiantang.kernel.rulebooks.rulebook import Rulebook
from qiantang.registers import REGISTERS
from qiantang.registers.dossiers import ENTERPRISE

DOMAINS: tuple[str, ...] = (
    "qiantang.domains.land",
    "qiantang.domains.enterprises",
    "qiantang.domains.factory",
    "qiantang.domains.notices",
    "qiantang.domains.cockpit",
)
"""Every domain of this project; outside packages join through the entry-point group ``qiantang.domains``."""


@dataclass(frozen=True, slots=True)
class House:
    """The domains in the order they run, with what they declare side by side."""

    domains: tuple[Domain, ...]
    library: Library

    @property
    def tables(self) -> tuple[Table, ...]:
        """The registers and the domains' own tables."""
        return (*REGISTERS, *(t for d in self.domains for t in d.tables))

    @property
    def processes(self) -> tuple[Process, ...]:
        """Every kind of case."""
        return tuple(p for d in self.domains for p in d.processes)

    @property
    def openings(self) -> tuple[Opening, ...]:
        """Which findings open which cases."""
        return tuple(o for d in self.domains for o in d.openings)

    @property
    def published(self) -> tuple[Published, ...]:
        """The findings that others may read by name."""
        return tuple(p for d in self.domains for p in d.publishes)

    @property
    def relations(self) -> tuple[Relation, ...]:
        """What must hold between published figures."""
        return tuple(r for d in self.domains for r in d.relations)

    @property
    def views(self) -> tuple[ViewDeclaration, ...]:
        """The views, in the order they are shown."""
        return tuple(sorted((v for d in self.domains for v in d.views), key=lambda v: v.place))

    @property
    def pages(self) -> tuple[Page, ...]:
        """The domains' pages."""
        return tuple(p for d in self.domains for p in d.pages)

    @property
    def usual(self) -> tuple[str, ...]:
        """The rulebooks applied where the district names none, in the domains' order."""
        return tuple(dict.fromkeys(id for d in self.domains for id in d.usual))

    def domain_of(self, form: str) -> Domain:
        """The domain that declares a form."""
        return next(d for d in self.domains if any(f.name == form for f in d.forms))


def assemble(domains: Iterable[Domain], folders: Iterable[Path] = (), dossiers: Iterable[Dossier] = (ENTERPRISE,),
             checked: bool = True) -> House:
    """A house of these domains; ``folders`` hold further rulebook files of the district.

    ``checked`` false takes them as they are: one domain alone may lack what it needs of others.
    """
    rows = ordered(tuple(domains)) if checked else tuple(domains)
    forms = {f.name: f for d in rows for f in d.forms}
    files = {x.name: x for x in (*dossiers, *(x for d in rows for x in d.dossiers))}
    places = [d.rulebooks for d in rows if d.rulebooks is not None]
    return House(rows, Library([*places, *folders], forms, files))


@cache
def house(folder: Path | None = None) -> House:
    """This project's domains and those of installed packages, with a district folder's own rulebooks."""
    from importlib.metadata import entry_points

    found: list[Domain] = [import_module(name).DOMAIN for name in DOMAINS]
    found += [entry.load() for entry in entry_points(group="qiantang.domains")]
    own = folder / "rulebooks" if folder is not None else None
    return assemble(found, [own] if own is not None and own.is_dir() else [])


def book_named(rulebook: str) -> Rulebook:
    """One of this project's rulebooks, for which only its own domain is loaded; any other is looked up in the house."""
    for name in DOMAINS:
        spec = find_spec(name)
        home = Path(spec.origin).parent / "rulebooks" if spec is not None and spec.origin is not None else None
        if home is not None and any(id_of(path) == rulebook for path in home.rglob("*.yaml")):
            library = assemble([import_module(name).DOMAIN], checked=False).library
            return library.book(rulebook)
    return house().library.book(rulebook)
