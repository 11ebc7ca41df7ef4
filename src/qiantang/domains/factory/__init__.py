"""Factory: what goes wrong on the line, who mends it, and what a plant lets the district see of it."""

from __future__ import annotations

from pathlib import Path

from qiantang.domains.factory.actions import TASK
from qiantang.domains.factory.facts import PLANT_FIGURES, PLANTS
from qiantang.domains.factory.pages import PAGES
from qiantang.domains.factory.published import PUBLISHED
from qiantang.domains.factory.rules import PLANT_STANDING
from qiantang.kernel.domains import Domain
from qiantang.kernel.words import Text

DOMAIN = Domain(
    name="factory",
    title=Text("未来工厂", "future factory"),
    publishes=PUBLISHED,
    tables=(PLANT_FIGURES,),
    dossiers=(PLANTS,),
    forms=(PLANT_STANDING,),
    rulebooks=Path(__file__).with_name("rulebooks"),
    processes=(TASK,),
    pages=PAGES,
)
