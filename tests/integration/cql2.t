#!/usr/bin/python3
"""CQL2 filters and sortby against PostgreSQL and PostGIS.

What a collection answers without a filter is put into a table, its geometry as
integers of 1e-7 degree or of centimetres, so that PostGIS is exact on it. Then thousands of random
filters (fixed seed) are asked of the service and, translated, of SQL: the same
ids in the same order. Foldings are checked against Python's Unicode."""
import http.client
import json
import os
import random
import subprocess
import sys
import time
import unicodedata
from urllib.parse import urlencode

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cluster import ROOT
from daemon import Daemon
from fixture import analyst_token, municipality
from tap import diag, is_eq, ok, run

SEED = 20240301
FILTERS = {"cells": 400, "districts-regso": 800, "districts-kommun": 150, "watch-areas": 500, "hotspots": 250,
           "incidents": 400}
SORTS = 120
E7 = 10 ** 7


class Client:
    """A connection that stays open while it is used."""

    def __init__(self, token):
        self.headers = {"Authorization": "Bearer " + token} if token else {}
        self.connection, self.used = None, 0

    def get(self, path, **query):
        if time.monotonic() - self.used > 5:
            self.connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
        self.connection.request("GET", path + ("?" + urlencode(query) if query else ""), headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        self.used = time.monotonic()
        return answer.status, json.loads(body)

    def items(self, collection, **query):
        return self.get("/collections/%s/items" % collection, **query)


# --- The same data in SQL --------------------------------------------------------------

TYPES = {"integer": "bigint", "number": "double precision", "string": "text", "boolean": "boolean"}


def sql_type(schema):
    return {"date": "date", "date-time": "timestamptz"}.get(schema.get("format")) or TYPES[schema["type"]]


def sql_text(value):
    return "'" + value.replace("'", "''") + "'"


def sql_value(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    return sql_text(str(value))


def wkt_of(geometry, scale, is_swapped):
    """GeoJSON as WKT of integers, easting or longitude first."""
    number = lambda c: str(round(c * scale))
    point = lambda p: number(p[is_swapped]) + " " + number(p[not is_swapped])
    ring = lambda r: "(" + ",".join(map(point, r)) + ")"
    polygon = lambda p: "(" + ",".join(map(ring, p)) + ")"
    kind, c = geometry["type"], geometry["coordinates"]
    if kind == "Point":
        return "POINT(%s)" % point(c)
    if kind == "Polygon":
        return "POLYGON" + polygon(c)
    return "MULTIPOLYGON(%s)" % ",".join(map(polygon, c))


class Layer:
    """A collection as a table: its columns with types, its rows in its own order."""

    def __init__(self, client, collection, crs=None, **query):
        """`crs`: of the literals and of what they are compared with; None: CRS84."""
        self.client, self.collection, self.query = client, collection, query
        is_plane = crs in (3006, 3008, 3857)
        self.scale, self.decimals = (100, 2) if is_plane else (E7, 7)
        self.is_swapped = crs in (4326, 3006, 3008)
        self.reach = 10000 * 100 if is_plane else 400000
        if crs:
            uri = "http://www.opengis.net/def/crs/EPSG/0/%d" % crs
            self.query = {**query, "crs": uri, "filter-crs": uri}
        status, schema = client.get("/collections/%s/queryables" % collection)
        assert status == 200, schema
        self.columns = {n: sql_type(s) for n, s in schema["properties"].items() if n != "geometry"}
        _, sortables = client.get("/collections/%s/sortables" % collection)
        self.sortables = list(sortables["properties"])
        status, answer = client.items(collection, limit=10000, **self.query)
        assert status == 200, answer
        self.features = answer["features"]
        self.crs = crs
        assert len(self.features) == answer["numberMatched"]
        self.table = "t_%s_%s" % (collection.replace("-", "_"), crs or 84)
        self.values = {n: sorted({f["properties"][n] for f in self.features if f["properties"][n] is not None})
                       for n in self.columns}
        self.make()

    def make(self):
        rows = []
        for i, f in enumerate(self.features):
            geometry = "ST_GeomFromText('%s')" % wkt_of(f["geometry"], self.scale, self.is_swapped) if f["geometry"] else "NULL"
            rows.append("(%d, %d, %s, %s)" % (i, f["id"], ", ".join(
                sql_value(f["properties"][n]) for n in self.columns), geometry))
        columns = ", ".join('"%s" %s%s' % (n, t, ' COLLATE "C"' if t == "text" else "") for n, t in self.columns.items())
        database.execute("CREATE TABLE %s (rank int, id bigint, %s, geometry geometry)" % (self.table, columns))
        names = ", ".join('"%s"' % n for n in self.columns)
        for start in range(0, len(rows), 500):
            database.execute("INSERT INTO %s (rank, id, %s, geometry) VALUES %s" % (
                self.table, names, ",\n".join(rows[start:start + 500])))

    # --- Random filters: pairs of CQL2 and SQL -------------------------------------------

    def point(self):
        """Integers, often a corner of a feature."""
        f = random.choice([f for f in self.features if f["geometry"]])
        c = f["geometry"]["coordinates"]
        while isinstance(c[0], list):
            c = random.choice(c)
        x, y = round(c[self.is_swapped] * self.scale), round(c[not self.is_swapped] * self.scale)
        if random.random() < 0.7:
            x, y = x + random.randint(-self.reach, self.reach), y + random.randint(-self.reach // 2, self.reach // 2)
        return x, y

    def geometry(self):
        """A literal and the same as WKT of integers."""
        kind = random.choice(["POINT", "LINESTRING", "POLYGON", "BBOX", "BBOX", "MULTIPOINT", "MULTILINESTRING",
                              "MULTIPOLYGON", "GEOMETRYCOLLECTION"])
        own = lambda v: "%.*f" % (self.decimals, v / self.scale)
        deg = lambda p: own(p[self.is_swapped]) + " " + own(p[not self.is_swapped])
        e7 = lambda p: "%d %d" % p
        path = lambda ps, put: "(" + ",".join(map(put, ps)) + ")"

        def triangle():
            a = self.point()
            b = (a[0] + random.randint(1000, 300000), a[1] + random.randint(-100000, 100000))
            c = (a[0] + random.randint(-100000, 100000), a[1] + random.randint(100001, 200000))
            return [a, b, c, a]

        if kind == "BBOX":
            (x0, y0), (x1, y1) = self.point(), self.point()
            x0, x1, y0, y1 = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
            return ("BBOX(%s)" % ",".join(map(deg, ((x0, y0), (x1, y1)))).replace(" ", ","),
                    "ST_MakeEnvelope(%d,%d,%d,%d)" % (x0, y0, x1, y1))
        if kind == "POINT":
            p = self.point()
            body = lambda put: "(" + put(p) + ")"
        elif kind == "MULTIPOINT":
            ps = [self.point() for _ in range(3)]
            body = lambda put: "(" + ",".join("(" + put(p) + ")" for p in ps) + ")"
        elif kind == "LINESTRING":
            ps = [self.point() for _ in range(random.randint(2, 4))]
            body = lambda put: path(ps, put)
        elif kind == "MULTILINESTRING":
            lines = [[self.point(), self.point()] for _ in range(2)]
            body = lambda put: "(" + ",".join(path(l, put) for l in lines) + ")"
        elif kind == "POLYGON":
            t = triangle()
            body = lambda put: "(" + path(t, put) + ")"
        elif kind == "MULTIPOLYGON":
            t = triangle()
            far = [(x + 30 * self.reach, y) for x, y in triangle()]
            body = lambda put: "((" + path(t, put) + "),(" + path(far, put) + "))"
        else:
            t, p = triangle(), self.point()
            body = lambda put: "(POINT(%s),POLYGON(%s))" % (put(p), path(t, put))
        return kind + body(deg), "ST_GeomFromText('%s')" % (kind + body(e7))

    def literal(self, column):
        """A value of a column's type, often one that occurs: CQL2 and SQL."""
        t, values = self.columns[column], self.values[column]
        v = random.choice(values) if values else None
        if t == "text":
            text = v if v is not None and random.random() < 0.8 else random.choice(["", "a", "Åby", "x'y", "zz", "\\"])
            return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'", sql_text(text)
        if t == "boolean":
            return random.choice([("TRUE", "true"), ("false", "false")])
        if t == "date":
            d = v if v and random.random() < 0.7 else "%d-%02d-%02d" % (
                random.randint(2018, 2026), random.randint(1, 12), random.randint(1, 28))
            return "DATE('%s')" % d, "date '%s'" % d
        if t == "timestamptz":
            s = "%d-%02d-%02dT%02d:00:00" % (random.randint(2021, 2025), random.randint(1, 12), random.randint(1, 28),
                                             random.randint(0, 23))
            return "TIMESTAMP('%sZ')" % s, "timestamptz '%s+00'" % s
        number = v if v is not None and random.random() < 0.7 else random.choice([0, 1, -3, 2.5, 1e3, 100])
        return repr(number), repr(number)

    def comparison(self):
        column = random.choice(list(self.columns))
        op = random.choice(["=", "<>", "<", ">", "<=", ">="])
        same = [n for n, t in self.columns.items() if t == self.columns[column]]
        if len(same) > 1 and random.random() < 0.2:
            other = random.choice(same)
            return '"%s" %s %s' % (column, op, '"%s"' % other), '"%s" %s "%s"' % (column, op, other)
        cql, sql = self.literal(column)
        if random.random() < 0.2:
            return '%s %s "%s"' % (cql, op, column), '%s %s "%s"' % (sql, op, column)
        return '"%s" %s %s' % (column, op, cql), '"%s" %s %s' % (column, op, sql)

    def of_type(self, *types):
        return [n for n, t in self.columns.items() if t in types]

    def between(self):
        n = random.choice(self.of_type("bigint", "double precision"))
        (a, x), (b, y) = self.literal(n), self.literal(n)
        negated = random.choice(["", "NOT "])
        sql = '"%s" >= %s AND "%s" <= %s' % (n, x, n, y)
        return '"%s" %sBETWEEN %s AND %s' % (n, negated, a, b), "%s(%s)" % (negated, sql)

    def in_list(self):
        n = random.choice(list(self.columns))
        items = [self.literal(n) for _ in range(random.randint(1, 5))]
        negated = random.choice(["", "NOT "])
        return ('"%s" %sIN (%s)' % (n, negated, ",".join(c for c, _ in items)),
                '"%s" %sIN (%s)' % (n, negated, ",".join(s for _, s in items)))

    def is_null(self):
        n = random.choice(list(self.columns) + ["geometry"])
        negated = random.choice(["", "NOT "])
        return '"%s" IS %sNULL' % (n, negated), '"%s" IS %sNULL' % (n, negated)

    def like(self):
        names = self.of_type("text")
        n = random.choice(names)
        v = random.choice(self.values[n] or ["abc"])
        a, b = sorted((random.randint(0, len(v)), random.randint(0, len(v))))
        pattern = "%" + v[a:b] + "%" if random.random() < 0.5 else "".join(
            random.choice([c, c, c, "_", "%"]) for c in v)
        pattern = pattern.replace("\\", "\\\\")
        negated = random.choice(["", "NOT "])
        quoted = pattern.replace("'", "''")
        return ("\"%s\" %sLIKE '%s'" % (n, negated, quoted), "\"%s\" %sLIKE '%s'" % (n, negated, quoted))

    def intersects(self):
        cql, sql = self.geometry()
        if random.random() < 0.2:
            return "S_INTERSECTS(%s,geometry)" % cql, 'ST_Intersects(geometry, %s)' % sql
        return "S_INTERSECTS(geometry,%s)" % cql, 'ST_Intersects(geometry, %s)' % sql

    def temporal(self):
        """Relations of instants, and of intervals where a collection has two instants."""
        instants = self.of_type("date") if random.random() < 0.5 else self.of_type("timestamptz")
        if not instants:
            return self.comparison()
        n = random.choice(instants)
        (a, x), (b, y) = self.literal(n), self.literal(n)
        plain = lambda t: t[t.index("(") + 1:-1]
        if x > y:
            a, b, x, y = b, a, y, x
        f, t = ('"%s"' % n, '"%s"' % n)
        cql = f
        relations = dict(RELATIONS)
        if "from" in self.columns and n in ("from", "to") and random.random() < 0.7:
            f, t, cql = '"from"', '"to"', 'INTERVAL("from", "to")'
            relations.update(OF_INTERVALS)
        name = random.choice(list(relations))
        literal = "INTERVAL(%s, %s)" % (plain(a), plain(b))
        return ("%s(%s, %s)" % (name, cql, literal),
                "(%s)" % relations[name].format(a0=f, a1=t, b0=x, b1=y))

    def predicate(self):
        if self.crs and random.random() < 0.7:
            return self.intersects()
        kinds = [self.comparison] * 4 + [self.between, self.in_list, self.is_null, self.temporal] + [self.intersects] * 2
        if self.of_type("text"):
            kinds.append(self.like)
        return random.choice(kinds)()

    def filter(self, depth=0):
        shape = random.random()
        if depth >= 3 or shape < 0.45:
            return self.predicate()
        if shape < 0.6:
            cql, sql = self.filter(depth + 1)
            return "NOT (%s)" % cql, "NOT (%s)" % sql
        word = random.choice([" AND ", " OR "])
        parts = [self.filter(depth + 1) for _ in range(random.randint(2, 3))]
        return word.join("(%s)" % c for c, _ in parts), word.join("(%s)" % s for _, s in parts)


RELATIONS = {"T_AFTER": "{a0} > {b1}", "T_BEFORE": "{a1} < {b0}", "T_DISJOINT": "{a0} > {b1} OR {a1} < {b0}",
             "T_EQUALS": "{a0} = {b0} AND {a1} = {b1}", "T_INTERSECTS": "{a0} <= {b1} AND {a1} >= {b0}"}
# OWL-Time: intervalContains, During, Finishes, Meets, Overlaps, Starts and their inverses.
OF_INTERVALS = {"T_CONTAINS": "{a0} < {b0} AND {a1} > {b1}", "T_DURING": "{a0} > {b0} AND {a1} < {b1}",
                "T_FINISHEDBY": "{a0} < {b0} AND {a1} = {b1}", "T_FINISHES": "{a0} > {b0} AND {a1} = {b1}",
                "T_MEETS": "{a1} = {b0}", "T_METBY": "{a0} = {b1}",
                "T_OVERLAPPEDBY": "{a0} > {b0} AND {a0} < {b1} AND {a1} > {b1}",
                "T_OVERLAPS": "{a0} < {b0} AND {a1} > {b0} AND {a1} < {b1}",
                "T_STARTEDBY": "{a0} = {b0} AND {a1} > {b1}", "T_STARTS": "{a0} = {b0} AND {a1} < {b1}"}


def ids_by_sql(layer, conditions, orders=None):
    """The ids of each condition, in order: one statement a condition, one process."""
    statements = []
    for i, condition in enumerate(conditions):
        order = orders[i] if orders else "rank"
        statements.append("SELECT 'ids,' || coalesce(string_agg(id::text, ',' ORDER BY %s), '') FROM %s WHERE %s;" % (
            order, layer.table, condition))
    rows = database.query("SET TimeZone = 'UTC';\n" + "\n".join(statements))
    return [[int(x) for x in row[0].split(",")[1:] if x] for row in rows]


def differences(layer, count):
    """Random filters that the service and SQL answer differently."""
    pairs = [layer.filter() for _ in range(count)]
    expected = ids_by_sql(layer, [sql for _, sql in pairs])
    assert len(expected) == count
    faults, empty = [], 0
    for (cql, sql), ids in zip(pairs, expected):
        if len(cql.encode()) > 4096:
            continue
        status, answer = layer.client.items(layer.collection, filter=cql, limit=10000, **layer.query)
        got = [f["id"] for f in answer.get("features", [])]
        empty += not ids
        if status != 200 or got != ids or answer["numberMatched"] != len(ids):
            faults.append((cql, sql, status, answer.get("detail"), len(got), len(ids),
                           sorted(set(got) ^ set(ids))[:5]))
    diag("%s: %d filters, %d select nothing" % (layer.collection, count, empty))
    return faults


def random_filters_select_what_sql_selects():
    start = time.monotonic()
    for layer in layers:
        faults = differences(layer, 150 if layer.crs else FILTERS[layer.collection])
        for fault in faults[:3]:
            diag(fault)
        is_eq(len(faults), 0, "%s (%s): random filters select what SQL selects" % (layer.collection, layer.crs or "CRS84"))
    diag("%.1f s" % (time.monotonic() - start))


def random_orders_are_those_of_sql():
    for layer in layers:
        wanted = []
        for _ in range(SORTS // len(layers)):
            keys = random.sample(layer.sortables, random.randint(1, min(3, len(layer.sortables))))
            signs = [random.choice(["", "+", "-"]) for _ in keys]
            wanted.append((",".join(s + k for s, k in zip(signs, keys)), ", ".join(
                ['"%s" %s NULLS LAST' % (k, "DESC" if s == "-" else "ASC") for s, k in zip(signs, keys)] + ["rank"])))
        condition, sql = layer.filter()
        expected = ids_by_sql(layer, [sql] * len(wanted), [order for _, order in wanted])
        faults = []
        for (sortby, _), ids in zip(wanted, expected):
            status, answer = layer.client.items(layer.collection, filter=condition, sortby=sortby, limit=10000,
                                                **layer.query)
            got = [f["id"] for f in answer.get("features", [])]
            if status != 200 or got != ids:
                faults.append((sortby, status, answer.get("detail"), got[:5], ids[:5]))
        for fault in faults[:3]:
            diag(fault)
        is_eq(len(faults), 0, "%s: random orders are those of SQL" % layer.collection)


def pages_of_a_filter_in_an_order_are_complete():
    for layer in layers:
        key = "name" if layer.collection == "watch-areas" else "-count"
        query = {"filter": '"%s" IS NOT NULL' % layer.sortables[0], "sortby": key, **layer.query}
        _, whole = layer.client.items(layer.collection, limit=10000, **query)
        got, path, pages = [], None, 0
        status, answer = layer.client.items(layer.collection, limit=7, **query)
        while status == 200 and pages < 20:
            got += [f["id"] for f in answer["features"]]
            pages += 1
            path = next((l["href"] for l in answer["links"] if l["rel"] == "next"), None)
            if path is None or answer["numberMatched"] != whole["numberMatched"]:
                break
            status, answer = layer.client.get(path[len(daemon.url()):])
        is_eq(got, [f["id"] for f in whole["features"]][:len(got)],
              "%s: %d pages of 7 are the whole in order" % (layer.collection, pages))


# --- Foldings ------------------------------------------------------------------------------


def tables_of_unicode_are_pythons():
    made = subprocess.run([sys.executable, os.path.join(ROOT, "tests/lib/unicode_tables.py")], capture_output=True,
                          text=True, check=True).stdout
    with open(os.path.join(ROOT, "lib/api/cql2_unicode.def")) as f:
        # A newer Python knows more characters; the table is of 14.0, as Debian 12 has it.
        ok(unicodedata.unidata_version != "14.0.0" or made == f.read(), "cql2_unicode.def is what Python's tables say")


def random_texts_fold_as_python_folds_them():
    points = [c for c in range(0x20, 0x30000) if unicodedata.category(chr(c)) not in ("Cs", "Cc", "Cn", "Co")
              and chr(c) not in "'\\%_"]
    kept = ("\u3099", "\u309a")
    strip = lambda t: "".join(c for c in unicodedata.normalize("NFD", t)
                              if unicodedata.category(c) != "Mn" or c in kept)
    client, faults = layers[0].client, []
    for i in range(150):
        text = "".join(chr(random.choice(points)) for _ in range(20))
        if unicodedata.unidata_version != "14.0.0" or unicodedata.normalize("NFD", text) != "".join(
                unicodedata.normalize("NFD", c) for c in text):
            continue  # marks of neighbours change places
        for function, expected in (("CASEI", text.casefold()), ("ACCENTI", strip(text))):
            status, answer = client.items("cells", filter="%s('%s') = '%s'" % (function, text, expected), limit=1)
            if status != 200 or answer["numberMatched"] != len(layers[0].features):
                faults.append((function, text, answer.get("detail")))
    for fault in faults[:3]:
        diag(fault)
    is_eq(len(faults), 0, "random texts fold as Python folds them")


# --- What is refused ------------------------------------------------------------------------


def refusals_name_the_position():
    client = layers[0].client
    for text, position in (("count >= ", 10), ("count = 1 OR", 13), ("count + 1 = 2", 7), ("count = 'a'", 9),
                           ("nothing = 1", 1), ("S_WITHIN(geometry, POINT(1 2))", 1), ("foo(count) = 1", 1),
                           ("count = 1 AND S_INTERSECTS(geometry, POINT(90 180))", 44), ("Åäö = 1 AND ?", 13),
                           ("count IN (1, (2))", 14), ("NOT NOT count = 1", 5), ("count LIKE 'a'", 1)):
        status, answer = client.items("cells", filter=text)
        ok(status == 400 and "character %d" % position in answer.get("detail", ""),
           "%s is refused at character %d: %s" % (text, position, answer.get("detail")))
    for query in ({"filter-lang": "cql2-json", "filter": "count=1"}, {"filter-crs": "EPSG:3006", "filter": "count=1"},
                  {"sortby": "geometry"}, {"sortby": "count,,cell"}, {"sortby": ""}, {"filter": ""},
                  {"filter": "count=1" + " " * 4090}, {"filter": "(" * 40 + "count=1" + ")" * 40}):
        status, answer = client.items("cells", **query)
        is_eq(status, 400, "%s is refused: %s" % (str(query)[:60], answer.get("detail", "")[:90]))


random.seed(SEED)
with municipality() as database:
    with Daemon(database.conninfo()) as daemon:
        token = analyst_token(database)
        daemon.poll(lambda: daemon.get("/collections/incidents/items?limit=1", token=token).status == 200, "the token")
        period = {"datetime": "2022-01-01/2024-12-31"}
        layers = [Layer(Client(None), "cells", **period), Layer(Client(None), "districts-regso", **period),
                  Layer(Client(None), "districts-kommun", **period), Layer(Client(token), "watch-areas", **period),
                  Layer(Client(None), "hotspots", **period), Layer(Client(token), "incidents"),
                  Layer(Client(None), "cells", 3006, **period), Layer(Client(None), "districts-regso", 3857, **period),
                  Layer(Client(token), "incidents", 3008), Layer(Client(None), "watch-areas", 4326, **period)]
        run(tables_of_unicode_are_pythons, refusals_name_the_position, random_texts_fold_as_python_folds_them,
            random_filters_select_what_sql_selects, random_orders_are_those_of_sql,
            pages_of_a_filter_in_an_order_are_complete)
