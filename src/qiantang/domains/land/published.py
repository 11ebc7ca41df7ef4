"""How published figures of land use hang together, and which findings of this domain others may read by name."""

from __future__ import annotations

from qiantang.kernel.domains import Published
from qiantang.kernel.expressions.nodes import code_constant
from qiantang.kernel.facts.schema import code, flag, quantity
from qiantang.kernel.findings.integrity import PartsOfWhole, QuotientOf, Relation, ShareOf
from qiantang.registers.published import EVALUATION_CLASSES

RELATIONS: tuple[Relation, ...] = (
    PartsOfWhole("class_count", "evaluated", ("A", "B", "C", "D")),
    ShareOf("class_share", "class_count", "evaluated"),
    QuotientOf("tax_per_mu", "tax_paid", "land"),
    QuotientOf("value_added_per_mu", "value_added", "land"),
)
"""What must hold between the figures that a county publishes of one evaluation."""

PUBLISHED = (
    Published("land.mu_class", code("mu_class", "亩均评价类别", "per-mu class", EVALUATION_CLASSES), ("per_mu",),
              lambda run: run.column("outcome")),
    Published("land.tax_per_mu", quantity("tax_per_mu", "亩均税收", "tax per mu", "万元/亩", scale=6, more_is="better"), ("per_mu",),
              lambda run: run.column("tax_per_mu__value")),
    Published("land.low_efficiency", flag("low_efficiency", "低效用地企业", "low-efficiency"), ("low_efficiency",),
              lambda run: run.column("outcome").equals(code_constant("low"))),
)
