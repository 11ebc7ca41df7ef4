"""What distributions exceed with a stated probability. From ``scipy.special``: ``scipy.stats`` says the same and takes 40 MiB of a node's memory."""

from __future__ import annotations


def normal_beyond(alpha: float) -> float:
    """What a standard normal value exceeds with probability alpha."""
    from scipy.special import ndtri  # type: ignore[import-untyped]  # scipy ships no types

    return -float(ndtri(alpha))


def student_beyond(alpha: float, freedom: float) -> float:
    """The same of Student's t with so many degrees of freedom."""
    from scipy.special import stdtrit

    return -float(stdtrit(freedom, alpha))


def chi_square_beyond(alpha: float, freedom: float) -> float:
    """The same of χ² with so many degrees of freedom."""
    from scipy.special import chdtri

    return float(chdtri(freedom, alpha))


def fisher_beyond(alpha: float, upper: float, lower: float) -> float:
    """The same of F with so many degrees of freedom above and below the line: F > x where a beta variable of halves of them, the lower
    first, is less than lower/(lower + upper·x) (M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 26.6.2)."""
    from scipy.special import betaincinv

    y = float(betaincinv(0.5 * lower, 0.5 * upper, alpha))
    return lower * (1.0 - y) / (upper * y)
