"""What was published before: classes given in earlier years, and figures that must agree with ours and each other."""

from __future__ import annotations

from qiantang.kernel.facts.schema import Table, code, count, day, quantity, text, year
from qiantang.kernel.words import Text, same
from qiantang.registers.classifications import choices
from qiantang.registers.naming import enterprise

EVALUATION_CLASSES = choices(
    ("A", "A类", "A"), ("B", "B类", "B"), ("C", "C类", "C"), ("D", "D类", "D"),
    ("C-", "C−类", "C−"), ("T", "T类（不适宜评价）", "T (not suitable)"), ("none", "不定类", "no class"),
)

EVALUATIONS = Table(
    name="evaluations",
    title=Text("历年评价结果", "past evaluations"),
    aliases=("评价结果", "亩均评价结果", "历年结果", "综合评价结果"),
    key=("uscc", "year", "rulebook"),
    subject="uscc",
    period="year",
    columns=(
        enterprise(),
        year("year", "评价年度", "year", required=True, aliases=("年度", "年份")),
        code("rulebook", "评价办法", "rulebook", required=True, aliases=("办法", "规则编号")),
        code("class", "评价等级", "class", EVALUATION_CLASSES, required=True, aliases=("等级", "类别", "评价类别", "评价结果")),
        quantity("score", "得分", "score", "分", scale=4, high="1000", more_is="better", aliases=("总分", "综合得分")),
        count("rank", "名次", "rank", "名", more_is="worse", aliases=("排名",)),
        day("published_on", "公布日期", "published on", aliases=("公告日期",)),
    ),
)

PUBLISHED_FIGURES = Table(
    name="published_figures",
    title=Text("公开数据", "published figures"),
    aliases=("公布数据", "公报数据", "公开口径"),
    key=("place", "year", "indicator", "part", "source"),
    subject="place",
    period="year",
    columns=(
        text("place", "地区", "place", required=True, aliases=("区域", "地方")),
        year("year", "年度", "year", required=True, aliases=("年份",)),
        code("indicator", "指标", "indicator", required=True, aliases=("指标代码", "指标名称")),
        code("part", "分项", "part of the whole", required=True, aliases=("分组", "类别"),
             note=Text("合计填“all”", "'all' for the whole")),
        quantity("figure", "数值", "figure", "", scale=4, low="-10000000000", high="10000000000", required=True,
                 aliases=("数据", "值")),
        text("unit", "单位", "unit", required=True, aliases=("计量单位",)),
        text("source", "来源", "source", required=True, aliases=("数据来源", "出处")),
        day("published_on", "公布日期", "published on", aliases=("发布日期",)),
        text("link", "链接", "link", aliases=("网址",)),
    ),
)

_INDICATORS = {
    "alumni_projects": Text("校友项目", "alumni projects"),
    "class_count": Text("各类企业数", "enterprises by class"),
    "class_share": Text("各类企业占比", "share of enterprises by class"),
    "enterprises": Text("企业数", "enterprises"),
    "evaluated": Text("参评企业数", "enterprises evaluated"),
    "gdp": Text("地区生产总值", "gross domestic product"),
    "hitech_enterprises": Text("高新技术企业数", "high-tech enterprises"),
    "industrial_investment": Text("工业投资", "industrial investment"),
    "labour_productivity": Text("全员劳动生产率", "labour productivity"),
    "land": Text("用地面积", "land"),
    "main_platform_share": Text("主要平台占比", "share of the main platforms"),
    "manufacturing_investment": Text("制造业投资", "investment in manufacturing"),
    "output": Text("工业总产值", "industrial output"),
    "rd_share_of_gdp": Text("研发经费占地区生产总值比重", "R&D as a share of GDP"),
    "rd_share_of_revenue": Text("研发经费占营业收入比重", "R&D as a share of revenue"),
    "tax_paid": Text("实缴税金", "tax paid"),
    "tax_per_mu": Text("亩均税收", "tax per mu"),
    "top_talents": Text("顶尖人才", "top talents"),
    "university_projects": Text("高校项目", "university projects"),
    "value_added": Text("增加值", "value added"),
    "value_added_per_emission": Text("单位排放增加值", "value added per emission"),
    "value_added_per_energy": Text("单位能耗增加值", "value added per energy"),
    "value_added_per_mu": Text("亩均增加值", "value added per mu"),
}
_OF_SCALE = {"_above_scale": Text("（规上）", " (above scale)"), "_below_scale": Text("（规下）", " (below scale)")}


def indicator_title(code: str) -> Text:
    """What a published indicator is called; one that is not known is called by its code."""
    for suffix, which in _OF_SCALE.items():
        if code.endswith(suffix) and code.removesuffix(suffix) in _INDICATORS:
            return _INDICATORS[code.removesuffix(suffix)] + which
    return _INDICATORS.get(code, same(code))
