"""Rights an enterprise holds in what it knows: patents, varieties, designs, software."""

from __future__ import annotations

from qiantang.kernel.expressions.nodes import Expr, among, compare
from qiantang.kernel.facts.schema import Check, Table, code, day, flag, text
from qiantang.kernel.words import Text
from qiantang.registers.classifications import choices
from qiantang.registers.naming import enterprise

CLASS_ONE = choices(
    ("invention", "发明专利", "invention patent"),
    ("defence_patent", "国防专利", "defence patent"),
    ("plant_variety", "植物新品种", "new plant variety"),
    ("crop_variety", "国家级农作物品种", "national crop variety"),
    ("new_drug", "国家新药", "new national drug"),
    ("protected_tcm", "国家一级中药保护品种", "first-class protected traditional medicine"),
    ("ic_layout", "集成电路布图设计", "IC layout design"),
)

CLASS_TWO = choices(
    ("utility_model", "实用新型专利", "utility model"),
    ("design", "外观设计专利", "design patent"),
    ("software", "软件著作权", "software copyright"),
)

ACQUISITIONS = choices(
    ("own", "自主研发", "own research"),
    ("transfer", "受让", "transfer"),
    ("gift", "受赠", "gift"),
    ("merger", "并购", "merger"),
    ("licence", "独占许可", "exclusive licence"),
)

_BARE = Table(
    name="intellectual_property",
    title=Text("知识产权", "intellectual property"),
    aliases=("专利", "知识产权清单", "授权专利", "专利清单", "IP"),
    key=("right", "uscc"),
    subject="uscc",
    columns=(
        code("right", "授权号", "right number", required=True, aliases=("专利号", "登记号", "证书号", "知识产权编号", "授权编号")),
        enterprise(zh="权利人统一社会信用代码", aliases=("统一社会信用代码", "专利权人信用代码")),
        code("kind", "知识产权类别", "kind", CLASS_ONE + CLASS_TWO, required=True, aliases=("类别", "专利类型", "类型")),
        text("title", "名称", "title", aliases=("知识产权名称", "专利名称")),
        day("granted_on", "授权日期", "granted on", aliases=("授权公告日", "授权时间", "登记日期")),
        day("expires_on", "失效日期", "expires on", aliases=("到期日", "有效期至", "终止日期")),
        code("acquired_by", "获得方式", "acquired by", ACQUISITIONS, aliases=("取得方式", "获得途径")),
        flag("high_value", "高价值", "high value", aliases=("是否高价值", "高价值专利")),
        flag("in_use", "已应用", "in use", aliases=("是否应用", "已产业化", "是否转化")),
        flag("supports_main_product", "支持主要产品核心技术", "core support of main products", aliases=("核心支持作用",)),
    ),
)


def is_class_one(kind: Expr) -> Expr:
    """Whether a kind of right belongs to class I (the rest of the list is class II)."""
    return among(kind, [c for c, _ in CLASS_ONE])


INTELLECTUAL_PROPERTY = Table(
    name=_BARE.name, title=_BARE.title, aliases=_BARE.aliases, key=_BARE.key, subject=_BARE.subject,
    columns=_BARE.columns,
    checks=(
        Check("right_ends_after_grant", compare(_BARE.fact("granted_on"), "<=", _BARE.fact("expires_on")),
              Text("失效日期早于授权日期", "the right expires before it was granted"),
              Text("核对两个日期。", "Check both days."), "expires_on"),
    ),
)
