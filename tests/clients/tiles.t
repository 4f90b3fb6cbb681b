#!/usr/bin/python3
"""Vector tiles against who knows better: the items of the same collection for what
is in a feature, PostGIS for where it is (ST_TileEnvelope, ST_Intersects, areas,
validity), GDAL for whether others can read it. tests/lib/mvt.py decodes by the
specification and raises on what it forbids."""
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import mvt
from daemon import Daemon
from fixture import analyst_token, municipality
from ogc import all_of, link
from tap import is_eq, is_near, ok, run

MVT = "application/vnd.mapbox-vector-tile"
LAYERS = ["cells", "districts-regso", "districts-kommun", "watch-areas", "hotspots"]
EXTENT, BUFFER = 4096, 64
TILES = "/collections/%s/tiles/WebMercatorQuad"
chance = random.Random(1)


def tile_at(lon, lat, z):
    """(z, x, y) by the formula that everybody uses."""
    n = 2 ** z
    x = int((lon + 180) / 360 * n)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)
    return z, min(max(x, 0), n - 1), min(max(y, 0), n - 1)


def tiles_of(box, z):
    """All tiles of a zoom that a box touches, and those around."""
    _, x0, y1 = tile_at(box[0], box[1], z)
    _, x1, y0 = tile_at(box[2], box[3], z)
    n = 2 ** z - 1
    return [(z, x, y) for x in range(max(x0 - 1, 0), min(x1 + 1, n) + 1)
            for y in range(max(y0 - 1, 0), min(y1 + 1, n) + 1)]


def path(layer, tile, query=""):
    z, x, y = tile
    return TILES % layer + "/%d/%d/%d%s" % (z, y, x, query)


def features(layer, tile, query="", token=None):
    answer = daemon.get(path(layer, tile, query), token=token)
    assert answer.status == 200 and answer.headers["Content-Type"] == MVT, (layer, tile, answer.status, answer.body[:300])
    layers = mvt.read(answer.body)
    assert list(layers) in ([], [layer]), list(layers)
    if not layers:
        return []
    assert layers[layer].extent == EXTENT
    return layers[layer].features


def items(layer, query="", token=None):
    """{id: feature} of a whole collection."""
    found, address = {}, "/collections/%s/items?limit=10000%s" % (layer, query)
    while address:
        page = daemon.get(address, token=token).json()
        found.update((f["id"], f) for f in page["features"])
        address = next((l["href"][len(daemon.url()):] for l in page["links"] if l["rel"] == "next"), None)
    return found


def box_of(layer, token=None):
    return daemon.get("/collections/" + layer, token=token).json()["extent"]["spatial"]["bbox"][0]


def known(properties):
    """Those with a value: a tile has no null."""
    return {k: v for k, v in properties.items() if v is not None}


def same_kinds(a, b):
    return {k: type(v) for k, v in a.items()} == {k: type(v) for k, v in b.items()}


def zoom_of_features(layer):
    """From which zoom on a tile's features are those of the items."""
    return 11 if layer == "hotspots" else 0


# --- What is in them -----------------------------------------------------------


def every_feature_is_there_with_its_properties_at_every_zoom():
    for layer in LAYERS:
        expected = items(layer)
        faults, box = [], box_of(layer)
        for z in (0, 8, 11, 13):
            if z < zoom_of_features(layer):
                continue
            got = {}
            for tile in tiles_of(box, z):
                for f in features(layer, tile):
                    got.setdefault(f.id, f.properties)
                    if got[f.id] != f.properties:
                        faults.append((layer, tile, f.id, "differs from tile to tile"))
            if got.keys() != expected.keys():
                faults.append((layer, z, "missing", sorted(expected.keys() - got.keys())[:5],
                               "too many", sorted(got.keys() - expected.keys())[:5]))
            for i in got.keys() & expected.keys():
                want = known(expected[i]["properties"])
                if got[i] != want or not same_kinds(got[i], want):
                    faults.append((layer, z, i, got[i], want))
        all_of(faults, "%s: %d features, the same in tiles of every zoom" % (layer, len(expected)))


def larger_squares_are_the_sums_of_smaller_ones():
    expected = items("hotspots")
    for z in (0, 6, 9, 10):
        got = [f for tile in tiles_of(box_of("hotspots"), z) for f in features("hotspots", tile)]
        by_id = {f.id: f.properties for f in got}
        sizes = {p["size_m"] for p in by_id.values()}
        ok(len(sizes) == 1 and sizes != {250}, "zoom %d has squares of one larger size: %r m" % (z, sizes))
        is_eq(sum(p["dwellings"] for p in by_id.values()),
              sum(f["properties"]["dwellings"] for f in expected.values()), "all dwellings are in them")
        is_near(sum(p["count"] for p in by_id.values()), sum(f["properties"]["count"] for f in expected.values()),
                0.0001 * len(expected), "and everything that was counted")
        ok(all(i < 2 ** 53 for i in by_id), "their ids are numbers in JavaScript")


def parameters_are_those_of_items():
    for query in ("&datetime=2024-01-01/2024-06-30", "&datetime=1999-01-01", "&release=1"):
        expected = items("cells", query)
        got = {f.id: f.properties for tile in tiles_of(box_of("cells"), 10)
               for f in features("cells", tile, "?" + query[1:])}
        is_eq(got, {i: known(f["properties"]) for i, f in expected.items()}, "cells with " + query[1:])
    expected = items("hotspots", "&size=1000&method=rate")
    got = {f.id: f.properties for tile in tiles_of(box_of("hotspots"), 12)
           for f in features("hotspots", tile, "?size=1000&method=rate")}
    is_eq(got, {i: known(f["properties"]) for i, f in expected.items()}, "squares of 1 km by rate")
    is_eq(daemon.get(path("cells", (0, 0, 0), "?definition=bra")).status, 400, "definition is not the public's")
    expected = items("cells", "&definition=bra", analyst)
    got = {f.id: f.properties for tile in tiles_of(box_of("cells"), 9)
           for f in features("cells", tile, "?definition=bra", analyst)}
    is_eq(got, {i: known(f["properties"]) for i, f in expected.items()}, "but an analyst's")


def analysts_have_incidents_as_points():
    is_eq(daemon.get(path("incidents", (0, 0, 0))).status, 401, "not the public")
    z = daemon.get(TILES % "incidents", token=analyst).json()["description"]
    expected = {i: f for i, f in items("incidents", "", analyst).items() if f["geometry"]}
    box = box_of("incidents", analyst)
    got, doubles = {}, 0
    for tile in tiles_of(box, 13):
        for f in features("incidents", tile, token=analyst):
            doubles += f.id in got
            got[f.id] = f.properties
    is_eq(doubles, 0, "each in one tile")
    is_eq(got, {i: known(f["properties"]) for i, f in expected.items()}, "those that have a place")
    some = items("incidents", "&datetime=2024-03-01/2024-03-31", analyst)
    got = {f.id for tile in tiles_of(box, 11) for f in features("incidents", tile, "?datetime=2024-03-01/2024-03-31", analyst)}
    is_eq(got, {i for i, f in some.items() if f["geometry"]}, "of a month as well")


def unlocated_incidents_are_in_no_tile():
    unlocated = [i for i, f in items("incidents", "", analyst).items() if f["geometry"] is None]
    got = {f.id for f in features("incidents", (14, *tile_at(*box_of("cells")[:2], 14)[1:]), token=analyst)}
    ok(not got & set(unlocated), "%d unlocated ones" % len(unlocated))


# --- Where it is --------------------------------------------------------------------


def load(layer):
    """The collection's outlines in PostGIS, in Web Mercator."""
    rows = json.dumps([{"id": i, "g": f["geometry"]} for i, f in items(layer).items()])
    cluster.execute("""DROP TABLE IF EXISTS outline; CREATE TABLE outline AS
        SELECT (r->>'id')::bigint AS id, ST_Transform(ST_SetSRID(ST_GeomFromGeoJSON(r->'g'), 4326), 3857) AS g
        FROM json_array_elements($json$%s$json$) r""" % rows)


def wkt(polygons):
    ring = lambda r: "(%s)" % ",".join("%d %d" % p for p in r + r[:1])
    return "MULTIPOLYGON(%s)" % ",".join("(%s)" % ",".join(map(ring, p)) for p in polygons)


def random_tiles(layer, zooms, n):
    """Tiles around corners of random features."""
    found = list(items(layer).values())
    for _ in range(n):
        corner = chance.choice(found)["geometry"]["coordinates"][0]
        corner = corner[0] if isinstance(corner[0][0], (int, float)) else corner[0][0]
        yield tile_at(*corner, chance.choice(zooms))


def ids(sql, *arguments):
    return {int(r[0]) for r in cluster.query(sql % arguments)}


def tiles_have_what_postgis_finds():
    for layer, zooms in (("cells", (9, 11, 13, 14, 16)), ("districts-regso", (8, 11, 14, 18)),
                         ("watch-areas", (10, 13, 15)), ("hotspots", (13, 14, 16))):
        load(layer)
        faults, areas, n, crooked, many = [], [], 0, 0, 0
        for tile in random_tiles(layer, zooms, 15):
            got = features(layer, tile)
            unit = 40075016.685578488 / 2 ** tile[0] / EXTENT
            surely = ids("SELECT id FROM outline WHERE ST_Area(ST_Intersection(g, ST_Expand(ST_TileEnvelope(%d,%d,%d), %r))) > %r",
                         *tile, (BUFFER - 1) * unit, unit * unit)
            perhaps = ids("SELECT id FROM outline WHERE ST_Intersects(g, ST_Expand(ST_TileEnvelope(%d,%d,%d), %r))",
                          *tile, (BUFFER + 1) * unit)
            have = {f.id for f in got}
            if not surely <= have <= perhaps:
                faults.append((layer, tile, "missing", surely - have, "too many", have - perhaps))
            if not got:
                continue
            n += len(got)
            values = ",".join("(%d, ST_GeomFromText('%s'))" % (f.id, wkt(f.polygons)) for f in got)
            rows = cluster.query("""SELECT t.id, ST_IsValid(t.g), ST_NumGeometries(t.g),
                  ST_Area(ST_Intersection(ST_MakeValid(t.g), ST_MakeEnvelope(0, 0, 4096, 4096))) * %r,
                  ST_Area(ST_Intersection(o.g, e)), ST_Perimeter(ST_Intersection(o.g, e))
                FROM (VALUES %s) t(id, g) JOIN outline o USING (id), ST_TileEnvelope(%d, %d, %d) e""" % (
                (unit * unit, values) + tile))
            for i, valid, parts, mine, theirs, perimeter in rows:
                crooked += valid != "t"
                many += int(parts) > 1
                if abs(float(mine) - float(theirs)) > (float(perimeter) + 8 * unit) * unit * 0.75:
                    areas.append((layer, tile, i, mine, theirs))
        all_of(faults, "%s: 15 random tiles have the features that ST_Intersects finds" % layer)
        all_of(areas, "%s: %d outlines have the area of their part of the tile" % (layer, n))
        ok(crooked <= n * 0.001, "%s: ST_IsValid of %d outlines (%d in parts); %d are not" % (layer, n, many, crooked))


def areas_are_whole_over_all_tiles():
    for layer, z in (("cells", 12), ("districts-regso", 11)):
        load(layer)
        unit = 40075016.685578488 / 2 ** z / EXTENT
        parts = []
        for tile in tiles_of(box_of(layer), z):
            parts += ["(ST_GeomFromText('%s'))" % wkt(f.polygons) for f in features(layer, tile)]
        mine = float(cluster.value("""SELECT sum(ST_Area(ST_Intersection(ST_MakeValid(g), ST_MakeEnvelope(0, 0, 4096, 4096))))
            FROM (VALUES %s) t(g)""" % ",".join(parts))) * unit * unit
        theirs = float(cluster.value("SELECT sum(ST_Area(g)) FROM outline"))
        is_near(mine / theirs, 1, 0.002, "%s at zoom %d: the parts in all tiles make up the whole" % (layer, z))


def gdal_reads_them():
    for layer in LAYERS:
        tile = tile_at(*[sum(p) / 2 for p in zip(box_of(layer)[:2], box_of(layer)[2:])], 9)
        with tempfile.TemporaryDirectory() as folder:
            name = os.path.join(folder, "tile.mvt")
            with open(name, "wb") as f:
                f.write(daemon.get(path(layer, tile)).body)
            done = subprocess.run(["ogr2ogr", "-f", "GeoJSON", "-oo", "CLIP=NO", "/vsistdout/", name, layer],
                                  capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr, done.stderr
        mine = {f.id: f.properties for f in features(layer, tile)}
        theirs = {f["properties"].pop("mvt_id"): known(f["properties"]) for f in json.loads(done.stdout)["features"]}
        all_of(((layer, i, theirs.get(i), mine.get(i)) for i in mine.keys() | theirs.keys()
                if theirs.get(i) != mine.get(i) or not same_kinds(theirs[i], mine[i])),
               "%s: %d features with GDAL, properties and kinds" % (layer, len(mine)))


# --- What must not be -----------------------------------------------------------------


def a_tile_inside_a_cell_says_nothing_of_a_part_of_it():
    """A person who asks tile after tile, as small as they come, gets the cell's
    own number in each: there is nothing smaller than a cell to be had."""
    cells = items("cells")
    counted = [f for f in cells.values() if f["properties"]["count"]]
    faults = []
    for f in chance.sample(counted, 12):
        ring = f["geometry"]["coordinates"][0][0]
        lon = sum(p[0] for p in ring[:4]) / 4
        lat = sum(p[1] for p in ring[:4]) / 4
        for z in (16, 18, 20, 22):
            for at in ((lon, lat), (lon + 0.0001, lat), (lon, lat + 0.00005)):
                for g in features("cells", tile_at(*at, z)):
                    if g.properties != known(cells[g.id]["properties"]):
                        faults.append((f["id"], z, g.id, g.properties))
    all_of(faults, "tiles inside cells have the cells as the collection has them")


def hostile_paths_are_not_found():
    faults = []
    for z, y, x in (("23", "0", "0"), ("99", "0", "0"), ("-1", "0", "0"), ("00", "0", "0"), ("01", "0", "0"), ("1", "2", "0"),
                    ("1", "0", "2"), ("0", "0", "1"), ("22", "4194304", "0"), ("5", "-1", "0"), ("5", "1", "-0"),
                    ("5", "4294967296", "0"), ("5", "18446744073709551616", "1"), ("5", "1", "99999999999999999999"),
                    ("5", "1e1", "0"), ("5", "0x1", "0"), ("5", "1.0", "0"), ("5", "%201", "0"), ("5", "1", "+1"),
                    ("5", "%D9%A1", "0"), ("NaN", "0", "0"), ("5", "1", "1.mvt"), ("5", "1", "1.pbf"), ("a" * 300, "0", "0"),
                    ("..", "0", "0"), ("5", "%2e%2e", "0"), ("5", "1;2", "0")):
        answer = daemon.get(TILES % "cells" + "/%s/%s/%s" % (z, y, x))
        if answer.status != 404 or answer.headers.get_content_type() != "application/problem+json":
            faults.append((z, y, x, answer.status))
    all_of(faults, "tiles outside the set, and what only looks like a tile: 404")
    for where, status in (("/collections/none/tiles/WebMercatorQuad/0/0/0", 404),
                          ("/collections/cells/tiles/WorldCRS84Quad/0/0/0", 404),
                          (path("cells", (0, 0, 0), "?limit=1"), 400), (path("cells", (0, 0, 0), "?bbox=1,2,3,4"), 400),
                          (path("cells", (0, 0, 0), "?datetime=x"), 400), (path("hotspots", (0, 0, 0), "?size=7"), 400),
                          (path("cells", (0, 0, 0), "?release=9999"), 404), (path("cells", (0, 0, 0), "?revision=1"), 401)):
        is_eq(daemon.get(where).status, status, "%s is %d" % (where, status))


# --- The answer -------------------------------------------------------------------------


def an_empty_tile_is_an_empty_200():
    answer = daemon.get(path("cells", (10, 0, 0)))
    is_eq((answer.status, answer.body, answer.headers["Content-Type"]), (200, b"", MVT), "as every client takes it")


def tiles_are_compressed_and_validated_like_everything():
    import gzip
    where = path("cells", tile_at(*[sum(p) / 2 for p in zip(box_of("cells")[:2], box_of("cells")[2:])], 9))
    plain, packed = daemon.get(where), daemon.get(where, headers={"Accept-Encoding": "gzip"})
    is_eq(packed.headers["Content-Encoding"], "gzip", "gzip is said")
    ok(gzip.decompress(packed.body) == plain.body, "and is what it says")
    ok(len(packed.body) < len(plain.body) / 2, "%d bytes for %d" % (len(packed.body), len(plain.body)))
    is_eq(daemon.get(where, headers={"If-None-Match": plain.headers["ETag"]}).status, 304, "an ETag saves the rest")
    is_eq(plain.headers["Access-Control-Allow-Origin"], "*", "web maps anywhere may read them")
    ok(plain.body == daemon.get(where).body, "the same request has the same bytes")
    is_eq(daemon.get(where, method="HEAD").headers["Content-Length"], str(len(plain.body)), "HEAD")


# --- Around them: OGC API - Tiles --------------------------------------------------------


def ogc_tiles_finds_its_way():
    vector = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
    scheme = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
    get = lambda href: daemon.get(href[len(daemon.url()):]).json()
    conforms = daemon.get("/conformance").json()["conformsTo"]
    for name in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt", "oas30"):
        ok("http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/" + name in conforms, "class " + name)
    api = daemon.get("/api").json()
    for collection in daemon.get("/collections").json()["collections"]:
        name = collection["id"]
        sets = get(link(collection["links"], vector)["href"])["tilesets"]
        is_eq(len(sets), 1, "%s has one tileset" % name)
        is_eq((sets[0]["dataType"], sets[0]["crs"]), ("vector", "http://www.opengis.net/def/crs/EPSG/0/3857"), "said in the list")
        tileset = get(link(sets[0]["links"], "self")["href"])
        is_eq(tileset["tileMatrixSetURI"], "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad", "of the register")
        is_eq(get(link(tileset["links"], scheme)["href"])["id"], "WebMercatorQuad", "and defined here")
        template = link(tileset["links"], "item", MVT)
        ok(template["templated"], "the template says that it is one")
        limits = {int(l["tileMatrix"]): l for l in tileset["tileMatrixSetLimits"]}
        for z in (min(limits), max(limits)):
            for row, column in ((0, 0), (limits[z]["maxTileRow"], limits[z]["maxTileCol"])):
                where = template["href"].replace("{tileMatrix}", str(z)).replace("{tileRow}", str(row))
                where = where.replace("{tileCol}", str(column))[len(daemon.url()):]
                is_eq(daemon.get(where).status, 200, where)
        operation = api["paths"]["/collections/%s/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}" % name]["get"]
        ok(operation["operationId"].endswith(".collection.vector.getTile"), "its operation is named as told")
        is_eq([p["name"] for p in operation["parameters"] if p.get("in") == "path"], ["tileMatrix", "tileRow", "tileCol"], "")
        schema = tileset["layers"][0]["propertiesSchema"]["properties"]
        seen = {k for t in tiles_of(box_of(name), 8) for f in features(name, t) for k in f.properties}
        ok(seen <= schema.keys(), "%s: every property is described" % name)
    landing = daemon.get("/").json()["links"]
    sets = get(link(landing, "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes")["href"])
    is_eq([s["id"] for s in sets["tileMatrixSets"]], ["WebMercatorQuad"], "the landing page links the tile matrix set")


def the_tile_matrix_set_is_the_registered_one():
    """Source: OGC 17-083r4, annex D.1 (the first and the eleventh matrix)."""
    matrices = {m["id"]: m for m in daemon.get("/tileMatrixSets/WebMercatorQuad").json()["tileMatrices"]}
    is_eq(len(matrices), 25, "0 to 24")
    for z, scale, cell, n in (("0", 559082264.028717, 156543.033928041, 1), ("10", 545978.773465544, 152.874056570353, 1024)):
        is_near(matrices[z]["scaleDenominator"], scale, scale * 1e-12, "scale of " + z)
        is_near(matrices[z]["cellSize"], cell, cell * 1e-12, "cell of " + z)
        is_eq((matrices[z]["matrixWidth"], matrices[z]["matrixHeight"], matrices[z]["tileWidth"]), (n, n, 256), "size of " + z)
    is_eq(matrices["3"]["pointOfOrigin"], [-20037508.3427892, 20037508.3427892], "origin")


def tilejson_leads_to_tiles():
    for layer in LAYERS:
        about = daemon.get(TILES % layer + "?f=tilejson&datetime=2024-01-01/2024-06-30").json()
        is_eq((about["tilejson"], about["scheme"]), ("3.0.0", "xyz"), layer)
        is_eq([l["id"] for l in about["vector_layers"]], [layer], "one layer, of that name")
        ok(all(isinstance(v, str) and v for v in about["vector_layers"][0]["fields"].values()), "fields are described")
        west, south, east, north = about["bounds"]
        z, x, y = tile_at((west + east) / 2, (south + north) / 2, about["minzoom"])
        where = about["tiles"][0].replace("{z}", str(z)).replace("{x}", str(x)).replace("{y}", str(y))
        found = mvt.read(daemon.get(where[len(daemon.url()):]).body)[layer]
        ok(set(found.keys) <= about["vector_layers"][0]["fields"].keys(), "its fields are those of tiles")
        is_eq(found.features[0].properties["period_from"], "2024-01-01", "the request's period is in the tiles'")
    is_eq(daemon.get(TILES % "cells", headers={"Accept": "application/vnd.mapbox.tile+json"}).json()["tilejson"], "3.0.0",
          "by negotiation as well")


def styles_are_there_in_every_form():
    types = {"mapbox": "application/vnd.mapbox.style+json", "qml": "application/x-qgis-layer-settings",
             "qlr": "application/x-qgis-layer-definition"}
    for name in LAYERS + ["incidents"]:
        token = analyst if name == "incidents" else None
        links = daemon.get("/collections/" + name, token=token).json()["links"]
        (style,) = daemon.get("/collections/%s/styles" % name, token=token).json()["styles"]
        for form, type_ in types.items():
            for found in (links, style["links"]):
                where = link(found, "stylesheet", type_)["href"][len(daemon.url()):]
                answer = daemon.get(where, token=token)
                ok(answer.status == 200 and answer.headers["Content-Type"] == type_, "%s as %s" % (name, form))
            if form == "mapbox":
                source = answer.json()["sources"][name]["url"][len(daemon.url()):]
                is_eq(daemon.get(source, token=token).json()["vector_layers"][0]["id"], name, "its source is TileJSON")
            else:
                ok(xml.etree.ElementTree.fromstring(answer.text().split("\n", 1)[1]) is not None, "well-formed")
    for form in types:
        is_eq(daemon.get("/collections/incidents/styles/default?f=" + form).status, 401, "incidents' %s is no public matter" % form)
    is_eq(daemon.get("/collections/cells/styles/other").status, 404, "another style there is not")


def classes_are_as_wide_as_the_period_is_long():
    def edges(period):
        where = "/collections/cells/styles/default?f=mapbox&datetime=" + period
        step = daemon.get(where).json()["layers"][0]["paint"]["fill-color"][-1]
        return [v for v in step if isinstance(v, (int, float))]
    is_eq(edges("2024-01-01/2024-12-31"), [5, 10, 20], "of a year")
    is_eq(edges("2023-01-01/2024-12-31"), [10, 20, 40], "of two")
    is_eq(edges("2024-01-01/2024-06-30"), [2.5, 5, 10], "of half a one")
    layer = daemon.get("/collections/cells/styles/default?f=qlr&datetime=2024-01-01/2024-06-30")
    ok(layer.status == 400 and "datetime" in layer.text(), "a layer that would show another period than its classes are for is none")


with municipality() as cluster, Daemon(cluster.conninfo()) as daemon:
    analyst = analyst_token(cluster)
    daemon.poll(lambda: daemon.get("/revisions", token=analyst).status == 200, "the token is known")
    run(every_feature_is_there_with_its_properties_at_every_zoom,
        larger_squares_are_the_sums_of_smaller_ones,
        parameters_are_those_of_items,
        analysts_have_incidents_as_points,
        unlocated_incidents_are_in_no_tile,
        tiles_have_what_postgis_finds,
        areas_are_whole_over_all_tiles,
        gdal_reads_them,
        a_tile_inside_a_cell_says_nothing_of_a_part_of_it,
        hostile_paths_are_not_found,
        an_empty_tile_is_an_empty_200,
        tiles_are_compressed_and_validated_like_everything,
        ogc_tiles_finds_its_way,
        the_tile_matrix_set_is_the_registered_one,
        tilejson_leads_to_tiles,
        styles_are_there_in_every_form,
        classes_are_as_wide_as_the_period_is_long)
