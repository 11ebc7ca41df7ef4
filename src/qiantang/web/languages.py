"""Which language a request is answered in: what it asks for, else what was chosen before, else what the browser prefers."""

from __future__ import annotations

from starlette.requests import Request

from qiantang.kernel.words import LANGS, Lang

LANG_COOKIE = "qt-lang"


def lang_of(request: Request) -> Lang:
    """The language."""
    for asked in (request.query_params.get("lang"), request.cookies.get(LANG_COOKIE)):
        if asked in LANGS:
            return "zh" if asked == "zh" else "en"
    return "en" if request.headers.get("accept-language", "zh").lower().startswith("en") else "zh"
