"""A page as HTML: the whole of it, or its content alone for a page that is already open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import qiantang
from qiantang.kernel.pages.blocks import Block, Drawn
from qiantang.kernel.words import Text
from qiantang.web.assets import address, is_there
from qiantang.web.charts.drawing import chart, spark
from qiantang.web.charts.marks import marks
from qiantang.web.i18n.formats import MISSING, amount, day, yes_no
from qiantang.web.i18n.words import WORDS
from qiantang.web.kinds.cells import cell_markup, row_markup
from qiantang.web.shell import Shell, room_of

# A page that is asked anew in place: what is there stays until the answer is, and keeps its focus; the latest question wins.
_LIVE_ASK = Markup('hx-target="#main" hx-swap="innerMorph" hx-indicator="#main" hx-sync="#main:replace"')


def render_page(drawn: Drawn, shell: Shell) -> str:
    """The whole page."""
    return _environment().get_template("page.html").render(**_names(shell), drawn=drawn)


def render_content(drawn: Drawn, shell: Shell) -> str:
    """What stands inside ``main``, with the page's title."""
    return _environment().get_template("part.html").render(**_names(shell), drawn=drawn)


def render_blocks(blocks: Sequence[Block], shell: Shell) -> str:
    """Blocks alone, one after another."""
    block = _block_drawer(_names(shell), shell)
    return "".join(block(of) for of in blocks)


def read_templates() -> None:
    """Compile every template now, so that no reader waits for it."""
    for name in _environment().list_templates(["html"]):
        _environment().get_template(name)


@cache
def _environment() -> Environment:
    made = Environment(loader=PackageLoader("qiantang.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.globals["kind"] = lambda block: type(block).__name__.lower()
    made.globals["missing"] = MISSING
    made.globals["asset"] = address
    made.globals["is_there"] = is_there
    made.globals["live_ask"] = _LIVE_ASK
    return made


def _names(shell: Shell) -> dict[str, object]:
    lang = shell.lang

    def said(text: Text | str) -> str:
        return text.said(lang) if isinstance(text, Text) else WORDS[text].said(lang)

    def asked_anew(**changes: object) -> str:
        """This page, asked the same but for the changes."""
        dropped = {"table", "form", *changes}
        query = [(n, v) for n, v in shell.query if n not in dropped] + [(n, str(v)) for n, v in changes.items() if v not in (None, "")]
        return shell.path + (f"?{urlencode(query)}" if query else "")

    names: dict[str, object] = {
        "shell": shell, "lang": lang, "t": said, "amount": lambda a: amount(a, lang), "day": day, "yes_no": lambda v: yes_no(v, lang),
        "href": shell.address, "anew": asked_anew, "cell": lambda c: cell_markup(c, shell), "cells": lambda row, columns: row_markup(row, columns, shell),
        "spark": lambda c: spark(c, shell), "version": qiantang.__version__}
    names["block"] = _block_drawer(names, shell)
    return names


def _block_drawer(names: dict[str, object], shell: Shell) -> Callable[..., Markup]:
    def block(of: object, span: int = 12) -> Markup:
        within = replace(shell, room=room_of(span))
        drawn: dict[str, object] = {"span": span, "chart": lambda b: chart(b, within),
                                    "marks": lambda b: marks(b, within) if is_there("vendor/echarts.js") else None}
        return Markup(_environment().get_template(f"kinds/{type(of).__name__.lower()}.html").render(names | drawn, b=of))

    return block
