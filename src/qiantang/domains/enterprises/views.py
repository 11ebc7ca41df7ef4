"""The tables about enterprises: the two-way ladder, outcomes by rulebook, coverage, the ranking and the projection."""

from __future__ import annotations

from qiantang.domains.enterprises.digital_coverage import COVERED, RUNGS
from qiantang.domains.enterprises.ladder import FAR, OUTSIDE
from qiantang.domains.enterprises.projection import ENDS
from qiantang.kernel.domains import ViewDeclaration
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.findings.views import Figure, Listing, RunView, Shown, Tally, View, shown_columns
from qiantang.kernel.rulebooks.rulebook import Reading
from qiantang.kernel.words import Text, joined, same

_NEAREST, _FIRST = 20, 20
_WHO = ("uscc", "name", "platform")
_COUNT = Text("企业数", "enterprises")
_TITLES = ("enterprises/high-tech", "enterprises/technology-sme", "enterprises/innovative-sme", "enterprises/specialist",
           "enterprises/giant", "enterprises/champion", "enterprises/above-scale", "enterprises/factory-ladder",
           "enterprises/basic-factory", "enterprises/maturity")


def _outcome(view: RunView) -> Shown:
    return Shown("outcome", Text("结论", "outcome"), view.column("outcome"), view.reading.outline.codes)


def _run(view: RunView, criterion: str, part: str = "value", *, decimals: int | None = None, percent: bool = False) -> Shown:
    found = view.reading.criterion(criterion)
    return Shown(criterion, found.title, view.column(f"{criterion}__{part}"), decimals=decimals, percent=percent)


def _counted(name: str, title: Text, where: Expr | None = None) -> Figure:
    return Figure(name, title, "count", where=where)


def _is(view: RunView, code: str) -> Expr:
    return n.surely(view.column("outcome").equals(n.code_constant(code)))


def nearest_to_high_tech(view: RunView) -> View:
    """Above-scale enterprises nearest to a certificate, with what each lacks in the fact's own unit."""
    return Listing(
        columns=(_run(view, "place"), *shown_columns(_WHO, view), _outcome(view), _run(view, "missing_conditions"),
                 _run(view, "open_conditions"), _run(view, "staff_gap"), _run(view, "research_gap", decimals=2),
                 _run(view, "income_gap", decimals=2), _run(view, "points_to_give"),
                 _run(view, "largest_gap", percent=True, decimals=1)),
        where=n.not_(_is(view, FAR)),
        order=((view.column("place__value"), False),),
        limit=_NEAREST,
        note=view.reading.criterion("place").note,
    )


def nearest_to_scale(view: RunView) -> View:
    """High-tech enterprises nearest to the threshold of their sector, with the revenue they lack."""
    return Listing(
        columns=(_run(view, "place"), *shown_columns((*_WHO, "sector"), view), _outcome(view), _run(view, "size", decimals=2),
                 _run(view, "threshold"), _run(view, "gap", decimals=2), _run(view, "relative_gap", percent=True, decimals=1)),
        where=n.not_(n.any_of(_is(view, FAR), _is(view, OUTSIDE))),
        order=((view.column("place__value"), False),),
        limit=_NEAREST,
        note=view.reading.criterion("place").note,
    )


def steps_by_platform(view: RunView) -> View:
    """How many enterprises stand on each step of the ladder, by platform; those that cannot be judged have their own column."""
    return Tally((*shown_columns(("platform",), view),), _by_outcome(view))


def outcomes(view: RunView) -> View:
    """How many enterprises each outcome has; unknown is a row of its own."""
    return Tally((_outcome(view),), (_counted("enterprises", _COUNT),))


def what_is_unknown(view: RunView) -> View:
    """Which missing facts keep outcomes unknown, and of how many enterprises."""
    return Tally((Shown("unknown_because", Text("缺少的事实", "facts missing"), view.column("unknown_because")),),
                 (_counted("enterprises", _COUNT),), where=n.not_(n.is_known(view.column("outcome"))))


def enrolled_and_measured(view: RunView) -> View:
    """The statistics office's list against the figures: who grew above scale and is not enrolled, who fell below and is."""
    enrolled = Shown("enrolled", Text("统计在库", "enrolled"), view.column("enrolled__met"))
    return Tally((_outcome(view), enrolled), (_counted("enterprises", _COUNT),))


def coverage(view: RunView) -> View:
    """Digitalisation coverage by platform, with the rungs of the digital factory held there."""
    covered = _is(view, COVERED)
    known = n.is_known(view.column("outcome"))
    one, none = n.constant(1, "家"), n.constant(0, "家")
    rungs = {
        "future": Text("未来工厂", "future factories"), "provincial_smart": Text("省级智能工厂", "provincial smart factories"),
        "smart": Text("智能工厂", "smart factories"), "workshop": Text("数字化车间", "digital workshops"),
    }
    return Tally(
        by=shown_columns(("platform",), view),
        figures=(
            _counted("enterprises", Text("规上企业", "above-scale enterprises")),
            _counted("covered", Text("已覆盖", "covered"), covered),
            _counted("unknown", Text("情况不明", "unknown"), n.not_(known)),
            Figure("share", Text("覆盖率（不含情况不明）", "coverage of those known"), "ratio", n.choose((covered, one), otherwise=none),
                   n.choose((known, one), otherwise=none), where=known, percent=True, decimals=1),
            *(_counted(name, rungs[name], view.fact(fact)) for name, fact in RUNGS.items()),
        ),
    )


def ranking(view: RunView) -> View:
    """The first of the innovation ranking, with the points of each indicator."""
    parts = [c.id for c in view.reading.outline.criteria if c.id.startswith("index_")]
    return Listing(
        columns=(_run(view, "place"), *shown_columns(_WHO, view), _run(view, "score", "points"),
                 *(_run(view, part, "points", decimals=2) for part in parts)),
        where=n.is_known(view.column("place__value")),
        order=((view.column("place__value"), False),),
        limit=_FIRST,
        note=Text("指数为可编辑的模型假设，不是官方排名", "the index is an editable assumption, not an official ranking"),
    )


def projection(view: RunView) -> View:
    """Enterprises and expectation by standing, in the low, usual and high case, under the assumptions told in the note."""
    return Tally(
        by=(_outcome(view),),
        figures=(
            _counted("enterprises", _COUNT),
            *(Figure(f"expected_{end}", Text(f"期末期望（{zh}）", f"expected at the horizon ({en})"), "sum",
                     view.column(f"expected_{end}__value"), decimals=1) for end, zh, en in ENDS),
        ),
        note=assumptions(view.reading),
    )


def projected_total(view: RunView) -> View:
    """The district's stock today and at the horizon, newcomers included, beside its target."""
    return Tally(
        by=(),
        figures=(
            Figure("stock", Text("现有", "today"), "greatest", view.column("stock__value")),
            *(Figure(f"district_{end}", Text(f"期末，含新增（{zh}）", f"at the horizon, newcomers included ({en})"), "greatest",
                     view.column(f"district_{end}__value"), decimals=1) for end, zh, en in ENDS),
            Figure("target", Text("目标（超过）", "target (more than)"), "greatest", view.column("target__value")),
        ),
        note=assumptions(view.reading),
    )


def assumptions(reading: Reading) -> Text:
    """The projection's own parameters with their values and ranges, as one sentence."""
    said = []
    for path, entry in reading.used.items():
        if path.startswith(("rate.", "newcomers.", "horizon.", "target.")):
            title, ends = reading.book.parameters[path].title, entry.admissible
            span = f" [{ends.low}, {ends.high}]" if ends is not None else ""
            said.append(title + same(f" {entry.value}{span}"))
    return Text("假设：", "Assumed: ") + joined(said, "；", "; ")


def support(view: RunView) -> View:
    """What the draft ladder of leaders would pay, by ladder; its amounts are those of a draft."""
    amount = view.column("support__value")
    return Tally((_outcome(view),), (
        _counted("enterprises", _COUNT),
        Figure("support", Text("支持金额合计（万元）", "support together (10k yuan)"), "sum", amount, decimals=2)))


def _by_outcome(view: RunView) -> tuple[Figure, ...]:
    found = tuple(_counted(code, title, _is(view, code)) for code, title in view.reading.outline.codes)
    return (_counted("enterprises", _COUNT), *found,
            _counted("unknown", Text("无法判断", "unknown"), n.not_(n.is_known(view.column("outcome")))))


VIEWS = (
    ViewDeclaration("enterprises.to_high_tech", Text("规上企业高新化：最接近者", "above scale, nearest to high-tech"),
                    ("enterprises/towards-high-tech",), nearest_to_high_tech, headline=True, place=200),
    ViewDeclaration("enterprises.to_scale", Text("高新企业规上化：最接近者", "high-tech, nearest to above scale"),
                    ("enterprises/towards-scale",), nearest_to_scale, headline=True, place=210),
    ViewDeclaration("enterprises.ladder_by_platform", Text("双向培育：各平台", "two-way cultivation by platform"),
                    ("enterprises/towards-high-tech", "enterprises/towards-scale"), steps_by_platform, place=220),
    ViewDeclaration("enterprises.projected_total", Text("高新技术企业数量测算", "projection of high-tech enterprises"),
                    ("enterprises/high-tech-projection",), projected_total, headline=True, place=230),
    ViewDeclaration("enterprises.projection", Text("高新技术企业数量测算：分类", "projection of high-tech enterprises by standing"),
                    ("enterprises/high-tech-projection",), projection, place=231),
    ViewDeclaration("enterprises.digital_coverage", Text("数字化改造覆盖与工厂层级", "digitalisation coverage and factory rungs"),
                    ("enterprises/digital-coverage",), coverage, headline=True, place=240),
    ViewDeclaration("enterprises.ranking", Text("高新技术企业创新排名", "innovation ranking of high-tech enterprises"),
                    ("enterprises/innovation-ranking",), ranking, headline=True, place=250),
    ViewDeclaration("enterprises.outcomes", Text("各结论企业数", "enterprises by outcome"), _TITLES, outcomes, place=260),
    ViewDeclaration("enterprises.unknown", Text("因何无法判断", "what is unknown and why"),
                    _TITLES, what_is_unknown, headline=True, place=270),
    ViewDeclaration("enterprises.enrolment", Text("统计在库与规模标准对照", "enrolled against the thresholds"),
                    ("enterprises/above-scale",), enrolled_and_measured, place=280),
    ViewDeclaration("enterprises.leader_support", Text("领飞计划（草案）支持测算", "support by the draft ladder of leaders"),
                    ("enterprises/leader-support",), support, place=290),
)
