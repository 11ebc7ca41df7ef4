"""A made-up district's rulebook form over a made-up dossier, and rulebook files written where a test wants them."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from textwrap import dedent, indent

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.facts import schema as s
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.facts.schema import Table
from qiantang.kernel.rulebooks.document import Document, parse_document
from qiantang.kernel.rulebooks.library import Library
from qiantang.kernel.rulebooks.parameters import Parameters
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, FormDeclaration, Outline, Role
from qiantang.kernel.units import unit
from qiantang.kernel.words import same

DAY = date(2022, 12, 31)

FIRMS = Table("firms", same("firms"), (
    s.code("uscc", "编号", "code", required=True), s.year(required=True), s.money("tax", "税金", "tax", more_is="better"),
    s.area("land", "用地", "land", more_is="worse"), s.flag("veto", "否决", "veto")), ("uscc", "year"), "uscc", "year")
DOSSIER = Dossier("firm", same("firm"), FIRMS)


def per_mu(p: Parameters, d: Dossier) -> Outline:
    """Tax per mu against a benchmark; a veto comes first; good from a stated number of points."""
    value = n.divide(d.fact("tax"), d.fact("land"), 6)
    points = n.rounded(n.divide(value * p.number("weight"), p.number("benchmark"), 8), 2)
    capped = n.least(points, p.number("cap")) if p.has("cap") else points
    vetoed = n.surely(d.fact("veto"))
    good = capped >= p.number("good_from")
    criteria = (
        Criterion("veto", same("veto"), Role.VETO, met=vetoed),
        Criterion("tax_per_mu", same("tax per mu"), Role.INDICATOR, value, capped),
        Criterion("good", same("good"), Role.CONDITION, value=capped, met=good),
    )
    return Outline(criteria, (Case(vetoed, "D", "veto"), Case(good, "A", "good")), Case(n.flag_constant(True), "B", "good"),
                   (("A", same("A")), ("B", same("B")), ("D", same("D"))), score="tax_per_mu",
                   reach=(("A", p.number("good_from") + n.subtract(capped, capped)),))


FORM = FormDeclaration("test/per_mu", "firm", per_mu, same("good land use"))

PARAMETERS = """\
weight: {title: {zh: 权重, en: weight}, unit: 分, value: 30}
benchmark: {title: {zh: 基准, en: benchmark}, unit: 万元/亩, value: 24.097, clause: 第三条}
good_from: {title: {zh: 优良线, en: good from}, unit: 分, value: 15}
"""


def written(id: str = "mu/test", *, level: str = "county", valid: str = "{since: 2022-01-01, until: 2022-12-31}",
            more: str = "form: test/per_mu", parameters: str = PARAMETERS) -> str:
    """A rulebook file's text."""
    head = dedent(f"""\
        # A made-up rulebook of a made-up district.
        id: {id}
        title: {{zh: 测试办法, en: test rules}}
        level: {level}
        valid: {valid}
        status: sourced
        source: {{issuer: 某区, document: 某办法}}
        """)
    return f"{head}{dedent(more)}\nparameters:\n{indent(dedent(parameters), '  ')}"


def read(text: str) -> Document:
    """A rulebook read from its text."""
    return parse_document(text.encode(), "test.yaml")


def read_parameters(parameters: str, **more: str) -> Document:
    """A rulebook with only these parameters."""
    return read(written(parameters=parameters, **more))


def library(folder: Path, texts: Iterable[str]) -> Library:
    """A library of files with these texts."""
    for number, text in enumerate(texts):
        (folder / f"book{number}.yaml").write_text(text, encoding="utf-8")
    return Library([folder], {FORM.name: FORM}, {DOSSIER.name: DOSSIER})


POINTS = unit("分")
