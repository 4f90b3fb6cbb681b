"""Small places made by hand for the tests of importing, in EPSG:3006.

Two base districts side by side (each 2 km square), both in one municipality
whose border is theirs; a village with flats in the west, farms in the east.
Everything is deterministic."""
import json
import os
import random

E0, N0 = 461000, 6210000
CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3006"}}


def square(e, n, width, height=None):
    """A closed ring, counter-clockwise."""
    height = width if height is None else height
    return [[e, n], [e + width, n], [e + width, n + height], [e, n + height], [e, n]]


def feature(geometry, **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


def point(e, n):
    return {"type": "Point", "coordinates": [e, n]}


def write(path, features, crs=CRS):
    collection = {"type": "FeatureCollection", "features": features}
    if crs:
        collection["crs"] = crs
    with open(path, "w", encoding="utf-8") as f:
        json.dump(collection, f)
    return path


def districts():
    return [feature(polygon(square(E0, N0, 2000)), regsokod="1272R001", regsonamn="Väster", folkmängd=500),
            feature(polygon(square(E0 + 2000, N0, 2000)), regsokod="1272R002", regsonamn="Öster", folkmängd=60)]


def kommuner():
    return [feature(polygon(square(E0, N0, 4000, 2000)), kommunkod="1272", kommunnamn="Bromölla kommun")]


def dwellings(year=2023, drop=0, extra=0, seed=1):
    """A village of villas with one stairwell of flats, and farms; `drop` of the
    villas torn down, `extra` new houses."""
    rng = random.Random(seed)
    rows = []
    for i in range(240):
        rows.append((E0 + 300 + rng.uniform(0, 700), N0 + 300 + rng.uniform(0, 700), 1, "villa"))
    for i in range(4):
        rows.append((E0 + 620 + 12 * i, N0 + 655, 18, "lägenhet"))
    for i in range(40):
        rows.append((E0 + 2050 + rng.uniform(0, 1900), N0 + 50 + rng.uniform(0, 1900), 1, "småhus"))
    for i in range(12):
        rows.append((E0 + 3300 + rng.uniform(0, 300), N0 + 1500 + rng.uniform(0, 300), 1, "fritidshus"))
    rows = rows[drop:]
    for i in range(extra):
        rows.append((E0 + 50 + rng.uniform(0, 3900), N0 + 50 + rng.uniform(0, 1900), 1, "villa"))
    return [feature(point(round(e, 2), round(n, 2)), bostäder=count, typ=kind, år=year) for e, n, count, kind in rows]


def watch_areas():
    return [feature(polygon(square(E0 + 300, N0 + 300, 300)), namn="Solrosens grannsamverkan", sedan="2021-05-01",
                    godkänd="ja"),
            feature(polygon(square(E0 + 650, N0 + 650, 200)), namn="Åsgränd/Östra vägen", godkänd="nej")]


def import_places(db, folder, **kwargs):
    """Everything up to the first version of the lattice."""
    db.grannkarta("import", "districts", write(os.path.join(folder, "regso.geojson"), districts()), "--set", "regso",
                  "--base", "--inhabitants-year", 2023)
    db.grannkarta("import", "districts", write(os.path.join(folder, "kommun.geojson"), kommuner()), "--set", "kommun")
    db.grannkarta("import", "dwellings", write(os.path.join(folder, "dwellings.geojson"), dwellings(**kwargs)))
    return db.grannkarta("lattice", "build")


HEADING = ["BROTTSKOD", "BROTTSDATUMTID_START", "BROTTSDATUMTID_SLUT", "Inskrivningsdatum", "KOMMUN", "GATA", "GATUNR",
           "SWEREF N", "SWEREF E", "Antal", "DIARIENR"]


def incidents(count=60, seed=2):
    """Rows of an export, as dicts by heading: burglaries at homes of dwellings(),
    some metres off, with case numbers."""
    rng = random.Random(seed)
    homes = dwellings()
    rows = []
    for i in range(count):
        e, n = homes[rng.randrange(len(homes))]["geometry"]["coordinates"]
        day = 1 + i % 28
        rows.append({"BROTTSKOD": rng.choice(["9801", "0857", "9802"]),
                     "BROTTSDATUMTID_START": "2024-%02d-%02d 08:%02d" % (1 + i % 6, day, i % 60),
                     "BROTTSDATUMTID_SLUT": "2024-%02d-%02d 17:30" % (1 + i % 6, day),
                     "Inskrivningsdatum": "2024-%02d%s" % (1 + i % 6, "-%02d" % day), "KOMMUN": "Bromölla",
                     "GATA": "Ärtgränd", "GATUNR": "7", "SWEREF N": "%.3f" % (n + 1.234), "SWEREF E": "%.3f" % (e + 2.345),
                     "Antal": "1", "DIARIENR": "5000-K%06d-24" % i})
    return rows


def write_csv(path, rows, delimiter=";", encoding="utf-8", newline="\n", heading=None, bom=False):
    """The rows as CSV bytes, quoted where needed."""
    heading = heading or HEADING

    def cell(value):
        return '"%s"' % value.replace('"', '""') if any(c in value for c in delimiter + '"\r\n') else value
    lines = [delimiter.join(cell(c) for c in heading)]
    lines += [delimiter.join(cell(str(row.get(c, ""))) for c in heading) for row in rows]
    with open(path, "wb") as f:
        f.write((b"\xef\xbb\xbf" if bom else b"") + (newline.join(lines) + newline).encode(encoding))
    return path
