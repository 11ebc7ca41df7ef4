"""Enterprises: who can become above-scale, high-tech, specialist or a future factory, and what each still lacks."""

from __future__ import annotations

from pathlib import Path

from qiantang.domains.enterprises.actions import CULTIVATION, OPENINGS
from qiantang.domains.enterprises.champion import champion
from qiantang.domains.enterprises.digital_coverage import digital_coverage
from qiantang.domains.enterprises.entry_reward import entry_reward
from qiantang.domains.enterprises.factories import basic_factory, factory_ladder
from qiantang.domains.enterprises.giant import giant
from qiantang.domains.enterprises.high_tech import high_tech
from qiantang.domains.enterprises.innovative_sme import innovative_sme
from qiantang.domains.enterprises.ladder import towards_high_tech, towards_scale
from qiantang.domains.enterprises.leader_support import leader_support
from qiantang.domains.enterprises.maturity import maturity
from qiantang.domains.enterprises.projection import high_tech_projection
from qiantang.domains.enterprises.ranking import innovation_ranking
from qiantang.domains.enterprises.scale import above_scale, reaches_scale
from qiantang.domains.enterprises.specialist import specialist
from qiantang.domains.enterprises.technology_sme import technology_sme
from qiantang.domains.enterprises.views import VIEWS
from qiantang.kernel.domains import Domain, Published
from qiantang.kernel.expressions.nodes import Expr, first_known
from qiantang.kernel.facts.schema import code, count, flag
from qiantang.kernel.findings.views import RunView
from qiantang.kernel.rulebooks.rulebook import Form, FormDeclaration, Offer
from qiantang.kernel.words import Text


def _form(name: str, build: Form, zh: str, en: str, offers: Offer | None = None) -> FormDeclaration:
    return FormDeclaration(f"enterprises/{name}", "enterprise", build, Text(zh, en), offers=offers)


_TITLE = Offer("title", ("pass",))


FORMS = (
    _form("high-tech", high_tech, "能否认定为高新技术企业", "can it be recognised as high-tech",
          Offer("title", ("pass",), ("depends_on_experts",))),
    _form("technology-sme", technology_sme, "是否科技型中小企业", "is it a technology SME", _TITLE),
    _form("innovative-sme", innovative_sme, "是否创新型中小企业", "is it an innovative SME", _TITLE),
    _form("specialist", specialist, "是否专精特新中小企业", "is it a specialist SME", _TITLE),
    _form("giant", giant, "是否专精特新“小巨人”", "is it a little giant", _TITLE),
    _form("champion", champion, "能否申报单项冠军", "can it apply as a single champion", _TITLE),
    _form("above-scale", above_scale, "是否达到规上标准", "is it above scale"),
    _form("factory-ladder", factory_ladder, "达到未来工厂体系的哪一层", "which rung of the factory ladder it reaches",
          Offer("title", ("future", "smart", "workshop"))),
    _form("basic-factory", basic_factory, "是否具备基础级智能工厂的数据条件", "do its figures suffice for a basic smart factory",
          Offer("title", (), ("examine",))),
    _form("maturity", maturity, "智能制造能力成熟度几级", "which maturity level it has"),
    _form("leader-support", leader_support, "在哪一梯队、可获多少支持", "on which ladder, with which support",
          Offer("benefit", ("leader", "growth"), worth="support")),
    _form("entry-reward", entry_reward, "小升规可获多少奖励", "which reward for growing above scale",
          Offer("benefit", ("due",), worth="total")),
    _form("innovation-ranking", innovation_ranking, "创新排名第几", "its place in the innovation ranking"),
    _form("digital-coverage", digital_coverage, "是否已数字化改造", "is it digitalised"),
    _form("towards-high-tech", towards_high_tech, "离高新技术企业还差什么", "what it lacks to be high-tech"),
    _form("towards-scale", towards_scale, "离规上还差多少", "what it lacks to be above scale"),
    _form("high-tech-projection", high_tech_projection, "两年后有多少高新技术企业", "how many high-tech enterprises in two years"),
)


def _above_scale(view: RunView) -> Expr:
    """As enrolled by the statistics office; where that is not on record, as the figures say."""
    return first_known(view.fact("above_scale"), reaches_scale(view.column("outcome")))


PUBLISHES = (
    Published("enterprises.high_tech", flag("high_tech", "高新技术企业", "high-tech enterprise"), ("enterprises/high-tech",),
              lambda view: view.fact("is_hitech")),
    Published("enterprises.high_tech_outlook", code("high_tech_outlook", "高新认定结论", "high-tech outlook"), ("enterprises/high-tech",),
              lambda view: view.column("outcome")),
    Published("enterprises.above_scale", flag("above_scale_found", "规上企业", "above scale"), ("enterprises/above-scale",), _above_scale),
    Published("enterprises.technology_sme", flag("technology_sme", "符合科技型中小企业条件", "meets the technology SME's conditions"),
              ("enterprises/technology-sme",), lambda view: view.column("evaluation__met")),
    Published("enterprises.specialist", flag("specialist", "专精特新中小企业", "specialist SME"), ("enterprises/specialist",),
              lambda view: view.fact("is_zjtx")),
    Published("enterprises.little_giant", flag("little_giant", "专精特新“小巨人”", "little giant"), ("enterprises/giant",),
              lambda view: view.fact("is_giant")),
    Published("enterprises.factory_rung", code("factory_rung", "工厂层级", "factory rung"), ("enterprises/factory-ladder",),
              lambda view: view.column("outcome")),
    Published("enterprises.digitalised", flag("digital_covered", "数字化覆盖", "digitalised"), ("enterprises/digital-coverage",),
              lambda view: view.column("covered__met")),
    Published("enterprises.innovation_place", count("innovation_place", "创新名次", "innovation place", "名", high="1000000000"),
              ("enterprises/innovation-ranking",), lambda view: view.column("place__value")),
)

DOMAIN = Domain(
    name="enterprises",
    title=Text("企业培育", "enterprises"),
    publishes=PUBLISHES,
    forms=FORMS,
    rulebooks=Path(__file__).with_name("rulebooks"),
    usual=("hitech/2016-32", "ladder/to-high-tech", "ladder/to-scale", "projection/high-tech", "ranking/innovation", "scale/four-up",
           "techsme/2017-115", "innosme/2022-63", "zjtx/2022-63", "giant/2022-63", "champion/national", "factory/zj-2023",
           "factory/zj-2025", "factory/national-basic", "digital/coverage", "cmmm/39117-2020", "policy/qiantang-lingfei-draft"),
    processes=(CULTIVATION,),
    openings=OPENINGS,
    views=VIEWS,
)
