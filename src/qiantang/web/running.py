"""A district served: its application with accounts, on one machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI

from qiantang.district.brain import Brain
from qiantang.district.identity import KEYBOARD
from qiantang.district.pages import PAGES
from qiantang.district.plant.views import plants_seen
from qiantang.district.workspace import existing
from qiantang.kernel.actions.users import User
from qiantang.stores.people import PeopleStore
from qiantang.web.app import create_app
from qiantang.web.auth.accounts import Accounts
from qiantang.web.auth.demonstration import demonstration_accounts, said_of
from qiantang.web.auth.oidc import SignInElsewhere, provider_of
from qiantang.web.auth.pages import AccountAuthority
from qiantang.web.live.frames import Channel
from qiantang.web.opening import prepare

if TYPE_CHECKING:
    from socket import socket

    import uvicorn

STATE = "state.sqlite"


def accounts_of(folder: Path) -> tuple[Brain, Accounts]:
    """A district at work with its accounts."""
    brain = Brain(existing(folder))
    return brain, Accounts(PeopleStore(brain.workspace.hidden / STATE), brain.store)


def application(folder: Path, *, secure: bool = False) -> tuple[FastAPI, tuple[User, ...], Accounts]:
    """The application over a district's folder, and the demonstration's accounts where it is one."""
    brain, accounts = accounts_of(folder)
    provider = provider_of(brain.workspace.folder)
    demonstration = demonstration_accounts(brain, accounts) if provider is None else ()
    authority = AccountAuthority(accounts, brain.district, secure=secure, told=said_of(demonstration),
                                 elsewhere=None if provider is None else SignInElsewhere(provider))

    def wall(name: str) -> Channel | None:
        """A plant's wall is read from its folder by whoever watches; a plant may come while the server runs."""
        return next((Channel(p.name, p, p.name) for p in plants_seen(brain.workspace.hidden, KEYBOARD) if p.name == name), None)

    return create_app(brain, authority, (*PAGES, *brain.workspace.house.pages), later=wall), demonstration, accounts


def serve(app: FastAPI, host: str, port: int, proxied: bool, ready: Callable[[], None]) -> None:
    """Serve until interrupted; ``ready`` is told once the socket listens. ``proxied`` trusts what a proxy before it says
    of the caller's address and of https."""
    import uvicorn

    prepare(app.state.brain)
    server_of(app, uvicorn.Config(app, host=host, port=port, log_level="warning", access_log=False, proxy_headers=proxied, server_header=False,
                                  ws_max_size=65536, timeout_graceful_shutdown=5), ready).run()


def server_of(app: FastAPI, config: uvicorn.Config, ready: Callable[[], None]) -> uvicorn.Server:
    """A server that says when it listens, and lets live streams end before it waits for connections to close."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

        async def shutdown(self, sockets: list[socket] | None = None) -> None:
            app.state.hub.end()
            await super().shutdown(sockets)

    return Server(config)
