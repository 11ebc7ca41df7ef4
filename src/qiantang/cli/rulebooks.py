"""qiantang rulebooks: which rules there are, from whom, valid when, how far to be trusted; and every number of one."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.declaring import command
from qiantang.cli.language import said, told
from qiantang.cli.options import DirOption, day
from qiantang.cli.screen import Screen
from qiantang.kernel.rulebooks.parameters import Entry, Parameter
from qiantang.kernel.rulebooks.telling import Called, admissible_told, value_told
from qiantang.kernel.words import Text, preferred_lang, same

if TYPE_CHECKING:
    from qiantang.kernel.rulebooks.library import Library
    from qiantang.kernel.rulebooks.rulebook import Rulebook


def declare(app: typer.Typer) -> None:
    """Declare the command."""
    command(app, "rulebooks", said("列出规则：来源、适用期与可信程度；给出编号则列出它的全部参数。",
                                   "List the rulebooks with source, validity and status; with an id, all its parameters."),
            ["qiantang rulebooks", "qiantang rulebooks mu/huangyan-2022"])(rulebooks)


def rulebooks(
    which: Annotated[str | None, typer.Argument(metavar="ID", show_default=False, help=said("规则编号", "id of a rulebook"))] = None,
    on: Annotated[date | None, typer.Option("--on", metavar=said("年-月-日", "YYYY-MM-DD"), parser=day, show_default=False, help=said(
        "按哪一天的取值", "the day whose values are shown"))] = None,
    directory: DirOption = None,
) -> Answer:
    """All rulebooks, or one."""
    from qiantang.district.workspace import Workspace, existing, found_nearby

    folder = existing(directory) if directory is not None else found_nearby(Path.cwd())
    workspace = Workspace(folder if folder is not None else Path.cwd())
    library = workspace.house.library
    if which is not None:
        return _one(library.book(which), on)
    return _all(library, workspace.district.rulebooks or workspace.house.usual)


def _all(library: Library, usual: tuple[str, ...]) -> Answer:
    books = [library.book(id) for id in library.ids]

    def draw(screen: Screen) -> None:
        screen.table(["", said("规则", "rulebook"), said("名称", "title"), said("适用期", "valid"), said("可信程度", "status"), said("发布机关", "issuer")],
                     [["●" if b.id in usual else "", b.id, b.title, b.document.span.title, b.document.status.label, b.document.source.issuer]
                      for b in books])
        screen.note(said("● 本地区默认适用。有来源：已见公布文本；部分来源：部分数值为占位；征求意见稿、假设、占位值在每个结论中都会注明。",
                         "● applied here by default. Sourced: the published text was read; partly sourced: some values are placeholders; drafts, "
                         "assumptions and placeholders are named in every finding that rests on them."))

    return Answer([_told(b) | {"usual": b.id in usual} for b in books], draw)


def _told(book: Rulebook) -> dict[str, object]:
    document = book.document
    return {"id": book.id, "title": book.title, "answers": book.form.answers, "form": book.form.name, "level": document.level, "place": document.place_name,
            "since": document.span.since, "until": document.span.until, "status": document.status, "source": document.source,
            "extends": document.extends or None, "version": book.version}


def _one(book: Rulebook, on: date | None) -> Answer:
    reading = book.on(on)
    document, called = book.document, calling(book)
    rows: list[tuple[Parameter, Entry]] = [(p, entry) for p in book.parameters.values()
                                           if (entry := next((e for e in p.entries if reading.day in e.span), None)) is not None]

    def draw(screen: Screen) -> None:
        screen.heading(f"{book.id} · {told(book.title)}")
        source = document.source
        screen.pairs([
            (said("回答", "answers"), book.form.answers), (said("适用期", "valid"), document.span.title), (said("可信程度", "status"), document.status.label),
            (said("来源", "source"), f"{source.issuer}{said('', ', ')}{source.said(preferred_lang())} {source.link}".rstrip()),
            (said("结论", "outcomes"), said("；", "; ").join(told(t) if told(t).startswith(c) else f"{c} {told(t)}" for c, t in reading.outline.codes)),
            *([(said("沿用", "extends"), document.extends)] if document.extends else [])])
        for note in document.notes:
            screen.note(note, indent=2)
        screen.heading(said(f"参数（{reading.day} 的取值）", f"Parameters (values of {reading.day})"))
        for parameter, entry in rows:
            trust = "" if entry.status.firm else f" [{told(entry.status.label)}]"
            screen.line(f"{told(parameter.title)}{said('：', ': ')}{told(value_told(parameter, entry, called))}{trust}", indent=2)
            apart = [parameter.path]
            if entry.source.clause:
                apart.append(entry.source.clause)
            if (entry.source.document, entry.source.number) != (source.document, source.number):
                apart.append(entry.source.said(preferred_lang()))
            if entry.admissible is not None:
                apart.append(said("可能为 ", "may be ") + told(admissible_told(parameter, entry, called)))
            screen.note(" · ".join(apart), indent=6)

    return Answer({**_told(book), "law_date": reading.day, "outcomes": [{"code": c, "title": t} for c, t in reading.outline.codes],
                   "notes": document.notes, "criteria": [{"id": c.id, "title": c.title, "role": c.role, "clause": c.clause, "rests_on": reading.paths_of(c)}
                                                         for c in reading.outline.criteria],
                   "parameters": [_parameter_told(p, e, p.path in reading.used) for p, e in rows]}, draw)


def _parameter_told(parameter: Parameter, entry: Entry, used: bool) -> dict[str, object]:
    return {"path": parameter.path, "title": parameter.title, "value": entry.value, "unit": parameter.unit.title, "gives": parameter.gives.title,
            "since": entry.span.since, "until": entry.span.until, "status": entry.status, "source": entry.source, "admissible": entry.admissible,
            "used": used}


def calling(book: Rulebook) -> Called:
    """What the words of a rulebook are called: its codes and facts by their titles, each with the word that a reform is typed with."""
    titles = {column.name: column.title for column in book.dossier.columns} | book.words
    return lambda word: titles[word] + Text(f"（{word}）", f" ({word})") if word in titles else same(word)
