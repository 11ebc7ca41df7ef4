"""What is kept is plain: text, whole numbers, yes and no, lists and names, each written in one way only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from qiantang.kernel.errors import ActionError, Fault, Place
from qiantang.kernel.words import Text

Plain = None | bool | int | str | list["Plain"] | dict[str, "Plain"]


def plain(value: object, path: str = "") -> Plain:
    """The value as plain JSON: a decimal as its digits, a day or instant in ISO form, a text in both languages.

    Binary fractions are refused, for they do not read back the same everywhere; so is text that is no Unicode.
    """
    match value:
        case None | bool() | int():
            return value
        case str():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise _not_plain(path, repr(value)) from None
            return str(value)
        case Decimal() if value.is_finite():
            return str(value)
        case datetime():
            return written_instant(value)
        case date():
            return value.isoformat()
        case Text(zh=zh, en=en):
            return {"zh": zh, "en": en}
        case Mapping():
            return {_named(key, path): plain(inside, f"{path}.{key}".lstrip(".")) for key, inside in value.items()}
        case list() | tuple():
            return [plain(inside, f"{path}[{place}]") for place, inside in enumerate(value)]
    raise _not_plain(path, repr(value))


def plain_mapping(values: Mapping[str, object]) -> dict[str, Plain]:
    """A mapping of names to values as plain JSON."""
    return {_named(name, ""): plain(value, name) for name, value in values.items()}


def canonical(value: object) -> str:
    """The one way of writing a value: keys sorted, no spaces, no escapes beyond what JSON asks for."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def read_mapping(written: str) -> dict[str, Plain]:
    """The mapping that ``canonical`` wrote."""
    read: dict[str, Plain] = json.loads(written)
    return read


def written_instant(at: datetime) -> str:
    """An instant in UTC to the microsecond, always equally long, so that text order is time order."""
    if at.tzinfo is None:
        raise ActionError(Fault(
            Text("时刻 {at} 没有时区。", "the instant {at} has no time zone.").filled(at=at.isoformat()),
            value=at, rule="utc-instant",
            remedy=Text("请给出 UTC 时刻。", "Give an instant in UTC.")))
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_instant(written: str) -> datetime:
    """The instant that ``written_instant`` wrote."""
    return datetime.fromisoformat(written)


def _named(key: object, path: str) -> str:
    if not isinstance(key, str):
        raise _not_plain(path, repr(key))
    return key


def _not_plain(path: str, shown: str) -> ActionError:
    return ActionError(Fault(
        Text("{value} 不能记入日志。", "{value} cannot be kept in the log.").filled(value=shown),
        Place(path=path), shown, "plain-value",
        Text("请用文字、整数、Decimal、日期或是/否；小数不用浮点数。",
             "Use text, whole numbers, Decimal, days or yes/no; no floating point.")))
