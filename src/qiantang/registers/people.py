"""People whose level, support or work a rulebook asks about; every fact about a person is marked personal."""

from __future__ import annotations

from qiantang.kernel.facts.schema import Table, code, count, day, flag, money, text, year
from qiantang.kernel.words import Text
from qiantang.registers.classifications import choices
from qiantang.registers.naming import enterprise

EDUCATION = choices(
    ("doctor", "博士", "doctor"),
    ("master", "硕士", "master"),
    ("bachelor", "本科", "bachelor"),
    ("college", "大专", "college"),
    ("secondary", "中专及以下", "secondary or below"),
)

TITLES = choices(
    ("senior", "正高级", "full senior"),
    ("deputy_senior", "副高级", "deputy senior"),
    ("intermediate", "中级", "intermediate"),
    ("junior", "初级", "junior"),
    ("senior_technician", "高级技师", "senior technician"),
    ("technician", "技师", "technician"),
    ("senior_worker", "高级工", "senior worker"),
    ("none", "无", "none"),
)

POSTS = choices(
    ("chair", "董事长", "chair"),
    ("general_manager", "总经理", "general manager"),
    ("chief_officer", "首席技术（财务）官", "chief technology or finance officer"),
    ("director", "部门总监", "director"),
    ("middle", "中层", "middle management"),
    ("expert", "技术骨干", "technical expert"),
    ("staff", "一般员工", "staff"),
)

TALENT_LEVELS = choices(
    ("A", "A类", "A"), ("B", "B类", "B"), ("C", "C类", "C"), ("D", "D类", "D"), ("E", "E类", "E"), ("F", "F类", "F"),
)

PEOPLE = Table(
    name="people",
    title=Text("人才", "people"),
    aliases=("人才名录", "人才库", "人员", "高层次人才"),
    key=("person",),
    subject="person",
    columns=(
        code("person", "人员编号", "person id", required=True, personal=True, aliases=("人才编号", "编号"),
             note=Text("内部编号，不用身份证号", "an internal id, never the identity-card number")),
        text("name", "姓名", "name", personal=True),
        year("born_in", "出生年份", "year of birth", low="1900", personal=True, aliases=("出生年",)),
        code("education", "学历", "education", EDUCATION, personal=True, aliases=("学历学位", "最高学历")),
        text("school", "毕业院校", "school", personal=True, aliases=("院校",)),
        flag("top_school", "名校毕业", "graduate of a listed school", personal=True, aliases=("世界名校",)),
        year("graduated_in", "毕业年份", "year of graduation", low="1900", personal=True, aliases=("毕业年",)),
        code("title", "职称或技能等级", "professional title", TITLES, personal=True, aliases=("职称", "技能等级")),
        code("post", "任职岗位", "post", POSTS, personal=True, aliases=("岗位", "职务")),
        count("years_of_experience", "从业年限", "years of experience", "年", high="80", personal=True, more_is="better",
              aliases=("工作年限", "从业经历")),
        enterprise("employer_uscc", "用人单位统一社会信用代码", "employer's credit code", required=False,
                   aliases=("用人单位信用代码", "单位信用代码")),
        code("employer_organisation", "用人机构编号", "employing organisation", refers_to="organisations",
             aliases=("用人机构",)),
        money("salary_wan", "年薪", "yearly salary", personal=True, more_is="better", aliases=("薪酬", "年收入", "薪酬待遇")),
        money("income_tax_wan", "个人所得税", "personal income tax", personal=True, more_is="better", aliases=("个税",)),
        count("months_in_district", "年工作月数", "months of work a year", "月", high="12", personal=True,
              more_is="better", aliases=("在区工作月数",)),
        flag("foreign", "外籍", "foreign national", personal=True, aliases=("是否外籍",)),
        flag("returnee", "海归", "returnee", personal=True, aliases=("留学回国",)),
        code("talent_level", "已认定人才层次", "recognised talent level", TALENT_LEVELS, personal=True,
             aliases=("人才层次", "人才类别")),
        day("recognised_on", "认定日期", "recognised on", personal=True),
        day("came_on", "引进日期", "came on", personal=True, aliases=("到岗日期", "来区日期")),
    ),
)
