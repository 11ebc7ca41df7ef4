"""How each department keeps what it knows: its workbooks, sheets and headers, in its own words and units."""

from __future__ import annotations

from dataclasses import dataclass

from qiantang.kernel.facts.schema import Table
from qiantang.registers.enterprise_years import ENTERPRISE_YEARS
from qiantang.registers.enterprises import ENTERPRISES, IDENTITIES
from qiantang.registers.events import EVENTS
from qiantang.registers.honours import HONOURS
from qiantang.registers.intellectual_property import INTELLECTUAL_PROPERTY
from qiantang.registers.organisations import ORGANISATIONS
from qiantang.registers.parcels import LEASES, PARCELS
from qiantang.registers.people import PEOPLE
from qiantang.registers.platforms import PLATFORMS
from qiantang.registers.projects import PROJECTS
from qiantang.registers.published import EVALUATIONS, PUBLISHED_FIGURES

TAX, STATISTICS, SCIENCE, LAND, ECOLOGY, EMERGENCY, ECONOMY, MARKET, TALENT, PUBLISHED = (
    "税务局", "统计局", "科学技术局", "规划和自然资源局", "生态环境局", "应急管理局", "经济和信息化局", "市场监督管理局", "人才办", "公开数据")


@dataclass(frozen=True, slots=True)
class Heading:
    """A column as a department heads it; ``column`` is the register's name for it, empty where the register has none.

    ``noted_unit`` is the unit that a line above the header gives; where there is no such line it goes into the header.
    """

    header: str
    column: str
    value: str
    noted_unit: str = ""

    def written(self, with_note: bool) -> str:
        """The header as it stands in the file."""
        return self.header if with_note or not self.noted_unit else f"{self.header}（{self.noted_unit}）"


@dataclass(frozen=True, slots=True)
class DepartmentSheet:
    """One sheet: whose it is, which register it feeds, its headings over ``rows`` (the FROM part), its lines above."""

    department: str
    name: str
    table: Table
    headings: tuple[Heading, ...]
    rows: str
    order: str
    above: tuple[str, ...] = ()

    def written(self, column: str, with_note: bool) -> str:
        """The header under which a register's column stands here."""
        return next(h.written(with_note) for h in self.headings if h.column == column)


def _titled(table: Table, column: str, of: str) -> str:
    """A code as its Chinese title, as people write it."""
    cases = " ".join(f"WHEN '{code}' THEN '{title.zh}'" for code, title in table.column(column).choices)
    return f"CASE {of} {cases} END"


def _said(test: str) -> str:
    return f"CASE WHEN {test} THEN '是' WHEN NOT ({test}) THEN '否' END"


def _times(value: str, factor: int, decimals: int = 2) -> str:
    return f"CAST({value} * {factor} AS DECIMAL(18, {decimals}))"


def _yearly(code: str, year: str, *rest: Heading) -> tuple[Heading, ...]:
    return (Heading(code, "uscc", "e.uscc"), Heading(year, "year", "y.year"), *rest)


_YEARS = "enterprise_year y JOIN registry e USING (id) JOIN standing s USING (id)"
_BY_YEAR = "y.year, e.id"
_EXPERTS = (
    ("技术的先进程度", "expert_ip_advancement", 8), ("对主要产品（服务）在技术上发挥核心支持作用", "expert_ip_support", 8),
    ("知识产权数量得分", "expert_ip_quantity", 8), ("知识产权获得方式得分", "expert_ip_acquisition", 6),
    ("参与编制标准加分", "expert_standards", 2), ("科技成果转化能力得分", "expert_transformation", 30),
    ("研究开发组织管理制度得分", "expert_rd_management", 6), ("内部研发机构与产学研得分", "expert_rd_unit", 6),
    ("成果转化奖励制度得分", "expert_incentives", 4), ("人才培养与绩效评价得分", "expert_talent", 4),
    ("净资产增长率得分", "expert_growth_net_assets", 10), ("销售收入增长率得分", "expert_growth_sales", 10),
)


def _tax() -> DepartmentSheet:
    yuan = 10_000
    return DepartmentSheet(TAX, "税收数据", ENTERPRISE_YEARS, _yearly(
        "纳税人识别号", "所属年度",
        Heading("纳税人名称", "", "coalesce(i.old_name, e.name)"),
        Heading("实缴税金(元)", "tax_paid_wan", _times("y.tax_paid_wan", yuan)),
        Heading("免抵税额(元)", "tax_added_back_wan", _times("y.tax_added_back_wan", yuan)),
        Heading("区级财政贡献(元)", "district_contribution_wan", _times("y.district_contribution_wan", yuan)),
        Heading("开票销售收入(元)", "sales_wan", _times("y.sales_wan", yuan)),
        Heading("加计扣除研发费用(元)", "rd_tax_wan", _times("y.rd_tax_wan", yuan)),
        Heading("主管税务所", "", "'第' || whole('office', e.id, 1, 6) || '税务所'")),
        # The tax bureau's register still bears the old name of whoever changed it lately.
        f"{_YEARS} LEFT JOIN identity i ON i.id = e.id AND i.kind = 'rename'", _BY_YEAR,
        ("税收数据（示范数据：企业均为虚构）", "填报单位：税务局"))


def _statistics() -> tuple[DepartmentSheet, ...]:
    thousand = "千元"

    def money(header: str, column: str, of: str = "") -> Heading:
        return Heading(header, column, _times(of or f"y.{column}", 10), thousand)

    def above(column: str) -> str:
        return f"(CASE WHEN e.stratum = 'above' OR s.does_research THEN y.{column} END)"

    return (
        DepartmentSheet(STATISTICS, "统计数据", ENTERPRISE_YEARS, _yearly(
            "统一社会信用代码", "年份",
            money("工业总产值", "output_wan"), money("工业增加值", "value_added_wan"), money("营业收入", "revenue_wan"),
            money("主营业务收入", "main_revenue_wan"), money("出口交货值", "exports_wan", above("exports_wan")),
            money("利润总额", "profit_wan", above("profit_wan")),
            money("成本费用总额", "total_costs_wan", above("total_costs_wan")),
            money("资产总计", "total_assets_wan", above("total_assets_wan")),
            money("所有者权益合计", "net_assets_wan", above("net_assets_wan")),
            money("负债合计", "total_debt_wan", above("total_debt_wan")),
            money("技术改造投资", "technical_renovation_wan"), money("R&D经费支出", "rd_statistical_wan"),
            Heading("全年平均从业人员", "staff_mean", "CAST(y.staff_mean AS DECIMAL(12, 1))")),
            _YEARS, _BY_YEAR, ("统计数据（示范数据：企业均为虚构）", "计量单位：千元")),
        DepartmentSheet(STATISTICS, "能耗数据", ENTERPRISE_YEARS, _yearly(
            "信用代码", "年度",
            Heading("综合能耗(吨标准煤)", "energy_tce", "CAST(y.energy_tce AS DECIMAL(18, 2))"),
            Heading("工业用电量(万千瓦时)", "electricity_kwh", "CAST(y.electricity_kwh / 10000 AS DECIMAL(18, 4))"),
            Heading("工业用水总量(m³)", "", "CAST(y.water_m3 AS DECIMAL(18, 0))"),
            Heading("是否申报能耗", "energy_declared",
                    _said("e.stratum = 'above' AND chance('declared', e.id) < 0.985 OR e.stratum <> 'above'"))),
            f"{_YEARS} WHERE e.sector = 'industry'", _BY_YEAR),
    )


def _science(last_year: int) -> tuple[DepartmentSheet, ...]:
    marks = tuple(Heading(header, column, f"CASE WHEN coalesce(s.missing, '') = 'score' THEN whole('{column}', e.id, 0, {round(highest * 0.6)}) "
                          f"ELSE whole('{column}', e.id, {round(highest * 0.45)}, {highest}) END") for header, column, highest in _EXPERTS)
    return (
        DepartmentSheet(SCIENCE, "科技数据", ENTERPRISE_YEARS, _yearly(
            "统一社会信用代码", "会计年度",
            Heading("从事科技活动人员", "sci_tech_staff", "CAST(y.sci_tech_staff AS INTEGER)"),
            Heading("研究开发人员", "rd_staff", "CAST(y.rd_staff AS INTEGER)"),
            Heading("研究开发费用总额(万元)", "rd_hightech_wan", "y.rd_hightech_wan"),
            Heading("境内研究开发费用(万元)", "rd_domestic_wan", "y.rd_domestic_wan"),
            Heading("高新技术产品收入(万元)", "hitech_income_wan", "y.hitech_income_wan"),
            Heading("收入总额(万元)", "total_income_wan", "y.total_income_wan"),
            Heading("不征税收入(万元)", "nontaxable_income_wan", "y.nontaxable_income_wan"),
            Heading("股权融资(万元)", "equity_financing_wan", "y.equity_financing_wan"),
            Heading("科技成果转化", "results_transformed", "y.results_transformed"),
            Heading("重点支持领域", "field_supported",
                    _said("s.hitech OR s.hitech_new OR s.nearly_hitech OR chance('field', e.id) < 0.3")),
            Heading("技术领域代码", "field_code", "lpad(CAST(whole('field/code', e.id, 1, 8) AS VARCHAR), 2, '0') || '-0' "
                    "|| whole('field/part', e.id, 1, 5)")),
            f"{_YEARS} WHERE s.does_research", _BY_YEAR),
        DepartmentSheet(SCIENCE, "高新技术企业名单", HONOURS, (
            Heading("证书编号", "certificate", "h.certificate"), Heading("统一社会信用代码", "uscc", "h.uscc"),
            Heading("认定类型", "kind", _titled(HONOURS, "kind", "h.kind")),
            Heading("级别", "level", _titled(HONOURS, "level", "h.level")),
            Heading("发证日期", "since", "h.since"), Heading("有效期至", "until", "h.until")),
            "honour h WHERE h.kind IN ('hitech', 'techsme', 'rd_institution', 'science_award')", "h.since, h.certificate, h.kind",
            ("高新技术企业、科技型中小企业及研发机构名单（示范数据）",)),
        DepartmentSheet(SCIENCE, "知识产权清单", INTELLECTUAL_PROPERTY, (
            Heading("授权号", "right", "r.code"), Heading("权利人统一社会信用代码", "uscc", "r.uscc"),
            Heading("专利类型", "kind", _titled(INTELLECTUAL_PROPERTY, "kind", "r.kind")),
            Heading("授权公告日", "granted_on", "r.granted_on"), Heading("失效日期", "expires_on", "r.expires_on"),
            Heading("取得方式", "acquired_by", _titled(INTELLECTUAL_PROPERTY, "acquired_by", "r.acquired_by")),
            Heading("是否高价值", "high_value", _said("r.high_value")), Heading("是否应用", "in_use", _said("r.in_use")),
            Heading("核心支持作用", "supports_main_product", _said("r.supports_main_product"))),
            "intellectual_right r", "r.code"),
        DepartmentSheet(SCIENCE, "专家评分", ENTERPRISE_YEARS, _yearly("统一社会信用代码", "年度", *marks),
                        f"{_YEARS} WHERE s.examined AND y.year = {last_year}", _BY_YEAR),
        DepartmentSheet(SCIENCE, "高校院所", ORGANISATIONS, (
            Heading("机构编号", "organisation", "o.organisation"), Heading("机构名称", "name", "o.name"),
            Heading("机构类型", "kind", _titled(ORGANISATIONS, "kind", "o.kind")),
            Heading("级别", "level", _titled(ORGANISATIONS, "level", "o.level")),
            Heading("所属平台", "platform", "o.platform"), Heading("成立时间", "founded_on", "o.founded_on"),
            Heading("技术领域", "fields", "o.fields")), "organisation o", "o.organisation"),
    )


def _land() -> tuple[DepartmentSheet, ...]:
    def metres(area: str) -> str:
        return f"CAST({area} * 2000 / 3 AS DECIMAL(18, 2))"

    parcel = "'PQT-' || lpad(CAST({} AS VARCHAR), 7, '0')"
    return (
        DepartmentSheet(LAND, "宗地", PARCELS, (
            Heading("宗地号", "parcel", parcel.format("p.number")), Heading("权利人信用代码", "uscc", "p.uscc"),
            Heading("宗地面积(平方米)", "area_mu", metres("p.area_mu")), Heading("实测面积(平方米)", "area_used_mu", metres("p.area_used_mu")),
            Heading("总建筑面积(平方米)", "floor_area_m2", "p.floor_area_m2"), Heading("容积率", "floor_area_ratio", "p.floor_area_ratio"),
            Heading("出让日期", "granted_on", "p.granted_on"), Heading("土地用途", "use", "'工业用地'"),
            Heading("土地利用状态", "state", _titled(PARCELS, "state", "p.state")), Heading("街道", "subdistrict", "p.subdistrict"),
            Heading("所属平台", "platform", "p.platform"), Heading("是否小微企业园", "small_enterprise_park", _said("p.small_enterprise_park")),
            Heading("是否园区内", "in_park", _said("p.in_park"))), "parcel p", "p.number", ("宗地登记（示范数据）", "制表单位：规划和自然资源局", "")),
        DepartmentSheet(LAND, "租赁台账", LEASES, (
            Heading("合同编号", "lease", "'ZL-' || lpad(CAST(l.number AS VARCHAR), 7, '0')"),
            Heading("宗地号", "parcel", parcel.format("p.number")), Heading("出租方信用代码", "landlord_uscc", "o.uscc"),
            Heading("承租方信用代码", "tenant_uscc", "t.uscc"), Heading("承租面积(亩)", "area_mu", "l.area_mu"),
            Heading("租赁厂房面积(㎡)", "floor_area_m2", "l.floor_area_m2"), Heading("起始日期", "since", "l.since"),
            Heading("到期日期", "until", "l.until")),
            "lease l JOIN registry o ON o.id = l.landlord JOIN registry t ON t.id = l.tenant "
            "LEFT JOIN parcel p ON p.id = l.landlord AND p.nth = 1", "l.number"),
    )


def _economy(last_year: int) -> tuple[DepartmentSheet, ...]:
    factory = "s.future_factory OR s.smart_factory OR s.digital_workshop"
    level = ("CAST(CASE WHEN s.future_factory THEN 3.6 WHEN s.smart_factory THEN between_('digital', e.id, 2.3, 3.2) "
             "WHEN s.digital_workshop THEN between_('digital', e.id, 1.6, 2.6) ELSE between_('digital', e.id, 0.4, 1.9) END "
             f"- 0.15 * ({last_year} - y.year) AS DECIMAL(6, 2))")

    def maturity(step: int) -> str:
        return (f"CASE WHEN {factory} THEN CAST(greatest(0, least(1, 0.98 - 0.34 * greatest(0, {step} - {level}) "
                f"+ 0.02 * bell('maturity/{step}', e.id))) AS DECIMAL(6, 4)) END")

    codes = tuple(Heading(f"{word}级得分", f"maturity_level_{n}_score", maturity(n)) for n, word in enumerate("一二三四五", start=1))
    return (
        DepartmentSheet(ECONOMY, "企业基本信息", ENTERPRISES, (
            Heading("统一社会信用代码", "uscc", "e.uscc"), Heading("所属平台", "platform", "e.platform"),
            Heading("行业分组", "industry_group", _titled(ENTERPRISES, "industry_group", "e.industry_group")),
            Heading("所属产业", "leading_industry", _titled(ENTERPRISES, "leading_industry", "e.leading_industry")),
            Heading("战新产业", "strategic_emerging", _said("e.strategic_emerging")),
            Heading("是否规上", "above_scale", _said("e.above_scale")), Heading("小升规日期", "above_scale_since", "e.above_scale_since"),
            Heading("投产时间", "production_started_on", "e.production_started_on"),
            Heading("是否限制淘汰类", "industry_restricted", _said("e.industry_restricted")),
            Heading("是否公用事业", "public_utility", _said("e.public_utility")), Heading("是否重污染", "heavy_polluter", _said("e.heavy_polluter")),
            Heading("区内供地", "land_granted_by_district", _said("e.holds_land")), Heading("链主", "chain_leader", _said("e.chain_leader")),
            Heading("上市情况", "listing", _titled(ENTERPRISES, "listing", "e.listing")),
            Heading("主要产品", "main_product", "e.product"), Heading("混合地块", "mixed_site", "e.mixed_site"),
            Heading("是否政策性搬迁", "policy_relocated", _said("e.stratum = 'above' AND chance('relocated', e.id) < 0.006"))),
            "registry e", "e.id", ("亩均评价企业名单（示范数据：企业均为虚构）",)),
        DepartmentSheet(ECONOMY, "数字化年度数据", ENTERPRISE_YEARS, _yearly(
            "统一社会信用代码", "年度",
            Heading("是否数字化改造", "digitalised", _said("y.digitalised")), Heading("智能制造成熟度", "digital_level", level),
            Heading("软硬件投入(万元)", "digital_investment_wan",
                    f"CASE WHEN {factory} THEN cents(between_('digital/sum', y.id || '/' || y.year, 350, 2600)) "
                    "WHEN chance('digital/some', y.id || '/' || y.year) < 0.4 "
                    "THEN cents(least(600, y.output_wan * 0.01) * chance('digital/sum', y.id || '/' || y.year)) END"), *codes),
            f"{_YEARS} WHERE e.stratum = 'above'", _BY_YEAR),
        DepartmentSheet(ECONOMY, "专精特新年度数据", ENTERPRISE_YEARS, _yearly(
            "统一社会信用代码", "年度",
            Heading("主导产品收入(万元)", "main_product_revenue_wan", "y.main_product_revenue_wan"),
            Heading("从事特定细分市场时间", "years_in_niche", "greatest(0, CASE WHEN s.champion THEN 12 ELSE whole('niche/years', e.id, 1, 14) END "
                    f"- ({last_year} - y.year))"),
            Heading("国内市场占有率(%)", "niche_share_national", "CAST(CASE WHEN s.giant THEN between_('niche', e.id, 10, 42) "
                    "ELSE between_('niche', e.id, 0.5, 14) END AS DECIMAL(6, 2))"),
            Heading("全球排名", "world_rank", "CASE WHEN s.champion THEN whole('niche/world', e.id, 1, 3) "
                    "ELSE whole('niche/world', e.id, 4, 60) END"),
            Heading("国内排名", "national_rank", "CASE WHEN s.champion THEN 1 ELSE whole('niche/nation', e.id, 1, 40) END"),
            Heading("产品代码", "product_code", "e.industry_code || lpad(CAST(whole('niche/product', e.id, 1, 9999) AS VARCHAR), 4, '0')"),
            Heading("同行业利润率(%)", "industry_profit_rate", "CAST(between_('niche/profit', e.industry_code, 3, 8) AS DECIMAL(6, 2))"),
            Heading("是否自主品牌", "own_brand", _said("chance('niche/brand', e.id) < 0.85")),
            Heading("核心业务信息系统支撑", "core_process_on_system", _said("chance('niche/system', e.id) < 0.8")),
            Heading("管理体系认证", "management_certified", _said("chance('niche/certified', e.id) < 0.85")),
            Heading("专精特新评分", "specialist_score", "CAST(CASE WHEN s.specialist THEN between_('niche/score', e.id, 58, 95) "
                    "ELSE between_('niche/score', e.id, 38, 68) END AS DECIMAL(6, 2))")),
            f"{_YEARS} WHERE s.specialist_candidate AND y.year >= {last_year - 1}", _BY_YEAR),
        DepartmentSheet(ECONOMY, "评价年度数据", ENTERPRISE_YEARS, _yearly(
            "统一社会信用代码", "评价年度",
            Heading("在建企业", "project_under_construction", _said("chance('building', e.id) < 0.02")),
            Heading("承租规下企业数", "tenants_below_scale", "coalesce(t.tenants, 0)"),
            Heading("安全加分", "bonus_safety", "CASE WHEN chance('bonus/safety', e.id) < 0.08 THEN 1 END"),
            Heading("绿色加分", "bonus_carbon", "CASE WHEN chance('bonus/carbon', e.id) < 0.06 THEN 2 END"),
            Heading("科技创新加分", "bonus_innovation", "CASE WHEN s.giant OR s.champion THEN 5 WHEN s.hitech THEN 2 END"),
            Heading("公共信用等级", "credit_rating", "CASE WHEN chance('credit', e.id) < 0.34 THEN 'A' WHEN chance('credit', e.id) < 0.83 THEN 'B' "
                    "WHEN chance('credit', e.id) < 0.96 THEN 'C' WHEN chance('credit', e.id) < 0.99 THEN 'D' ELSE 'E' END")),
            f"{_YEARS} LEFT JOIN (SELECT l.landlord, count(*) AS tenants FROM lease l JOIN enterprise b ON b.id = l.tenant "
            "WHERE l.current AND b.stratum = 'below' GROUP BY l.landlord) t ON t.landlord = e.id "
            f"WHERE e.sector = 'industry' AND y.year = {last_year}", _BY_YEAR),
        DepartmentSheet(ECONOMY, "资质荣誉", HONOURS, (
            Heading("证书号", "certificate", "h.certificate"), Heading("统一社会信用代码", "uscc", "h.uscc"),
            Heading("荣誉类型", "kind", _titled(HONOURS, "kind", "h.kind")), Heading("认定级别", "level", _titled(HONOURS, "level", "h.level")),
            Heading("认定日期", "since", "h.since"), Heading("有效期至", "until", "h.until")),
            "honour h WHERE h.kind NOT IN ('hitech', 'techsme', 'rd_institution', 'science_award')", "h.since, h.certificate, h.kind"),
        DepartmentSheet(ECONOMY, "产业平台", PLATFORMS, tuple(
            Heading(header, column, f"f.{column}") for header, column in (
                ("平台代码", "platform"), ("产业平台名称", "name"), ("英文名称", "name_en"), ("涉及街道", "subdistricts"),
                ("主导产业", "leading_industry"), ("万亩千亿", "ten_thousand_mu"), ("主平台", "main"))), "platform_register f", "f.place"),
        DepartmentSheet(ECONOMY, "项目库", PROJECTS, (
            Heading("项目代码", "project", "p.project"), Heading("项目名称", "name", "p.name"), Heading("项目单位信用代码", "uscc", "p.uscc"),
            Heading("项目类型", "kind", _titled(PROJECTS, "kind", "p.kind")), Heading("项目进展", "state", _titled(PROJECTS, "state", "p.state")),
            Heading("项目级别", "level", _titled(PROJECTS, "level", "p.level")),
            Heading("所属产业", "leading_industry", _titled(PROJECTS, "leading_industry", "p.leading_industry")),
            Heading("所属平台", "platform", "p.platform"), Heading("计划总投资(亿元)", "investment_wan", "CAST(p.investment_wan / 10000 AS DECIMAL(18, 6))"),
            Heading("累计完成投资(亿元)", "invested_wan", "CAST(p.invested_wan / 10000 AS DECIMAL(18, 6))"),
            Heading("软硬件投资(万元)", "digital_investment_wan", "p.digital_investment_wan"), Heading("项目用地(亩)", "land_mu", "p.land_mu"),
            Heading("开工日期", "started_on", "p.started_on"), Heading("完成日期", "completed_on", "p.completed_on"),
            Heading("计划完成日期", "due_on", "p.due_on")), "project p", "p.project", ("项目库（示范数据：项目均为虚构）",)),
        DepartmentSheet(ECONOMY, "评价结果", EVALUATIONS, (
            Heading("统一社会信用代码", "uscc", "c.uscc"), Heading("评价年度", "year", "c.year"),
            Heading("评价办法", "rulebook", "'mu/qiantang-placeholder'"), Heading("评价等级", "class", _titled(EVALUATIONS, "class", "c.class")),
            Heading("排名", "rank", "c.rank"), Heading("公告日期", "published_on", "make_date(c.year + 1, 9, 20)")),
            "past_class c", "c.year, c.id"),
    )


def _others() -> tuple[DepartmentSheet, ...]:
    return (
        DepartmentSheet(MARKET, "企业登记", ENTERPRISES, (
            Heading("统一社会信用代码", "uscc", "e.uscc"), Heading("企业名称", "name", "e.name"), Heading("成立日期", "founded_on", "e.founded_on"),
            Heading("核准登记日期", "registered_on", "e.registered_on"), Heading("登记状态", "status", _titled(ENTERPRISES, "status", "e.status")),
            Heading("登记注册类型", "kind", _titled(ENTERPRISES, "kind", "e.kind")), Heading("街道", "subdistrict", "e.subdistrict"),
            Heading("国民经济行业代码", "industry_code", "e.industry_code"), Heading("行业门类", "sector", _titled(ENTERPRISES, "sector", "e.sector")),
            Heading("是否居民企业", "resident_for_tax", "'是'"),
            Heading("总承包或专业承包资质", "contracting_qualification", f"CASE WHEN e.sector = 'construction' THEN {_said('e.above_scale')} END")),
            "registry e", "e.id", ("企业登记信息（示范数据：企业均为虚构，代码取自未启用的行政区划段）",)),
        DepartmentSheet(MARKET, "变更记录", IDENTITIES, (
            Heading("现信用代码", "uscc", "i.uscc"), Heading("变更事项", "kind", _titled(IDENTITIES, "kind", "i.kind")),
            Heading("变更日期", "since", "i.since"), Heading("原信用代码", "old_uscc", "i.old_uscc"), Heading("曾用名", "old_name", "i.old_name")),
            "identity i", "i.since, i.id"),
        DepartmentSheet(ECOLOGY, "排放年度数据", ENTERPRISE_YEARS, _yearly(
            "统一社会信用代码", "年度",
            Heading("COD排放量(吨)", "cod_t", "y.cod_t"), Heading("氨氮(吨)", "ammonia_nitrogen_t", "y.ammonia_nitrogen_t"),
            Heading("SO2(吨)", "sulphur_dioxide_t", "y.sulphur_dioxide_t"),
            Heading("氮氧化物(千克)", "nitrogen_oxides_t", _times("y.nitrogen_oxides_t", 1000, 1)),
            Heading("是否排污", "emits_pollutants", _said("chance('emission/none', e.id) >= 0.022"))),
            f"{_YEARS} WHERE e.stratum = 'above'", _BY_YEAR, ("重点企业主要污染物排放（示范数据）",)),
        DepartmentSheet(EMERGENCY, "事故违法", EVENTS, (
            Heading("编号", "event", "'SJ-' || lpad(CAST(v.number AS VARCHAR), 6, '0')"), Heading("统一社会信用代码", "uscc", "v.uscc"),
            Heading("事件类别", "kind", _titled(EVENTS, "kind", "v.kind")), Heading("事故等级", "severity", _titled(EVENTS, "severity", "v.severity")),
            Heading("发生日期", "occurred_on", "v.occurred_on"), Heading("结案日期", "closed_on", "v.closed_on"),
            Heading("情况说明", "summary", "'虚构事件，仅供示范'")), "event v", "v.number"),
        DepartmentSheet(TALENT, "人才库", PEOPLE, (
            Heading("人才编号", "person", "m.person"), Heading("姓名", "name", "m.name"), Heading("出生年", "born_in", "m.born_in"),
            Heading("最高学历", "education", _titled(PEOPLE, "education", "m.education")), Heading("院校", "school", "m.school"),
            Heading("世界名校", "top_school", _said("m.top_school")), Heading("毕业年", "graduated_in", "m.graduated_in"),
            Heading("职称", "title", _titled(PEOPLE, "title", "m.title")), Heading("岗位", "post", _titled(PEOPLE, "post", "m.post")),
            Heading("工作年限", "years_of_experience", "m.years_of_experience"), Heading("用人单位信用代码", "employer_uscc", "m.employer_uscc"),
            Heading("用人机构", "employer_organisation", "m.employer_organisation"), Heading("年收入(万元)", "salary_wan", "m.salary_wan"),
            Heading("在区工作月数", "months_in_district", "m.months_in_district"), Heading("是否外籍", "foreign", _said("m.foreign_national")),
            Heading("留学回国", "returnee", _said("m.returnee")), Heading("人才层次", "talent_level", _titled(PEOPLE, "talent_level", "m.talent_level")),
            Heading("认定日期", "recognised_on", "m.recognised_on"), Heading("引进日期", "came_on", "m.came_on")),
            "person m", "m.id", ("人才库（示范数据：人员均为虚构）",)),
        DepartmentSheet(PUBLISHED, "公开数据", PUBLISHED_FIGURES, tuple(
            Heading(header, column, f"f.{column}") for header, column in (
                ("地区", "place"), ("年份", "year"), ("指标", "indicator"), ("分组", "part"), ("数值", "figure"), ("计量单位", "unit"),
                ("数据来源", "source"), ("发布日期", "published_on"), ("网址", "link"))), "published_figure f", "f.nth",
            ("公开数据（真实公布口径，含互相矛盾之处）",)),
    )


def department_sheets(last_year: int) -> tuple[DepartmentSheet, ...]:
    """Every sheet, in the order of the departments; no two of one register give the same fact."""
    return (_tax(), *_statistics(), *_science(last_year), *_land(), *_economy(last_year), *_others())
