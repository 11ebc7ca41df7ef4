"""What a domain declares: names it needs and publishes, its tables, dossiers, forms, rulebooks, cases and views."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from qiantang.kernel.actions.processes import Process
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.facts.schema import Column, Table
from qiantang.kernel.findings.integrity import Relation
from qiantang.kernel.findings.views import RunView, View
from qiantang.kernel.pages.declaring import Page
from qiantang.kernel.rulebooks.rulebook import FormDeclaration, Reading
from qiantang.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Published:
    """A finding other domains may read by name. ``value`` takes it from the run of a rulebook of one of the forms."""

    name: str
    column: Column
    forms: tuple[str, ...]
    value: Callable[[RunView], Expr]


@dataclass(frozen=True, slots=True)
class Opening:
    """Which finding opens a case: the forms it comes from, the outcomes, and the process it starts.

    ``details`` names run columns and dossier facts that are written into the case.
    """

    process: str
    forms: tuple[str, ...]
    outcomes: tuple[str, ...]
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Computed:
    """A table of facts that code outside the expression tree computes (a graph, a model) from other tables' rows."""

    table: Table
    reads: tuple[str, ...]
    compute: Callable[[Mapping[str, Iterable[Mapping[str, Stored]]]], Iterable[Mapping[str, Stored]]]


@dataclass(frozen=True, slots=True)
class ViewDeclaration:
    """A table worth reading, made from the run of a rulebook of one of the forms. ``headline`` ones are shown after
    an assessment, in the order of ``place``."""

    name: str
    title: Text
    forms: tuple[str, ...]
    build: Callable[[RunView], View]
    headline: bool = False
    place: int = 100
    applies: Callable[[Reading], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain of the district. ``rulebooks`` is the folder of its rulebook files; ``usual`` the rulebooks applied
    where the district names none."""

    name: str
    title: Text
    needs: tuple[str, ...] = ()
    publishes: tuple[Published, ...] = ()
    tables: tuple[Table, ...] = ()
    computed: tuple[Computed, ...] = ()
    dossiers: tuple[Dossier, ...] = ()
    forms: tuple[FormDeclaration, ...] = ()
    rulebooks: Path | None = None
    usual: tuple[str, ...] = ()
    processes: tuple[Process, ...] = ()
    openings: tuple[Opening, ...] = ()
    relations: tuple[Relation, ...] = ()
    """What must hold between the figures published of its field."""
    views: tuple[ViewDeclaration, ...] = ()
    pages: tuple[Page, ...] = ()
