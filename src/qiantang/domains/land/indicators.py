"""The indicators of land use: each is one figure over another, so that it can be summed over a site before dividing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qiantang.kernel.errors import Place, RulebookError
from qiantang.kernel.expressions.nodes import Expr, add, constant, divide, first_known, greatest, in_unit
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.words import Text

VALUE_SCALE = 6
"""Decimals that an indicator's value keeps."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator by name: what stands above the line and what below, as names of figures."""

    name: str
    title: Text
    above: str
    below: str


@dataclass(frozen=True, slots=True)
class Halves:
    """An indicator's two figures for one subject, or summed over several."""

    above: Expr
    below: Expr

    @property
    def value(self) -> Expr:
        """The indicator itself; unknown over no land, no staff, no energy."""
        return divide(self.above, self.below, VALUE_SCALE)


def _indicator(name: str, zh: str, en: str, above: str, below: str) -> Indicator:
    return Indicator(name, Text(zh, en), above, below)


INDICATORS: dict[str, Indicator] = {
    i.name: i
    for i in (
        _indicator("tax_per_mu", "亩均税收", "tax per mu", "tax", "land"),
        _indicator("value_added_per_mu", "亩均增加值", "value added per mu", "value_added", "land"),
        _indicator("revenue_per_mu", "亩均营业收入", "revenue per mu", "revenue_wan", "land"),
        _indicator("sales_per_mu", "亩均销售收入", "sales per mu", "sales_wan", "land"),
        _indicator("renovation_per_mu", "亩均技改投资", "technical renovation per mu", "technical_renovation_wan", "land"),
        _indicator("value_added_per_tce", "单位能耗增加值", "value added per energy", "value_added", "energy_tce"),
        _indicator("revenue_per_tce", "单位能耗营业收入", "revenue per energy", "revenue_wan", "energy_tce"),
        _indicator("tax_per_tce", "单位能耗税收", "tax per energy", "tax", "energy_tce"),
        _indicator("value_added_per_emission", "单位排放增加值", "value added per emission", "value_added", "emission_t"),
        _indicator("revenue_per_emission", "单位排放营业收入", "revenue per emission", "revenue_wan", "emission_t"),
        _indicator("tax_per_emission", "单位排放税收", "tax per emission", "tax", "emission_t"),
        _indicator("value_added_per_cod", "单位COD增加值", "value added per COD", "value_added", "cod_t"),
        _indicator("value_added_per_water", "单位用水增加值", "value added per water", "value_added", "water_m3"),
        _indicator("value_added_per_head", "全员劳动生产率", "labour productivity", "value_added", "staff_mean"),
        _indicator("rd_to_main_revenue", "研发经费占主营业务收入比重", "R&D to main-business revenue",
                   "rd_statistical_wan", "main_revenue_wan"),
        _indicator("rd_to_revenue", "研发经费占营业收入比重", "R&D to operating revenue", "rd_statistical_wan", "revenue_wan"),
        _indicator("tax_per_kwh", "单位电耗税收", "tax per electricity", "tax_in_yuan", "electricity_kwh"),
        _indicator("revenue_per_kwh", "单位电耗营业收入", "revenue per electricity", "revenue_in_yuan", "electricity_kwh"),
        _indicator("energy_per_value_added", "单位增加值能耗", "energy per value added", "energy_tce", "value_added"),
        _indicator("cod_per_value_added", "单位增加值COD排放", "COD per value added", "cod_t", "value_added"),
        _indicator("water_per_value_added", "单位增加值水耗", "water per value added", "water_m3", "value_added"),
    )
}


def indicator(name: str, path: str = "") -> Indicator:
    """The indicator of that name; RulebookError lists those there are."""
    if name not in INDICATORS:
        raise RulebookError.of(f"没有指标“{name}”", f"there is no indicator '{name}'", place=Place(path=path), value=name,
                               remedy=Text("可用：" + "、".join(INDICATORS), "known: " + ", ".join(INDICATORS)))
    return INDICATORS[name]


def evaluated_tax(p: Parameters, dossier: Dossier) -> Expr:
    """The tax that an evaluation counts: what was paid and, where the rulebook adds it back, exemptions and refunds.

    Where no amount to add back is on record there was none.
    """
    paid = dossier.fact("tax_paid_wan")
    if not (p.has("tax.added_back") and p.yes("tax.added_back")):
        return paid
    return add(paid, first_known(dossier.fact("tax_added_back_wan"), constant(0, "万元")))


def _value_added(p: Parameters, dossier: Dossier) -> Expr:
    stated = dossier.fact("value_added_wan")
    return greatest(stated, p.number("value_added.floor")) if p.has("value_added.floor") else stated


_FIGURES: dict[str, Callable[[Parameters, Dossier], Expr]] = {
    "tax": evaluated_tax,
    "tax_in_yuan": lambda p, dossier: in_unit(evaluated_tax(p, dossier), "元"),
    "revenue_in_yuan": lambda _, dossier: in_unit(dossier.fact("revenue_wan"), "元"),
    "value_added": _value_added,
    "land": lambda _, dossier: dossier.fact("land_mu"),
}


def halves(of: Indicator, p: Parameters, dossier: Dossier) -> Halves:
    """The indicator's two figures of one enterprise; a figure without a definition of its own is the fact itself."""
    def figure(name: str) -> Expr:
        return _FIGURES[name](p, dossier) if name in _FIGURES else dossier.fact(name)

    return Halves(figure(of.above), figure(of.below))
