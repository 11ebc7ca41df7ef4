"""What each enterprise did in each year: tax, output, staff, energy, emissions, research, finance and expert marks."""

from __future__ import annotations

from decimal import Decimal

from qiantang.kernel.expressions.nodes import compare
from qiantang.kernel.facts.schema import Check, Column, Table, code, count, flag, money, quantity, ratio, text, year
from qiantang.kernel.words import Text
from qiantang.registers.classifications import CREDIT_RATINGS
from qiantang.registers.naming import enterprise

_TAX: tuple[Column, ...] = (
    money("tax_paid_wan", "实缴税金", "tax paid", more_is="better",
          aliases=("入库税收", "实际入库税收", "税收实际贡献", "实缴税收", "税收", "税金", "评价税金"),
          note=Text("入库数；退税另列", "what reached the treasury; refunds have their own columns")),
    money("tax_added_back_wan", "税收加回额", "tax added back", more_is="better",
          aliases=("免抵额", "免抵税额", "留抵退税", "留抵退税加回"),
          note=Text("免抵调库与留抵退税等应加回的金额", "export exemptions and refunds that the evaluation adds back")),
    money("district_contribution_wan", "区级贡献", "contribution to the district", more_is="better",
          aliases=("地方贡献", "地方财政贡献", "区级财政贡献", "综合贡献")),
)

_SALES: tuple[Column, ...] = (
    money("revenue_wan", "营业收入", "operating revenue", more_is="better", aliases=("营收", "营业总收入", "年营业收入")),
    money("main_revenue_wan", "主营业务收入", "main-business revenue", more_is="better", aliases=("主营收入", "主营业务营收")),
    money("sales_wan", "销售收入", "sales", more_is="better", aliases=("销售额", "开票销售", "开票销售收入", "应税销售收入")),
    money("total_income_wan", "收入总额", "gross income", more_is="better", aliases=("企业收入总额", "总收入额")),
    money("nontaxable_income_wan", "不征税收入", "non-taxable income", aliases=("不征税收入额",)),
    money("hitech_income_wan", "高新技术产品（服务）收入", "high-tech product and service income", more_is="better",
          aliases=("高新技术产品收入", "高新产品收入", "高新收入")),
    money("main_product_revenue_wan", "主导产品收入", "main product revenue", more_is="better",
          aliases=("主导产品销售收入", "主要产品收入")),
    money("output_wan", "工业总产值", "gross industrial output", more_is="better", aliases=("总产值", "产值", "工业产值")),
    money("value_added_wan", "工业增加值", "value added", low=None, more_is="better", aliases=("增加值",)),
    money("exports_wan", "出口交货值", "exports", more_is="better", aliases=("出口额", "自营出口", "出口")),
)

_ACCOUNTS: tuple[Column, ...] = (
    money("profit_wan", "利润总额", "profit", low=None, more_is="better", aliases=("利润", "税前利润")),
    money("total_costs_wan", "成本费用总额", "total costs and expenses", more_is="worse", aliases=("成本费用", "成本费用支出总额")),
    money("total_assets_wan", "资产总额", "total assets", aliases=("资产总计", "总资产")),
    money("net_assets_wan", "净资产", "net assets", low=None, more_is="better", aliases=("年末净资产", "所有者权益",
                                                                                   "所有者权益合计")),
    money("total_debt_wan", "负债总额", "total debt", more_is="worse", aliases=("负债合计", "总负债")),
    money("equity_financing_wan", "股权融资额", "equity financing received", more_is="better",
          aliases=("股权融资", "新增股权融资", "合格机构投资者实缴额")),
    money("technical_renovation_wan", "技改投资", "technical renovation investment", more_is="better",
          aliases=("技术改造投资", "技改投入")),
)

_STAFF: tuple[Column, ...] = (
    quantity("staff_mean", "年平均职工数", "average annual staff", "人", scale=2, high="1000000", more_is="worse",
             aliases=("年平均职工人数", "全年平均从业人员", "平均用工人数", "从业人员平均人数", "职工总数", "职工人数"),
             note=Text("各月（月初+月末）/2 的平均", "mean over months of (start + end) / 2")),
    quantity("sci_tech_staff", "科技人员数", "science and technology staff", "人", scale=2, high="1000000",
             more_is="better", aliases=("科技人员", "科技活动人员", "从事科技活动人员")),
    quantity("rd_staff", "研发人员数", "research staff", "人", scale=2, high="1000000", more_is="better",
             aliases=("研发人员", "R&D人员", "研究开发人员")),
)

_RESOURCES: tuple[Column, ...] = (
    quantity("energy_tce", "综合能耗", "comprehensive energy use", "tce", more_is="worse",
             aliases=("能耗", "综合能源消费量", "总能耗", "能源消费总量", "等价值综合能耗"),
             note=Text("等价值", "equivalent value")),
    quantity("electricity_kwh", "用电量", "electricity use", "kWh", scale=2, high="10000000000", more_is="worse",
             aliases=("电量", "工业用电量", "全年用电量")),
    quantity("water_m3", "用水量", "water use", "m³", scale=2, high="1000000000", more_is="worse",
             aliases=("取水量", "工业用水量")),
    quantity("cod_t", "化学需氧量排放量", "COD emitted", "t", scale=6, high="1000000", more_is="worse",
             aliases=("COD", "COD排放量", "化学需氧量")),
    quantity("ammonia_nitrogen_t", "氨氮排放量", "ammonia nitrogen emitted", "t", scale=6, high="1000000",
             more_is="worse", aliases=("氨氮", "NH3-N", "NH3N")),
    quantity("sulphur_dioxide_t", "二氧化硫排放量", "SO₂ emitted", "t", scale=6, high="1000000", more_is="worse",
             aliases=("二氧化硫", "SO2", "SO2排放量")),
    quantity("nitrogen_oxides_t", "氮氧化物排放量", "NOx emitted", "t", scale=6, high="1000000", more_is="worse",
             aliases=("氮氧化物", "NOx", "NOX排放量")),
    flag("emits_pollutants", "排放主要污染物", "emits main pollutants", aliases=("是否排污", "是否排放污染物"),
         note=Text("监测认定；与零申报对照", "found by monitoring; compared with declarations of zero")),
    flag("energy_at_advanced_quota", "能耗达先进值", "energy at the advanced quota",
         aliases=("单位产品能耗达先进值", "能耗限额先进值")),
)

_RESEARCH: tuple[Column, ...] = (
    money("rd_statistical_wan", "研发经费（统计口径）", "R&D, statistical notion", more_is="better",
          aliases=("R&D经费", "R&D经费支出", "研发经费", "研究与试验发展经费", "研发投入（统计）", "统计研发费")),
    money("rd_hightech_wan", "研发费用（高新口径）", "R&D, high-tech notion", more_is="better",
          aliases=("研究开发费用", "高新研发费用", "研究开发费用总额", "高企研发费")),
    money("rd_tax_wan", "研发费用（加计扣除口径）", "R&D, tax notion", more_is="better",
          aliases=("加计扣除研发费用", "研发费用加计扣除额", "可加计扣除研发费用")),
    money("rd_domestic_wan", "境内研发费用（高新口径）", "R&D inside China, high-tech notion", more_is="better",
          aliases=("境内研发费用", "在中国境内发生的研究开发费用", "境内研究开发费用")),
    count("results_transformed", "科技成果转化数", "results transformed", "项", high="10000", more_is="better",
          aliases=("成果转化数", "科技成果转化", "当年成果转化项数")),
    flag("field_supported", "属国家重点支持的高新技术领域", "core technology in a supported high-tech field",
         aliases=("核心技术属于重点支持领域", "重点支持领域")),
    code("field_code", "高新技术领域代码", "high-tech field code", aliases=("技术领域代码", "高新技术领域")),
)

_NICHE: tuple[Column, ...] = (
    count("years_in_niche", "从事细分市场年限", "years in the niche", "年", high="200", more_is="better",
          aliases=("细分领域年限", "从事特定细分市场时间")),
    ratio("niche_share_national", "国内细分市场占有率", "national share of the niche", more_is="better",
          aliases=("细分市场占有率", "国内市场占有率", "市场占有率")),
    ratio("niche_share_world", "全球细分市场占有率", "world share of the niche", more_is="better",
          aliases=("全球市场占有率",)),
    count("world_rank", "全球市场排名", "world rank in the niche", "名", high="100000", more_is="worse",
          aliases=("全球排名",)),
    count("national_rank", "国内市场排名", "national rank in the niche", "名", high="100000", more_is="worse",
          aliases=("国内排名",)),
    code("product_code", "产品统计代码", "product code of the statistical catalogue", aliases=("产品代码", "统计用产品代码"),
         note=Text("统计用产品分类目录 8 或 10 位", "8 or 10 digits of the statistical catalogue")),
    flag("new_product", "新产品", "new product", aliases=("是否新产品",)),
    ratio("industry_profit_rate", "行业平均利润率", "mean profit rate of the industry", low="-1",
          aliases=("同行业利润率",)),
    flag("own_brand", "自主品牌", "own brand", aliases=("是否自主品牌", "拥有自主品牌")),
    flag("core_process_on_system", "核心业务采用信息系统", "core process on an information system",
         aliases=("核心业务信息系统支撑",)),
    flag("management_certified", "管理体系或产品认证", "management or product certification",
         aliases=("管理体系认证", "产品认证")),
    quantity("specialist_score", "专精特新评价得分", "specialist evaluation score", "分", scale=2, high="100",
             more_is="better", aliases=("专精特新得分", "专精特新评分")),
)

_DIGITAL: tuple[Column, ...] = (
    quantity("digital_level", "智能制造能力成熟度", "smart-manufacturing maturity", "级", scale=2, high="5",
             more_is="better", aliases=("数字化水平", "成熟度等级", "数字化等级", "智能制造成熟度")),
    money("digital_investment_wan", "数字化改造投入", "digital investment", more_is="better",
          aliases=("软硬件投入", "数字化软硬件投入", "智能化改造投入"), note=Text("不含土建", "building excluded")),
    flag("digitalised", "已完成数字化改造", "digitalised", aliases=("是否数字化改造", "数字化改造覆盖")),
    *(quantity(f"maturity_level_{n}_score", f"成熟度{word}级得分", f"maturity level {n} score", "分", scale=4, high="1",
               more_is="better", aliases=(f"{word}级得分",))
      for n, word in enumerate("一二三四五", start=1)),
)


def _expert(name: str, zh: str, en: str, highest: int, *aliases: str) -> Column:
    """A whole-point mark that experts give within 0 … ``highest``; the range is open while it is not given."""
    return quantity(name, zh, en, "分", scale=0, high=str(highest), more_is="better",
                    possible=(Decimal(0), Decimal(highest)), aliases=aliases)


_EXPERTS: tuple[Column, ...] = (
    _expert("expert_ip_advancement", "专家分：知识产权先进程度", "expert mark: advancement of IP", 8, "技术的先进程度"),
    _expert("expert_ip_support", "专家分：对主要产品核心支持作用", "expert mark: core support by IP", 8,
            "对主要产品（服务）在技术上发挥核心支持作用"),
    _expert("expert_ip_quantity", "专家分：知识产权数量", "expert mark: quantity of IP", 8, "知识产权数量得分"),
    _expert("expert_ip_acquisition", "专家分：知识产权获得方式", "expert mark: how IP was acquired", 6,
            "知识产权获得方式得分"),
    _expert("expert_standards", "专家分：参与标准编制", "expert mark: standards written", 2, "参与编制标准加分"),
    _expert("expert_transformation", "专家分：科技成果转化能力", "expert mark: transformation of results", 30,
            "科技成果转化能力得分"),
    _expert("expert_rd_management", "专家分：研发组织管理制度", "expert mark: R&D management", 6, "研究开发组织管理制度得分"),
    _expert("expert_rd_unit", "专家分：研发机构与产学研", "expert mark: R&D unit and university work", 6,
            "内部研发机构与产学研得分"),
    _expert("expert_incentives", "专家分：成果转化激励与平台", "expert mark: incentives and open platform", 4,
            "成果转化奖励制度得分"),
    _expert("expert_talent", "专家分：人员培养与绩效", "expert mark: staff training and performance", 4,
            "人才培养与绩效评价得分"),
    _expert("expert_growth_net_assets", "专家分：净资产增长率", "expert mark: growth of net assets", 10, "净资产增长率得分"),
    _expert("expert_growth_sales", "专家分：销售收入增长率", "expert mark: growth of sales", 10, "销售收入增长率得分"),
)

_EVALUATION: tuple[Column, ...] = (
    quantity("bonus_safety", "安全生产加分", "bonus for safety", "分", scale=2, high="20", more_is="better",
             aliases=("安全加分",)),
    quantity("bonus_carbon", "能碳加分", "bonus for energy and carbon", "分", scale=2, high="20", more_is="better",
             aliases=("绿色加分", "能耗双碳加分")),
    quantity("bonus_innovation", "创新加分", "bonus for innovation", "分", scale=2, high="20", more_is="better",
             aliases=("科技创新加分",)),
    quantity("bonus_other", "其他加分", "other bonus", "分", scale=2, high="20", more_is="better", aliases=("加分",)),
    quantity("deduction_other", "其他扣分", "other deduction", "分", scale=2, high="100", more_is="worse",
             aliases=("扣分",)),
    count("tenants_below_scale", "出租规下企业数", "below-scale tenants", "户", high="10000", more_is="worse",
          aliases=("承租规下企业数", "租户数", "出租户数"),
          note=Text("登记台账；与租赁表互相印证", "the department's own count, beside the leases register")),
    flag("project_under_construction", "有在建项目", "project under construction", aliases=("在建企业", "是否在建")),
    flag("energy_declared", "已申报能耗", "energy declared", aliases=("是否申报能耗",)),
    code("credit_rating", "公共信用等级", "public credit rating", CREDIT_RATINGS, aliases=("信用等级", "信用评价等级")),
    text("remark", "备注", "remark", aliases=("说明",)),
)

_BARE = Table(
    name="enterprise_years",
    title=Text("企业年度数据", "enterprise years"),
    aliases=("年度数据", "企业年报", "亩均评价数据", "税收数据", "统计数据", "能耗数据", "科技数据", "财务数据",
             "annual figures"),
    key=("uscc", "year"),
    subject="uscc",
    period="year",
    columns=(
        enterprise(),
        year("year", "年度", "year", required=True, aliases=("年份", "评价年度", "数据年度", "所属年度", "会计年度")),
        *_TAX, *_SALES, *_ACCOUNTS, *_STAFF, *_RESOURCES, *_RESEARCH, *_NICHE, *_DIGITAL, *_EXPERTS, *_EVALUATION,
    ),
)


def _part_of(part: str, whole: str, zh: str, en: str) -> Check:
    return Check(
        id=f"{part}_within_{whole}",
        holds=compare(_BARE.fact(part), "<=", _BARE.fact(whole)),
        message=Text(zh, en),
        remedy=Text("核对两个数的口径与单位。", "Check notion and unit of both figures."),
        column=part,
    )


ENTERPRISE_YEARS = Table(
    name=_BARE.name, title=_BARE.title, aliases=_BARE.aliases, key=_BARE.key, subject=_BARE.subject,
    period=_BARE.period, columns=_BARE.columns,
    checks=(
        _part_of("sci_tech_staff", "staff_mean", "科技人员数大于职工数", "more science staff than staff"),
        _part_of("rd_staff", "staff_mean", "研发人员数大于职工数", "more research staff than staff"),
        _part_of("rd_domestic_wan", "rd_hightech_wan", "境内研发费用大于研发费用", "R&D inside China exceeds all R&D"),
        _part_of("hitech_income_wan", "total_income_wan", "高新技术产品收入大于收入总额", "high-tech income exceeds gross income"),
        _part_of("nontaxable_income_wan", "total_income_wan", "不征税收入大于收入总额",
                 "non-taxable income exceeds gross income"),
        _part_of("main_product_revenue_wan", "revenue_wan", "主导产品收入大于营业收入",
                 "main product revenue exceeds operating revenue"),
    ),
)
