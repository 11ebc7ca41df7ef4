-- The same work as a competent engineer writes it by hand: doubles, one rounding of the score, windows.
COPY (
WITH v AS (
  SELECT uscc, pool, "new", accident OR pollution OR missed_task AS veto,
    CASE WHEN land > 0 THEN (tax / 1e6) / (land / 1e4) END AS tax_per_mu,
    CASE WHEN land > 0 THEN (value_added / 1e6) / (land / 1e4) END AS va_per_mu,
    CASE WHEN energy > 0 THEN (value_added / 1e6) / (energy / 1e4) END AS va_per_energy,
    CASE WHEN emission > 0 THEN (value_added / 1e6) / (emission / 1e6) END AS va_per_emission,
    CASE WHEN staff > 0 THEN (value_added / 1e6) / (staff / 1e2) END AS productivity,
    CASE WHEN main_revenue > 0 THEN rd / main_revenue::DOUBLE END AS rd_ratio,
    LEAST(CASE WHEN listed THEN 3 ELSE 0 END + CASE WHEN giant THEN 2 ELSE 0 END + CASE WHEN award THEN 2 ELSE 0 END, 5) AS bonus,
    (date_diff('day', registered_on, DATE '2022-12-31') >= 365)
      AND class_one + class_two >= 1 AND field
      AND CASE WHEN staff > 0 THEN st_staff / staff::DOUBLE END >= 0.1
      AND CASE WHEN sales + sales_1 + sales_2 > 0 THEN (rd + rd_1 + rd_2) / (sales + sales_1 + sales_2)::DOUBLE END
          >= CASE WHEN sales <= 5000000000 THEN 0.05 WHEN sales <= 20000000000 THEN 0.04 WHEN sales IS NOT NULL THEN 0.03 END
      AND CASE WHEN rd > 0 THEN rd_domestic / rd::DOUBLE END >= 0.6
      AND CASE WHEN total_income > 0 THEN hitech_income / total_income::DOUBLE END >= 0.6
      AND score > 70 AND NOT serious AS hitech
  FROM read_parquet('{facts}')
), part AS (
  SELECT *,
    CASE WHEN tax_per_mu IS NOT NULL THEN LEAST(GREATEST(tax_per_mu * 30 / 24.097, 0), 45) END AS p1,
    CASE WHEN va_per_mu IS NOT NULL THEN LEAST(GREATEST(va_per_mu * 20 / 136.16, 0), 30) END AS p2,
    CASE WHEN va_per_energy IS NOT NULL THEN LEAST(GREATEST(va_per_energy * 20 / 2.694, 0), 30) END AS p3,
    CASE WHEN va_per_emission IS NOT NULL THEN LEAST(GREATEST(va_per_emission * 10 / 4929.81, 0), 15) END AS p4,
    CASE WHEN productivity IS NOT NULL THEN LEAST(GREATEST(productivity * 10 / 18.14, 0), 15) END AS p5,
    CASE WHEN rd_ratio IS NOT NULL THEN LEAST(GREATEST(rd_ratio * 10 / 0.0302, 0), 15) END AS p6
  FROM v
), scored AS (
  SELECT *, CAST(floor((p1 + p2 + p3 + COALESCE(p4, avg(p4) OVER (PARTITION BY pool)) + p5 + p6 + bonus) * 1e4 + 0.5) AS BIGINT) AS total
  FROM part
), placed AS (
  SELECT *, NOT "new" AND total IS NOT NULL AS counts,
    row_number() OVER (PARTITION BY pool, NOT "new" AND total IS NOT NULL ORDER BY total DESC, uscc) AS place,
    count(*) OVER (PARTITION BY pool, NOT "new" AND total IS NOT NULL) AS many
  FROM scored
), classed AS (
  SELECT *, CASE WHEN NOT counts THEN NULL
    WHEN place <= floor(many * 0.20 + 0.5) THEN 'A' WHEN place <= floor(many * 0.70 + 0.5) THEN 'B'
    WHEN place <= floor(many * 0.95 + 0.5) THEN 'C' ELSE 'D' END AS quota
  FROM placed
)
SELECT uscc, total AS total__points,
  CASE WHEN "new" THEN 'exempt' WHEN veto AND quota IN ('A', 'B') THEN 'C' ELSE quota END AS outcome,
  CASE WHEN "new" THEN 'exempt' WHEN veto THEN 'vetoed' ELSE 'quota' END AS decided_by, hitech
FROM classed
) TO '{out}' (FORMAT parquet)
