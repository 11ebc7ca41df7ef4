"""One step of a worker's day: go to a task, by the charger where the battery asks for it, and do it, pausing at breaks."""

from __future__ import annotations

from numba import njit

from qiantang.domains.factory.dispatch.situation import (
    CHARGING,
    ENTRY_X,
    ENTRY_Y,
    FAR,
    FULL,
    HOME_X,
    HOME_Y,
    INSIDE,
    PACE,
    READY,
    WORK,
    Floats,
    X,
    Y,
)


@njit(cache=True)
def advanced(breaks: Floats, t: float, length: float) -> float:
    """The minute at which ``length`` minutes of walking or work that begin at ``t`` are over: breaks (k × 2, in order) do not count."""
    for b in range(breaks.shape[0]):
        start, end = breaks[b, 0], breaks[b, 1]
        if end <= t:
            continue
        if t >= start:
            t = end
        elif t + length > start:
            length += end - start
        else:
            break
    return t + length


@njit(cache=True, inline="always")
def step(jobs: Floats, crew: Floats, breaks: Floats, w: int, i: int, t: float, x: float, y: float,
         left: float) -> tuple[float, float, float, float]:
    """Worker ``w`` leaves (x, y) at minute ``t`` with ``left`` metres in the battery for task ``i``.

    Gives the minutes at which work begins and ends, the metres left, and the minutes of travel.
    """
    pace = crew[w, PACE]
    metres = abs(x - jobs[i, ENTRY_X]) + abs(y - jobs[i, ENTRY_Y]) + jobs[i, INSIDE]
    travelled = metres / pace
    going = travelled
    leaves = t
    rest = left
    if left < FAR:
        rest = left - metres
        hx, hy = crew[w, HOME_X], crew[w, HOME_Y]
        if rest < abs(jobs[i, X] - hx) + abs(jobs[i, Y] - hy):
            back = abs(x - hx) + abs(y - hy)
            metres = abs(hx - jobs[i, ENTRY_X]) + abs(hy - jobs[i, ENTRY_Y]) + jobs[i, INSIDE]
            leaves = t + back / pace + (crew[w, FULL] - max(left - back, 0.0)) * crew[w, CHARGING]
            rest = crew[w, FULL] - metres
            going = metres / pace
            travelled = back / pace + going
    if breaks.shape[1] == 0:
        begins = max(leaves + going, jobs[i, READY])
        ends = begins + jobs[i, WORK]
    else:
        begins = advanced(breaks[w], max(advanced(breaks[w], leaves, going), jobs[i, READY]), 0.0)
        ends = advanced(breaks[w], begins, jobs[i, WORK])
    return begins, ends, rest, travelled
