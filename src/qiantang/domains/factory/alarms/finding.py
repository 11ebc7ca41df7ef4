"""An alarm as a finding of the kernel: the rulebook is the charts, the outcome the rule that broke, the values what was read."""

from __future__ import annotations

from collections.abc import Sequence

from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.alarms.wording import signal_of, told_together
from qiantang.domains.factory.hours import instant
from qiantang.domains.factory.plant import Plant
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.findings.stream import StreamedFinding, streamed

RULEBOOK = "factory/charts"
"""What findings from control charts are filed under."""
WITHDRAWN = "withdrawn"


def finding_of(alarm: Alarm, plant: Plant, others: Sequence[Alarm] = (), amends: StreamedFinding | None = None) -> StreamedFinding:
    """The finding of an alarm, with those of the same cause listed; the subject is ``plant/machine``.

    Values and limits are written as the shortest decimals that give the same number back. ``amends`` is the finding this one
    corrects: with more alarms of the cause, or after a late reading. The same alarm always gives the same finding.
    """
    signal = signal_of(plant, alarm.signal)
    sentence = told_together(alarm, others, plant)
    values: dict[str, Stored] = {
        "alarm": alarm.id, "asset": alarm.asset, "signal": alarm.signal, "address": "" if signal is None else signal.address,
        "unit": "" if signal is None else signal.unit, "rule": alarm.rule, "value": repr(alarm.value), "limit": repr(alarm.limit),
        "at_us": alarm.at, "since_us": alarm.since, "readings": alarm.readings, "offset": alarm.offset, "limits": alarm.limits,
        "moved": " ".join(str(number) for number in alarm.others), "together": " ".join(other.id for other in others),
        "told_zh": sentence.zh, "told_en": sentence.en}
    at = instant(max([alarm.at, *(other.at for other in others)]))
    outcome = WITHDRAWN if alarm.withdrawn else alarm.rule
    return streamed(RULEBOOK, f"{plant.id}/{plant.machine(alarm.asset)}", at if amends is None else max(at, amends.at), outcome, values, amends)
