"""The rules a chart can break, one bit each, and the runs of past readings that Nelson's rules look at, packed in a word.

Nelson's rules are those of L. S. Nelson, "The Shewhart Control Chart: Tests for Special Causes", Journal of Quality
Technology 16 (1984) 237-239; the Western Electric set is that of the Statistical Quality Control Handbook (1956), which has
rules 1, 5, 6 and, with a run of eight, 2. All are edge-triggered: a rule is raised by the reading that breaks it, and again
only after it has held.
"""

from __future__ import annotations

from typing import Final

from qiantang.kernel.words import Text

RULES: Final = ("nelson_1", "nelson_2", "nelson_3", "nelson_4", "nelson_5", "nelson_6", "nelson_7", "nelson_8",
                "ewma", "cusum", "drift", "stuck", "range", "rate", "quality", "t2", "spe",
                "t2_shift", "spe_shift", "t2_spread", "spe_spread", "down")
"""The names of the rules; the place of a name is its bit in a mask."""

BIT: Final = {name: 1 << place for place, name in enumerate(RULES)}


def mask(*names: str) -> int:
    """The bits of these rules together."""
    found = 0
    for name in names:
        found |= BIT[name]
    return found


def names(bits: int) -> tuple[str, ...]:
    """The rules whose bits are set, in the order of RULES."""
    return tuple(name for name in RULES if bits & BIT[name])


CORE: Final = mask("nelson_1", "nelson_2", "nelson_3", "nelson_4", "ewma", "cusum")
"""The rules that the quick kernels know."""
ALL: Final = (1 << len(RULES)) - 1

BY_BUDGET: Final = ("nelson_1", "ewma", "cusum", "drift", "nelson_2", "nelson_3")
"""The rules whose run lengths follow from the alarm budget."""
BRIEFLY: Final = {"nelson_1": Text("尼尔森1", "Nelson 1"), "ewma": Text("EWMA", "EWMA"), "cusum": Text("CUSUM", "CUSUM"), "drift": Text("漂移", "drift"),
                  "nelson_2": Text("尼尔森2", "Nelson 2"), "nelson_3": Text("尼尔森3", "Nelson 3")}
"""What these are called at the head of a column."""

OF_MACHINES: Final = ("t2", "spe", "t2_shift", "spe_shift", "t2_spread", "spe_spread")
"""The rules of a whole machine: its point as it is now, the moving average of its points, the moving average of T² and SPE."""

TITLES: Final = {
    "nelson_1": Text("一点超出控制限", "one point beyond the control limit"),
    "nelson_2": Text("连续多点位于中心线同侧", "a run of points on one side of the centre line"),
    "nelson_3": Text("连续六点递增或递减", "six points in a row steadily rising or falling"),
    "nelson_4": Text("连续十四点上下交替", "fourteen points in a row alternating up and down"),
    "nelson_5": Text("连续三点中有两点超出同侧二倍标准差", "two of three points beyond two standard deviations on one side"),
    "nelson_6": Text("连续五点中有四点超出同侧一倍标准差", "four of five points beyond one standard deviation on one side"),
    "nelson_7": Text("连续十五点位于一倍标准差以内", "fifteen points in a row within one standard deviation"),
    "nelson_8": Text("连续八点位于两侧一倍标准差以外", "eight points in a row on both sides, none within one standard deviation"),
    "ewma": Text("指数加权移动平均超限", "exponentially weighted moving average beyond its limit"),
    "cusum": Text("累积和超限", "cumulative sum beyond its limit"),
    "drift": Text("缓慢漂移", "slow drift"),
    "stuck": Text("读数不再变化", "readings no longer change"),
    "range": Text("超出物理量程", "outside the physical range"),
    "rate": Text("变化过快", "changes faster than it can"),
    "quality": Text("读数质量不良", "readings of bad quality"),
    "silent": Text("来源中断或无声", "a source that is silent or cut off"),
    "down": Text("设备自报故障停机", "the machine itself says that a fault has stopped it"),
    "t2": Text("多变量 T² 超限", "T² of the machine beyond its limit"),
    "spe": Text("多变量残差 SPE 超限", "squared prediction error of the machine beyond its limit"),
    "t2_shift": Text("多变量移动平均的 T² 超限", "T² of the machine's moving average beyond its limit"),
    "spe_shift": Text("多变量移动平均的残差 SPE 超限", "squared prediction error of the machine's moving average beyond its limit"),
    "t2_spread": Text("多变量 T² 的移动平均超限", "moving average of the machine's T² beyond its limit"),
    "spe_spread": Text("多变量残差 SPE 的移动平均超限", "moving average of the machine's squared prediction error beyond its limit"),
}

# The word of the past: four fields of bits, the newest reading lowest in each.
SIDE_BITS: Final = 19
STEP_BITS: Final = 13
ABOVE_AT: Final = 0
BELOW_AT: Final = SIDE_BITS
RISE_AT: Final = 2 * SIDE_BITS
FALL_AT: Final = RISE_AT + STEP_BITS
KEEP: Final = ((1 << 64) - 1) & ~(1 << ABOVE_AT | 1 << BELOW_AT | 1 << RISE_AT | 1 << FALL_AT)
"""What stays of the word after a shift by one reading: everything but the lowest bit of each field."""

ALTERNATING: Final = 0b1010101010101
"""Thirteen steps between fourteen points, up and down in turn; the other way round it is the complement."""
ALTERNATE_MASK: Final = ((1 << STEP_BITS) - 1) << RISE_AT | ((1 << STEP_BITS) - 1) << FALL_AT
ALTERNATE_UP: Final = ALTERNATING << RISE_AT | (ALTERNATING >> 1) << FALL_AT
ALTERNATE_DOWN: Final = (ALTERNATING >> 1) << RISE_AT | ALTERNATING << FALL_AT

# The second word, of zones: beyond 1σ above and below, beyond 2σ above and below, within 1σ.
OVER1_AT: Final = 0
UNDER1_AT: Final = 8
OVER2_AT: Final = 16
UNDER2_AT: Final = 19
WITHIN_AT: Final = 22
WITHIN_BITS: Final = 15
ZONES_KEEP: Final = (((1 << (WITHIN_AT + WITHIN_BITS)) - 1)
                     & ~(1 << OVER1_AT | 1 << UNDER1_AT | 1 << OVER2_AT | 1 << UNDER2_AT | 1 << WITHIN_AT))
