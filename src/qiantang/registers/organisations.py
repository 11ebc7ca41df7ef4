"""Universities, institutes, hospitals, incubators and other bodies that are no enterprises."""

from __future__ import annotations

from qiantang.kernel.facts.schema import Table, code, day, text
from qiantang.kernel.words import Text
from qiantang.registers.classifications import LEVELS, choices
from qiantang.registers.naming import enterprise

ORGANISATION_KINDS = choices(
    ("university", "高等院校", "university"),
    ("institute", "科研院所", "research institute"),
    ("laboratory", "实验室", "laboratory"),
    ("hospital", "医疗机构", "hospital"),
    ("incubator", "孵化器（众创空间）", "incubator"),
    ("park_operator", "园区运营机构", "park operator"),
    ("association", "行业协会", "association"),
    ("fund", "产业基金", "fund"),
    ("department", "政府部门", "government department"),
    ("service", "专业服务机构", "service agency"),
    ("other", "其他组织", "other"),
)

ORGANISATIONS = Table(
    name="organisations",
    title=Text("机构", "organisations"),
    aliases=("高校院所", "科研机构", "机构名录", "单位"),
    key=("organisation",),
    subject="organisation",
    columns=(
        code("organisation", "机构编号", "organisation id", required=True, aliases=("机构代码", "单位编号")),
        text("name", "机构名称", "name", required=True, aliases=("名称", "单位名称")),
        code("kind", "机构类型", "kind", ORGANISATION_KINDS, required=True, aliases=("类型",)),
        code("level", "级别", "level", LEVELS),
        enterprise("uscc", "统一社会信用代码", "unified social credit code", required=False, known=False),
        code("platform", "产业平台", "platform", refers_to="platforms", aliases=("所属平台",)),
        day("founded_on", "成立日期", "founded on", aliases=("成立时间",)),
        enterprise("host_uscc", "依托企业统一社会信用代码", "host enterprise's credit code", required=False,
                   aliases=("依托单位信用代码",)),
        text("fields", "研究方向", "fields of work", aliases=("技术领域", "专业方向")),
    ),
)
