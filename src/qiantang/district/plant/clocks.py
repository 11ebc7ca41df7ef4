"""Instants of a plant as people read them."""

from __future__ import annotations

from datetime import UTC, datetime


def shown_instant(at: int) -> str:
    """Microseconds UTC as day and time of the place where it is read."""
    return f"{datetime.fromtimestamp(at / 1e6, UTC).astimezone():%Y-%m-%d %H:%M:%S}"
