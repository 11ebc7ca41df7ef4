"""Who the synthetic enterprises are: name, code, place, trade, age, and which of them stand near an edge."""

from __future__ import annotations

from qiantang.district.demo.calibration import Calibration
from qiantang.district.settings import District
from qiantang.kernel.errors import FactsError

# leading industry, group, code of GB/T 4754, heavy polluter, utility, and what is typical of the trade against the
# mean: share of output that is value added, energy, emissions and land.
_TRADES = (
    ("biopharma", "pharma", "2710", True, False, 0.28, 1.2, 1.8, 0.9, "原料药"),
    ("biopharma", "pharma", "2720", False, False, 0.32, 0.6, 0.5, 0.7, "药品制剂"),
    ("biopharma", "pharma", "2761", False, False, 0.36, 0.5, 0.4, 0.7, "生物药品"),
    ("biopharma", "equipment", "3581", False, False, 0.30, 0.3, 0.1, 0.7, "医疗器械"),
    ("aerospace", "equipment", "3741", False, False, 0.24, 0.5, 0.4, 1.2, "航空部件"),
    ("aerospace", "equipment", "3744", False, False, 0.25, 0.5, 0.3, 1.1, "航空设备"),
    ("semiconductor", "electronics", "3973", False, False, 0.28, 1.0, 0.5, 0.8, "集成电路"),
    ("semiconductor", "electronics", "3982", False, False, 0.20, 1.0, 1.1, 0.9, "电子电路"),
    ("semiconductor", "equipment", "3562", False, False, 0.27, 0.3, 0.1, 0.8, "半导体设备"),
    ("vehicles", "equipment", "3612", False, False, 0.16, 0.5, 0.5, 1.2, "新能源整车"),
    ("vehicles", "equipment", "3670", False, False, 0.19, 0.7, 0.5, 1.1, "汽车零部件"),
    ("vehicles", "equipment", "3491", False, False, 0.24, 0.3, 0.1, 0.8, "工业机器人"),
    ("materials", "materials", "2651", True, False, 0.17, 1.8, 1.6, 1.2, "合成树脂"),
    ("materials", "materials", "2829", False, False, 0.14, 1.8, 1.3, 1.2, "化学纤维"),
    ("materials", "materials", "3985", False, False, 0.23, 1.0, 0.6, 0.9, "电子材料"),
    ("other", "other", "2911", False, False, 0.20, 1.2, 0.9, 1.2, "橡胶制品"),
    ("other", "consumer", "1713", True, False, 0.15, 2.0, 2.4, 1.3, "印染布"),
    ("other", "consumer", "2231", False, False, 0.16, 1.1, 0.9, 1.2, "纸包装"),
    ("other", "consumer", "1819", False, False, 0.21, 0.4, 0.2, 1.0, "服装"),
    ("other", "other", "3399", False, False, 0.19, 0.8, 0.6, 1.1, "金属制品"),
    ("other", "other", "3399", False, False, 0.19, 0.8, 0.6, 1.1, "通用零件"),
    ("other", "other", "4412", True, True, 0.24, 3.0, 3.0, 1.4, "热力"),
)

# Enterprises outside industry: sector, code, how many in a hundred of them, what they do.
_SERVICES = (
    ("services_1", "6513", 30, "应用软件"),
    ("services_2", "7320", 22, "工程技术研究"),
    ("services_2", "7340", 12, "医学研究"),
    ("services_2", "7221", 3, "园区管理"),
    ("wholesale", "5164", 12, "金属材料批发"),
    ("retail", "5291", 6, "生活日用零售"),
    ("construction", "4790", 7, "房屋建筑"),
    ("lodging", "6110", 2, "住宿"),
    ("catering", "6210", 3, "餐饮"),
    ("real_estate", "7010", 1, "房地产开发"),
    ("services_3", "8030", 2, "居民服务"),
)
PARK_OPERATORS = "7221"
"""The trade of those who let floors in small-enterprise parks."""


def _listed(words: list[str]) -> str:
    return "[" + ", ".join(f"'{w}'" for w in words) + "]"


def _values(rows: list[tuple[object, ...]]) -> str:
    def said(value: object) -> str:
        return f"'{value}'" if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)

    return ", ".join("(" + ", ".join(said(v) for v in row) + ")" for row in rows)


def statements(district: District, calibration: Calibration, last_year: int) -> list[str]:
    """Make the table ``enterprise``: one row an enterprise, as it stands at the end of the last year."""
    if not district.platforms:
        raise FactsError.of("地区没有产业平台，无法生成示范数据", "a demonstration needs a district with platforms",
                            value=district.id)
    main = [p.code for p in district.platforms if p.main] or [p.code for p in district.platforms]
    rest = [p.code for p in district.platforms if not p.main] or main
    above, below = calibration.number("above_scale_industry"), calibration.number("below_scale_industry")
    width = max(4, len(str(calibration.enterprises)))
    shares = _values([(sector, code, sum(s[2] for s in _SERVICES[:at]), sum(s[2] for s in _SERVICES[:at + 1]), product)
                      for at, (sector, code, _, product) in enumerate(_SERVICES)])
    places = _values([(p.code, p.short, p.main, p.leading_industry) for p in district.platforms])
    streets = _values([(p.code, at, s.title.zh) for p in district.platforms for at, s in enumerate(p.subdistricts)])
    # Edges: how many stand just under the above-scale floor, just over it without being listed, and so on.
    just_under, just_over = calibration.scaled(44), calibration.scaled(26)
    at_floor, under_floor, mixed = calibration.scaled(3), calibration.scaled(4), calibration.scaled(12)
    days, floor = f"DATE '{last_year}-12-31'", calibration.amount("above_scale_floor")
    return [
        # What a services firm turns over, in 万元; its own, because it also decides who is listed as above scale.
        "CREATE MACRO service_revenue(id) AS exp(6.7 + 1.25 * bell('size', id))",
        f"""CREATE TABLE trade AS SELECT *, row_number() OVER (PARTITION BY leading_industry ORDER BY product) - 1 AS turn
            FROM (VALUES {_values(list(_TRADES))}) t(leading_industry, industry_group, industry_code, heavy_polluter,
                 public_utility, value_added_rate, energy_weight, emission_weight, land_weight, product)""",
        f"CREATE TABLE service AS SELECT * FROM (VALUES {shares}) t(sector, industry_code, low, high, product)",
        f"CREATE TABLE platform_place AS SELECT * FROM (VALUES {places}) t(platform, short, main, focus)",
        f"CREATE TABLE street AS SELECT * FROM (VALUES {streets}) t(platform, turn, subdistrict)",
        # 1. A random order decides who is above scale, below scale, or no industry; then where it stands.
        f"""CREATE TABLE placed AS SELECT *,
            CASE WHEN stratum = 'above' AND chance('main', id) < 0.88 OR stratum <> 'above' AND chance('main', id) < 0.66
                 THEN pick('platform', id, {_listed(main)})
                 WHEN stratum <> 'above' AND chance('main', id) > 0.95 THEN NULL
                 ELSE pick('platform', id, {_listed(rest)}) END AS platform
            FROM (SELECT *, CASE WHEN place <= {above} THEN 'above' WHEN place <= {above + below} THEN 'below'
                                 ELSE 'services' END AS stratum,
                         CASE WHEN place <= {above} THEN place WHEN place <= {above + below} THEN place - {above}
                              ELSE place - {above + below} END AS nth
                  FROM (SELECT CAST(range AS BIGINT) AS id, row_number() OVER (ORDER BY draw('order', range), range) AS place
                        FROM range(1, {calibration.enterprises + 1})))""",
        # 2. The trade follows the platform's leading industry more often than not.
        """CREATE TABLE industry_of AS SELECT p.*, coalesce(l.main, false) AS main_platform, l.short, CASE
               WHEN stratum = 'services' THEN
                    CASE WHEN chance('leading', id) < 0.5 THEN coalesce(l.focus, 'other') ELSE 'other' END
               WHEN coalesce(l.main, false) AND l.focus <> 'other' AND chance('leading', id) < 0.72 THEN l.focus
               WHEN chance('leading', id) < CASE WHEN coalesce(l.main, false) THEN 0.88 ELSE 0.42 END
                    THEN pick('trade/five', id, ['biopharma', 'aerospace', 'semiconductor', 'vehicles', 'materials'])
               ELSE 'other' END AS leading_industry
           FROM placed p LEFT JOIN platform_place l USING (platform)""",
        f"""CREATE TABLE enterprise AS
            WITH drawn AS (
                SELECT i.*, CAST(floor(c.of_them * chance('trade', i.id)) AS INTEGER) AS trade_turn,
                       100 * chance('service', i.id) AS service_share,
                       CAST(floor(r.of_them * chance('street', i.id)) AS INTEGER) AS street_turn, r.platform AS street_of
                FROM industry_of i
                JOIN (SELECT leading_industry, count(*) AS of_them FROM trade GROUP BY leading_industry) c USING (leading_industry)
                LEFT JOIN (SELECT platform, count(*) AS of_them FROM street GROUP BY platform) r
                     ON r.platform = coalesce(i.platform, '{rest[-1]}')),
            traded AS (
                SELECT i.*, coalesce(s.sector, 'industry') AS sector,
                       coalesce(s.industry_code, t.industry_code) AS industry_code,
                       CASE WHEN s.sector IS NULL THEN t.industry_group END AS industry_group,
                       coalesce(s.product, t.product) AS product,
                       s.sector IS NULL AND t.heavy_polluter AS heavy_polluter,
                       s.sector IS NULL AND t.public_utility AS public_utility,
                       t.value_added_rate, t.energy_weight, t.emission_weight, t.land_weight
                FROM drawn i
                LEFT JOIN trade t ON t.leading_industry = i.leading_industry AND t.turn = i.trade_turn
                LEFT JOIN service s ON i.stratum = 'services' AND i.service_share >= s.low AND i.service_share < s.high),
            dated AS (
                SELECT *, CASE stratum
                    WHEN 'above' THEN CAST({days} - INTERVAL 30 YEAR AS DATE)
                         + CAST(floor(pow(chance('founded', id), 0.7) * 9850) AS INTEGER)
                    ELSE CAST({days} - INTERVAL 22 YEAR AS DATE)
                         + CAST(floor(pow(chance('founded', id), 0.6) * 7950) AS INTEGER) END AS founded_on
                FROM traded)
            SELECT d.id, d.place, d.nth, d.stratum, credit_code(d.id, 'D') AS uscc,
                '示例·' || coalesce(d.short, s.subdistrict) || ' ' || lpad(CAST(d.id AS VARCHAR), {width}, '0') || ' 号'
                    || CASE WHEN chance('kind', d.id) > 0.86 THEN '股份有限公司' ELSE '有限公司' END AS name,
                d.platform, d.main_platform, s.subdistrict, d.leading_industry, d.industry_group, d.industry_code, d.sector,
                d.product, d.heavy_polluter, d.public_utility, d.value_added_rate, d.energy_weight, d.emission_weight,
                d.land_weight, d.founded_on,
                d.founded_on + whole('registered', d.id, 0, 25) AS registered_on,
                CASE WHEN d.sector = 'industry' AND d.founded_on + whole('producing', d.id, 90, 720) <= {days}
                     THEN d.founded_on + whole('producing', d.id, 90, 720) END AS production_started_on,
                CASE WHEN d.stratum = 'above' OR chance('status', d.id) < 0.975 THEN 'active'
                     ELSE pick('status/which', d.id, ['suspended', 'suspended', 'moved_out', 'deregistered']) END AS status,
                CASE WHEN chance('kind', d.id) > 0.86 THEN 'joint_stock' WHEN chance('kind', d.id) > 0.80 THEN 'foreign'
                     WHEN chance('kind', d.id) > 0.76 THEN 'hmt' ELSE 'limited' END AS kind,
                d.leading_industry IN ('biopharma', 'aerospace', 'semiconductor') AND chance('emerging', d.id) < 0.6
                    OR chance('emerging', d.id) < 0.08 AS strategic_emerging,
                d.stratum = 'below' AND chance('restricted', d.id) < 0.012 AS industry_restricted,
                d.stratum = 'above' OR d.sector = 'construction' AND chance('scale', d.id) < 0.4
                    OR d.stratum = 'services' AND d.sector <> 'construction' AND chance('scale', d.id) < 0.88
                       AND service_revenue(d.id) >= {floor} * CASE WHEN d.sector IN ('services_1', 'wholesale') THEN 1.0
                                                                   WHEN d.sector = 'services_2' THEN 0.5 ELSE 0.25 END AS above_scale,
                CASE WHEN d.stratum = 'above' THEN
                    greatest(d.founded_on + 366, least({days} - CAST(floor(pow(chance('since', d.id), 1.3) * 5200) AS INTEGER),
                             {days})) END AS above_scale_since,
                CASE WHEN d.stratum = 'above' AND chance('listing', d.id) > 0.965 THEN
                          pick('listing/where', d.id, ['domestic', 'domestic', 'overseas'])
                     WHEN d.stratum = 'above' AND chance('listing', d.id) > 0.92 THEN 'candidate' ELSE 'none' END AS listing,
                CASE WHEN d.stratum = 'below' AND d.nth <= {just_under} THEN 'just_under_scale'
                     WHEN d.stratum = 'below' AND d.nth <= {just_under + just_over} THEN 'over_scale_unlisted'
                     WHEN d.stratum = 'below' AND d.nth <= {just_under + just_over + at_floor} THEN 'at_tax_floor'
                     WHEN d.stratum = 'below' AND d.nth <= {just_under + just_over + at_floor + under_floor}
                          THEN 'just_under_tax_floor'
                     WHEN d.stratum = 'below'
                          AND d.nth <= {just_under + just_over + at_floor + under_floor + mixed} THEN 'mixed_tenant'
                     ELSE 'none' END AS edge
            FROM dated d
            LEFT JOIN street s ON s.platform = d.street_of AND s.turn = d.street_turn
            ORDER BY d.id""",
    ]
