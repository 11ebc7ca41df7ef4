"""What other domains may read of plants by name: OEE, takt, yield, and the evidence of how digital a factory is."""

from __future__ import annotations

from qiantang.domains.factory.rules import STEADY
from qiantang.kernel.domains import Published
from qiantang.kernel.expressions.nodes import code_constant
from qiantang.kernel.facts.schema import Column, count, flag, quantity, ratio

_FORM = ("factory/plant-standing",)


def _figure(name: str, column: Column, criterion: str) -> Published:
    return Published(name, column, _FORM, lambda run: run.column(f"{criterion}__value"))


PUBLISHED = (
    _figure("factory.oee", ratio("plant_oee", "工厂 OEE", "plant OEE", scale=4, more_is="better"), "oee"),
    _figure("factory.takt", quantity("plant_takt", "工厂平均节拍", "plant takt", "s/件", scale=3, more_is="worse"), "takt"),
    _figure("factory.first_pass_yield", ratio("plant_first_pass", "工厂一次合格率", "plant first-pass yield", scale=4, more_is="better"), "first_pass"),
    _figure("factory.alarms_per_operator_hour", quantity("plant_alarms", "每操作员小时报警", "alarms an operator and hour", "次/h", more_is="worse"),
            "alarms"),
    _figure("factory.energy_per_piece", quantity("plant_energy", "单件用电", "electricity a piece", "kWh/件", more_is="worse"), "energy"),
    _figure("factory.equipment_connected", ratio("plant_connected", "设备联网率", "equipment connected", scale=4, more_is="better"), "connected"),
    _figure("factory.signals", count("plant_signals", "采集信号数", "signals collected", "项", high="10000000", more_is="better"), "signals"),
    Published("factory.steady", flag("plant_steady", "工厂运行平稳", "plants run steadily"), _FORM,
              lambda run: run.column("outcome").equals(code_constant(STEADY))),
)

_RATIOS: dict[str, tuple[str, ...]] = {
    "factory.oee": ("effective_h", "busy_h"),
    "factory.takt": ("line_h", "pieces_left"),
    "factory.first_pass_yield": ("pieces_first_good", "pieces_first"),
    "factory.alarms_per_operator_hour": ("alarms", "operator_h"),
    "factory.energy_per_piece": ("energy_kwh", "pieces_left"),
    "factory.equipment_connected": ("equipment_connected", "equipment"),
    "factory.signals": ("signals",),
}
_STEADY = ("factory.oee", "factory.takt", "factory.first_pass_yield", "factory.alarms_per_operator_hour", "factory.equipment_connected")
RESTS_ON: dict[str, tuple[str, ...]] = {**_RATIOS, "factory.steady": tuple(column for name in _STEADY for column in _RATIOS[name])}
"""The columns of ``plant_figures`` that a plant must let out for each name."""
