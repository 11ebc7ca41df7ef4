"""How each signal of a plant is charted: its subgroups, baselines, bounds, machine and policy, laid out for the kernels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.charts import layout
from qiantang.domains.factory.charts.policy import TEXTBOOK, Policy, packed
from qiantang.domains.factory.charts.state import aligned
from qiantang.domains.factory.plant import Plant, Recipe, Signal

ROLES: Mapping[str, tuple[str, int]] = {
    "cycle_number": ("cycle", layout.GROUPS), "batch_number": ("batch", layout.GROUPS), "piece_number": ("piece", layout.GROUPS),
    "phase_number": ("phase", layout.PHASE), "recipe_number": ("recipe", layout.RECIPE),
}
"""Kinds of signals that count: a new number begins a new subgroup, phase or recipe for everything on the asset and its units."""

STATE_KIND = "machine_state"
"""The kind of signal by which a machine tells its state, a number of MachineState."""

TORN_AFTER = 10
"""Readings missing in a row that tear a subgroup."""
SLOWEST_HZ = 1.0 / 60.0
"""Signals read more seldom come by themselves, once a piece or batch; their pauses are those of the machine."""

LEARNING = 200
"""Points that phase I takes."""
BY_CYCLE = 1.0 / 3.0
"""Where so many of a machine's signals are charted once a cycle, its points end with cycles: by the clock these would be missing from most."""
MOST_ALPHA = 0.01
"""A machine has no more false alarms a point than this, however seldom its points come."""


@dataclass(frozen=True, slots=True)
class ChartSettings:
    """Everything the kernels need to know of n signals; the arrays are those of ``layout.Laid``.

    ``machines`` are the ids of the machines (ISA-95 work cells) in the order of their numbers; ``asset_of`` the asset of
    each signal, empty where the plant does not know the number. ``bases`` counts baselines; ``contexts`` counts contexts.
    ``machine_every_us`` is how often a machine is one point of T² and SPE, 0 for never; ``machine_alpha`` and ``machine_learning`` the
    probability of a false alarm and the points of phase I of one that is a point so often; ``machine_weight`` what the newest point
    counts for in its moving averages, 1 for none (``memory``). ``machine_contexts`` is the context of each machine whose groups (cycles,
    batches, pieces) end its points, NO_CONTEXT where the clock does, and ``machine_cycles_us`` how long one takes; empty: the clock alone.
    """

    plan: NDArray[np.int64]
    bounds: NDArray[np.float64]
    policies: tuple[Policy, ...]
    context_members: tuple[tuple[int, ...], ...] = ()
    machines: tuple[str, ...] = ()
    machine_members: tuple[tuple[int, ...], ...] = ()
    asset_of: tuple[str, ...] = ()
    bases: int = 0
    learning: int = LEARNING
    machine_every_us: int = 0
    machine_alpha: float = 1e-4
    machine_learning: int = LEARNING
    machine_weight: float = 1.0
    machine_contexts: tuple[int, ...] = ()
    machine_cycles_us: tuple[int, ...] = ()
    needs: NDArray[np.int64] | None = None
    """How many points phase I takes of each baseline; None: ``learning`` of every one."""
    settling: NDArray[np.int64] | None = None
    """For how long readings are passed over at the beginning of a phase, in µs, by baseline; None: not at all."""
    gaps: NDArray[np.int64] | None = None
    """After how long without a reading, in µs, the subgroup of a signal is torn and makes no point; None: never."""
    known: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    """Baselines known beforehand, by their number: mean and standard deviation of what is plotted."""

    def __len__(self) -> int:
        return len(self.plan)

    @property
    def charts(self) -> int:
        """How many charts there are: one a signal, and one for each phase of those whose phases have their own."""
        own = self.plan[:, layout.CHARTS] > 0
        return len(self.plan) + int(self.plan[own, layout.PHASES].sum())

    def laid(self) -> layout.Laid:
        """The settings as the kernel reads them."""
        numbers, words = packed(self.policies)
        context_starts, context_members = _listed(self.context_members)
        machine_starts, machine_members = _listed(self.machine_members)
        plan = aligned((len(self.plan), layout.PLAN)).view(np.int64)
        plan[:] = self.plan
        settling = np.zeros(max(self.bases, 1), np.int64) if self.settling is None else self.settling
        gaps = np.full(len(self.plan), layout.NEVER, np.int64) if self.gaps is None else self.gaps
        stating: list[list[int]] = [[] for _ in self.machines]
        for s in np.flatnonzero(plan[:, layout.BY] == layout.STATE).tolist():
            stating[plan[s, layout.MACHINE]].append(s)
        by_cycle = np.array(self.machine_contexts, np.int64) if self._by_cycle else np.full(len(self.machines), layout.NO_CONTEXT, np.int64)
        return layout.Laid(plan, self.bounds, numbers, words, self.starts(), settling, gaps, context_starts, context_members, machine_starts, machine_members,
                           *_listed(stating), by_cycle)

    @property
    def _by_cycle(self) -> bool:
        return bool(self.machine_contexts) and self.machine_every_us > 0

    def _seldom(self) -> list[float]:
        """How many times as seldom as by the clock each machine is a point."""
        if not self._by_cycle:
            return [1.0] * len(self.machines)
        return [max(cycle / self.machine_every_us, 1.0) if context != layout.NO_CONTEXT else 1.0
                for context, cycle in zip(self.machine_contexts, self.machine_cycles_us, strict=True)]

    def machine_alphas(self) -> list[float]:
        """Of each machine the probability of a false alarm a point: so many an hour of one as of another, whatever their cycles."""
        return [min(self.machine_alpha * times, max(self.machine_alpha, MOST_ALPHA)) for times in self._seldom()]

    def machine_points(self) -> list[int]:
        """Of each machine how many points phase I takes: where they come seldom no more than come to others in that time, and
        ``learning`` at least."""
        return [max(round(self.machine_learning / times), min(self.learning, self.machine_learning)) for times in self._seldom()]

    def known_signals(self) -> NDArray[np.bool_] | None:
        """Which numbers are signals of the plant: the others are of signals that went, or that gateways tell of and nobody named. None where
        all are."""
        strangers = np.array([not asset for asset in self.asset_of], np.bool_) & (self.plan[:, layout.BY] == layout.UNCHARTED)
        return ~strangers if strangers.any() else None

    def starts(self) -> NDArray[np.int64]:
        """Where the points of each baseline's phase I start, and where they end."""
        found = np.zeros(max(self.bases, 1) + 1, np.int64)
        found[1:] = np.cumsum(np.full(max(self.bases, 1), self.learning) if self.needs is None else self.needs)
        return found

    def points_learnt(self, signal: int) -> int:
        """How many points phase I takes of a signal's baselines: of that which takes the fewest."""
        if self.needs is None:
            return self.learning
        first, phases, recipes, parts = (int(self.plan[signal, c]) for c in (layout.FIRST_BASE, layout.PHASES, layout.RECIPES, layout.PARTS))
        return int(self.needs[first:first + phases * recipes * parts].min())

    def with_policies(self, policies: Sequence[Policy], of: NDArray[np.int64]) -> ChartSettings:
        """The same signals under other policies; ``of`` is the policy's number for each signal."""
        plan = self.plan.copy()
        plan[:, layout.POLICY] = of
        return replace(self, plan=plan, policies=tuple(policies))


def _listed(members: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each list starts, and all lists one after the other."""
    starts = np.zeros(len(members) + 1, np.int64)
    starts[1:] = np.cumsum([len(m) for m in members])
    return starts, np.array([s for m in members for s in m], np.int64)


def plain(n: int, policy: Policy = TEXTBOOK, *, learning: int = LEARNING, known: bool = True, skewed: bool = False, most_order: int = 0,
          window_s: float = 0.0, phases: int = 1, recipes: int = 1) -> ChartSettings:
    """Settings of n signals without a plant, all alike: known to be standard normal, or left to phase I."""
    plan = np.zeros((n, layout.PLAN), np.int64)
    plan[:, [layout.GROUP_CONTEXT, layout.PHASE_CONTEXT, layout.RECIPE_CONTEXT, layout.MACHINE, layout.SETS]] = layout.NO_CONTEXT
    plan[:, layout.FIRST_BASE] = np.arange(n) * phases * recipes
    plan[:, layout.PHASES], plan[:, layout.RECIPES], plan[:, layout.PARTS] = phases, recipes, 1
    plan[:, layout.SKEWED], plan[:, layout.MOST_ORDER] = skewed, most_order
    if window_s > 0:
        plan[:, layout.BY], plan[:, layout.WINDOW_US] = layout.WINDOW, round(window_s * 1e6)
    bounds = np.tile([-np.inf, np.inf, np.inf], (n, 1))
    bases = n * phases * recipes
    return ChartSettings(plan, bounds, (policy,), bases=bases, learning=learning, asset_of=("",) * n,
                         known=dict.fromkeys(range(bases), (0.0, 1.0)) if known else {})


def _counting(plant: Plant, roles: Mapping[str, tuple[str, int]]) -> dict[tuple[str, str], int]:
    """The context of each (asset, word of a role) that has a counting signal."""
    found: dict[tuple[str, str], int] = {}
    for signal in plant.signals:
        if signal.kind in roles:
            found.setdefault((signal.asset, roles[signal.kind][0]), len(found))
    return found


def _nearest(plant: Plant, contexts: Mapping[tuple[str, str], int], asset: str, word: str) -> int:
    """The context of that word on the asset itself or on the nearest one above it."""
    while asset:
        found = contexts.get((asset, word))
        if found is not None:
            return found
        asset = plant.asset[asset].parent
    return layout.NO_CONTEXT


def charted(plant: Plant, *, policies: Sequence[Policy] = (TEXTBOOK,), policy_of: Mapping[int, int] | None = None,
            roles: Mapping[str, tuple[str, int]] = ROLES, window_s: float = 10.0, most_order: int = 3, learning: int = LEARNING,
            machine_every_s: float = 60.0, machine_alpha: float = 1e-4, machine_weight: float = 1.0, fastest: Mapping[int, float] | None = None,
            unwatched: frozenset[str] = frozenset(), patience: int = 4,
            settle_s: float = 10.0, settle_share: float = 0.25) -> ChartSettings:
    """The settings of a plant's signals, whatever order they stand in.

    A signal grouped by cycle, batch or piece is charted by the means between two changes of the nearest counter of that
    kind (``roles``), and reading by reading where there is no counter. A signal read more often than once in ``window_s``
    seconds and grouped by nothing is charted by its means over that time. ``phases`` signals have a baseline for each recipe of their
    asset's step and each phase of it; where the step has one recipe, it is meant whatever number the machine tells. Outside a phase
    nothing is charted: a press between cycles is not in control. Where the subgroup is a cycle, batch or piece, each phase is a chart
    of its own, for what a cycle brings along moves all its phases.
    The state that a machine tells (``STATE_KIND``) goes on no chart; that a fault has stopped it is told once it has lasted (``down``).
    A machine is a point of T² and SPE every ``machine_every_s`` seconds, or, where a third of its signals or more are charted by the same
    cycle, batch or piece, at the first end of one after that: a press is a point a cure.
    With a ``machine_weight`` below 1 a machine is also judged by its moving averages, which find small changes that last for about
    1/λ points; they want a phase I of many such spans.
    ``policy_of`` gives the policy by number of signal, ``fastest`` the greatest possible change in units a second,
    ``unwatched`` kinds that are not charted at all (valve states, step names). Autoregressions go up to ``most_order``,
    for readings and windows; a rational subgroup has outlived them, and the few points of phase I would fit chance.

    Phase I takes ``learning`` points; ``patience`` times as many of machines and of signals whose points come by the reading or the
    window, for these come fast and depend on each other, and of skewed ones, whose tails few points do not show. Of windows that come
    seldom, such as the first of a phase and the last, which its end cuts short, it takes no more than come in that time, and ``learning`` at
    least: a phase shorter than a window would else be learnt last of all and not be watched for days. At the beginning of a phase
    readings are passed over for ``settle_s`` seconds, or ``settle_share`` of the phase where that is shorter: a mean over the
    change from one phase to the next says when it was read rather than how it went.
    """
    n = max((s.number for s in plant.signals), default=-1) + 1
    plan = np.zeros((n, layout.PLAN), np.int64)
    plan[:, [layout.GROUP_CONTEXT, layout.PHASE_CONTEXT, layout.RECIPE_CONTEXT, layout.MACHINE, layout.SETS]] = layout.NO_CONTEXT
    plan[:, layout.BY] = layout.UNCHARTED
    plan[:, layout.PHASES] = plan[:, layout.RECIPES] = plan[:, layout.PARTS] = 1
    bounds = np.tile([-np.inf, np.inf, np.inf], (n, 1))
    contexts = _counting(plant, roles)
    members: list[list[int]] = [[] for _ in contexts]
    machines = sorted({plant.machine(s.asset) for s in plant.signals if s.asset in plant.asset})
    machine_number = {machine: k for k, machine in enumerate(machines)}
    machine_members: list[list[int]] = [[] for _ in machines]
    asset_of = [""] * n
    bases = 0
    gaps = np.full(n, layout.NEVER, np.int64)
    needs: list[int] = []
    settling: list[int] = []
    for signal in plant.signals:
        needs += [learning] * (bases - len(needs))
        settling += [0] * (bases - len(settling))
        s = signal.number
        asset_of[s] = signal.asset
        if signal.rate_hz >= SLOWEST_HZ:
            gaps[s] = round(1e6 * TORN_AFTER / signal.rate_hz)
        bounds[s] = (-np.inf if signal.least is None else signal.least, np.inf if signal.most is None else signal.most,
                     (fastest or {}).get(s, np.inf))
        plan[s, layout.POLICY] = (policy_of or {}).get(s, 0)
        plan[s, layout.FIRST_BASE] = bases
        plan[s, layout.SKEWED], plan[s, layout.MOST_ORDER] = signal.skewed, most_order
        machine = machine_number[plant.machine(signal.asset)]
        plan[s, layout.MACHINE] = machine
        if signal.kind in roles:
            word, which = roles[signal.kind]
            plan[s, layout.SETS], plan[s, layout.SETS_WHICH] = contexts[signal.asset, word], which
            bases += 1
            continue
        if signal.kind == STATE_KIND:
            plan[s, layout.BY] = layout.STATE
            bases += 1
            continue
        if signal.kind in unwatched:
            bases += 1
            continue
        bases += _laid_signal(plant, signal, plan[s], contexts, members, window_s)
        if plan[s, layout.BY] == layout.CONTEXT:
            plan[s, layout.MOST_ORDER] = 0
        patient = signal.skewed or (plan[s, layout.BY] != layout.CONTEXT and signal.rate_hz >= SLOWEST_HZ)
        if plan[s, layout.PARTS] > 1 and not signal.skewed:
            needs += [learning * times for times in _times_learning(plant, signal, plan[s], settle_s, settle_share, patience)]
        needs += [learning * (patience if patient else 1)] * (bases - len(needs))
        settling += _settling(plant, signal, plan[s], settle_s, settle_share)
        machine_members[machine].append(s)
    own = np.flatnonzero((plan[:, layout.BY] == layout.CONTEXT) & (plan[:, layout.PHASES] > 1))
    plan[own, layout.CHARTS] = n + np.cumsum(plan[own, layout.PHASES]) - plan[own, layout.PHASES]
    needs += [learning] * (max(bases, 1) - len(needs))
    settling += [0] * (max(bases, 1) - len(settling))
    return ChartSettings(plan, bounds, tuple(policies), tuple(tuple(sorted(m)) for m in members), tuple(machines),
                         tuple(tuple(sorted(m)) for m in machine_members), tuple(asset_of), bases, learning, round(machine_every_s * 1e6), machine_alpha,
                         machine_learning=max(LEARNING, learning * patience), machine_weight=machine_weight,
                         machine_contexts=tuple(_cycle_of(plan, m) for m in machine_members),
                         machine_cycles_us=tuple(round(1e6 * (plant.asset[m].ideal_cycle_s or plant.takt_s)) for m in machines),
                         needs=np.array(needs, np.int64), settling=np.array(settling, np.int64), gaps=gaps)


def _cycle_of(plan: NDArray[np.int64], members: Sequence[int]) -> int:
    """The context by whose groups most of a machine's signals are charted, where these are enough; NO_CONTEXT where they are not."""
    grouped = [int(plan[s, layout.GROUP_CONTEXT]) for s in members if plan[s, layout.BY] == layout.CONTEXT]
    most = max(sorted(set(grouped)), key=grouped.count, default=layout.NO_CONTEXT)
    return most if grouped.count(most) >= max(BY_CYCLE * len(members), 1) else layout.NO_CONTEXT


def _laid_signal(plant: Plant, signal: Signal, plan: NDArray[np.int64], contexts: Mapping[tuple[str, str], int],
                 members: list[list[int]], window_s: float) -> int:
    """Writes subgroups and baselines of one charted signal; gives how many baselines it has."""
    group = _nearest(plant, contexts, signal.asset, signal.grouped) if signal.grouped != "each" else layout.NO_CONTEXT
    plan[layout.BY] = layout.EACH
    if group != layout.NO_CONTEXT:
        plan[layout.BY], plan[layout.GROUP_CONTEXT] = layout.CONTEXT, group
        members[group].append(signal.number)
    elif signal.grouped == "each" and window_s > 0 and signal.rate_hz * window_s > 1.0:
        plan[layout.BY], plan[layout.WINDOW_US] = layout.WINDOW, round(window_s * 1e6)
    if not signal.phases:
        return 1
    recipes = recipes_of(plant, signal)
    phase, recipe = _nearest(plant, contexts, signal.asset, "phase"), _nearest(plant, contexts, signal.asset, "recipe")
    if len(recipes) < 2:
        recipe = layout.NO_CONTEXT
    plan[layout.PHASE_CONTEXT], plan[layout.RECIPE_CONTEXT] = phase, recipe
    plan[layout.PHASES] = max((len(r.phases) for r in recipes), default=1) if phase != layout.NO_CONTEXT else 1
    plan[layout.RECIPES] = max(len(recipes), 1) if recipe != layout.NO_CONTEXT else 1
    for context in {phase, recipe} - {layout.NO_CONTEXT}:
        members[context].append(signal.number)
    phases = int(plan[layout.PHASES] * plan[layout.RECIPES])
    if plan[layout.BY] == layout.WINDOW and phases > 1:
        plan[layout.PARTS] = layout.PARTS_OF_A_PHASE
    return phases * int(plan[layout.PARTS])


def recipes_of(plant: Plant, signal: Signal) -> list[Recipe]:
    """The recipes of the step that a signal's asset serves."""
    step = plant.asset[signal.asset].step or plant.asset[plant.machine(signal.asset)].step
    return [r for r in plant.recipes if r.step == step]


def _seconds(plant: Plant, signal: Signal, plan: NDArray[np.int64]) -> list[list[float]]:
    """Of each baseline's recipe and phase, recipe by recipe: the seconds that the plant states, none where it states none."""
    phases, recipes = int(plan[layout.PHASES]), int(plan[layout.RECIPES])
    stated = recipes_of(plant, signal)
    return [[r.phases[phase].seconds for r in (stated[recipe:recipe + 1] if recipes > 1 else stated) if phase < len(r.phases) and r.phases[phase].seconds > 0]
            for recipe in range(recipes) for phase in range(phases)]


def _settling(plant: Plant, signal: Signal, plan: NDArray[np.int64], settle_s: float, share: float) -> list[int]:
    """How long each baseline of a signal is left to settle, in µs."""
    parts = int(plan[layout.PARTS])
    if plan[layout.PHASES] * plan[layout.RECIPES] == 1:
        return [0] * parts
    return [us for seconds in _seconds(plant, signal, plan) for us in [round(1e6 * min([settle_s, *(share * s for s in seconds)]))] * parts]


def _times_learning(plant: Plant, signal: Signal, plan: NDArray[np.int64], settle_s: float, share: float, most: int) -> list[int]:
    """How many times ``learning`` points phase I takes of each baseline of a signal that is charted by windows within phases.

    ``most`` times, as of any other window, but of windows that come seldom no more than come while others give so many, and once at
    least: the first and the last of a phase come once a cycle, between them come as many as the phase has room for. ``most`` where the
    plant does not say how long phases last, and between the first and the last of one that is no longer than that: if there is
    anything between, it goes on from one cycle to the next.
    """
    window = plan[layout.WINDOW_US] / 1e6
    cycle = min((sum(phase.seconds for phase in recipe.phases) for recipe in recipes_of(plant, signal)), default=0.0)
    once = most if cycle <= 0.0 else min(max(int(most * window / cycle), 1), most)
    found = []
    for seconds in _seconds(plant, signal, plan):
        whole = int(min(((s - min(settle_s, share * s)) / window for s in seconds), default=0.0)) - 1
        found += [once, min(once * whole, most) if whole > 0 else most, once]
    return found
