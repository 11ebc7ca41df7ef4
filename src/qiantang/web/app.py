"""The one place where the web is put together: a district at work, an authority, and the pages there are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

import qiantang
from qiantang.district.brain import Brain
from qiantang.kernel.pages.declaring import Page
from qiantang.web.addresses import Addresses
from qiantang.web.assets import serve_asset
from qiantang.web.authority import Authority
from qiantang.web.guarding import Guard
from qiantang.web.live.frames import Channel
from qiantang.web.live.hub import Hub
from qiantang.web.live.serving import LiveServer
from qiantang.web.serving import Server


def create_app(brain: Brain, authority: Authority, pages: Sequence[Page], channels: Sequence[Channel] = (),
               later: Callable[[str], Channel | None] = lambda _: None) -> FastAPI:
    """The application. ``pages`` in the order of the menu; two of one name are refused. ``channels`` are the plants whose
    walls can be watched live; ``later`` is asked for one that was not there at the start."""
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
    hub = Hub(channels, server.render_live, later)
    LiveServer(hub, authority, server.not_there).join(app)
    app.state.hub = hub
    app.state.brain = brain
    app.add_api_route("/static/{name:path}", serve_asset, methods=["GET"], include_in_schema=False, name="static")
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    app.add_middleware(Guard)
    return app
