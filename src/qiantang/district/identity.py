"""Who asks: an account's name, what it may do, and the part of the district it may see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from qiantang.district.reading import Viewer
from qiantang.kernel.expressions.nodes import Expr, among
from qiantang.kernel.pages.declaring import CAPABILITIES, Capability
from qiantang.registers.dossiers import ENTERPRISE

ScopeKind = Literal["district", "platforms", "subdistricts", "enterprise", "plant", "nothing"]


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of the district: everything, some platforms or sub-districts by code, one's own enterprise by credit
    code, one's own plant, or nothing."""

    kind: ScopeKind = "nothing"
    codes: tuple[str, ...] = ()

    def test(self) -> Expr | None:
        """The scope as a row-wise test over the facts of an enterprise; None sees everybody."""
        column = _COLUMN.get(self.kind, ENTERPRISE.subject)
        if self.kind == "district":
            return None
        if self.kind in _COLUMN and self.codes:
            fact = ENTERPRISE.fact(column)
            return among(fact, self.codes)
        return among(ENTERPRISE.fact(ENTERPRISE.subject), ("",))


_COLUMN = {"platforms": "platform", "subdistricts": "subdistrict", "enterprise": "uscc"}


@dataclass(frozen=True, slots=True)
class Identity:
    """An account as pages see it. ``roles`` are the roles of case processes that it holds (``*``: all of them).

    ``session`` names the session or token it came by; ``outside`` is true for those who do not work for the district:
    small counts are withheld from them.
    """

    name: str
    title: str = ""
    capabilities: frozenset[Capability] = frozenset()
    scope: Scope = field(default_factory=Scope)
    roles: frozenset[str] = frozenset()
    may_see_personal: bool = False
    outside: bool = False
    session: str = ""

    @property
    def viewer(self) -> Viewer:
        """The account as the read service knows it."""
        return Viewer(self.name, self.scope.test(), self.may_see_personal)


NOBODY = Identity("", outside=True)
"""Somebody without an account."""

KEYBOARD = Identity("local", capabilities=frozenset(CAPABILITIES), scope=Scope("district"), roles=frozenset({"*"}), may_see_personal=True)
"""The person at the keyboard of the machine, who has the files anyway."""
