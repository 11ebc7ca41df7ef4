"""What a plant has settled about dispatch: time to accept, who is told, what may be interrupted, how long to plan."""

from __future__ import annotations

from dataclasses import dataclass, field

from qiantang.domains.factory.dispatch.policies import Rule
from qiantang.domains.factory.dispatch.tasks import Weights


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings of a dispatcher. All values are the project's assumptions until a plant sets its own.

    The weights have a little haste, so that nobody stands idle beside work that is not late yet.
    ``rule`` None plans by insertion and search for ``budget_ms`` a tick (or ``moves``, for a replay that must not depend on
    the clock); a rule's name assigns by that rule alone. ``accept_within`` minutes by priority; who has not answered is
    passed over for ``silent_minutes``; after ``before_lead`` unanswered offers the shift lead is told each time.
    A task of priority ``interrupting`` may interrupt one of ``interruptible`` where the one interrupted is there at least
    ``gain_minutes`` before anybody else who has the skill, each task at most ``most_interruptions`` times.
    """

    rule: Rule | None = None
    budget_ms: float = 100.0
    moves: int | None = None
    seed: int = 1
    weights: Weights = field(default_factory=lambda: Weights(haste=0.0003))
    accept_within: tuple[float, float, float, float] = (2.0, 5.0, 15.0, 30.0)
    silent_minutes: float = 10.0
    before_lead: int = 2
    interrupting: int = 1
    interruptible: frozenset[int] = frozenset({3, 4})
    gain_minutes: float = 2.0
    most_interruptions: int = 2
