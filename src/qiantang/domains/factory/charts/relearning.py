"""Which baselines a repair puts in doubt: those learnt, or being learnt, since something was wrong.

What a chart learnt of a machine while it was faulty is how the fault looks, and after the repair it would call good pieces bad. The
same rule serves the simulated plant and a real one; both say since when something was wrong.
"""

from __future__ import annotations

import io
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.charts import layout
from qiantang.domains.factory.charts.analysis import Analysis

NOT_YET = int(np.iinfo(np.int64).min)
_ALWAYS = NOT_YET + 1


class LearntSince:
    """The instant (in the caller's unit) at which each baseline was first seen to be in force; ``NOT_YET`` for one being learnt.

    What is in force from the beginning was known before anything could go wrong. ``look`` as often as the rule is to be exact:
    a baseline counts as learnt at the first look after it came into force, never before.
    """

    def __init__(self, analysis: Analysis) -> None:
        self.at: NDArray[np.int64] = np.where(analysis.learned, _ALWAYS, NOT_YET)

    def going_on(self, analysis: Analysis, bases: NDArray[np.int64]) -> LearntSince:
        """The same under other settings; ``bases`` are pairs of where a baseline lay and where it lies now."""
        found = LearntSince(analysis)
        found.at[bases[:, 1]] = self.at[bases[:, 0]]
        found.at[~analysis.learned] = NOT_YET
        return found

    def look(self, analysis: Analysis, at: int) -> None:
        """See which baselines are in force at an instant."""
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
        room = io.BytesIO()
        np.save(room, self.at)
        return room.getvalue()

    def restore(self, snapshot: bytes) -> None:
        """Become what the snapshot was. ValueError where it is of other charts."""
        found = np.load(io.BytesIO(snapshot))
        if found.shape != self.at.shape:
            raise ValueError(f"the snapshot tells of {len(found)} baselines, the settings of {len(self.at)}")
        self.at = found
