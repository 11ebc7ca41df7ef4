"""Land: which enterprises use their land well, which badly, what follows for price and place, and how the worst are cleared."""

from __future__ import annotations

from pathlib import Path

from qiantang.domains.land.actions import IMPROVEMENT, LOWLAND, OPENINGS
from qiantang.domains.land.low_efficiency import LOW_EFFICIENCY
from qiantang.domains.land.per_mu import PER_MU
from qiantang.domains.land.price import PRICE
from qiantang.domains.land.published import PUBLISHED, RELATIONS
from qiantang.domains.land.views import VIEWS
from qiantang.kernel.domains import Domain
from qiantang.kernel.words import Text

DOMAIN = Domain(
    name="land",
    title=Text("亩均效益", "use of land"),
    publishes=PUBLISHED,
    forms=(PER_MU, LOW_EFFICIENCY, PRICE),
    rulebooks=Path(__file__).with_name("rulebooks"),
    usual=("mu/huangyan-2022", "lowland/qiantang-5wan", "price/shandong-2022"),
    processes=(LOWLAND, IMPROVEMENT),
    openings=OPENINGS,
    relations=RELATIONS,
    views=VIEWS,
)
