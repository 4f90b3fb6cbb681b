"""The database's own answers: what the service should say, asked of PostGIS.

Each function takes a Database and returns {id: properties} of a collection for
the release's default period (its last 12 months), made by SQL from the tables
and not by way of the programs' views or code. Boxes are those of PostGIS's own
transform to longitude and latitude.
"""

RELEASE = """
  r AS (SELECT *, greatest(first_month, (through_month - interval '11 months')::date) AS period_from,
               (through_month + interval '1 month - 1 day')::date AS period_to
        FROM grannkarta.release WHERE withdrawn_at IS NULL ORDER BY id DESC LIMIT 1),
  l AS (SELECT lattice.* FROM grannkarta.lattice JOIN r ON version = r.lattice_version),
  kinds AS (SELECT DISTINCT kind FROM r JOIN grannkarta.definition_code d ON d.definition = r.definition
            JOIN grannkarta.offence_code c ON c.id = d.code_id),
  risk AS (SELECT ('villa' IN (SELECT kind FROM kinds))::int AS villa, ('flat' IN (SELECT kind FROM kinds))::int AS flat,
                  ('holiday' IN (SELECT kind FROM kinds))::int AS holiday),
  cells AS (SELECT lc.cell_id, lc.villa + lc.flat + lc.holiday AS dwellings,
                   lc.villa * risk.villa + lc.flat * risk.flat + lc.holiday * risk.holiday AS at_risk,
                   lc.addresses, lc.outline,
                   coalesce((SELECT sum(m.count) FROM grannkarta.release_cell_month m
                             WHERE m.release_id = r.id AND m.cell_id = lc.cell_id
                               AND m.month BETWEEN r.period_from AND r.through_month), 0) AS count
            FROM r, risk, grannkarta.lattice_cell lc WHERE lc.version = r.lattice_version)
"""

BOX = "ST_XMin(b.g), ST_YMin(b.g), ST_XMax(b.g), ST_YMax(b.g)"
LATERAL = "CROSS JOIN LATERAL (SELECT ST_Transform({}, 4326) AS g) b"


def _rows(database, sql, names):
    """{id: {name: value}} with numbers as numbers, and the box as `box`."""
    answers = {}
    for row in database.query(sql):
        values = []
        for text in row:
            try:  # a space behind keeps a text of digits a text
                values.append(None if text is None else text[:-1] if text.endswith(" ") else float(text))
            except ValueError:
                values.append(text)
        answer = dict(zip(names, values[1:]))
        if len(values) > len(names) + 1:
            answer["box"] = values[len(names) + 1:]
        assert int(row[0]) not in answers
        answers[int(row[0])] = answer
    return answers


def cells(database):
    return _rows(database, f"WITH {RELEASE} SELECT cell_id, count, dwellings, at_risk, addresses, {BOX} "
                           f"FROM cells {LATERAL.format('outline')}",
                 ["count", "dwellings", "dwellings_at_risk", "addresses"])


def districts(database, name):
    return _rows(database, f"""WITH {RELEASE}
        SELECT d.id, d.code || ' ', s.count, s.dwellings, s.at_risk, s.cells, d.inhabitants, {BOX}
        FROM r JOIN grannkarta.release_district rd ON rd.release_id = r.id
        JOIN grannkarta.district d ON d.id = rd.district_id AND d.set_name = '{name}'
        CROSS JOIN LATERAL (SELECT coalesce(sum(count), 0) AS count, coalesce(sum(dwellings), 0) AS dwellings,
                                   coalesce(sum(at_risk), 0) AS at_risk, count(*) AS cells
                            FROM grannkarta.district_cell dc JOIN cells USING (cell_id)
                            WHERE dc.version = r.lattice_version AND dc.district_id = d.id) s
        {LATERAL.format('d.outline')}""",
                 ["code", "count", "dwellings", "dwellings_at_risk", "cells", "inhabitants"])


def municipalities(database):
    """What only the municipality as a whole tells."""
    return _rows(database, f"""WITH {RELEASE}
        SELECT m.district_id, sum(m.count), sum(m.unlocated)
        FROM r JOIN grannkarta.release_municipality_month m ON m.release_id = r.id
        WHERE m.month BETWEEN r.period_from AND r.through_month GROUP BY 1""",
                 ["count_total", "unlocated"])


def watch_areas(database):
    return _rows(database, f"""WITH {RELEASE}
        SELECT w.watch_area_id, w.slug, w.name, w.started, s.count, s.dwellings, s.at_risk, s.cells,
               round(sm.households), {BOX}
        FROM r JOIN grannkarta.release_watch_area w ON w.release_id = r.id
        JOIN grannkarta.watch_boundary o ON o.id = w.boundary_id
        JOIN grannkarta.watch_summary sm ON sm.version = r.lattice_version AND sm.boundary_id = o.id
        CROSS JOIN LATERAL (SELECT coalesce(sum(count), 0) AS count, coalesce(sum(dwellings), 0) AS dwellings,
                                   coalesce(sum(at_risk), 0) AS at_risk, count(*) AS cells
                            FROM grannkarta.watch_cover wc JOIN cells USING (cell_id)
                            WHERE wc.version = r.lattice_version AND wc.boundary_id = o.id) s
        {LATERAL.format('o.outline')}""",
                 ["slug", "name", "started", "count", "dwellings", "dwellings_at_risk", "cells", "households"])


def hotspots(database, size_m=250):
    """Squares by id; a cell's count goes to its squares by dwellings at risk."""
    return _rows(database, f"""WITH RECURSIVE {RELEASE},
        home AS (SELECT c.id, c.id AS cell_id, c.merged_into, c.merged_version FROM grannkarta.cell c
                 UNION ALL SELECT h.id, c.id, c.merged_into, c.merged_version
                 FROM home h JOIN grannkarta.cell c ON c.id = h.merged_into
                 WHERE h.merged_version <= (SELECT version FROM l)),
        squares AS (SELECT u.e, u.n, cells.cell_id, d.villa + d.flat + d.holiday AS dwellings,
                       d.villa * risk.villa + d.flat * risk.flat + d.holiday * risk.holiday AS at_risk,
                       cells.count, cells.dwellings AS cell_dwellings, cells.at_risk AS cell_at_risk
                    FROM l, risk, grannkarta.unit u JOIN home ON home.id = u.cell_id
                    JOIN cells ON cells.cell_id = home.cell_id
                    JOIN grannkarta.dwelling d ON d.e = u.e AND d.n = u.n AND d.district_id = u.district_id
                    WHERE d.source_id = l.source_id AND d.villa + d.flat + d.holiday > 0),
        grid AS (SELECT floor(e * l.base_square_dm / ({size_m} * 10.0))::bigint AS e,
                     floor(n * l.base_square_dm / ({size_m} * 10.0))::bigint AS n,
                     sum(dwellings) AS dwellings, sum(at_risk) AS at_risk,
                     sum(CASE WHEN cell_at_risk > 0 THEN count * at_risk::float8 / cell_at_risk
                              ELSE count * dwellings::float8 / cell_dwellings END) AS count
                 FROM squares, l GROUP BY 1, 2)
        SELECT {size_m} * 1000000000000 + grid.n * 1000000 + grid.e, count, dwellings, at_risk, {BOX}
        FROM grid {LATERAL.format(f"ST_MakeEnvelope(e * {size_m}, n * {size_m}, (e + 1) * {size_m}, (n + 1) * {size_m}, 3006)")}""",
                 ["count", "dwellings", "dwellings_at_risk"])


def incidents(database):
    """Of the newest revision, with the cell that each has in the newest lattice."""
    return _rows(database, """WITH RECURSIVE home AS (
          SELECT c.id, c.id AS cell_id, c.merged_into FROM grannkarta.cell c
          UNION ALL SELECT h.id, c.id, c.merged_into FROM home h JOIN grannkarta.cell c ON c.id = h.merged_into)
        SELECT i.id, home.cell_id, i.count, c.code || ' ', c.kind, i.reported,
               to_char(i.from_hour, 'YYYY-MM-DD"T"HH24'), to_char(i.to_hour, 'YYYY-MM-DD"T"HH24')
        FROM grannkarta.incident i JOIN grannkarta.offence_code c ON c.id = i.code_id
        LEFT JOIN home ON home.id = i.cell_id AND home.merged_into IS NULL
        WHERE i.revision_out IS NULL""",
                 ["cell", "count", "code", "kind", "reported", "from", "to"])
