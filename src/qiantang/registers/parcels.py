"""Whose land it is and who uses it: parcels owned, and leases that move use from landlord to tenant."""

from __future__ import annotations

from qiantang.kernel.expressions.nodes import compare
from qiantang.kernel.facts.schema import Check, Table, area, code, day, flag, quantity, text
from qiantang.kernel.words import Text
from qiantang.registers.classifications import choices
from qiantang.registers.naming import enterprise

LAND_USES = choices(
    ("industrial", "工业用地", "industrial"),
    ("warehouse", "仓储用地", "warehousing"),
    ("research", "科研用地（创新型产业用地）", "research and innovation"),
    ("commercial", "商服用地", "commercial"),
    ("mixed", "混合用地", "mixed"),
    ("other", "其他用地", "other"),
)

LAND_STATES = choices(
    ("in_use", "在用", "in use"),
    ("approved_not_granted", "批而未供", "approved, not granted"),
    ("granted_not_used", "供而未用", "granted, not used"),
    ("partly_used", "用而未尽", "not fully used"),
    ("built_not_invested", "建而未投", "built, not in production"),
    ("below_commitment", "投而未达标", "in production, below commitment"),
    ("idle", "闲置", "idle"),
)

PARCELS = Table(
    name="parcels",
    title=Text("宗地", "parcels"),
    aliases=("土地", "用地", "自有土地", "不动产", "宗地表", "土地登记", "land"),
    key=("parcel",),
    subject="uscc",
    columns=(
        code("parcel", "宗地编号", "parcel id", required=True, aliases=("宗地号", "地块编号", "不动产单元号", "宗地代码")),
        enterprise(zh="权利人统一社会信用代码", aliases=("统一社会信用代码", "权利人信用代码")),
        area("area_mu", "宗地面积", "parcel area", required=True, more_is="worse",
             aliases=("土地面积", "登记面积", "用地面积", "面积", "占地面积")),
        area("area_used_mu", "实际用地面积", "area actually used", more_is="worse", aliases=("实测面积", "实际占地面积")),
        quantity("floor_area_m2", "建筑面积", "floor area", "m²", scale=2, high="100000000", aliases=("总建筑面积",)),
        quantity("floor_area_ratio", "容积率", "floor-area ratio", "", scale=4, high="20", more_is="better",
                 aliases=("FAR",)),
        day("granted_on", "供地日期", "granted on", aliases=("出让日期", "取得日期", "供地时间", "出让合同日期")),
        day("until", "使用权终止日期", "right ends on", aliases=("终止日期", "使用期限至")),
        code("use", "用途", "use", LAND_USES, aliases=("土地用途", "规划用途")),
        code("state", "利用状态", "state of use", LAND_STATES, aliases=("土地利用状态", "五未土地类型", "五未类型")),
        text("subdistrict", "所属街道", "subdistrict", aliases=("街道", "坐落街道", "镇街")),
        code("platform", "产业平台", "platform", refers_to="platforms", aliases=("所属平台", "平台")),
        flag("small_enterprise_park", "小微企业园", "small-enterprise park", aliases=("是否小微企业园", "小微园")),
        flag("in_park", "园区内", "inside a park", aliases=("是否园区内", "是否在园区")),
        text("located_at", "坐落", "located at", aliases=("地址", "土地坐落")),
    ),
)

_LEASES = Table(
    name="leases",
    title=Text("租赁", "leases"),
    aliases=("土地租赁", "厂房租赁", "租赁合同", "出租", "租赁台账"),
    key=("lease",),
    subject="tenant_uscc",
    columns=(
        code("lease", "租赁编号", "lease id", required=True, aliases=("合同编号", "租赁合同编号", "合同号")),
        code("parcel", "宗地编号", "parcel id", refers_to="parcels", aliases=("宗地号", "地块编号")),
        enterprise("landlord_uscc", "出租方统一社会信用代码", "landlord's credit code",
                   aliases=("出租方信用代码", "出租方代码", "出租人信用代码")),
        enterprise("tenant_uscc", "承租方统一社会信用代码", "tenant's credit code",
                   aliases=("承租方信用代码", "承租方代码", "承租人信用代码")),
        area("area_mu", "租赁土地面积", "land let", aliases=("租赁面积", "出租面积", "承租面积")),
        quantity("floor_area_m2", "租赁建筑面积", "floor area let", "m²", scale=2, high="100000000",
                 aliases=("租赁厂房面积", "厂房面积")),
        day("since", "起租日期", "since", aliases=("租赁开始日期", "起始日期", "开始日期")),
        day("until", "到期日期", "until", aliases=("租赁结束日期", "终止日期", "结束日期")),
    ),
)

LEASES = Table(
    name=_LEASES.name, title=_LEASES.title, aliases=_LEASES.aliases, key=_LEASES.key, subject=_LEASES.subject,
    columns=_LEASES.columns,
    checks=(
        Check("lease_ends_after_it_begins", compare(_LEASES.fact("since"), "<=", _LEASES.fact("until")),
              Text("到期日期早于起租日期", "the lease ends before it begins"), Text("核对两个日期。", "Check both days."), "until"),
        Check("landlord_is_not_tenant", compare(_LEASES.fact("landlord_uscc"), "<>", _LEASES.fact("tenant_uscc")),
              Text("出租方与承租方相同", "landlord and tenant are the same"),
              Text("自用土地不填租赁表。", "Own use is no lease: leave the row out."), "tenant_uscc"),
    ),
)
