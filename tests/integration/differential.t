#!/usr/bin/python3
"""Random queries against SQL: what a box, a period, a definition, a filter, an order,
pages, a choice of properties and a reference system together select is what PostGIS
selects from the tables, with the same counts.

The expected rows are made from the tables (tests/lib/answers.py, and here for an
analyst: an incident counts in the hour in the middle of its interval), outlines by
ST_Transform in each system. cql2.t tries filters deeper, one parameter at a time. The
seed is fixed; a query that differs is printed, with what SQL was asked."""
import csv
import http.client
import io
import json
import os
import random
import sys
import time
from collections import Counter
from urllib.parse import quote

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import answers
from daemon import Daemon
from fixture import municipality
from ogc import both
from tap import diag, is_eq, ok, run

SEED = 4
QUERIES = {"cells": 1000, "districts-regso": 1200, "districts-kommun": 300, "watch-areas": 800, "hotspots": 400,
           "incidents": 900}
PERIODS = [None, ("2022-01", "2022-12"), ("2024-03", "2024-03"), ("2023-06", "2025-01"), ("2025-06", "2025-06")]
SETS = {"districts-regso": "regso", "districts-kommun": "kommun"}
UNITS = {4326: 10 ** 7, 3006: 100, 3008: 100, 3857: 100}
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


# --- The same in SQL --------------------------------------------------------------------


def definitions():
    """{name: (codes, classes that are at risk)}"""
    found = {}
    for name, code, kind in m.query("SELECT definition, code_id, kind FROM grannkarta.definition_code "
                                    "JOIN grannkarta.offence_code ON id = code_id"):
        codes, kinds = found.setdefault(name, ([], set()))
        codes.append(code)
        kinds.add(kind)
    return found


def of_an_analyst(collection, first, last, definition):
    """{id: columns} of the revision: days `first` to `last`, cells or districts."""
    codes, kinds = definitions()[definition]
    risk = " + ".join(["0"] + [k for k in ("villa", "flat", "holiday") if k in kinds])
    cells = f"""WITH cells AS (
        SELECT lc.cell_id, villa + flat + holiday AS dwellings, {risk} AS at_risk, addresses, coalesce((
            SELECT sum(i.count) FROM grannkarta.incident i WHERE i.cell_id = lc.cell_id AND i.revision_out IS NULL
            AND i.code_id IN ({",".join(codes)})
            AND i.from_hour + make_interval(hours => floor(extract(epoch FROM i.to_hour - i.from_hour) / 7200)::int)
                BETWEEN '{first}' AND timestamp '{last}' + interval '23 hours'), 0) AS count
        FROM grannkarta.lattice_cell lc WHERE version = (SELECT max(version) FROM grannkarta.lattice))"""
    if collection == "cells":
        rows = m.query(cells + " SELECT cell_id, count, dwellings, at_risk, addresses FROM cells")
        names = ["count", "dwellings", "dwellings_at_risk", "addresses"]
    else:
        rows = m.query(cells + f""" SELECT dc.district_id, sum(count), sum(dwellings), sum(at_risk), count(*)
            FROM grannkarta.district_cell dc JOIN grannkarta.district d ON d.id = dc.district_id JOIN cells USING (cell_id)
            WHERE dc.version = (SELECT max(version) FROM grannkarta.lattice) AND d.set_name = '{SETS[collection]}' GROUP BY 1""")
        names = ["count", "dwellings", "dwellings_at_risk", "cells"]
    made = {int(r[0]): dict(zip(names, map(float, r[1:]))) for r in rows}
    if collection in SETS:
        for i, e in answers.districts(m, SETS[collection]).items():
            made[i].update(code=e["code"], inhabitants=e["inhabitants"])
    return made


def of_the_public(collection, period):
    made = {"cells": lambda: answers.cells(m, period), "watch-areas": lambda: answers.watch_areas(m, period),
            "hotspots": lambda: answers.hotspots(m, 250, period)}.get(collection) or (
                lambda: answers.districts(m, SETS[collection], period))
    # Squares share counts out: what is filtered and sorted is what is shown, with 4 decimals.
    return {i: {k: round(v, 4) if isinstance(v, float) else v for k, v in e.items() if k not in ("box", "geometry")}
            for i, e in made().items()}


def sql_value(value):
    return "NULL" if value is None else "'%s'" % str(value).replace("'", "''")


class Table:
    """A collection in one period under one definition: columns, and the parameters that ask for it."""

    number = 0

    def __init__(self, collection, rows, **parameters):
        Table.number += 1
        self.collection, self.rows, self.parameters = collection, rows, parameters
        self.name = "public.d%d" % Table.number
        self.columns = {n: "double precision" if isinstance(v, float) else "date" if n in ("started", "reported") else "text"
                        for e in rows.values() for n, v in e.items() if v is not None}
        self.values = {n: sorted({e[n] for e in rows.values() if e.get(n) is not None}) for n in self.columns}
        columns = ", ".join('"%s" %s' % (n, 'text COLLATE "C"' if t == "text" else t) for n, t in self.columns.items())
        m.execute("CREATE TABLE %s (id bigint PRIMARY KEY, %s); INSERT INTO %s VALUES %s" % (
            self.name, columns, self.name, ",".join(
                "(%d, %s)" % (i, ", ".join(sql_value(e.get(n)) for n in self.columns)) for i, e in rows.items())))


def make_places():
    """public.place: the geometry of every collection in every system, in whole units of
    1e-7 degrees or centimetres, so that PostGIS is exact on it and on edges of boxes."""
    geometries = {**{c: of() for c, of in (("cells", lambda: answers.cells(m)), ("watch-areas", lambda: answers.watch_areas(m)),
                                           ("hotspots", lambda: answers.hotspots(m)), ("incidents", lambda: answers.incidents(m)))},
                  **{c: answers.districts(m, s) for c, s in SETS.items()}}
    m.execute("CREATE TABLE public.place (collection text, id bigint, g3006 geometry, PRIMARY KEY (collection, id))")
    for collection, rows in geometries.items():
        m.execute("INSERT INTO public.place SELECT '%s', key::bigint, ST_Transform(ST_SetSRID(ST_GeomFromGeoJSON(value::text), 4326), 3006) "
                  "FROM json_each('%s')" % (collection, json.dumps({i: e["geometry"] for i, e in rows.items() if e["geometry"]})))
    for srid, unit in UNITS.items():
        m.execute("ALTER TABLE public.place ADD COLUMN i%d geometry; UPDATE public.place SET i%d = "
                  "ST_SetSRID(ST_SnapToGrid(ST_Scale(ST_Transform(g3006, %d), %d, %d), 1), 0)" % (srid, srid, srid, unit, unit))


def envelope(srid, rectangle):
    return "ST_MakeEnvelope(%d, %d, %d, %d)" % tuple(round(v * UNITS[srid]) for v in rectangle)


def make_tables():
    made = []
    for collection in QUERIES:
        if collection == "incidents":
            made.append(Table(collection, {i: {k: v for k, v in e.items() if k in ("count", "code", "kind", "reported", "cell")}
                                           for i, e in answers.incidents(m).items()}, token=analyst.token))
            continue
        for period in PERIODS:
            about = {} if period is None else {"datetime": "%s-10/%s-20" % period}
            made.append(Table(collection, of_the_public(collection, period), **about))
        nothing = {i: dict(e, count=None) for i, e in of_the_public(collection, None).items()}
        made.append(Table(collection, nothing, datetime="2031-01-01"))
        if collection in ("cells", *SETS):
            for first, last, definition in (("2022-02-03", "2022-11-20", "bra"), ("2024-01-01", "2024-12-31", "polisen"),
                                            ("2023-05-17", "2023-05-30", "fullbordade"), ("2023-01-01", "2024-06-30", "fritidshus")):
                made.append(Table(collection, of_an_analyst(collection, first, last, definition), token=analyst.token,
                                  datetime="%s/%s" % (first, last), definition=definition))
    return made


# --- Random queries ---------------------------------------------------------------------------


def srid(crs):
    return 4326 if crs == CRS84 else int(crs.rsplit("/", 1)[1])


def is_inverted(crs):
    return crs != CRS84 and srid(crs) in (4326, 3006, 3008)


class Query:
    """Parameters, and the SQL that they mean."""

    def __init__(self, table):
        self.table = table
        self.parameters = {k: v for k, v in table.parameters.items() if k != "token"}
        self.conditions, self.order = [], []
        if random.random() < 0.55:
            self.add_box()
        if random.random() < 0.5:
            self.add_filter()
        if random.random() < 0.3:
            self.add_order()
        if table.collection == "incidents" and random.random() < 0.4:
            self.add_times()
        self.add_form()

    def corners(self, crs):
        """A rectangle in a CRS around some place, from a few metres to all: its SQL is easting first."""
        x0, y0, x1, y1 = extents[self.table.collection, srid(crs)]
        scale = random.choice([0.002, 0.02, 0.1, 0.4, 1.2])
        x, y = random.uniform(x0, x1), random.uniform(y0, y1)
        w, h = (x1 - x0) * scale * random.random() / 2, (y1 - y0) * scale * random.random() / 2
        digits = 7 if srid(crs) == 4326 else 2
        return [round(v, digits) for v in (x - w, y - h, x + w, y + h)]

    def add_box(self):
        crs = random.choice(systems + [CRS84] * 3)
        x0, y0, x1, y1 = self.corners(crs)
        self.parameters["bbox"] = ",".join(map(repr, (y0, x0, y1, x1) if is_inverted(crs) else (x0, y0, x1, y1)))
        if crs != CRS84 or random.random() < 0.2:
            self.parameters["bbox-crs"] = crs
        self.conditions.append("ST_Intersects(p.i%d, %s)" % (srid(crs), envelope(srid(crs), (x0, y0, x1, y1))))

    def touching(self):
        """A box or a triangle in the system of the filter."""
        crs = self.parameters.get("filter-crs", CRS84)
        x0, y0, x1, y1 = self.corners(crs)
        turn = (lambda vs: [v for i in range(0, len(vs), 2) for v in (vs[i + 1], vs[i])]) if is_inverted(crs) else list
        column, unit = "p.i%d" % srid(crs), UNITS[srid(crs)]
        if random.random() < 0.5:
            return ("S_INTERSECTS(geometry, BBOX(%r, %r, %r, %r))" % tuple(turn((x0, y0, x1, y1))),
                    "ST_Intersects(%s, %s)" % (column, envelope(srid(crs), (x0, y0, x1, y1))))
        corners = (x0, y0, x1, y0, x1, y1, x0, y0)
        wkt = "POLYGON((%r %r, %r %r, %r %r, %r %r))" % tuple(turn(corners))
        whole = "POLYGON((%d %d, %d %d, %d %d, %d %d))" % tuple(round(v * unit) for v in corners)
        return "S_INTERSECTS(geometry, %s)" % wkt, "ST_Intersects(%s, ST_GeomFromText('%s'))" % (column, whole)

    def predicate(self):
        if random.random() < 0.25:
            return self.touching()
        name, kind = random.choice(list(self.table.columns.items()))
        value = random.choice(self.table.values[name])
        column = 't."%s"' % name
        if random.random() < 0.15:
            return '"%s" IS NULL' % name, column + " IS NULL"
        if kind == "text":
            text = value.replace("'", "''")
            op = random.choice(["=", "<>", "<", ">="])
            return "\"%s\" %s '%s'" % (name, op, text), "%s %s '%s'" % (column, op, text)
        if kind == "date":
            op = random.choice(["=", "<", ">="])
            return "\"%s\" %s DATE('%s')" % (name, op, value), "%s %s date '%s'" % (column, op, value)
        value = round(value + random.choice([0, 0, 0, 1, -1, 0.50001]), 5)
        shape = random.random()
        if shape < 0.15:
            other = round(value + random.randint(0, 10), 5)
            return '"%s" BETWEEN %r AND %r' % (name, value, other), "%s BETWEEN %r AND %r" % (column, value, other)
        if shape < 0.3:
            some = ", ".join(repr(v) for v in random.choices(self.table.values[name], k=4))
            return '"%s" IN (%s)' % (name, some), "%s IN (%s)" % (column, some)
        op = random.choice(["=", "<>", "<", ">", "<=", ">="])
        return '"%s" %s %r' % (name, op, value), "%s %s %r" % (column, op, value)

    def add_filter(self):
        if random.random() < 0.4:
            self.parameters["filter-crs"] = random.choice(systems)
        cql, sql = self.predicate()
        while random.random() < 0.4:
            other = self.predicate()
            word = random.choice(["AND", "OR"])
            cql, sql = "(%s) %s (%s)" % (cql, word, other[0]), "(%s) %s (%s)" % (sql, word, other[1])
        if random.random() < 0.2:
            cql, sql = "NOT (%s)" % cql, "NOT (%s)" % sql
        self.parameters["filter"] = cql
        if random.random() < 0.3:
            self.parameters["filter-lang"] = "cql2-text"
        self.conditions.append(sql)

    def add_order(self):
        keys = random.sample([c for c in self.table.columns if c in sortables[self.table.collection]], random.randint(1, 2))
        self.order = [(k, random.choice(["", "-"])) for k in keys]
        self.parameters["sortby"] = ",".join(sign + k for k, sign in self.order)

    def add_times(self):
        first, last = sorted("%d-%02d-%02d" % (random.randint(2022, 2025), random.randint(1, 12), random.randint(1, 28))
                             for _ in range(2))
        shape = random.choice(["%s/%s" % (first, last), first + "/..", "../" + last, first])
        self.parameters["datetime"] = shape
        if not shape.startswith(".."):
            self.conditions.append("i.to_hour >= '%s'" % first)
        if not shape.endswith(".."):
            self.conditions.append("i.from_hour < date '%s' + 1" % (first if shape == first else last))

    def add_form(self):
        self.is_hits = random.random() < 0.08
        self.is_csv = not self.is_hits and random.random() < 0.08
        self.crs = random.choice(systems) if random.random() < 0.3 and not self.is_csv else CRS84
        self.parameters["limit"] = str(random.choice([1, 3, 7, 50, 300]) if random.random() < 0.4 and not self.is_csv else 10000)
        if self.is_hits:
            self.parameters["resultType"] = "hits"
        if self.is_csv:
            self.parameters["f"] = "csv"
        if self.crs != CRS84:
            self.parameters["crs"] = self.crs
        if random.random() < 0.8:
            names = list(self.table.columns)
            self.parameters["properties"] = ",".join(random.sample(names, random.randint(0, 2)))
        if "token" not in self.table.parameters and random.random() < 0.1:
            self.parameters["release"] = "1"

    def sql(self):
        order = ", ".join('t."%s" %s NULLS LAST' % (k, "DESC" if sign else "ASC") for k, sign in self.order) or "t.id"
        incident = "JOIN grannkarta.incident i ON i.id = t.id AND i.revision_out IS NULL" if self.table.collection == "incidents" else ""
        return ("SELECT 'ids,' || coalesce(string_agg(t.id::text, ',' ORDER BY %s), '') FROM %s t LEFT JOIN public.place p "
                "ON p.collection = '%s' AND p.id = t.id %s WHERE %s" % (
                    order, self.table.name, self.table.collection, incident, " AND ".join("(%s)" % c for c in self.conditions) or "true"))

    def path(self):
        return "/collections/%s/items?%s" % (self.table.collection, "&".join(
            "%s=%s" % (k, quote(v, safe="/:,")) for k, v in self.parameters.items()))

    # --- Asked, and compared ------------------------------------------------------------------

    def faults(self, expected):
        headers = {"Authorization": "Bearer " + self.table.parameters["token"]} if "token" in self.table.parameters else {}
        if self.is_csv:
            return self.csv_faults(expected, headers)
        got, path, pages = [], self.path(), 0
        while path and pages < 12:
            status, answered, body = connection.get(path, headers)
            if status != 200:
                return "%d %s" % (status, body[:300])
            page = json.loads(body)
            if page["numberMatched"] != len(expected):
                return "numberMatched is %d, not %d" % (page["numberMatched"], len(expected))
            if "Content-Crs" in answered and answered["Content-Crs"] != "<%s>" % self.crs:
                return "Content-Crs is %s" % answered["Content-Crs"]
            got += [f["id"] for f in page.get("features", [])]
            fault = next(filter(None, map(self.feature_fault, page.get("features", [])[:3])), None)
            if fault:
                return fault
            path = next((l["href"][len(daemon.url()):] for l in page["links"] if l["rel"] == "next"), None)
            pages += 1
        if self.is_hits:
            return got and "hits has features"
        return self.order_fault(got, expected if path is None else None, expected)

    def order_fault(self, got, whole, expected):
        """`whole`: what all of it must be; None when it was left after some pages."""
        if len(set(got)) != len(got):
            return "a feature comes twice"
        if whole is not None and set(got) != set(whole):
            return "%d features, not %d; %r and %r differ" % (
                len(got), len(whole), sorted(set(got) - set(whole))[:5], sorted(set(whole) - set(got))[:5])
        if set(got) - set(expected):
            return "features that do not belong: %r" % sorted(set(got) - set(expected))[:5]
        keys = lambda ids: [[self.table.rows[i].get(k) for k, _ in self.order] for i in ids]
        if self.order and keys(got) != keys(expected[:len(got)]):
            return "not in the order of SQL"
        return None

    def feature_fault(self, feature):
        """Its properties are those chosen, and their values SQL's."""
        row, chosen = self.table.rows[feature["id"]], self.parameters.get("properties")
        if chosen is not None and set(feature["properties"]) != set(filter(None, chosen.split(","))):
            return "properties are %r" % list(feature["properties"])
        for name, value in row.items():
            said = feature["properties"].get(name, value)
            if said != value and not (isinstance(value, float) and said is not None and abs(said - value) < 6e-5):
                return "%d: %s is %r, not %r" % (feature["id"], name, said, value)
        return None

    def csv_faults(self, expected, headers):
        status, _, body = connection.get(self.path(), headers)
        if status != 200:
            return "%d %s" % (status, body[:300])
        rows = list(csv.reader(io.StringIO(body.decode("utf-8"), newline="")))
        return self.order_fault([int(r[0]) for r in rows[1:]], expected, expected)


class Connection:
    """Stays open while it is used."""

    def __init__(self):
        self.used, self.connection = 0, None

    def get(self, path, headers):
        if time.monotonic() - self.used > 4:
            self.connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
        self.connection.request("GET", path, headers=headers)
        answer = self.connection.getresponse()
        body = answer.read()
        self.used = time.monotonic()
        return answer.status, answer.headers, body


def random_queries_are_those_of_sql():
    start, selected, used = time.monotonic(), 0, Counter()
    for collection, count in QUERIES.items():
        own = [t for t in tables if t.collection == collection]
        queries = [Query(random.choice(own)) for _ in range(count)]
        rows = m.query(";\n".join(q.sql() for q in queries))
        expected = [[int(i) for i in r[0].split(",")[1:] if i] for r in rows]
        assert len(expected) == count
        used.update(name for q in queries for name in q.parameters)
        selected += sum(0 < len(e) < len(q.table.rows) for q, e in zip(queries, expected))
        faults = [(q, f) for q, f in ((q, q.faults(e)) for q, e in zip(queries, expected)) if f]
        if not ok(not faults, "%s: %d random queries" % (collection, count)):
            for q, fault in faults[:4]:
                diag("%s\n%s%s\n%s" % (fault, q.path(), " (analyst)" if "token" in q.table.parameters else "", q.sql()))
            diag("%d of %d differ" % (len(faults), count))
    ok(selected > sum(QUERIES.values()) / 3, "%d of %d select some and not all" % (selected, sum(QUERIES.values())))
    is_eq([n for n in ("bbox", "bbox-crs", "crs", "csv", "datetime", "definition", "filter", "filter-crs", "limit", "properties", "release",
                       "resultType", "sortby") if used[{"csv": "f"}.get(n, n)] < 100], [], "with each parameter in 100 and more")
    diag("%.0f s" % (time.monotonic() - start))


random.seed(SEED)
with municipality() as m, Daemon(m.conninfo()) as daemon:
    public, analyst = both(m, daemon)
    systems, connection = public.json("/collections/cells")["crs"], Connection()
    sortables = {c: analyst.json("/collections/%s/sortables" % c)["properties"] for c in QUERIES}
    make_places()
    extents = {(r[0], int(r[1])): [float(v) / UNITS[int(r[1])] for v in r[2:]] for r in m.query(";".join(
        "SELECT collection, %d, min(ST_XMin(g)), min(ST_YMin(g)), max(ST_XMax(g)), max(ST_YMax(g)) "
        "FROM (SELECT collection, i%d AS g FROM public.place) x GROUP BY 1" % (s, s) for s in UNITS))}
    tables = make_tables()
    run(random_queries_are_those_of_sql)
