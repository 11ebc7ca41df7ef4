"""Accounts of people: who may sign in, what they may do, and the part of the district they may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class User:
    """An account. ``password_hash`` is Argon2id's own text, empty where somebody signs in elsewhere. ``scope_kind`` and
    ``scope_codes`` say which part of the district it sees, ``roles`` which roles of case processes it holds (``*``: all).
    """

    name: str
    title: str
    password_hash: str
    capabilities: tuple[str, ...]
    scope_kind: str
    scope_codes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    may_see_personal: bool = False
    outside: bool = False
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class SignIn:
    """A session or an API token, known by the hash of its secret. ``kind`` is ``session`` or ``token``; a token may do at
    most ``capabilities``, a session what its account may."""

    secret_hash: str
    kind: str
    user: str
    title: str
    capabilities: tuple[str, ...]
    begun_at: datetime
    seen_at: datetime
    ends_at: datetime
    ended: bool = False
