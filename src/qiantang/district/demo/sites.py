"""Whose land the synthetic enterprises stand on: owners, lessees, landlords, small-enterprise parks, mixed sites."""

from __future__ import annotations

from qiantang.district.demo.calibration import Calibration
from qiantang.district.demo.population import PARK_OPERATORS


def statements(calibration: Calibration, land_factor: float, last_year: int) -> list[str]:
    """Make ``tenure`` (one row an enterprise), ``parcel``, ``lease`` and ``mixed_site``.

    What an owner holds is what it uses itself plus what it lets, so that owned + rented in - rented out is its use.
    """
    edge_land = "WHEN l.edge IN ('at_tax_floor', 'just_under_tax_floor') THEN 4.0"
    large = calibration.scaled(70)
    return [
        # 1. Who owns, who rents, of whom nothing is recorded.
        f"""CREATE TABLE tenure AS
            SELECT l.id, l.stratum, l.edge, e.industry_code = '{PARK_OPERATORS}' AND l.stratum = 'services' AS park_operator,
                tenthousandths(CASE {edge_land} WHEN l.stratum = 'above' THEN greatest(0.8, land_raw * {land_factor!r})
                                    ELSE land_raw END) AS used_mu,
                CASE WHEN e.industry_code = '{PARK_OPERATORS}' AND l.stratum = 'services' THEN 'owner'
                     WHEN l.edge IN ('at_tax_floor', 'just_under_tax_floor') THEN 'owner'
                     WHEN l.edge = 'mixed_tenant' THEN 'tenant'
                     WHEN l.stratum = 'above' THEN CASE WHEN chance('tenure', l.id) < 0.16 THEN 'tenant' ELSE 'owner' END
                     WHEN l.stratum = 'below' THEN CASE WHEN chance('tenure', l.id) < 0.38 THEN 'owner'
                                                        WHEN chance('tenure', l.id) < 0.92 THEN 'tenant' ELSE 'unknown' END
                     ELSE 'unknown' END AS tenure
            FROM land_raw l JOIN enterprise e USING (id)""",
        # 2. Landlords: park operators, above-scale owners with room to spare, a few below-scale owners.
        """CREATE TABLE landlord AS
            SELECT id, uscc, kind, row_number() OVER (PARTITION BY kind ORDER BY draw('landlord', id), id) - 1 AS turn
            FROM (SELECT t.id, e.uscc, CASE WHEN park_operator THEN 'park' WHEN t.stratum = 'above' THEN 'above'
                                            ELSE 'below' END AS kind
                  FROM tenure t JOIN enterprise e USING (id)
                  WHERE tenure = 'owner' AND t.edge = 'none' AND e.status = 'active' AND (park_operator
                        OR t.stratum = 'above' AND chance('lets', t.id) < 0.24
                        OR t.stratum = 'below' AND chance('lets', t.id) < 0.07))""",
        f"""CREATE TABLE lease AS
            WITH renting AS (
                SELECT t.*, CASE WHEN t.edge = 'mixed_tenant' THEN 'above'
                        WHEN t.stratum = 'above' AND chance('lease/kind', t.id) < 0.8 THEN 'above'
                        WHEN chance('lease/kind', t.id) < 0.46 THEN 'park' WHEN chance('lease/kind', t.id) < 0.88 THEN 'above'
                        ELSE 'below' END AS kind
                FROM tenure t WHERE tenure = 'tenant'),
            offered AS (
                SELECT r.*, CAST(floor(c.of_them * chance('landlord/which', r.id)) AS BIGINT) AS turn
                FROM renting r JOIN (SELECT kind, count(*) AS of_them FROM landlord GROUP BY kind) c USING (kind)),
            matched AS (SELECT o.*, l.id AS landlord FROM offered o JOIN landlord l USING (kind, turn))
            SELECT row_number() OVER (ORDER BY id) AS number, id AS tenant, landlord, edge, used_mu AS area_mu,
                CAST(round(used_mu * 666.67 * between_('far', id, 0.9, 2.2), 0) AS DECIMAL(18, 2)) AS floor_area_m2,
                make_date({last_year} - whole('lease/since', id, 1, 4), whole('lease/month', id, 1, 12), 1) AS since,
                make_date({last_year} + whole('lease/until', id, 1, 6), whole('lease/month', id, 1, 12), 1) - 1 AS until,
                true AS current
            FROM matched""",
        # Leases that ended before the law is read move no land, but stand in the register all the same.
        f"""INSERT INTO lease SELECT (SELECT max(number) FROM lease) + row_number() OVER (ORDER BY tenant), tenant, landlord, 'none',
                tenthousandths(area_mu * 0.6), cents(floor_area_m2 * 0.6), since - 730, make_date({last_year}, 6, 30), false
            FROM lease WHERE chance('lease/ended', tenant) < 0.05""",
        # 3. Parcels: large owners hold two or three.
        """CREATE TABLE holding AS
            SELECT t.id, t.used_mu + coalesce(o.let_mu, 0) + CASE WHEN park_operator THEN 6 ELSE 0 END AS owned_mu,
                CASE WHEN t.stratum = 'above' AND t.used_mu > 90 THEN whole('parcels', t.id, 1, 3) ELSE 1 END AS parcels,
                park_operator
            FROM tenure t
            LEFT JOIN (SELECT landlord, sum(area_mu) AS let_mu FROM lease WHERE current GROUP BY landlord) o ON o.landlord = t.id
            WHERE tenure = 'owner'""",
        f"""CREATE TABLE parcel AS
            WITH cut AS (
                SELECT h.*, p.nth, tenthousandths(CAST(owned_mu AS DOUBLE) / parcels) AS share
                FROM holding h, (VALUES (1), (2), (3)) p(nth) WHERE p.nth <= h.parcels),
            measured AS (
                SELECT *, CASE WHEN nth = 1 THEN CAST(owned_mu - share * (parcels - 1) AS DECIMAL(18, 4)) ELSE share END AS area_mu
                FROM cut)
            SELECT row_number() OVER (ORDER BY m.id, m.nth) AS number, m.id, m.nth, m.area_mu,
                CASE WHEN chance('used', m.id) < 0.03 THEN tenthousandths(m.area_mu * 1.04)
                     ELSE tenthousandths(m.area_mu * between_('used', m.id, 0.93, 1.0)) END AS area_used_mu,
                CAST(round(m.area_mu * 666.67 * between_('far', m.id, 0.5, 2.4), 0) AS DECIMAL(18, 2)) AS floor_area_m2,
                tenthousandths(between_('far', m.id, 0.5, 2.4)) AS floor_area_ratio,
                greatest(e.founded_on + 60, DATE '{last_year}-06-30' - CAST(floor(pow(chance('granted', m.id), 0.8) * 8000) AS INTEGER)
                         ) AS granted_on,
                CASE WHEN m.park_operator THEN 'in_use' WHEN chance('state', m.id) < 0.93 THEN 'in_use'
                     ELSE pick('state/which', m.id, ['partly_used', 'below_commitment', 'granted_not_used', 'built_not_invested', 'idle'])
                     END AS state,
                m.park_operator AS small_enterprise_park, e.platform IS NOT NULL AS in_park, e.platform, e.subdistrict, e.uscc
            FROM measured m JOIN enterprise e USING (id)""",
        # 4. Mixed sites: an above-scale owner and the below-scale firm on its land are evaluated together.
        """CREATE TABLE mixed_site AS
            WITH sites AS (SELECT landlord, min(number) AS number FROM lease WHERE edge = 'mixed_tenant' GROUP BY landlord)
            SELECT l.tenant AS id, 'MIX-' || lpad(CAST(s.number AS VARCHAR), 6, '0') AS mixed_site
                FROM lease l JOIN sites s USING (landlord) WHERE l.edge = 'mixed_tenant'
            UNION ALL SELECT landlord, 'MIX-' || lpad(CAST(number AS VARCHAR), 6, '0') FROM sites""",
        f"""CREATE TABLE registry AS SELECT e.*, m.mixed_site, h.id IS NOT NULL AS holds_land,
                e.stratum = 'above' AND row_number() OVER (ORDER BY e.stratum = 'above' DESC, bell('size', e.id) DESC, e.id) <= {large}
                    AND chance('chain', e.id) < 0.35 AS chain_leader
            FROM enterprise e LEFT JOIN mixed_site m USING (id) LEFT JOIN holding h USING (id)""",
    ]
