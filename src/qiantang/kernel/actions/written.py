"""What a person writes into the fields of an event, read as the fields want it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from qiantang.kernel.actions.process_rows import Event, Kind


def payload_of(event: Event | None, given: Mapping[str, str]) -> dict[str, object]:
    """Fields as the event's table wants them; what cannot be read is left as written, for the desk to refuse."""
    kinds = {need.name: need.kind for need in event.needs} if event is not None else {}
    return {name: _read(kinds.get(name, Kind.TEXT), written) for name, written in given.items()}


def _read(kind: Kind, written: str) -> object:
    if kind is Kind.INTEGER and written.lstrip("-").isdigit():
        return int(written)
    if kind is Kind.DECIMAL:
        try:
            return Decimal(written)
        except InvalidOperation:
            return written
    if kind is Kind.FLAG and written.lower() in ("true", "yes", "是", "false", "no", "否"):
        return written.lower() in ("true", "yes", "是")
    return written
