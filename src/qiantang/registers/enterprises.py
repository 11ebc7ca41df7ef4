"""Who the enterprises of the district are: identity, place, industry and standing."""

from __future__ import annotations

from qiantang.kernel.expressions.nodes import compare
from qiantang.kernel.facts.schema import Check, Table, code, day, flag, text
from qiantang.kernel.facts.succession import Succeeds
from qiantang.kernel.words import Text
from qiantang.registers.classifications import INDUSTRY_GROUPS, LEADING_INDUSTRIES, SECTORS, choices
from qiantang.registers.naming import enterprise

STATUSES = choices(
    ("active", "存续（在营）", "in business"),
    ("suspended", "停业", "suspended"),
    ("revoked", "吊销", "licence revoked"),
    ("deregistered", "注销", "deregistered"),
    ("moved_out", "迁出", "moved out"),
)

FIRM_KINDS = choices(
    ("limited", "有限责任公司", "limited company"),
    ("joint_stock", "股份有限公司", "joint-stock company"),
    ("foreign", "外商投资企业", "foreign-invested"),
    ("hmt", "港澳台投资企业", "Hong Kong, Macao or Taiwan invested"),
    ("state", "国有企业", "state-owned"),
    ("partnership", "合伙企业", "partnership"),
    ("sole", "个人独资企业", "sole proprietorship"),
    ("branch", "分支机构", "branch"),
)

LISTINGS = choices(
    ("none", "未上市", "not listed"),
    ("candidate", "上市后备", "listing candidate"),
    ("domestic", "境内上市", "listed in China"),
    ("overseas", "境外上市", "listed abroad"),
)

_BARE = Table(
    name="enterprises",
    title=Text("企业名录", "enterprises"),
    aliases=("企业", "企业基本信息", "企业登记", "市场主体", "法人单位", "enterprise register"),
    key=("uscc",),
    subject="uscc",
    columns=(
        enterprise(known=False),
        text("name", "企业名称", "enterprise name", aliases=("单位名称", "单位详细名称", "纳税人名称", "名称",
                                                                     "企业")),
        day("founded_on", "成立日期", "founded on", aliases=("成立时间", "开业日期", "开业时间")),
        day("registered_on", "注册日期", "registered on", aliases=("登记日期", "注册时间", "核准登记日期"),
            note=Text("在中国境内注册成立的日期", "the day of registration in China")),
        day("production_started_on", "投产日期", "production started on", aliases=("投产时间", "正式投产日期")),
        code("status", "经营状态", "status", STATUSES, aliases=("登记状态", "企业状态", "营业状态")),
        code("kind", "企业类型", "kind of firm", FIRM_KINDS, aliases=("登记注册类型", "单位类型")),
        text("subdistrict", "所属街道", "subdistrict", aliases=("街道", "镇街", "所在街道", "街道（镇）")),
        code("platform", "产业平台", "platform", refers_to="platforms", aliases=("所属平台", "平台", "平台代码")),
        code("industry_code", "行业代码", "industry code (GB/T 4754)", aliases=("国民经济行业代码", "行业小类代码", "行业小类"),
             note=Text("GB/T 4754 的 2 至 4 位代码，按文本填写", "2 to 4 digits of GB/T 4754, as text")),
        code("industry_group", "评价行业组", "industry group", INDUSTRY_GROUPS, aliases=("行业组", "行业分组")),
        code("sector", "统计专业", "statistical sector", SECTORS, aliases=("专业类别", "行业门类", "所属专业")),
        code("leading_industry", "主导产业", "leading industry", LEADING_INDUSTRIES, aliases=("所属产业", "五大主导产业",
                                                                                    "主导产业类别")),
        flag("strategic_emerging", "战略性新兴产业", "strategic emerging industry", aliases=("是否战略性新兴产业", "战新产业")),
        flag("industry_restricted", "属于禁止限制淘汰类", "prohibited, restricted or eliminated class",
             aliases=("禁止、限制和淘汰类", "是否限制淘汰类")),
        flag("public_utility", "公用事业", "public utility", aliases=("是否公用事业", "公共基础设施企业")),
        flag("heavy_polluter", "重污染企业", "heavy polluter", aliases=("重点排污单位", "是否重污染")),
        flag("above_scale", "规上企业", "above scale", aliases=("是否规上", "规上", "规模以上", "是否规模以上")),
        day("above_scale_since", "首次上规日期", "above scale since", aliases=("上规日期", "入库日期", "纳统日期", "小升规日期")),
        flag("contracting_qualification", "建筑业企业资质", "contracting qualification",
             aliases=("总承包或专业承包资质", "是否有建筑业资质")),
        code("listing", "上市情况", "listing", LISTINGS, aliases=("上市状态", "是否上市")),
        day("listed_on", "上市日期", "listed on", aliases=("上市时间",)),
        flag("resident_for_tax", "居民企业", "resident for tax", aliases=("是否居民企业",)),
        flag("policy_relocated", "政策性搬迁", "relocated by policy", aliases=("是否政策性搬迁", "政策搬迁")),
        flag("policy_supported", "政策扶持企业", "supported by policy", aliases=("是否政策扶持",)),
        flag("land_granted_by_district", "在区内已供地", "given land in the district", aliases=("是否供地", "区内供地")),
        flag("chain_leader", "链主企业", "chain leader", aliases=("是否链主", "链主")),
        text("main_product", "主导产品", "main product", aliases=("主要产品", "主营产品")),
        code("mixed_site", "混合型地块编号", "mixed-site id", aliases=("混合型企业编号", "混合地块"),
             note=Text("规上与规下法人同处一地、合并评价时填相同编号",
                       "the same id for above- and below-scale firms on one site that are evaluated together")),
    ),
)

ENTERPRISES = Table(
    name=_BARE.name, title=_BARE.title, aliases=_BARE.aliases, key=_BARE.key, subject=_BARE.subject,
    columns=_BARE.columns,
    checks=(
        Check(
            id="scale_after_founding",
            holds=compare(_BARE.fact("founded_on"), "<=", _BARE.fact("above_scale_since")),
            message=Text("首次上规日期早于成立日期", "above scale before it was founded"),
            remedy=Text("核对两个日期。", "Check both days."),
            column="above_scale_since",
        ),
    ),
)

IDENTITY_KINDS = choices(
    ("rename", "更名", "rename"),
    ("merger", "合并", "merger"),
    ("re_registration", "重新登记", "re-registration"),
    ("split", "分立", "split"),
)

IDENTITIES = Table(
    name="identities",
    title=Text("企业身份沿革", "identity history"),
    aliases=("更名", "企业更名合并", "身份沿革", "变更记录"),
    key=("uscc", "kind", "since", "old_uscc"),
    subject="uscc",
    columns=(
        enterprise(zh="现统一社会信用代码", aliases=("现信用代码", "统一社会信用代码")),
        code("kind", "变更类型", "kind of change", IDENTITY_KINDS, required=True, aliases=("沿革类型", "变更事项")),
        day("since", "变更日期", "changed on", required=True, aliases=("变更时间", "生效日期")),
        code("old_uscc", "原代码", "old code", required=True, aliases=("原信用代码", "原统一社会信用代码", "原注册号", "原组织机构代码"),
             note=Text("可为旧注册号或组织机构代码；仅更名时填现代码",
                       "may be an old registration number or organisation code; the present code where only the name "
                       "changed")),
        text("old_name", "原名称", "old name", aliases=("曾用名", "原企业名称")),
    ),
    succeeds=Succeeds("enterprises", former="old_uscc", now="uscc", since="since", kind="kind", kinds=("rename", "re_registration")),
)
