"""What stands on record about the synthetic enterprises: titles, rights, accidents, changes of identity, past classes."""

from __future__ import annotations

from qiantang.district.demo.calibration import Calibration


def honours(last_year: int) -> list[str]:
    """Make ``honour``: certificates with their days of validity; a high-tech certificate is valid for three years."""
    def title(test: str, kind: str, level: str, prefix: str, since: str, until: str, words: str = "NULL") -> str:
        return (f"SELECT '{prefix}-' || lpad(CAST(id AS VARCHAR), 7, '0') AS certificate, id, '{kind}' AS kind, '{level}' AS level, "
                f"{since} AS since, {until} AS until, {words} AS title FROM standing WHERE {test}")

    def in_year(field: str, first: int, last: int) -> str:
        return f"make_date(whole('{field}', id, {first}, {last}), whole('{field}/month', id, 3, 12), whole('{field}/day', id, 1, 28))"

    certificates = [
        title("hitech", "hitech", "national", "示例GR", "make_date(hitech_year, 12, 1) + whole('hitech/day', id, 0, 27)",
              "make_date(hitech_year + 3, 12, 1) + whole('hitech/day', id, 0, 27) - 1"),
        title("hitech_renewed", "hitech", "national", f"示例GR{last_year}", f"make_date({last_year}, 12, 24)",
              f"make_date({last_year + 3}, 12, 23)"),
        title("hitech_new", "hitech", "national", f"示例GR{last_year}", f"make_date({last_year}, 12, 24)",
              f"make_date({last_year + 3}, 12, 23)"),
        title("technology_sme", "techsme", "national", "示例KJ", f"make_date({last_year}, 5, 1) + whole('techsme/day', id, 0, 120)",
              f"make_date({last_year}, 12, 31)"),
        title("specialist_candidate", "innosme", "provincial", "示例CX", in_year("innosme", last_year - 1, last_year), f"make_date({last_year + 2}, 12, 31)"),
        title("specialist", "zjtx", "provincial", "示例ZJ", in_year("zjtx", last_year - 2, last_year), f"make_date({last_year + 1}, 12, 31)"),
        title("giant", "giant", "national", "示例JR", in_year("giant", last_year - 2, last_year - 1), f"make_date({last_year + 1}, 12, 31)"),
        title("champion", "champion", "national", "示例GJ", in_year("champion", last_year - 2, last_year - 1), f"make_date({last_year + 1}, 12, 31)"),
        title("future_factory", "future_factory", "provincial", "示例WL", in_year("factory", last_year - 1, last_year - 1), "NULL::DATE"),
        title("smart_factory", "smart_factory", "provincial", "示例ZN", in_year("factory", last_year - 2, last_year - 1), "NULL::DATE"),
        title("digital_workshop", "digital_workshop", "provincial", "示例CJ", in_year("factory", last_year - 2, last_year), "NULL::DATE"),
        title("provincial_research", "rd_institution", "provincial", "示例YF", in_year("institution", last_year - 8, last_year - 1),
              "NULL::DATE", "'省级企业研究院（示例）'"),
        title("research_unit AND NOT provincial_research", "rd_institution", "city", "示例YS",
              in_year("institution", last_year - 6, last_year - 1), "NULL::DATE", "'市级研发中心（示例）'"),
        title("champion OR giant AND chance('award', id) < 0.3", "science_award", "provincial", "示例JL", in_year("award", last_year - 3, last_year),
              "NULL::DATE", "'科学技术奖（示例）'"),
        title("specialist AND chance('standard', id) < 0.3", "standard_led", "national", "示例BZ", in_year("standard", last_year - 4, last_year),
              "NULL::DATE"),
        title("future_factory OR smart_factory OR digital_workshop AND chance('green', id) < 0.4", "green_factory", "city",
              "示例LS", in_year("green", last_year - 3, last_year), "NULL::DATE"),
    ]
    return ["CREATE TABLE honour AS SELECT h.*, e.uscc FROM (" + " UNION ALL ".join(certificates) + ") h JOIN enterprise e USING (id)"]


def rights(last_year: int) -> list[str]:
    """Make ``intellectual_right``: patents and software of those who do research."""
    return [f"""CREATE TABLE intellectual_right AS
        WITH holders AS (
            SELECT s.id, e.uscc, e.founded_on, CASE
                WHEN s.missing = 'rights' THEN 0 WHEN s.missing = 'score' THEN whole('rights', s.id, 1, 2)
                WHEN s.hitech OR s.hitech_new OR s.nearly_hitech THEN whole('rights', s.id, 3, 12) + CASE WHEN s.specialist THEN 6 ELSE 0 END
                ELSE whole('rights', s.id, 0, 3) END AS rights, s.missing
            FROM standing s JOIN enterprise e USING (id) WHERE s.does_research),
        each AS (SELECT h.*, n.nth, h.id || '/' || n.nth AS moment FROM holders h, (SELECT range AS nth FROM range(1, 19)) n
                 WHERE n.nth <= h.rights),
        dated AS (SELECT *, CASE WHEN missing = 'score' THEN 'software'
                    WHEN chance('right', moment) < 0.24 THEN 'invention' WHEN chance('right', moment) < 0.70 THEN 'utility_model'
                    WHEN chance('right', moment) < 0.90 THEN 'software' WHEN chance('right', moment) < 0.97 THEN 'design'
                    ELSE 'ic_layout' END AS kind,
                greatest(founded_on + 120, DATE '{last_year}-11-30' - CAST(floor(3600 * chance('right/granted', moment)) AS INTEGER)) AS granted_on
            FROM each)
        SELECT '示例ZL' || lpad(CAST(id AS VARCHAR), 7, '0') || '-' || lpad(CAST(nth AS VARCHAR), 2, '0') AS code, id, uscc, kind,
            least(granted_on, DATE '{last_year}-12-30') AS granted_on,
            CASE kind WHEN 'invention' THEN granted_on + 6500 WHEN 'utility_model' THEN granted_on + 3300
                      WHEN 'design' THEN granted_on + 3300 WHEN 'ic_layout' THEN granted_on + 3500 END AS expires_on,
            CASE WHEN chance('right/by', moment) < 0.86 THEN 'own' WHEN chance('right/by', moment) < 0.95 THEN 'transfer'
                 WHEN chance('right/by', moment) < 0.98 THEN 'merger' ELSE 'licence' END AS acquired_by,
            kind = 'invention' AND chance('right/value', moment) < 0.25 AS high_value,
            chance('right/use', moment) < 0.72 AS in_use, chance('right/core', moment) < 0.8 AS supports_main_product
        FROM dated"""]


def events(last_year: int) -> list[str]:
    """Make ``event``: accidents, violations and listings; a few in a hundred enterprises."""
    kinds = ", ".join(f"'{k}'" for k in (
        "work_safety_accident", "safety_substandard", "environmental_violation", "environmental_violation", "environment_substandard",
        "energy_substandard", "missed_energy_task", "quality_substandard", "tax_violation", "labour_violation", "illegal_building",
        "abnormal_list", "abnormal_list", "environmental_accident", "other_violation"))
    return [f"""CREATE TABLE event AS
        WITH struck AS (
            SELECT id, uscc, stratum, pick('event', id, [{kinds}]) AS kind,
                make_date({last_year} - whole('event/year', id, 0, 2), whole('event/month', id, 1, 12), whole('event/day', id, 1, 28)) AS occurred_on
            FROM registry
            WHERE sector = 'industry' AND chance('event/struck', id) < CASE stratum WHEN 'above' THEN 0.075 ELSE 0.028 END)
        SELECT row_number() OVER (ORDER BY occurred_on, id) AS number, *,
            CASE WHEN kind IN ('work_safety_accident', 'environmental_accident', 'environmental_violation', 'tax_violation')
                 THEN CASE WHEN chance('event/severity', id) < 0.72 THEN 'minor' WHEN chance('event/severity', id) < 0.92 THEN 'larger'
                           ELSE 'major' END END AS severity,
            CASE WHEN chance('event/closed', id) < 0.7 THEN least(occurred_on + whole('event/open', id, 20, 260), DATE '{last_year}-12-31') END
                AS closed_on
        FROM struck"""]


def false_zeroes(last_year: int) -> list[str]:
    """Add to ``event`` those who declared no emission although monitoring found some."""
    return [f"""INSERT INTO event
        SELECT (SELECT coalesce(max(number), 0) FROM event) + row_number() OVER (ORDER BY e.id), e.id, e.uscc, e.stratum, 'false_zero_emission',
            make_date({last_year}, 9, whole('zero/day', e.id, 1, 28)), 'minor', NULL
        FROM registry e WHERE e.stratum = 'above' AND chance('emission/none', e.id) < 0.008"""]


def identities(calibration: Calibration, last_year: int) -> list[str]:
    """Make ``identity``: enterprises that changed their name, and some that took another over with its code."""
    renamed, merged = calibration.scaled(36), calibration.scaled(9)
    return [f"""CREATE TABLE identity AS
        WITH chosen AS (SELECT *, row_number() OVER (ORDER BY draw('identity', id), id) AS turn FROM registry
                        WHERE edge = 'none' AND founded_on < DATE '{last_year - 5}-01-01')
        SELECT id, uscc, CASE WHEN turn <= {renamed} THEN 'rename' ELSE 'merger' END AS kind,
            make_date({last_year} - whole('identity/year', id, 0, 2), whole('identity/month', id, 1, 12), 15) AS since,
            CASE WHEN turn <= {renamed} THEN uscc ELSE credit_code(id, 'E') END AS old_uscc,
            '示例·旧名 ' || lpad(CAST(id AS VARCHAR), 4, '0') || ' 号有限公司' AS old_name
        FROM chosen WHERE turn <= {renamed + merged}"""]


def past_classes(last_year: int) -> list[str]:
    """Make ``past_class``: classes of three earlier years, so that years in a row can be counted.

    They follow a habit of the enterprise with some luck of the year; nobody computed them from its figures.
    """
    return [f"""CREATE TABLE past_class AS
        WITH judged AS (
            SELECT e.id, e.uscc, e.stratum, y.year,
                ln(greatest(0.2, CAST(f.tax_paid_wan AS DOUBLE) / CAST(t.used_mu AS DOUBLE))) + 0.30 * bell('class', e.id || '/' || y.year) AS merit
            FROM registry e JOIN tenure t USING (id) JOIN enterprise_year f ON f.id = e.id AND f.year = {last_year},
                 (VALUES ({last_year - 3}), ({last_year - 2}), ({last_year - 1})) y(year)
            WHERE e.sector = 'industry' AND t.tenure <> 'unknown' AND NOT e.public_utility AND year(e.founded_on) <= y.year - 2),
        placed AS (SELECT *, row_number() OVER (PARTITION BY stratum, year ORDER BY merit DESC, id) AS rank,
                       count(*) OVER (PARTITION BY stratum, year) AS of_them FROM judged)
        SELECT id, uscc, year, rank, CASE WHEN rank <= 0.20 * of_them THEN 'A' WHEN rank <= 0.75 * of_them THEN 'B'
            WHEN rank <= 0.95 * of_them THEN 'C' ELSE 'D' END AS class FROM placed"""]
