"""Who holds which title: high-tech certificates, specialist and factory titles, and those who just miss one condition."""

from __future__ import annotations

from qiantang.district.demo.calibration import Calibration


def statements(calibration: Calibration, last_year: int) -> list[str]:
    """Make the table ``standing``: one row an enterprise, with what it is known for.

    ``hitech_year`` is the year of the certificate valid at the end of the year before the last; ``hitech_renewed``
    and ``hitech_new`` say what the last year brought. ``missing`` names the one condition that a near miss lacks.
    """
    certificates = calibration.number("hitech_certificates")
    in_industry, below = round(certificates * 0.46), round(certificates * 0.36)
    newly, near_above, near_below = calibration.scaled(104), calibration.scaled(96), calibration.scaled(84)
    smart, future = calibration.number("smart_factories"), calibration.number("future_factories")
    workshops, specialists, giants = calibration.scaled(52), calibration.scaled(88), calibration.scaled(16)
    champions, research = calibration.scaled(5), calibration.scaled(74)
    old_enough = f"founded_on < DATE '{last_year - 4}-12-01' AND status = 'active'"
    return [
        f"""CREATE TABLE hitech_rank AS SELECT id, stratum,
                row_number() OVER (PARTITION BY stratum ORDER BY {old_enough} DESC,
                    bell('hitech', id) + CASE WHEN leading_industry <> 'other' THEN 1.1 ELSE 0 END
                    + CASE WHEN stratum = 'services' AND sector IN ('services_1', 'services_2')
                                AND industry_code <> '7221' THEN 6 ELSE 0 END
                    + CASE WHEN stratum = 'above' THEN 0.1 * bell('size', id) ELSE 0.35 * bell('size', id) END
                    + CASE WHEN edge = 'just_under_scale' THEN 1.2 ELSE 0 END DESC, id) AS hitech_rank
            FROM enterprise""",
        f"""CREATE TABLE standing AS
            WITH wanted AS (
                SELECT *, CASE stratum WHEN 'above' THEN {in_industry} WHEN 'below' THEN {below}
                                       ELSE {certificates - in_industry - below} END AS certified,
                       CASE stratum WHEN 'above' THEN {round(newly * 0.5)} WHEN 'below' THEN {newly - round(newly * 0.5)}
                                    ELSE 0 END AS fresh,
                       CASE stratum WHEN 'above' THEN {near_above} WHEN 'below' THEN {near_below} ELSE 0 END AS near
                FROM hitech_rank),
            ranked AS (
                SELECT *, hitech_rank <= certified AS hitech,
                       hitech_rank > certified AND hitech_rank <= certified + fresh AS hitech_new,
                       hitech_rank > certified + fresh AND hitech_rank <= certified + fresh + near AS nearly_hitech
                FROM wanted),
            known AS (
                SELECT r.id, r.hitech, r.hitech_new, r.nearly_hitech,
                    CASE WHEN r.hitech THEN {last_year} - whole('hitech/year', r.id, 1, 3) END AS hitech_year,
                    r.hitech AND chance('hitech/renewed', r.id) < 0.92 AS renews,
                    CASE WHEN r.nearly_hitech THEN pick('hitech/missing', r.id,
                              ['sci_tech_staff', 'rd', 'income', 'rights', 'score']) END AS missing,
                    e.stratum, e.edge
                FROM ranked r JOIN enterprise e USING (id)),
            ordered AS (
                SELECT *, row_number() OVER (ORDER BY stratum = 'above' DESC, hitech DESC,
                                             bell('smart', id) + bell('size', id) DESC, id) AS smart_rank,
                    row_number() OVER (ORDER BY (hitech OR hitech_new) DESC, stratum <> 'services' DESC,
                                       bell('specialist', id) + 0.6 * bell('size', id) DESC, id) AS specialist_rank,
                    row_number() OVER (ORDER BY hitech DESC, bell('research', id) + bell('size', id) DESC, id) AS research_rank
                FROM known)
            SELECT id, hitech, hitech_new, nearly_hitech, hitech_year, missing,
                coalesce(hitech_year = {last_year - 3} AND renews, false) AS hitech_renewed,
                smart_rank <= {future} AS future_factory,
                smart_rank > {future} AND smart_rank <= {future + smart} AS smart_factory,
                smart_rank > {future + smart} AND smart_rank <= {future + smart + workshops} AS digital_workshop,
                specialist_rank <= {champions} AS champion, specialist_rank <= {giants} AS giant,
                specialist_rank <= {specialists} AS specialist,
                specialist_rank <= {2 * specialists} AS specialist_candidate,
                research_rank <= {research} AS provincial_research, research_rank <= {3 * research} AS research_unit,
                NOT hitech AND edge = 'none' AND chance('techsme', id) < 0.10
                    OR hitech AND chance('techsme', id) < 0.35 OR nearly_hitech AS technology_sme,
                hitech OR hitech_new OR nearly_hitech OR (stratum = 'above' AND chance('research/any', id) < 0.7)
                    OR chance('techsme', id) < 0.10 AS does_research,
                (nearly_hitech OR hitech_new OR hitech_year = {last_year - 3}) AND chance('examined', id) < 0.30 AS examined
            FROM ordered ORDER BY id""",
    ]
