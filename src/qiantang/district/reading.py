"""Every look into an assessment goes through one service that shows a viewer only what the viewer may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from qiantang.district.assess import columns_beyond
from qiantang.district.relations import beside
from qiantang.district.workspace import StoredRun, Workspace
from qiantang.kernel.expressions.dialects import Dialect
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.expressions.plan import Plan
from qiantang.kernel.expressions.sql import Printer
from qiantang.kernel.expressions.walking import facts_of
from qiantang.kernel.facts.dossier import Derived, Dossier, Gathered
from qiantang.kernel.ports import Engine
from qiantang.kernel.rulebooks.rulebook import Reading

_NO_PLAN = Plan((), (), (), {}, {}, {}, ())
_ANSWER = ("outcome", "decided_by")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks. ``scope`` is a row-wise test over the facts of a dossier (None: everybody); a subject of whom it is
    not surely true is to this viewer as if it did not exist. Personal columns are withheld unless allowed."""

    name: str
    scope: Expr | None = None
    may_see_personal: bool = False


LOCAL = Viewer("local", may_see_personal=True)
"""The person at the keyboard, who has the files anyway."""


class ReadService:
    """Facts and findings of a workspace as relations that hold what one viewer may see."""

    def __init__(self, workspace: Workspace, engine: Engine, viewer: Viewer = LOCAL) -> None:
        self.workspace = workspace
        self.engine = engine
        self.viewer = viewer

    @property
    def sees_everybody(self) -> bool:
        """Whether no subject is hidden from the viewer."""
        return self.viewer.scope is None

    def everybody(self, run: StoredRun) -> str:
        """All facts of all subjects: to compute places and quotas with, never to show."""
        return self.engine.parquet([run.dossier])

    def facts(self, run: StoredRun, reading: Reading) -> str:
        """The facts of the subjects seen; personal ones are null unless allowed."""
        dossier = reading.book.dossier
        hidden = set() if self.viewer.may_see_personal else personal_facts(dossier)
        source = self._without(self.everybody(run), [c.name for c in dossier.columns], hidden,
                               lambda name: self.engine.dialect.null(dossier.column(name).type))
        return self.seen(source, run, reading)

    def findings(self, run: StoredRun, reading: Reading) -> str:
        """The run's rows of the subjects seen; columns that rest on personal facts are null unless allowed."""
        hidden = set() if self.viewer.may_see_personal else personal_columns(reading)
        source = self._without(self.engine.parquet([run.path]), list(run.types), hidden & set(run.types),
                               lambda name: self.engine.dialect.null(run.types[name]))
        return self.seen(source, run, reading)

    def rows(self, run: StoredRun, reading: Reading) -> str:
        """Facts and findings side by side."""
        dossier = reading.book.dossier
        return beside(self.facts(run, reading), self.findings(run, reading), dossier.subject, [c.name for c in dossier.columns],
                      list(run.types), self.engine.dialect)

    def seen(self, relation: str, run: StoredRun, reading: Reading, subject: str = "") -> str:
        """A relation limited to the subjects seen; ``subject`` names its column where it is not the dossier's own."""
        test = self._test(reading)
        if test is None:
            return relation
        d, named = self.engine.dialect, reading.book.dossier.subject
        inside = f"(SELECT {d.quoted(named)} FROM {self.everybody(run)} AS _v WHERE {test})"
        return f"(SELECT * FROM {relation} AS _s WHERE {d.quoted(subject or named)} IN {inside})"

    def seen_subjects(self, run: StoredRun, reading: Reading) -> frozenset[str] | None:
        """The codes of the subjects seen; None where nobody is hidden."""
        test = self._test(reading)
        if test is None:
            return None
        subject = self.engine.dialect.quoted(reading.book.dossier.subject)
        rows = self.engine.rows(f"SELECT {subject} AS s FROM {self.everybody(run)} AS _v WHERE {test}")
        return frozenset(str(row["s"]) for row in rows)

    def _test(self, reading: Reading) -> str | None:
        scope = self.viewer.scope
        if scope is None:
            return None
        known = {c.name for c in reading.book.dossier.columns}
        if any(f.column.name not in known for f in facts_of(scope)):
            return "FALSE"
        return f"({Printer(self.engine.dialect, _NO_PLAN, reading.day).of(scope)})"

    def _without(self, relation: str, columns: Iterable[str], hidden: set[str], null: Callable[[str], str]) -> str:
        if not hidden:
            return relation
        d: Dialect = self.engine.dialect
        kept = ", ".join(f"{null(c)} AS {d.quoted(c)}" if c in hidden else d.quoted(c) for c in columns)
        return f"(SELECT {kept} FROM {relation} AS _h)"


def personal_facts(dossier: Dossier) -> set[str]:
    """The facts about natural persons: declared so, or made of facts that are."""
    found = {c.name for c in dossier.columns if c.personal}
    for column in dossier.columns:
        origin = dossier.origin(column.name)
        sources = (origin.expr,) if isinstance(origin, Derived) else (
            tuple(e for e in (origin.of, origin.where) if e is not None) if isinstance(origin, Gathered) else ())
        if any(f.column.personal or f.column.name in found for e in sources for f in facts_of(e)):
            found.add(column.name)
    return found - {dossier.subject}


def personal_columns(reading: Reading) -> set[str]:
    """The run's columns that tell a personal fact; the outcome itself is what the viewer came for."""
    personal = personal_facts(reading.book.dossier)
    columns = reading.columns() | columns_beyond(reading)
    return {name for name, expr in columns.items() if name not in _ANSWER and any(f.column.name in personal for f in facts_of(expr))}
