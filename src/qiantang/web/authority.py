"""Who decides who somebody is: asked once for every request, before anything else."""

from __future__ import annotations

from typing import Protocol

from fastapi import APIRouter
from starlette.requests import HTTPConnection

from qiantang.district.identity import Identity


class Authority(Protocol):
    """Accounts, sessions and tokens behind one question. ``router`` holds the pages of signing in and out."""

    @property
    def router(self) -> APIRouter:
        """Its own routes."""

    def identity(self, connection: HTTPConnection) -> Identity:
        """Whose request or socket this is; ``NOBODY`` without a valid session or token."""
