"""The one place where the web is put together: a district at work, an authority, and the pages there are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware

import qiantang
from qiantang.district.brain import Brain
from qiantang.kernel.pages.declaring import Page
from qiantang.web.addresses import Addresses
from qiantang.web.authority import Authority
from qiantang.web.guarding import Guard
from qiantang.web.serving import Server

STATIC = Path(__file__).parent / "static"


def create_app(brain: Brain, authority: Authority, pages: Sequence[Page]) -> FastAPI:
    """The application. ``pages`` in the order of the menu; two of one name are refused."""
    named = {page.name: page for page in pages}
    if len(named) != len(pages):
        raise ValueError("two pages bear one name")

    brain.offered = frozenset(named)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        brain.close()

    app = FastAPI(title="qiantang", version=qiantang.__version__, docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json",
                  lifespan=lifespan)
    server = Server(brain, authority, named, Addresses(named))
    app.include_router(authority.router)
    server.join(app)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.add_middleware(Guard)
    return app
