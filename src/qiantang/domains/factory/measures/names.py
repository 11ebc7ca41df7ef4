"""What the states of machines and the steps of making are called on pages, and how much each asks for a look; nothing here needs arrays."""

from __future__ import annotations

from qiantang.kernel.pages.values import Tone
from qiantang.kernel.words import Text

MACHINE_STATES: dict[str, tuple[Text, Tone]] = {
    "unknown": (Text("未知", "unknown"), "off"),
    "producing": (Text("生产", "producing"), "ok"),
    "setup": (Text("换型调整", "set-up"), "plain"),
    "down": (Text("故障停机", "down"), "alarm"),
    "waiting": (Text("等待", "waiting"), "plain"),
    "planned": (Text("计划停机", "planned stop"), "off"),
}
"""By the name of the state, written small."""

STEPS: dict[str, Text] = {
    "mixing": Text("密炼", "mixing"), "extrusion": Text("挤出", "extrusion"), "calendering": Text("压延", "calendering"), "cutting": Text("裁断", "cutting"),
    "bead": Text("胎圈", "bead"), "building": Text("成型", "building"), "curing": Text("硫化", "curing"), "inspection": Text("检测", "inspection"),
}
"""By the name of the step, as workbooks and piece events call it; one that is not here is called by its name."""
