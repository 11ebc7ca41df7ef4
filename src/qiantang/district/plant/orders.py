"""What people want done in a plant, carried out at its place in the log: alarms answered, tasks worked on, charts learnt anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from qiantang.district.plant.answers import Answers
from qiantang.district.plant.confirming import doubts_meant, ended, ended_by
from qiantang.district.plant.folder import Order
from qiantang.district.plant.notices import learnt_again, told, unit_confirmed, why
from qiantang.district.plant.pipeline import Pipeline, Step
from qiantang.district.plant.relearning import CONFIRM_UNIT, FINISH, LEARN_AGAIN, relearning_of
from qiantang.district.plant.work import Work
from qiantang.domains.factory.alarms.entry import Change
from qiantang.domains.factory.plant import Plant
from qiantang.kernel.errors import QiantangError
from qiantang.kernel.wires import Counters, Notice
from qiantang.links.unit_book import UnitBook


class Orders:
    """Carries out orders for a plant's node: those on record again, and those that are ``left`` for it, which are put on record first. What
    cannot be done is told, and counted (``orders_refused``). What was confirmed of ``units`` is confirmed again at once: wires need to know it
    before the log is read."""

    def __init__(self, answers: Answers, left: Callable[[], Iterable[Order]], plant: Plant, work: Work | None, counters: Counters,
                 noticed: Callable[[Notice], None], units: UnitBook | None = None) -> None:
        self._answers, self._left = answers, left
        self._plant, self._work = plant, work
        self._counters, self._noticed = counters, noticed
        self._units = units or UnitBook()
        for order in answers.every():
            self._confirm(order)

    def carried_out(self, pipeline: Pipeline, step: Step, *, taking: bool) -> list[Change]:
        """What people answered up to the end of a step: what is on record for it and, while new orders are ``taking`` effect, what is new."""
        changes: list[Change] = []
        for order in self._answers.between(step.start, step.upto):
            changes += self._carry_out(pipeline, order, step.clock)
        for given in self._left() if taking else ():
            if self._answers.knows(given):
                continue
            whole = self._completed(given, step.clock)
            if whole is not None:
                self._answers.keep(step.upto, whole)
                changes += self._carry_out(pipeline, whole, step.clock)
                # Charts that learn anew do so from here on; only then do wires take the unit for granted.
                self._confirm(whole)
        return changes

    def _confirm(self, order: Order) -> None:
        for doubt in ended_by(order.order, order.values):
            self._units.confirm(doubt)

    def close(self) -> None:
        """Let the record go."""
        self._answers.close()

    def _completed(self, order: Order, clock: int) -> Order | None:
        """The order with what only the node knows of it, so that a replay needs nothing else; None, and told, where it cannot be read."""
        values = {name: value for name, value in order.values.items() if not name.startswith("_")}
        if order.order == FINISH and self._work is not None:
            try:
                values |= self._work.repaired(values, order.by)
            except QiantangError as wrong:
                self._refuse(order, wrong, clock)
                return None
        if order.order == CONFIRM_UNIT:
            try:
                doubts = doubts_meant(values, self._plant, dict(self._units.doubts).values())
            except QiantangError as wrong:
                self._refuse(order, wrong, clock)
                return None
            values |= ended(doubts, self._plant)
        return replace(order, values=values)

    def _refuse(self, order: Order, wrong: Exception, clock: int) -> None:
        self._counters.add("orders_refused")
        self._noticed(told("order", order.by, clock, why=why(wrong)))

    def _carry_out(self, pipeline: Pipeline, order: Order, clock: int) -> list[Change]:
        register, values = pipeline.register, order.values
        try:
            if order.order == "acknowledge":
                return register.acknowledge(values["alarm"], order.by, clock)
            if order.order == "shelve":
                return register.shelve(values["alarm"], order.by, values.get("reason", ""), clock + round(float(values.get("minutes", "60")) * 60e6), clock)
            if order.order == "unshelve":
                return register.unshelve(values["alarm"], order.by, clock)
            if order.order == "remove":
                return register.remove(values["alarm"], order.by, values["reason"], clock)
            if order.order == "restore":
                return register.restore(values["alarm"], order.by, clock)
            if order.order == "suppress":
                return register.suppress(values["machine"], values["reason"], clock)
            if order.order == "unsuppress":
                return register.unsuppress(values["machine"], clock)
            relearning = relearning_of(order, pipeline.plant)
            if order.order == CONFIRM_UNIT:
                self._noticed(unit_confirmed(order, ended_by(order.order, values), self._plant, clock))
            elif order.order != LEARN_AGAIN and self._work is not None:
                self._at_work(self._work, order, clock)
            if relearning is not None:
                learnt = pipeline.learn_again(relearning)
                if learnt:
                    plant = self._plant if relearning.asset in self._plant.asset else pipeline.plant
                    self._noticed(learnt_again(relearning, plant, learnt, clock))
                return pipeline.mended(relearning, learnt)
        except (QiantangError, KeyError, ValueError) as wrong:
            self._refuse(order, wrong, clock)
        return []

    def _at_work(self, work: Work, order: Order, clock: int) -> None:
        """A worker's answer to a task; told where it cannot be. What is to be learnt anew does not hang on it: people and equipment may be others
        than when a repair was put on record, and a replay knows no tasks."""
        try:
            work.answered(order, clock)
        except (QiantangError, KeyError, ValueError) as wrong:
            self._refuse(order, wrong, clock)
