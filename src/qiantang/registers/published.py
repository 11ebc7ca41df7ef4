"""What was published before: classes given in earlier years, and figures that must agree with ours and each other."""

from __future__ import annotations

from qiantang.kernel.facts.schema import Table, code, count, day, quantity, text, year
from qiantang.kernel.words import Text
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
