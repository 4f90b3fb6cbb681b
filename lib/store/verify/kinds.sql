-- The conditions on published kinds of dwelling and attempts that can be said of sets; the
-- last one, that no k - 1 homes must have taken some of the hits, is in C.
WITH shown AS (
  SELECT r.id, r.lattice_version, r.first_month, r.through_month, r.is_complete, k.district_id, k.year,
         coalesce(sum(k.count) FILTER (WHERE k.kind <> 'attempted'), 0) AS count,
         coalesce(sum(k.count) FILTER (WHERE k.kind = 'attempted'), 0) AS attempted,
         bool_or(k.count BETWEEN 1 AND 4 OR k.count < 0) AS has_few,
         bool_or(k.kind = 'villa' AND k.count > 0)::int AS villa, bool_or(k.kind = 'flat' AND k.count > 0)::int AS flat,
         bool_or(k.kind = 'holiday' AND k.count > 0)::int AS holiday
  FROM v_release r JOIN release_municipality_kind k ON k.release_id = r.id
  GROUP BY 1, 2, 3, 4, 5, 6, 7
), hit_cell AS (
  SELECT DISTINCT s.id, s.district_id, s.year, m.cell_id
  FROM shown s JOIN release_cell_month m ON m.release_id = s.id AND extract(year FROM m.month) = s.year
  JOIN v_home x ON x.version = s.lattice_version AND x.district_id = s.district_id AND x.cell_id = m.cell_id
), earlier AS ( -- the release before it that has the whole year, withdrawn or not
  SELECT s.id, s.district_id, s.year, s.lattice_version,
         (SELECT max(o.id) FROM release o WHERE o.id < s.id AND o.erased_at IS NULL AND o.first_month <= make_date(s.year, 1, 1)
            AND o.through_month >= make_date(s.year, 12, 1)) AS before
  FROM shown s
), bad AS (
  SELECT id, district_id, year FROM shown
  WHERE has_few OR first_month > make_date(year, 1, 1) OR through_month < make_date(year, 12, 1)
  UNION
  -- All kinds of the definition or none, attempts never alone, nor few completed ones.
  SELECT s.id, s.district_id, s.year FROM shown s
  WHERE s.count - s.attempted BETWEEN 1 AND 4 OR s.attempted > s.count
     OR EXISTS (SELECT FROM v_release r JOIN definition_code d ON d.definition = r.definition JOIN offence_code o ON o.id = d.code_id
                WHERE r.id = s.id AND NOT EXISTS (
                  SELECT FROM release_municipality_kind k
                  WHERE k.release_id = s.id AND k.district_id = s.district_id AND k.year = s.year AND k.kind = o.kind))
  UNION
  SELECT s.id, s.district_id, s.year FROM shown s JOIN hit_cell h USING (id, district_id, year)
  JOIN v_cell c ON c.version = s.lattice_version AND c.cell_id = h.cell_id JOIN v_version v ON v.version = s.lattice_version
  WHERE c.villa * s.villa + c.flat * s.flat + c.holiday * s.holiday < v.k
  UNION
  SELECT e.id, e.district_id, e.year FROM earlier e
  WHERE e.before IS NOT NULL AND (
    NOT EXISTS (SELECT FROM release_municipality_kind k WHERE k.release_id = e.before AND k.district_id = e.district_id AND k.year = e.year)
    OR EXISTS (
      SELECT FROM (SELECT m.cell_id, m.month, m.release_id, m.count FROM release_cell_month m
                   JOIN v_home x ON x.version = e.lattice_version AND x.district_id = e.district_id AND x.cell_id = m.cell_id
                   WHERE m.release_id IN (e.id, e.before) AND extract(year FROM m.month) = e.year) m
      GROUP BY m.cell_id, m.month HAVING count(*) <> 2 OR min(m.count) <> max(m.count))
    OR EXISTS (
      SELECT FROM release_municipality_month m
      WHERE m.release_id IN (e.id, e.before) AND m.district_id = e.district_id AND extract(year FROM m.month) = e.year
      GROUP BY m.month HAVING count(*) <> 2 OR min(m.unlocated) <> max(m.unlocated) OR min(m.count) <> max(m.count))
    OR EXISTS (
      SELECT FROM release_municipality_kind k
      LEFT JOIN release_municipality_kind o ON o.release_id = e.before AND o.district_id = k.district_id AND o.year = k.year
                                           AND o.kind = k.kind
      WHERE k.release_id = e.id AND k.district_id = e.district_id AND k.year = e.year AND k.count IS DISTINCT FROM o.count))
)
SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM shown
UNION ALL
SELECT 'failed', format('release %s municipality %s year %s', id, district_id, year), 1 FROM bad
ORDER BY 2 NULLS FIRST
