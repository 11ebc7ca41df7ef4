"""How many points a chart runs before it signals, by theory: in control, and after the mean has shifted by so many σ.

Points are taken as independent and normal; ``shift`` is in standard deviations of what is plotted. The average run length
counts points up to and including the one that signals, from a fresh start.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import erfc, exp, pi, sqrt
from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SQRT2 = sqrt(2.0)


def tail(z: float) -> float:
    """The probability that a standard normal value is above z."""
    return 0.5 * erfc(z / SQRT2)


def shewhart(limit: float, shift: float = 0.0) -> float:
    """Rule 1 beyond ±limit: 1/(P(z > limit) + P(z < -limit)); 370.4 at 3."""
    return 1.0 / (tail(limit - shift) + tail(limit + shift))


def shewhart_limit(run_length: float) -> float:
    """The limit whose in-control run length this is."""
    from scipy.special import ndtri  # type: ignore[import-untyped]  # scipy ships no types

    return float(-ndtri(0.5 / run_length))


@lru_cache(maxsize=64)
def _nodes(n: int) -> tuple[Floats, Floats]:
    """Nodes and weights of Gauss and Legendre on (-1, 1)."""
    found = np.polynomial.legendre.leggauss(n)
    return found[0], found[1]


@nb.njit(cache=True)
def _density(z: Any) -> Any:
    """The standard normal density."""
    return exp(-0.5 * z * z) / sqrt(2.0 * pi)


@nb.njit(cache=True)
def _solved(system: Any, right: Any) -> Any:
    """The solution of a small linear system, which both arrays are used up for: elimination with partial pivoting. Hundreds of
    these follow each other, and threads of a large solver would cost more than they bring."""
    n = len(right)
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            if abs(system[i, k]) > abs(system[best, k]):
                best = i
        if best != k:
            for j in range(k, n):
                system[k, j], system[best, j] = system[best, j], system[k, j]
            right[k], right[best] = right[best], right[k]
        for i in range(k + 1, n):
            factor = system[i, k] / system[k, k]
            if factor != 0.0:
                for j in range(k + 1, n):
                    system[i, j] -= factor * system[k, j]
                right[i] -= factor * right[k]
    for k in range(n - 1, -1, -1):
        total = right[k]
        for j in range(k + 1, n):
            total -= system[k, j] * right[j]
        right[k] = total / system[k, k]
    return right


@nb.njit(cache=True)
def _ewma(weight: Any, edge: Any, shift: Any, x: Any, w: Any) -> Any:
    n = len(x)
    system, inside = np.empty((n, n)), np.ones(n)
    for i in range(n):
        for j in range(n):
            system[i, j] = (1.0 if i == j else 0.0) - _density((edge * x[j] - (1.0 - weight) * edge * x[i]) / weight - shift) * w[j] * edge / weight
    _solved(system, inside)
    total = 1.0
    for j in range(n):
        total += _density(edge * x[j] / weight - shift) * w[j] * edge / weight * inside[j]
    return total


def ewma(weight: float, limit: float, shift: float = 0.0) -> float:
    """Two-sided EWMA with asymptotic limits ±limit·√(λ/(2-λ)): the integral equation of S. V. Crowder, Journal of Quality
    Technology 19 (1987) 161-169, by Gauss and Legendre; 559.9 at λ = 0.2, L = 3. The nodes stand closer than λ."""
    edge = limit * sqrt(weight / (2.0 - weight))
    return float(_ewma(weight, edge, shift, *_nodes(min(400, max(41, int(4.0 * edge / weight) | 1)))))


@nb.njit(cache=True)
def _one_sided(slack: Any, decision: Any, shift: Any, x: Any, w: Any) -> Any:
    n = len(x)
    system, length = np.empty((n + 1, n + 1)), np.ones(n + 1)
    for i in range(n + 1):
        at = 0.5 * decision * (x[i - 1] + 1.0) if i > 0 else 0.0
        system[i, 0] = (1.0 if i == 0 else 0.0) - 0.5 * erfc((at + shift - slack) / sqrt(2.0))
        for j in range(1, n + 1):
            there = 0.5 * decision * (x[j - 1] + 1.0)
            system[i, j] = (1.0 if i == j else 0.0) - _density(there - at + slack - shift) * 0.5 * decision * w[j - 1]
    return _solved(system, length)[0]


def one_sided_cusum(slack: float, decision: float, shift: float = 0.0) -> float:
    """One-sided CUSUM from 0: the integral equation of E. S. Page, Biometrika 41 (1954) 100-115, with an atom at 0, by Gauss and
    Legendre as A. L. Goel and S. M. Wu, Technometrics 13 (1971) 221-230."""
    return float(_one_sided(slack, decision, shift, *_nodes(max(41, int(4.0 * decision) | 1))))


def cusum(slack: float, decision: float, shift: float = 0.0) -> float:
    """Two-sided CUSUM: 1/L = 1/L₊ + 1/L₋ (K. W. Kemp, Journal of the Royal Statistical Society B 23 (1961) 149-153); 465.4 at
    k = 0.5, h = 5."""
    if shift == 0.0:
        return 0.5 * one_sided_cusum(slack, decision)
    return 1.0 / (1.0 / one_sided_cusum(slack, decision, shift) + 1.0 / one_sided_cusum(slack, decision, -shift))


def siegmund(slack: float, decision: float, shift: float = 0.0) -> float:
    """The same in closed form, within a few hundredths: D. Siegmund, Sequential Analysis (1985), equation 2.39, with h + 1.166."""
    def one(drift: float) -> float:
        b = decision + 1.166
        return b * b if abs(drift) < 1e-9 else (exp(-2.0 * drift * b) + 2.0 * drift * b - 1.0) / (2.0 * drift * drift)

    return 1.0 / (1.0 / one(shift - slack) + 1.0 / one(-shift - slack))


def run_on_one_side(points: int, shift: float = 0.0) -> float:
    """Rule 2 with runs of so many points: 1/L = 1/L₊ + 1/L₋ with L± = (1-p^n)/((1-p)·p^n) (W. Feller, An Introduction to
    Probability Theory, volume 1, XIII.7 and XIII.8); 511 for nine in control."""
    def one(p: float) -> float:
        return (1.0 - p**points) / ((1.0 - p) * p**points)

    return 1.0 / (1.0 / one(tail(-shift)) + 1.0 / one(tail(shift)))


def zone_rules(names: tuple[str, ...], shift: float = 0.0, *, limit: float = 3.0, side_run: int = 9) -> float:
    """Any of Nelson's rules 1, 2, 5, 6, 7, 8 together, exactly: the Markov chain over what the last points have left behind (C. W.
    Champ and W. H. Woodall, Technometrics 29 (1987) 393-399); 91.7 for the Western Electric rules 1, 5, 6 and 2 with eight.

    The chain's states are the histories that can still matter: which of the last points lie in which zone. A state that has
    signalled is left out, so the run ends there.
    """
    edges = np.array([-limit, -2.0, -1.0, 0.0, 1.0, 2.0, limit])
    below = np.array([1.0 - tail(e - shift) for e in edges])
    chance = np.diff(np.concatenate(([0.0], below, [1.0])))
    longest = {"nelson_2": side_run - 1, "nelson_5": 2, "nelson_6": 4, "nelson_7": 14, "nelson_8": 7}
    start: tuple[tuple[int, ...], ...] = ((), (), (), (), (), ())
    states = {start: 0}
    todo = [start]
    rows, columns, values = [], [], []
    for state in todo:
        for zone in range(8):
            following = _followed(state, zone, names, side_run, longest)
            if following is None:
                continue
            if following not in states:
                states[following] = len(states)
                todo.append(following)
            rows.append(states[state])
            columns.append(states[following])
            values.append(chance[zone])
    from scipy.sparse import csr_matrix, eye  # type: ignore[import-untyped]  # scipy ships no types
    from scipy.sparse.linalg import spsolve  # type: ignore[import-untyped]  # scipy ships no types

    n = len(states)
    chain = csr_matrix((values, (rows, columns)), shape=(n, n))
    solved = spsolve((eye(n, format="csr") - chain).tocsc(), np.ones(n))
    return float(np.atleast_1d(solved)[0])


def _followed(state: tuple[tuple[int, ...], ...], zone: int, names: tuple[str, ...], side_run: int,
              longest: dict[str, int]) -> tuple[tuple[int, ...], ...] | None:
    """The state after a point in a zone (0 lowest to 7 highest), None where a rule signals. A state is: the run on one side
    (sign and length), then the marks of rules 5 and 6 upwards and downwards, and of 7 and 8, as far back as each looks."""
    if "nelson_1" in names and zone in (0, 7):
        return None
    side, two, one, within, beyond, _ = state
    if "nelson_2" in names:
        sign = 1 if zone >= 4 else -1
        length = side[1] + 1 if side and side[0] == sign else 1
        if length >= side_run:
            return None
        side = (sign, length)
    far = 1 if zone >= 6 else -1 if zone <= 1 else 0
    mid = 1 if zone >= 5 else -1 if zone <= 2 else 0
    if "nelson_5" in names:
        last = (*two, far)
        if any(last.count(sign) >= 2 for sign in (1, -1)):
            return None
        two = _needed(last[-longest["nelson_5"]:])
    if "nelson_6" in names:
        last = (*one, mid)
        if any(last.count(sign) >= 4 for sign in (1, -1)):
            return None
        one = _needed(last[-longest["nelson_6"]:])
    if "nelson_7" in names:
        within = (*within, 0) if mid == 0 else ()
        if len(within) > longest["nelson_7"]:
            return None
    if "nelson_8" in names:
        beyond = (*beyond, mid)[-longest["nelson_8"] - 1:] if mid != 0 else ()
        if len(beyond) > longest["nelson_8"]:
            if len(set(beyond)) == 2:
                return None
            beyond = beyond[1:]
    return side, two, one, within, beyond, ()


def _needed(marks: tuple[int, ...]) -> tuple[int, ...]:
    """Marks without the zeros before the first that counts."""
    first = next((k for k, mark in enumerate(marks) if mark), len(marks))
    return marks[first:]


def trend(points: int, n: int = 600) -> float:
    """Rule 3: so many points in a row steadily rising or falling, whatever their distribution, and the same after a shift.

    L_j(u), the points still to come after j rises to rank u, obeys L_j(u) = 1 + ∫_u^1 L_{j+1} dv + ∫_0^u L_1(1-v) dv, with
    L_{points-1} = 0, as falls mirror rises. Solved on n equal steps of rank, as one linear system.
    """
    return _ranked(points - 1, alternating=False, n=n // max(points - 2, 1))


def alternation(points: int, n: int = 1300) -> float:
    """Rule 4: so many points in a row alternating up and down: L_j(u), after j alternating steps of which the last rose to rank
    u, obeys L_j(u) = 1 + ∫_0^u L_{j+1}(1-v) dv + ∫_u^1 L_1(v) dv, with L_{points-1} = 0."""
    return _ranked(points - 1, alternating=True, n=n // max(points - 2, 1))


def _ranked(steps: int, *, alternating: bool, n: int) -> float:
    """The equations of ``trend`` and ``alternation``: unknowns L_1 … L_{steps-1} on n cells of rank, by their averages."""
    size = (steps - 1) * n
    system, ones = np.eye(size), np.ones(size)
    # The share of cell v that lies below the middle of cell u.
    below = np.tril(np.ones((n, n)), -1) / n + np.eye(n) * 0.5 / n
    above = 1.0 / n - below
    mirrored = below[:, ::-1]
    for j in range(1, steps):
        at = slice((j - 1) * n, j * n)
        on, back = (mirrored, above) if alternating else (above, mirrored)
        if j + 1 < steps:
            system[at, j * n:(j + 1) * n] -= on
        system[at, 0:n] -= back
    solved = np.linalg.solve(system, ones)
    # The first point, then one step either way to L_1; a rise from rank u to v has density 1 over v > u, a fall mirrors it.
    reached = np.tril(np.ones((n, n)), -1).sum(axis=1) + 0.5
    return float(1.0 + 1.0 + 2.0 * np.sum(solved[:n] * reached) / n / n)


def estimated(rate: Callable[[float, float], float], points: int) -> float:
    """The expected false alarms a point when mean and σ were estimated from so many points of phase I: the average of
    ``rate(error of the mean, factor)`` over mean error N(0, 1/n) and σ̂/σ ~ N(1, 1/(2n)), by Gauss and Hermite; after W. A.
    Jensen and others, Journal of Quality Technology 38 (2006) 349-364. ``rate`` gets the shift and what σ is divided by."""
    x, w = np.polynomial.hermite_e.hermegauss(7)
    y, v = np.polynomial.hermite_e.hermegauss(5)
    w, v = w / w.sum(), v / v.sum()
    total = 0.0
    for i in range(4):
        # Errors of the mean up and down weigh the same.
        twice = 2.0 if abs(x[i]) > 1e-12 else 1.0
        for j in range(5):
            total += twice * w[i] * v[j] * rate(abs(x[i]) / sqrt(points), 1.0 + y[j] / sqrt(2.0 * points))
    return float(total)
