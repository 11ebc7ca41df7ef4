"""One letter as a PDF: text that can be copied, a code as a square picture, the same bytes for the same letter."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from qiantang.kernel.errors import FactsError
from qiantang.kernel.pages.declaring import Letter
from qiantang.kernel.words import Lang, Text
from qiantang.web.i18n.formats import day_in_full
from qiantang.web.letters.press import CJK, Press

_LABELS = {
    "code": Text("验证码", "Verification code"), "to": Text("统一社会信用代码", "Unified social credit code"),
    "courtesy": Text("本件为正式文本", "Courtesy translation; the Chinese text prevails."), "page": Text("第 1 页 共 1 页", "Page 1 of 1")}


def letter_pdf(letter: Letter, lang: Lang, verified_at: str, press: Press | None = None) -> bytes:
    """The letter on one page. ``verified_at`` is the address that its square code leads to; a ``press`` is for many letters."""
    refuse_without_pango()
    from weasyprint import HTML

    identifier = hashlib.sha256(f"{letter.code}|{lang}".encode()).digest()[:16]
    html = HTML(string=letter_html(letter, lang, verified_at), url_fetcher=_fetch_nothing)
    return bytes(html.write_pdf(pdf_identifier=identifier, uncompressed_pdf=False, pdf_tags=True, font_config=press.fonts if press else None,
                                stylesheets=press.sheets if press else None))


def refuse_without_pango() -> None:
    """FactsError where what sets the letters is not on this machine."""
    try:
        import weasyprint
    except ModuleNotFoundError as missing:
        raise FactsError.of(f"缺少排版所需的组件 {missing.name}", f"what sets the letters is not installed: {missing.name}", value=missing.name,
                            remedy=Text("请安装：pip install 'qiantang[letters]'", "Install it: pip install 'qiantang[letters]'")) from missing
    except OSError as missing:
        raise FactsError.of("本机缺少排版所需的 Pango", "Pango, which sets the letters, is missing on this machine",
                            remedy=Text("请安装：apt-get install libpango-1.0-0 libpangoft2-1.0-0（或 make system）",
                                        "Install it: apt-get install libpango-1.0-0 libpangoft2-1.0-0 (or make system)")) from missing
    del weasyprint


def letter_html(letter: Letter, lang: Lang, verified_at: str) -> str:
    """The letter as the page that is printed."""
    at = datetime(letter.on.year, letter.on.month, letter.on.day, tzinfo=UTC).isoformat()
    return _environment().get_template("letter.html").render(
        letter=letter, lang=lang, t=lambda text: text.said(lang), label=lambda name: _LABELS[name].said(lang), on=day_in_full(letter.on, lang),
        square=_square(verified_at), at=at, cjk=Markup(CJK))


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader("qiantang.web", "letters"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _square(address: str) -> Markup:
    import segno

    return Markup(segno.make(address, error="m").svg_inline(scale=2, border=0))  # drawn by segno, holding only the address


def _fetch_nothing(address: str, *_: object, **__: object) -> dict[str, object]:
    raise ValueError(f"a letter fetches nothing: {address}")
