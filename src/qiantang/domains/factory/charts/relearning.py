"""Which baselines a repair puts in doubt: those learnt, or being learnt, since something was wrong. Machines know it of their models.

What a chart learnt of a machine while it was faulty is how the fault looks, and after the repair it would call good pieces bad. The
same rule serves the simulated plant and a real one; both say since when something was wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from qiantang.domains.factory.arrays import packed, unpacked
from qiantang.domains.factory.charts import layout
from qiantang.domains.factory.charts.analysis import Analysis
from qiantang.domains.factory.charts.carrying import Carried
from qiantang.domains.factory.charts.machines import NOT_YET

_ALWAYS = NOT_YET + 1


@dataclass(frozen=True, slots=True)
class Anew:
    """Signals and models of machines, by their numbers, that begin anew; false where there are none."""

    signals: tuple[int, ...] = ()
    machines: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.signals or self.machines)


class LearntSince:
    """The instant (in the caller's unit) at which each baseline was first seen to be in force; ``NOT_YET`` for one being learnt.

    What is in force from the beginning was known before anything could go wrong. ``look`` as often as the rule is to be exact:
    what is learnt counts as learnt at the first look after it came into force, never before.
    """

    def __init__(self, analysis: Analysis) -> None:
        self.at = np.where(analysis.learned, _ALWAYS, NOT_YET)

    def going_on(self, analysis: Analysis, kept: Carried) -> LearntSince:
        """The same under other settings, which carried so much over."""
        found = LearntSince(analysis)
        found.at[kept.bases[:, 1]] = self.at[kept.bases[:, 0]]
        found.at[~analysis.learned] = NOT_YET
        return found

    def look(self, analysis: Analysis, at: int) -> None:
        """See what is in force at an instant."""
        learned = analysis.learned
        self.at[learned & (self.at == NOT_YET)] = at
        self.at[~learned] = NOT_YET

    def in_doubt(self, analysis: Analysis, signals: Iterable[int], since: int) -> list[int]:
        """Those of the signals of which a baseline came into force after that instant, or has begun to be learnt and is not in force."""
        begun = analysis.points_so_far > 0
        found = []
        for signal in signals:
            plan = analysis.settings.plan[signal]
            bases = slice(plan[layout.FIRST_BASE], plan[layout.FIRST_BASE] + plan[layout.PHASES] * plan[layout.RECIPES] * plan[layout.PARTS])
            if (self.at[bases] > since).any() or begun[bases].any():
                found.append(signal)
        return found

    def snapshot(self) -> bytes:
        """Everything needed to go on."""
        return packed({"at": self.at})

    def restore(self, snapshot: bytes) -> None:
        """Become what the snapshot was. ValueError where it is of other charts."""
        found = unpacked(snapshot)["at"]
        if found.shape != self.at.shape:
            raise ValueError(f"the snapshot tells of {len(found)} baselines, the settings of {len(self.at)}")
        self.at = found
