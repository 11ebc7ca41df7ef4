"""The library: every rulebook file of the domains and the district, found by id and read when asked for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from qiantang.kernel.errors import Fault, Place, QiantangError, RulebookError, raise_all
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.periods import Span
from qiantang.kernel.rulebooks.document import Document, id_of, read_document
from qiantang.kernel.rulebooks.parameters import Parameter
from qiantang.kernel.rulebooks.rulebook import FormDeclaration, Rulebook
from qiantang.kernel.words import Text


class Library:
    """Rulebook files by id. A file is read when it is first asked for; ``extends`` brings in the farther rulebook."""

    def __init__(self, folders: Iterable[Path], forms: Mapping[str, FormDeclaration], dossiers: Mapping[str, Dossier]) -> None:
        self._forms = forms
        self._dossiers = dossiers
        self._files: dict[str, Path] = {}
        self._documents: dict[str, Document] = {}
        self._books: dict[str, Rulebook] = {}
        faults: list[Fault] = []
        for folder in folders:
            for path in sorted(folder.rglob("*.yaml")):
                try:
                    found = id_of(path)
                except RulebookError as wrong:
                    faults += [Fault(f.message, Place(str(path), row=f.place.row), f.value, remedy=f.remedy) for f in wrong.faults]
                    continue
                if found in self._files:
                    faults.append(Fault(Text(f"规则编号 {found} 重复，另见 {self._files[found].name}",
                                             f"rulebook id {found} occurs twice, also in {self._files[found].name}"),
                                        Place(str(path), row=1), found))
                self._files[found] = path
        raise_all(RulebookError, faults)

    @property
    def ids(self) -> tuple[str, ...]:
        """Every rulebook id, sorted."""
        return tuple(sorted(self._files))

    def document(self, id: str) -> Document:
        """A rulebook file as read; RulebookError suggests near ids."""
        if id not in self._files:
            near = difflib.get_close_matches(id, self._files, n=3, cutoff=0.3)
            raise RulebookError.of(f"没有规则 {id}", f"there is no rulebook {id}", value=id,
                                   remedy=Text("相近的：" + "、".join(near), "near: " + ", ".join(near)))
        if id not in self._documents:
            self._documents[id] = read_document(self._files[id])
        return self._documents[id]

    def book(self, id: str) -> Rulebook:
        """A rulebook ready to be read on a day. Its own parameters prevail over those of what it extends, day by day."""
        if id not in self._books:
            lineage = self._lineage(id)
            effective: dict[str, Parameter] = {}
            for document in reversed(lineage):
                for path, parameter in document.parameters.items():
                    effective[path] = parameter if path not in effective else nearer(parameter, effective[path])
            form_name = next((d.form for d in lineage if d.form), "")
            if form_name not in self._forms:
                raise RulebookError.of(f"没有评价形式“{form_name}”", f"there is no form '{form_name}'", place=Place(lineage[0].file),
                                       remedy=Text("可用：" + "、".join(self._forms), "known: " + ", ".join(self._forms)))
            form = self._forms[form_name]
            self._books[id] = Rulebook(lineage[0], form, self._dossiers[form.dossier], effective, lineage[1:])
        return self._books[id]

    def check(self) -> dict[str, QiantangError]:
        """Read every rulebook on its usual day; the faults by rulebook id."""
        wrong: dict[str, QiantangError] = {}
        for id in self.ids:
            try:
                self.book(id).on()
            except QiantangError as error:
                wrong[id] = error
        return wrong

    def _lineage(self, id: str) -> list[Document]:
        """The document, then what it extends, nearest first."""
        lineage = [self.document(id)]
        while lineage[-1].extends:
            if lineage[-1].extends in [d.id for d in lineage]:
                ring = " → ".join([*(d.id for d in lineage), lineage[-1].extends])
                raise RulebookError.of(f"规则相互沿用成环：{ring}", f"rulebooks extend each other in a ring: {ring}")
            above = self.document(lineage[-1].extends)
            if above.level.nearness > lineage[-1].level.nearness:
                raise RulebookError.of(
                    f"{lineage[-1].id} 沿用了更近一级的 {above.id}", f"{lineage[-1].id} extends {above.id}, which is nearer than itself",
                    place=Place(lineage[-1].file, path="extends"))
            lineage.append(above)
        return lineage


def nearer(near: Parameter, far: Parameter) -> Parameter:
    """The nearer parameter prevails on the days it has values for; on other days the farther one holds."""
    if (near.unit, near.gives) != (far.unit, far.gives):
        raise RulebookError.of(
            f"参数 {near.path} 的单位“{near.unit.title.zh}”与所沿用规则的“{far.unit.title.zh}”不同",
            f"parameter {near.path} is in '{near.unit.title.en}', but in '{far.unit.title.en}' where it is extended from",
            place=near.entries[0].place if near.entries else Place(path=near.path))
    left = []
    for entry in far.entries:
        spans = [entry.span]
        for held in (e.span for e in near.entries):
            cut: list[Span] = []
            for span in spans:
                first, last = span.since or date.min, span.until or date.max
                held_first, held_last = held.since or date.min, held.until or date.max
                if held_last < first or held_first > last:
                    cut.append(span)
                    continue
                if first < held_first:
                    cut.append(Span(span.since, held_first - timedelta(days=1)))
                if held_last < last:
                    cut.append(Span(held_last + timedelta(days=1), span.until))
            spans = cut
        left += [replace(entry, span=span) for span in spans]
    ordered = sorted((*near.entries, *left), key=lambda e: e.span.since or date.min)
    return replace(near, entries=tuple(ordered))
