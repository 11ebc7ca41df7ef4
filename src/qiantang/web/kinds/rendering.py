"""A page as HTML: the whole of it, or its content alone for a page that is already open."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import qiantang
from qiantang.kernel.pages.blocks import Drawn
from qiantang.kernel.words import Text
from qiantang.web.charts.drawing import chart, spark
from qiantang.web.i18n.formats import MISSING, amount, day, yes_no
from qiantang.web.i18n.words import WORDS
from qiantang.web.kinds.cells import cell_class, cell_markup
from qiantang.web.shell import Shell


def render_page(drawn: Drawn, shell: Shell) -> str:
    """The whole page."""
    return _environment().get_template("page.html").render(**_names(drawn, shell))


def render_content(drawn: Drawn, shell: Shell) -> str:
    """What stands inside ``main``."""
    return _environment().get_template("content.html").render(**_names(drawn, shell))


@cache
def _environment() -> Environment:
    made = Environment(loader=PackageLoader("qiantang.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.globals["kind"] = lambda block: type(block).__name__.lower()
    made.globals["missing"] = MISSING
    return made


def _names(drawn: Drawn, shell: Shell) -> dict[str, object]:
    lang = shell.lang

    def said(text: Text | str) -> str:
        return text.said(lang) if isinstance(text, Text) else WORDS[text].said(lang)

    def asked_anew(**changes: object) -> str:
        """This page, asked the same but for the changes."""
        dropped = {"table", "form", *changes}
        query = [(n, v) for n, v in shell.query if n not in dropped] + [(n, str(v)) for n, v in changes.items() if v not in (None, "")]
        return shell.path + (f"?{urlencode(query)}" if query else "")

    def block(of: object) -> Markup:
        name = type(of).__name__.lower()
        return Markup(_environment().get_template(f"kinds/{name}.html").render(**names, b=of))

    names: dict[str, object] = {
        "drawn": drawn, "shell": shell, "lang": lang, "t": said, "amount": lambda a: amount(a, lang), "day": day, "yes_no": lambda v: yes_no(v, lang),
        "href": shell.address, "anew": asked_anew, "block": block, "cell": lambda c: cell_markup(c, shell), "cell_class": cell_class,
        "chart": lambda b: chart(b, shell), "spark": lambda c: spark(c, shell), "version": qiantang.__version__}
    return names
