"""Which signals share a clock and a connection, and so are put in order together: gateways, joined where a machine spans several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.charts import layout
from qiantang.domains.factory.charts.settings import ChartSettings

LATENESS_US = 2_000_000
"""How long a source is waited for that says nothing else."""


def gateway(address: str) -> str:
    """The gateway that an address lies behind: Sparkplug's group and edge node, OPC UA's server, Modbus's host and port, a
    topic's first two levels."""
    if "|" in address:
        return address.partition("|")[0]
    if "://" in address:
        return "/".join(address.split("/", 3)[:3])
    first, _, rest = address.partition("/")
    return first if ":" in first else f"{first}/{rest.partition('/')[0]}"


@dataclass(frozen=True, slots=True)
class Sources:
    """The source of each signal by number, and for each source its gateways and lateness."""

    of: NDArray[np.int32]
    gateways: tuple[tuple[str, ...], ...]
    lateness_us: NDArray[np.int64]


def sources(addresses: Sequence[str], settings: ChartSettings, lateness_of: Callable[[str], int], joined: bool = True,
            before: Sources | None = None) -> Sources:
    """The sources of the signals in a directory, in the order of their first signal.

    Signals of one machine, or whose charts read the same counter, are judged together: their gateways are one source, which is
    waited for as long as the slowest of them, and never less than ``LATENESS_US``, for two connections keep no common order.
    Signals that came after the settings were made join nothing. Sources known ``before`` keep their numbers.
    """
    place: dict[str, int] = {}
    behind = [place.setdefault(gateway(address), len(place)) for address in addresses]
    above = list(range(len(place)))

    def top(one: int) -> int:
        while above[one] != one:
            one = above[one]
        return one

    charted = min(len(settings), len(addresses))
    if joined:
        for column in (layout.MACHINE, layout.GROUP_CONTEXT, layout.PHASE_CONTEXT, layout.RECIPE_CONTEXT):
            first: dict[int, int] = {}
            columns = (column, layout.SETS) if column != layout.MACHINE else (column,)
            for which in columns:
                for signal in np.flatnonzero(settings.plan[:charted, which] >= 0).tolist():
                    one = top(behind[signal])
                    other = top(first.setdefault(int(settings.plan[signal, which]), one))
                    above[max(one, other)] = min(one, other)
    numbers: dict[int, int] = {}
    gateways: dict[int, list[str]] = {}
    for name, one in place.items():
        number = numbers.setdefault(top(one), len(numbers))
        gateways.setdefault(number, []).append(name)
    late = [lateness_of(g[0]) if len(g) == 1 else max(LATENESS_US, *(lateness_of(one) for one in g)) for g in gateways.values()]
    made = Sources(np.array([numbers[top(b)] for b in behind], np.int32), tuple(tuple(g) for g in gateways.values()), np.array(late, np.int64))
    if before is not None and made.gateways[:len(before.gateways)] != before.gateways:
        raise ValueError("signals that came later may not join sources that were apart")
    return made
