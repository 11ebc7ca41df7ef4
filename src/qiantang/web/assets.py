"""The files a browser asks for: read once, named by what they hold, compressed once, kept by the browser for good."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

STATIC = Path(__file__).parent / "static"
_SHEETS = ("tokens", "shell", "kinds", "charts", "live")
_PRINTED = "print"
_SHEET = "page.css"
_SCRIPTS = ("app", "charts", "wall")
_SCRIPT = "page.js"
_KEPT = "public, max-age=31536000, immutable"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file with its media type, the short hash of its content, and the content compressed."""

    content: bytes
    packed: bytes
    media: str
    mark: str


@cache
def assets() -> dict[str, Asset]:
    """Every file below ``static`` by its path there; style sheets and scripts of our own as the one of each that pages ask for."""
    found = {path.relative_to(STATIC).as_posix(): _read(path.suffix, path.read_bytes())
             for path in sorted(STATIC.rglob("*")) if path.is_file() and path.parent.name not in ("css", "js")}
    sheets = [(STATIC / "css" / f"{name}.css").read_text(encoding="utf-8") for name in (*_SHEETS, _PRINTED)]
    whole = "\n".join(sheets[:-1]) + "\n@media print {\n" + sheets[-1] + "}\n"
    # Each script in a block of its own: one module, whose parts do not see each other's names.
    script = "".join("{\n" + (STATIC / "js" / f"{name}.js").read_text(encoding="utf-8") + "}\n" for name in _SCRIPTS)
    return found | {_SHEET: _read(".css", whole.encode()), _SCRIPT: _read(".js", script.encode())}


def address(name: str) -> str:
    """Where a file is asked for; its address changes with its content. KeyError for one that is not there."""
    return f"/static/{name}?{assets()[name].mark}"


def is_there(name: str) -> bool:
    """Whether the file is there: those from npm may be missing."""
    return name in assets()


def serve_asset(request: Request, name: str) -> Response:
    """A file. One asked for by the mark of its content never changes and may be kept."""
    asset = assets().get(name)
    if asset is None:
        return Response(status_code=404)
    headers = {"vary": "Accept-Encoding", "etag": f'"{asset.mark}"', "cache-control": _KEPT if request.url.query == asset.mark else "no-cache"}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    packed = "gzip" in request.headers.get("accept-encoding", "")
    return Response(asset.packed if packed else asset.content, media_type=asset.media,
                    headers=headers | ({"content-encoding": "gzip"} if packed else {}))


def _read(suffix: str, content: bytes) -> Asset:
    media = _TYPES.get(suffix) or mimetypes.guess_type(f"x{suffix}")[0] or "application/octet-stream"
    return Asset(content, gzip.compress(content, 9, mtime=0), media, hashlib.sha256(content).hexdigest()[:12])
