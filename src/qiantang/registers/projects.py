"""Investment, research and incubation projects: who, where, how much, and where they stand."""

from __future__ import annotations

from qiantang.kernel.facts.schema import Table, area, code, day, money, text
from qiantang.kernel.words import Text
from qiantang.registers.classifications import LEADING_INDUSTRIES, LEVELS, choices
from qiantang.registers.naming import enterprise

PROJECT_KINDS = choices(
    ("investment", "产业投资项目", "investment"),
    ("digital", "数字化改造项目", "digital renovation"),
    ("renovation", "技术改造项目", "technical renovation"),
    ("research", "科研项目", "research"),
    ("incubation", "孵化项目", "incubation"),
    ("alumni", "校友项目", "alumni project"),
    ("university", "校地合作项目", "university project"),
    ("infrastructure", "基础设施项目", "infrastructure"),
)

PROJECT_STATES = choices(
    ("negotiating", "在谈", "negotiating"),
    ("signed", "签约", "signed"),
    ("land_granted", "供地", "land granted"),
    ("building", "在建", "under construction"),
    ("in_production", "投产", "in production"),
    ("accepted", "达产验收", "accepted"),
    ("stopped", "终止", "stopped"),
)

PROJECTS = Table(
    name="projects",
    title=Text("项目", "projects"),
    aliases=("项目库", "产业项目", "重大项目", "招商项目"),
    key=("project",),
    subject="uscc",
    columns=(
        code("project", "项目编号", "project id", required=True, aliases=("项目代码", "编号")),
        text("name", "项目名称", "name", required=True, aliases=("名称",)),
        enterprise(zh="实施单位统一社会信用代码", required=False, aliases=("统一社会信用代码", "项目单位信用代码")),
        code("kind", "项目类型", "kind", PROJECT_KINDS, required=True, aliases=("类型",)),
        code("state", "项目状态", "state", PROJECT_STATES, aliases=("状态", "进展", "项目进展")),
        code("level", "级别", "level", LEVELS, aliases=("项目级别",)),
        code("leading_industry", "主导产业", "leading industry", LEADING_INDUSTRIES, aliases=("所属产业",)),
        code("platform", "产业平台", "platform", refers_to="platforms", aliases=("所属平台", "平台")),
        money("investment_wan", "总投资", "total investment", more_is="better", aliases=("计划总投资", "投资额", "总投资额")),
        money("invested_wan", "已完成投资", "invested so far", more_is="better", aliases=("累计完成投资",)),
        money("digital_investment_wan", "软硬件投入", "hardware and software investment", more_is="better",
              aliases=("数字化投入", "软硬件投资"), note=Text("不含土建", "building excluded")),
        area("land_mu", "用地面积", "land", aliases=("项目用地",)),
        day("started_on", "开工日期", "started on", aliases=("开工时间", "开始日期")),
        day("completed_on", "竣工日期", "completed on", aliases=("建成日期", "投产日期", "完成日期")),
        day("due_on", "计划竣工日期", "due on", aliases=("计划完成日期",)),
    ),
)
