"""The cockpit: where the district stands against its plan, where not, and who must act."""

from __future__ import annotations

from qiantang.domains.cockpit.pages import PAGES
from qiantang.kernel.domains import Domain
from qiantang.kernel.words import Text

DOMAIN = Domain(name="cockpit", title=Text("驾驶舱", "Cockpit"), pages=PAGES)
