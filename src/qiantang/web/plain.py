"""A page's JSON twin: the same blocks as plain values, figures exact, both languages beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal

from qiantang.kernel.pages.values import Address
from qiantang.kernel.words import Text
from qiantang.web.addresses import Addresses

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def plain(value: object, addresses: Addresses) -> Json:
    """Dataclasses as objects with their ``kind``, texts by language, decimals as strings, addresses as paths of the twin.

    Only places on a picture are binary floats. Empty texts and what is None are left out of objects.
    """
    if isinstance(value, Address):
        return "/api/v1" + addresses.path(value)
    if isinstance(value, Text):
        return {"zh": value.zh, "en": value.en}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(part, addresses) for name, part in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [plain(part, addresses) for part in value]
    if is_dataclass(value) and not isinstance(value, type):
        told: dict[str, Json] = {"kind": type(value).__name__.lower()}
        for part in fields(value):
            inner = getattr(value, part.name)
            if inner is None or (isinstance(inner, Text) and not inner.zh and not inner.en):
                continue
            told[part.name] = plain(inner, addresses)
        return told
    raise TypeError(f"a page holds no {type(value).__name__}")
