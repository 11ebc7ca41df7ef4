"""Synthetic bodies, people and projects: universities, institutes, recognised talents, and what is being built."""

from __future__ import annotations

from qiantang.district.demo.calibration import Calibration


def organisations(calibration: Calibration, last_year: int) -> list[str]:
    """Make ``organisation``; academician teams are bodies of their own, each with one person of the highest level."""
    kinds = (("university", calibration.number("universities"), "示例高校", "provincial"),
             ("institute", calibration.number("institutes"), "示例研究院", "city"),
             ("laboratory", calibration.scaled(12), "示例实验室", "provincial"),
             ("incubator", calibration.scaled(31), "示例孵化器", "city"),
             ("other", calibration.number("academician_teams"), "示例院士团队", "national"))
    parts = [f"""SELECT '{kind}' AS kind, '{title} ' || lpad(CAST(range AS VARCHAR), 2, '0') AS name, '{level}' AS level,
                 '{kind[:3].upper()}-' || lpad(CAST(range AS VARCHAR), 4, '0') AS organisation, range AS nth
                 FROM range(1, {number + 1})""" for kind, number, title, level in kinds]
    return [f"""CREATE TABLE organisation AS SELECT *, pick('organisation/platform', organisation,
            (SELECT list(platform ORDER BY platform) FROM platform_place)) AS platform,
            make_date({last_year} - whole('organisation/founded', organisation, 1, 25), 6, 1) AS founded_on,
            pick('organisation/fields', organisation, ['生物医药', '航空航天', '半导体', '智能汽车与智能装备', '新材料']) AS fields
        FROM ({" UNION ALL ".join(parts)})"""]


def people(calibration: Calibration, last_year: int) -> list[str]:
    """Make ``person``: top and leading talents (levels A to D) and others who work in the district."""
    top, teams = calibration.number("top_talents"), calibration.number("academician_teams")
    everybody = top + calibration.scaled(900)
    return [f"""CREATE TABLE person AS
        WITH employer AS (
            SELECT e.uscc, row_number() OVER (ORDER BY draw('employer', e.id), e.id) - 1 AS turn
            FROM registry e JOIN standing s USING (id) WHERE s.hitech AND e.status = 'active'),
        born AS (
            SELECT range AS id, CAST(floor((SELECT count(*) FROM employer) * chance('employer', range)) AS BIGINT) AS turn,
                'P-' || lpad(CAST(range AS VARCHAR), 7, '0') AS person, '示例人员 ' || lpad(CAST(range AS VARCHAR), 4, '0') AS name,
                CASE WHEN range <= {min(teams, top)} THEN 'A' WHEN range <= {top * 12 // 100} THEN 'B' WHEN range <= {top * 42 // 100} THEN 'C'
                     WHEN range <= {top} THEN 'D' WHEN chance('talent', range) < 0.55 THEN 'E' WHEN chance('talent', range) < 0.8 THEN 'F' END
                    AS talent_level,
                {last_year} - whole('age', range, 25, 58) AS born_in
            FROM range(1, {everybody + 1}))
        SELECT b.*, CASE WHEN talent_level IN ('A', 'B', 'C') THEN 'doctor'
                ELSE pick('education', b.id, ['doctor', 'master', 'master', 'bachelor', 'bachelor', 'college']) END AS education,
            '示例毕业院校 ' || whole('school', b.id, 1, 60) AS school, chance('school/top', b.id) < 0.3 AS top_school,
            born_in + whole('graduated', b.id, 22, 25) AS graduated_in,
            CASE WHEN talent_level IN ('A', 'B', 'C') THEN 'senior'
                 ELSE pick('title', b.id, ['senior', 'deputy_senior', 'intermediate', 'intermediate', 'junior', 'technician', 'none']) END AS title,
            pick('post', b.id, ['chair', 'general_manager', 'chief_officer', 'director', 'middle', 'expert', 'expert', 'staff']) AS post,
            greatest(0, {last_year} - born_in - 25) AS years_of_experience,
            CASE WHEN b.id > {teams} THEN m.uscc END AS employer_uscc,
            CASE WHEN b.id <= {teams} THEN (SELECT organisation FROM organisation o WHERE o.kind = 'other' AND o.nth = b.id) END
                AS employer_organisation,
            cents(8 + 90 * pow(chance('salary', b.id), 2.2) + CASE WHEN talent_level <= 'C' THEN 40 ELSE 0 END) AS salary_wan,
            whole('months', b.id, 6, 12) AS months_in_district, chance('foreign', b.id) < 0.05 AS foreign_national,
            chance('returnee', b.id) < 0.22 AS returnee,
            CASE WHEN talent_level IS NOT NULL THEN make_date({last_year} - whole('recognised', b.id, 1, 5), 9, 1) END AS recognised_on,
            make_date({last_year} - whole('came', b.id, 1, 12), whole('came/month', b.id, 1, 12), 1) AS came_on
        FROM born b LEFT JOIN employer m USING (turn)"""]


def projects(calibration: Calibration, last_year: int) -> list[str]:
    """Make ``project``: alumni and university projects as counted, and investment, renovation and research."""
    kinds = (("alumni", calibration.number("alumni_projects"), "校友项目", 800, 12_000),
             ("university", calibration.number("university_projects"), "校地项目", 100, 3_000),
             ("investment", calibration.scaled(126), "产业项目", 5_000, 200_000),
             ("renovation", calibration.scaled(150), "技改项目", 500, 20_000),
             ("digital", calibration.scaled(140), "数字化项目", 300, 9_000),
             ("research", calibration.scaled(90), "科研项目", 50, 3_000),
             ("incubation", calibration.scaled(70), "孵化项目", 20, 600))
    parts = [f"""SELECT '{kind}' AS kind, '{kind[:3].upper()}-' || lpad(CAST(range AS VARCHAR), 5, '0') AS project,
                 '示例{title} ' || lpad(CAST(range AS VARCHAR), 4, '0') AS name, {low} AS low, {high} AS high
                 FROM range(1, {number + 1})""" for kind, number, title, low, high in kinds]
    return [f"""CREATE TABLE project AS
        WITH candidate AS (
            SELECT uscc, platform, leading_industry, row_number() OVER (ORDER BY draw('project/of', id), id) - 1 AS turn
            FROM registry WHERE stratum = 'above'),
        begun AS (
            SELECT p.*, CAST(floor((SELECT count(*) FROM candidate) * chance('project/of', project)) AS BIGINT) AS turn,
                make_date({last_year} - whole('project/year', project, 0, 3), whole('project/month', project, 1, 12), 10) AS started_on,
                whole('project/months', project, 6, 30) AS months, low + (high - low) * pow(chance('project/sum', project), 2.5) AS sum
            FROM ({" UNION ALL ".join(parts)}) p)
        SELECT b.kind, b.project, b.name, c.uscc, c.platform, c.leading_industry,
            pick('project/level', b.project, ['district', 'district', 'city', 'provincial']) AS level,
            cents(b.sum) AS investment_wan, b.started_on, b.started_on + 30 * months AS due_on,
            CASE WHEN b.started_on + 30 * months <= DATE '{last_year}-12-31' AND chance('project/done', b.project) < 0.85
                 THEN b.started_on + 30 * months END AS completed_on,
            cents(b.sum * CASE WHEN b.started_on + 30 * months <= DATE '{last_year}-12-31' THEN 1
                               ELSE between_('project/part', b.project, 0.1, 0.9) END) AS invested_wan,
            CASE WHEN b.kind IN ('digital', 'renovation') THEN cents(b.sum * between_('project/digital', b.project, 0.3, 0.9)) END
                AS digital_investment_wan,
            CASE WHEN b.kind = 'investment' THEN tenthousandths(b.sum / between_('project/land', b.project, 300, 1200)) END AS land_mu,
            CASE WHEN b.started_on + 30 * months <= DATE '{last_year}-12-31' THEN 'in_production'
                 ELSE pick('project/state', b.project, ['signed', 'land_granted', 'building', 'building']) END AS state
        FROM begun b LEFT JOIN candidate c USING (turn)"""]
