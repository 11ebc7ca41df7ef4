"""What the synthetic enterprises did in each year: figures that agree within one enterprise and add up to the totals."""

from __future__ import annotations

from collections.abc import Sequence

from qiantang.district.demo.calibration import Calibration

_TEN_THOUSAND = 10_000.0
"""From 亿元 to 万元."""


def base_statements(calibration: Calibration) -> list[str]:
    """Make ``base``: one row an enterprise, with its size and habits, before they are fitted to the totals."""
    floor = calibration.amount("above_scale_floor")
    return [
        f"""CREATE TABLE base AS SELECT e.id, e.stratum, e.edge, e.main_platform, e.leading_industry, e.founded_on,
                s.hitech OR s.hitech_new AS certified, s.nearly_hitech, s.missing, s.does_research,
                e.value_added_rate, e.energy_weight, e.emission_weight, e.land_weight, e.sector,
                exp(1.72 * bell('size', e.id)) AS size,
                {floor} + between_('floor', e.id, -140, 380) AS least_output,
                CASE WHEN e.edge = 'just_under_scale' THEN {floor} * between_('edge', e.id, 0.94, 0.9998)
                     WHEN e.edge = 'over_scale_unlisted' THEN {floor} * between_('edge', e.id, 1.0, 1.35)
                     WHEN e.stratum = 'below' THEN CASE WHEN 6.05 + 0.95 * bell('size', e.id) < ln({floor} * 0.93)
                          THEN exp(6.05 + 0.95 * bell('size', e.id)) ELSE {floor} * between_('below', e.id, 0.45, 0.93) END
                     ELSE service_revenue(e.id) END AS small_revenue,
                0.085 + 0.09 * bell('growth', e.id) + CASE WHEN s.hitech THEN 0.03 ELSE 0 END AS growth,
                e.value_added_rate * exp(0.22 * bell('value_added', e.id)) AS value_added_share,
                0.21 * exp(0.42 * bell('tax', e.id)) AS tax_share,
                exp(0.45 * bell('staff', e.id)) AS staff_habit,
                e.land_weight * exp(0.50 * bell('land', e.id)) AS land_habit,
                e.energy_weight * exp(0.55 * bell('energy', e.id)) AS energy_habit,
                e.emission_weight * exp(0.95 * bell('emission', e.id)) AS emission_habit,
                CASE WHEN chance('loss', e.id) < 0.04 THEN -1 ELSE 1 END AS earns,
                between_('assets', e.id, 0.7, 1.7) AS asset_share, between_('debt', e.id, 0.22, 0.72) AS debt_share,
                between_('main', e.id, 0.93, 0.998) AS main_share,
                chance('research', e.id) AS research_habit
            FROM enterprise e JOIN standing s USING (id)""",
    ]


def output_factors(calibration: Calibration) -> list[tuple[str, float]]:
    """Targets of output in 万元 by cell (main platforms or not, leading industry or not); they sum to the total."""
    total = calibration.amount("output") * _TEN_THOUSAND
    main, leading = calibration.amount("main_platform_share") / 100, calibration.amount("leading_share") / 100
    both = main * leading + min(main, leading) * 0.04
    return [("main_platform AND leading_industry <> 'other'", total * both),
            ("main_platform AND leading_industry = 'other'", total * (main - both)),
            ("NOT main_platform AND leading_industry <> 'other'", total * (leading - both)),
            ("NOT main_platform AND leading_industry = 'other'", total * (1 - main - leading + both))]


def sized(factors: Sequence[tuple[str, float]]) -> str:
    """Make ``sized``: the output of the last year, with every cell of the total met."""
    cases = " ".join(f"WHEN {cell} THEN {factor!r}" for cell, factor in factors)
    return ("CREATE TABLE sized AS SELECT *, CASE WHEN stratum = 'above' THEN least_output + size * (CASE "
            f"{cases} END) ELSE small_revenue END AS last_output FROM base")


def raw_statement(years: Sequence[int], levels: Sequence[tuple[int, float]]) -> str:
    """Make ``raw``: one row an enterprise and year in which it existed, not yet fitted to the totals.

    ``levels`` holds, for earlier years, what the output above the floor is multiplied by to meet that year's total.
    """
    last = max(years)
    fitted = " ".join(f"WHEN {year} THEN {factor!r}" for year, factor in levels) or "WHEN 0 THEN 1.0"
    listed = ", ".join(f"({year})" for year in years)
    return f"""CREATE TABLE raw AS
        WITH levelled AS (
            SELECT s.*, y.year, s.id || '/' || y.year AS moment,
                exp(-({last} - y.year) * growth
                    + CASE WHEN y.year < {last} THEN 0.05 * bell('level', s.id || '/' || y.year) ELSE 0 END) AS level
            FROM sized s, (VALUES {listed}) y(year)
            WHERE year(s.founded_on) <= y.year),
        produced AS (
            SELECT *, CASE stratum WHEN 'above'
                THEN least_output + (last_output - least_output) * level * (CASE year {fitted} ELSE 1.0 END)
                ELSE last_output * level END AS turnover
            FROM levelled),
        earned AS (
            SELECT *, turnover * least(0.62, value_added_share * (1 + 0.05 * bell('value_added', moment)))
                * CASE WHEN earns < 0 THEN CASE WHEN chance('loss/deep', id) < 0.12 THEN -0.05 ELSE 0.35 END ELSE 1 END
                AS value_added_raw
            FROM produced)
        SELECT *, greatest(value_added_raw, 0.015 * turnover) * least(0.48, tax_share)
                * (1 + 0.05 * bell('tax', moment)) AS tax_raw,
            pow(turnover, 0.76) * staff_habit * (1 + 0.02 * bell('staff', moment)) AS staff_raw,
            greatest(value_added_raw, 0.05 * turnover) * energy_habit * (1 + 0.03 * bell('energy', moment)) AS energy_raw,
            CASE WHEN chance('emission/none', id) < 0.03 THEN 0
                 ELSE greatest(value_added_raw, 0.05 * turnover) * emission_habit END AS emission_raw,
            turnover * between_('sales', moment, 0.94, 1.05) AS sales_raw,
            CASE WHEN certified OR nearly_hitech THEN
                      CASE WHEN turnover > 20000 THEN 0.0305 + CASE WHEN missing = 'rd' THEN -0.0030 ELSE 0.008 * research_habit END
                           WHEN turnover > 5000 THEN 0.041 + CASE WHEN missing = 'rd' THEN -0.0035 ELSE 0.035 * research_habit END
                           ELSE 0.051 + CASE WHEN missing = 'rd' THEN -0.0040 ELSE 0.070 * research_habit END END
                      * (1 + 0.02 * bell('research', moment))
                 WHEN does_research THEN 0.002 + 0.018 * research_habit * (1 + 0.05 * bell('research', moment)) END
                AS research_share
        FROM earned"""


def land_statement() -> str:
    """Make ``land_raw``: the land an industrial enterprise needs, before it is fitted to the total."""
    return """CREATE TABLE land_raw AS SELECT id, stratum, edge, CASE stratum
            WHEN 'above' THEN pow(last_output, 0.70) * land_habit
            WHEN 'below' THEN greatest(0.3, 0.018 * pow(small_revenue, 0.72) * land_habit)
            ELSE 0.2 + 0.4 * chance('land', id) END AS land_raw
        FROM sized"""


def fitted(last_year: int, calibration: Calibration) -> tuple[str, dict[str, float]]:
    """A query giving the raw sums of the last year, and the target of each in the unit the figures are kept in."""
    value_added = calibration.amount("value_added") * _TEN_THOUSAND
    targets = {
        "value_added": value_added,
        "tax": calibration.amount("tax_per_mu") * calibration.amount("land"),
        "staff": value_added / calibration.amount("labour_productivity"),
        "energy": value_added / calibration.amount("value_added_per_energy"),
        "emission": value_added / calibration.amount("value_added_per_emission"),
        "research": calibration.amount("gdp") * _TEN_THOUSAND * calibration.amount("rd_share") / 100,
    }

    # Added as whole millionths: a sum of binary fractions would depend on the order of adding.
    def total(raw: str, among: str) -> str:
        return f"CAST(sum(CAST(round(({raw}) * 1000000) AS HUGEINT)) FILTER ({among}) AS DOUBLE) / 1000000"

    above = f"stratum = 'above' AND year = {last_year}"
    columns = [total(raw, above) for raw in ("value_added_raw", "tax_raw", "staff_raw", "energy_raw", "emission_raw")]
    columns.append(total("coalesce(sales_raw * research_share * (0.75 + 0.25 * chance('research/notion', id)), 0)",
                         f"year = {last_year}"))
    return f"SELECT {', '.join(columns)} FROM raw", targets


def year_statement(factor: dict[str, float], calibration: Calibration, last_year: int) -> str:
    """Make ``enterprise_year``: the figures as the departments know them, in the units of the register."""
    tax_floor = calibration.amount("low_efficiency_floor")
    exact_tax = f"CASE edge WHEN 'at_tax_floor' THEN {tax_floor} * 4 WHEN 'just_under_tax_floor' THEN {tax_floor} * 4 - 0.01"

    def industry(value: str) -> str:
        return f"CASE WHEN sector = 'industry' THEN {value} END"

    def above(value: str) -> str:
        return f"CASE WHEN stratum = 'above' THEN {value} END"

    return f"""CREATE TABLE enterprise_year AS
        WITH money AS (
            SELECT *,
                cents({industry("turnover")}) AS output_wan,
                cents(CASE WHEN edge IN ('just_under_scale', 'over_scale_unlisted') THEN turnover / main_share
                           ELSE sales_raw / main_share END) AS revenue_wan,
                cents({industry(f"value_added_raw * CASE WHEN stratum = 'above' THEN {factor['value_added']!r} ELSE 1 END")})
                    AS value_added_wan,
                cents({exact_tax} ELSE tax_raw * CASE WHEN stratum = 'above' THEN {factor['tax']!r} ELSE 0.92 END END)
                    AS tax_paid_wan,
                CASE WHEN stratum = 'above' THEN greatest(12, round(staff_raw * {factor['staff']!r}))
                     ELSE greatest(3, round(turnover / (26 + 14 * staff_habit))) END AS staff_mean,
                {above(f"round(energy_raw * {factor['energy']!r}, 2)")} AS energy_tce,
                {above(f"emission_raw * {factor['emission']!r}")} AS emission_t
            FROM raw),
        research AS (
            SELECT *,
                cents(CASE WHEN edge IN ('just_under_scale', 'over_scale_unlisted') THEN turnover
                           ELSE sales_raw END) AS main_revenue_wan,
                CASE WHEN certified OR nearly_hitech THEN
                          CASE WHEN missing = 'sci_tech_staff' THEN floor(staff_mean * between_('sci', id, 0.075, 0.099))
                               ELSE ceil(staff_mean * between_('sci', id, 0.105, 0.36)) END
                     WHEN does_research THEN floor(staff_mean * between_('sci', id, 0.01, 0.13)) END AS sci_tech_staff,
                cents(sales_raw * research_share) AS rd_hightech_wan,
                cents(coalesce(sales_raw * research_share * (0.75 + 0.25 * chance('research/notion', id)) * {factor['research']!r},
                               CASE WHEN stratum = 'above' AND chance('research/none', id) < 0.85 THEN 0 END)) AS rd_statistical_wan,
                cents(revenue_wan * asset_share) AS total_assets_wan
            FROM money)
        SELECT id, year, stratum, edge, certified, nearly_hitech, missing, does_research,
            tax_paid_wan,
            cents(CASE WHEN edge NOT LIKE '%tax_floor' AND chance('added_back', id) < 0.22 THEN tax_paid_wan * between_('added_back', moment, 0, 0.2)
                                     ELSE 0 END) AS tax_added_back_wan,
            cents(tax_paid_wan * between_('contribution', id, 0.30, 0.42)) AS district_contribution_wan,
            output_wan, revenue_wan, main_revenue_wan, cents(sales_raw) AS sales_wan, value_added_wan,
            cents(revenue_wan * between_('income', id, 1.0, 1.03)) AS total_income_wan,
            cents(CASE WHEN chance('untaxed', id) < 0.3 THEN revenue_wan * 0.004 * chance('untaxed', moment) ELSE 0 END)
                AS nontaxable_income_wan,
            cents(CASE WHEN certified OR nearly_hitech THEN
                            revenue_wan * CASE WHEN missing = 'income' THEN between_('hitech/income', id, 0.50, 0.595)
                                               ELSE between_('hitech/income', id, 0.63, 0.95) END
                       WHEN does_research THEN revenue_wan * between_('hitech/income', id, 0.0, 0.45) END) AS hitech_income_wan,
            cents(revenue_wan * between_('niche/main', id, 0.45, 0.92)) AS main_product_revenue_wan,
            cents(CASE WHEN chance('exports', id) < 0.4 THEN output_wan * between_('exports', id, 0.02, 0.6) ELSE 0 END)
                AS exports_wan,
            cents(revenue_wan * (0.065 + 0.045 * bell('profit', moment)) * earns) AS profit_wan,
            cents(revenue_wan * between_('costs', moment, 0.86, 0.97)) AS total_costs_wan,
            total_assets_wan,
            cents(total_assets_wan * (1 - debt_share) * CASE WHEN chance('insolvent', id) < 0.015 THEN -0.3 ELSE 1 END)
                AS net_assets_wan,
            cents(total_assets_wan * debt_share) AS total_debt_wan,
            cents(CASE WHEN certified AND chance('equity', moment) < 0.05 THEN pick('equity/sum', moment,
                       [300, 500, 1000, 2000, 3000, 6000, 8000]) ELSE 0 END) AS equity_financing_wan,
            {above("cents(CASE WHEN chance('renovation', moment) < 0.35 THEN output_wan * 0.06 * chance('renovation/sum', moment) "
                   "ELSE 0 END)")} AS technical_renovation_wan,
            staff_mean, sci_tech_staff,
            CASE WHEN sci_tech_staff IS NOT NULL THEN floor(sci_tech_staff * between_('rd_staff', id, 0.55, 0.95)) END AS rd_staff,
            energy_tce,
            CASE WHEN stratum = 'above' THEN round(energy_tce * between_('electricity', id, 1200, 2300), 0)
                 ELSE round(turnover * between_('electricity', id, 700, 2600), 0) END AS electricity_kwh,
            {above("round(energy_tce * between_('water', id, 3, 22), 0)")} AS water_m3,
            tenthousandths(emission_t * (0.50 + 0.10 * chance('cod', id))) AS cod_t,
            tenthousandths(emission_t * 0.04) AS ammonia_nitrogen_t,
            tenthousandths(emission_t * 0.14) AS sulphur_dioxide_t,
            tenthousandths(emission_t * (0.32 - 0.10 * chance('cod', id))) AS nitrogen_oxides_t,
            rd_statistical_wan, rd_hightech_wan,
            cents(rd_hightech_wan * between_('rd/tax', id, 0.68, 1.0)) AS rd_tax_wan,
            cents(rd_hightech_wan * CASE WHEN chance('rd/abroad', id) < 0.02 THEN 0.52
                                         ELSE between_('rd/domestic', id, 0.86, 1.0) END) AS rd_domestic_wan,
            CASE WHEN certified OR nearly_hitech THEN
                      CASE WHEN missing = 'score' THEN 1 ELSE whole('results', moment, 2, 8) END
                 WHEN does_research THEN whole('results', moment, 0, 2) END AS results_transformed,
            CASE WHEN year >= {last_year - 1} THEN stratum = 'above' ELSE stratum = 'above' AND chance('digital/early', id) < 0.82 END
                AS digitalised
        FROM research ORDER BY id, year"""
