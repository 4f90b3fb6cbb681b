"""The database's own answers: what the service should say, asked of PostGIS.

Each function takes a Database and returns {id: properties} of a collection, made by
SQL from the tables and not by way of the programs' views or code; counts are of the
release's default period (its last 12 months), or of the months of `period`, two texts
such as ("2024-07", "2024-12"). `geometry` is GeoJSON's, by PostGIS's own transform to
longitude and latitude, `box` the box around it.
"""
import json


def _release(period=None):
    """CTEs: r (the release and its period), l (its lattice), risk, cells with counts."""
    first, last = ("(through_month - interval '11 months')::date", "through_month") if period is None else (
        "date '%s-01'" % month for month in period)
    return f"""
  r AS (SELECT *, greatest(first_month, {first}) AS period_from, least(through_month, {last}) AS last_month
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
                               AND m.month BETWEEN r.period_from AND r.last_month), 0) AS count
            FROM r, risk, grannkarta.lattice_cell lc WHERE lc.version = r.lattice_version)
"""


PLACE = "ST_AsGeoJSON(ST_Transform({}, 4326), 12)"


def positions(coordinates):
    """The positions of GeoJSON coordinates, however deep."""
    if coordinates and isinstance(coordinates[0], (int, float)):
        yield coordinates
    else:
        for part in coordinates:
            yield from positions(part)


def box(geometry):
    """[west, south, east, north]"""
    points = list(positions(geometry["coordinates"]))
    return [f(p[i] for p in points) for f in (min, max) for i in (0, 1)]


def _rows(database, sql, names):
    """{id: {name: value}} with numbers as numbers; a column more than names is a place."""
    answers = {}
    for row in database.query(sql):
        values = []
        for text in row[:len(names) + 1]:
            try:  # a space behind keeps a text of digits a text
                values.append(None if text is None else text[:-1] if text.endswith(" ") else float(text))
            except ValueError:
                values.append(text)
        answer = dict(zip(names, values[1:]))
        if len(row) > len(names) + 1:
            answer["geometry"] = row[-1] and json.loads(row[-1])
            answer["box"] = answer["geometry"] and box(answer["geometry"])
        assert int(row[0]) not in answers
        answers[int(row[0])] = answer
    return answers


def cells(database, period=None):
    return _rows(database, f"WITH {_release(period)} SELECT cell_id, count, dwellings, at_risk, addresses, "
                           f"{PLACE.format('outline')} FROM cells",
                 ["count", "dwellings", "dwellings_at_risk", "addresses"])


def districts(database, name, period=None):
    return _rows(database, f"""WITH {_release(period)}
        SELECT d.id, d.code || ' ', s.count, s.dwellings, s.at_risk, s.cells, d.inhabitants, {PLACE.format('d.outline')}
        FROM r JOIN grannkarta.release_district rd ON rd.release_id = r.id
        JOIN grannkarta.district d ON d.id = rd.district_id AND d.set_name = '{name}'
        CROSS JOIN LATERAL (SELECT coalesce(sum(count), 0) AS count, coalesce(sum(dwellings), 0) AS dwellings,
                                   coalesce(sum(at_risk), 0) AS at_risk, count(*) AS cells
                            FROM grannkarta.district_cell dc JOIN cells USING (cell_id)
                            WHERE dc.version = r.lattice_version AND dc.district_id = d.id) s""",
                 ["code", "count", "dwellings", "dwellings_at_risk", "cells", "inhabitants"])


def municipalities(database, period=None):
    """What only the municipality as a whole tells."""
    return _rows(database, f"""WITH {_release(period)}
        SELECT m.district_id, sum(m.count), sum(m.unlocated)
        FROM r JOIN grannkarta.release_municipality_month m ON m.release_id = r.id
        WHERE m.month BETWEEN r.period_from AND r.last_month GROUP BY 1""",
                 ["count_total", "unlocated"])


def watch_areas(database, period=None):
    return _rows(database, f"""WITH {_release(period)}
        SELECT w.watch_area_id, w.slug, w.name, w.started, s.count, s.dwellings, s.at_risk, s.cells,
               round(sm.households), {PLACE.format('o.outline')}
        FROM r JOIN grannkarta.release_watch_area w ON w.release_id = r.id
        JOIN grannkarta.watch_boundary o ON o.id = w.boundary_id
        JOIN grannkarta.watch_summary sm ON sm.version = r.lattice_version AND sm.boundary_id = o.id
        CROSS JOIN LATERAL (SELECT coalesce(sum(count), 0) AS count, coalesce(sum(dwellings), 0) AS dwellings,
                                   coalesce(sum(at_risk), 0) AS at_risk, count(*) AS cells
                            FROM grannkarta.watch_cover wc JOIN cells USING (cell_id)
                            WHERE wc.version = r.lattice_version AND wc.boundary_id = o.id) s""",
                 ["slug", "name", "started", "count", "dwellings", "dwellings_at_risk", "cells", "households"])


def hotspots(database, size_m=250, period=None):
    """Squares by id; a cell's count goes to its squares by dwellings at risk."""
    return _rows(database, f"""WITH RECURSIVE {_release(period)},
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
        SELECT {size_m} * 1000000000000 + grid.n * 1000000 + grid.e, count, dwellings, at_risk,
               {PLACE.format(f"ST_MakeEnvelope(e * {size_m}, n * {size_m}, (e + 1) * {size_m}, (n + 1) * {size_m}, 3006)")}
        FROM grid""",
                 ["count", "dwellings", "dwellings_at_risk"])


def incidents(database):
    """Of the newest revision, with the cell that each has in the newest lattice."""
    return _rows(database, """WITH RECURSIVE home AS (
          SELECT c.id, c.id AS cell_id, c.merged_into FROM grannkarta.cell c
          UNION ALL SELECT h.id, c.id, c.merged_into FROM home h JOIN grannkarta.cell c ON c.id = h.merged_into)
        SELECT i.id, home.cell_id, i.count, c.code || ' ', c.kind, i.reported,
               to_char(i.from_hour, 'YYYY-MM-DD"T"HH24'), to_char(i.to_hour, 'YYYY-MM-DD"T"HH24'),
               ST_AsGeoJSON(ST_Transform(ST_SetSRID(ST_Point((c2.point_e + 0.5) * l.base_square_dm / 10.0,
                                                             (c2.point_n + 0.5) * l.base_square_dm / 10.0), 3006), 4326), 12)
        FROM grannkarta.incident i JOIN grannkarta.offence_code c ON c.id = i.code_id
        LEFT JOIN home ON home.id = i.cell_id AND home.merged_into IS NULL
        LEFT JOIN grannkarta.cell c2 ON c2.id = home.cell_id
        JOIN grannkarta.lattice l ON l.version = (SELECT max(version) FROM grannkarta.lattice)
        WHERE i.revision_out IS NULL""",
                 ["cell", "count", "code", "kind", "reported", "from", "to"])
