"""Relations made of runs and dossiers: a run beside its facts, a published finding, a subject's row."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from qiantang.kernel.domains import Published
from qiantang.kernel.expressions.dialects import Dialect
from qiantang.kernel.expressions.plan import compile_plan
from qiantang.kernel.expressions.sql import Printer
from qiantang.kernel.findings.judging import Judging
from qiantang.kernel.findings.views import RunView


def beside(dossier: str, run: str, subject: str, facts: Collection[str], columns: Sequence[str], dialect: Dialect) -> str:
    """The rows of a run with the subject's facts side by side. A run column prevails over a fact of the same name."""
    d = dialect
    kept = [f"d.{d.quoted(f)}" for f in facts if f not in columns]
    made = [f"r.{d.quoted(c)}" for c in columns]
    return (f"(SELECT {', '.join([*kept, *made])} FROM {run} AS r JOIN {dossier} AS d "
            f"ON r.{d.quoted(subject)} = d.{d.quoted(subject)})")


def published_values(published: Published, judged: Judging, relation: str, dialect: Dialect) -> str:
    """A published finding as a relation with the columns subject and value."""
    view = RunView(judged)
    subject = judged.reading.book.dossier.fact(judged.reading.book.dossier.subject)
    plan = compile_plan({"value": published.value(view)}, [subject])
    select = Printer(dialect, plan, judged.reading.day).select(relation)
    return f"(SELECT {dialect.quoted(subject.column.name)} AS subject, value FROM (\n{select}\n) AS _p)"
