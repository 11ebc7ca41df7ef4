"""A made-up domain whose findings arrive as a stream: the temperature of the cold rooms of a district's kitchens."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.evaluate import Evaluation
from qiantang.kernel.facts import schema as s
from qiantang.kernel.findings.stream import StreamedFinding, streamed

RULEBOOK = "kitchens/cold-room"
MORNING = datetime(2024, 5, 6, 0, 0, tzinfo=UTC)
WARMEST = n.constant("4.0", "分")
TEMPERATURE = n.Fact.of(s.quantity("temperature", "温度", "temperature", "分", scale=1, low="-50", high="50"))
"""The kernel knows no degrees; the made-up district measures cold in points."""

OUTCOME = n.choose((TEMPERATURE > WARMEST, n.code_constant("too_warm")), otherwise=n.code_constant("cold"))


def judged_reading(room: str, minute: int, temperature: int | None, amends: StreamedFinding | None = None) -> StreamedFinding:
    """One reading of one sensor, judged as it arrives; ``amends`` where a calibrated value corrects an earlier one."""
    at = MORNING + timedelta(minutes=minute)
    evaluation = Evaluation([{"temperature": temperature}], at.date())
    outcome = evaluation.of(OUTCOME)[0]
    return streamed(RULEBOOK, room, at, None if outcome is None else str(outcome), {"temperature": temperature, "day": at.date()}, amends)


def outcomes(findings: Iterable[StreamedFinding]) -> list[str | None]:
    """What each says, in order."""
    return [f.outcome for f in findings]
