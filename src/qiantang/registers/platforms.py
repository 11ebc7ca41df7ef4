"""The industry platforms of the district: their codes, names, leading industry and subdistrict."""

from __future__ import annotations

from qiantang.kernel.facts.schema import Table, area, code, day, flag, text
from qiantang.kernel.words import Text
from qiantang.registers.classifications import LEADING_INDUSTRIES

PLATFORMS = Table(
    name="platforms",
    title=Text("产业平台", "platforms"),
    aliases=("平台", "平台名录", "产业平台名录"),
    key=("platform",),
    subject="platform",
    columns=(
        code("platform", "平台代码", "platform code", required=True, aliases=("平台编号", "产业平台代码")),
        text("name", "平台名称", "platform name", required=True, aliases=("产业平台名称", "名称")),
        text("name_en", "平台英文名称", "platform name in English", aliases=("英文名称",)),
        text("subdistricts", "所属街道", "subdistricts", aliases=("街道", "涉及街道")),
        code("leading_industry", "主导产业", "leading industry", LEADING_INDUSTRIES),
        area("planned_mu", "规划面积", "planned area", aliases=("面积", "规划用地面积")),
        flag("ten_thousand_mu", "“万亩千亿”平台", "ten-thousand-mu platform", aliases=("万亩千亿",)),
        flag("main", "主平台", "main platform", aliases=("重点平台",)),
        day("founded_on", "设立日期", "founded on", aliases=("成立日期",)),
    ),
)
