"""Vector tiles (Mapbox Vector Tile 2.1), read by the specification alone: for tests.

    tile = mvt.read(bytes)
    layer = tile["cells"]; layer.extent; layer.keys
    for feature in layer.features: feature.id, feature.type, feature.properties, feature.rings, feature.points

Whatever the specification forbids raises: wrong wire types, a command without its
parameters, a ring of no area, tags out of range, a key or a value written twice."""
import struct
from types import SimpleNamespace


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        assert shift < 70, "a varint without an end"


def fields(data):
    """(number, wire type, value) of a message."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value, at = data[at:at + size], at + size
        elif kind == 2:
            length, at = varint(data, at)
            value, at = data[at:at + length], at + length
            assert len(value) == length, "cut off"
        else:
            raise AssertionError("wire type %d" % kind)
        yield key >> 3, kind, value


def unzigzag(value):
    return (value >> 1) ^ -(value & 1)


def packed(data):
    at, values = 0, []
    while at < len(data):
        value, at = varint(data, at)
        values.append(value)
    return values


def value_of(message):
    (number, kind, value), = fields(message)
    if number == 1:
        assert kind == 2
        return value.decode("utf-8")
    if number == 3:
        return struct.unpack("<d", value)[0]
    assert kind == 0 and number in (4, 5, 6, 7), number
    return {4: lambda v: v, 5: lambda v: v, 6: unzigzag, 7: bool}[number](value)


def area2(ring):
    """Twice the area by the surveyor's formula; positive: an exterior ring."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1]))


def geometry(kind, commands):
    """Points, or polygons: each a list of rings, the exterior first."""
    x = y = at = 0
    points, rings, ring = [], [], None
    while at < len(commands):
        command, count = commands[at] & 7, commands[at] >> 3
        at += 1
        assert command in (1, 2, 7) and count > 0, "command %d" % command
        if command == 7:
            assert kind == 3 and count == 1 and len(ring) >= 3, "a ring of %d points" % len(ring or ())
            rings.append(ring)
            ring = None
            continue
        assert kind != 3 or command == (1 if ring is None else 2), "MoveTo and LineTo mixed up"
        for _ in range(count):
            x, y = x + unzigzag(commands[at]), y + unzigzag(commands[at + 1])
            at += 2
            if kind == 3:
                ring = (ring or []) + [(x, y)]
            else:
                points.append((x, y))
    assert ring is None, "a ring that is not closed"
    polygons = []
    for ring in rings:
        assert area2(ring) != 0, "a ring without area"
        if area2(ring) > 0:
            polygons.append([ring])
        else:
            polygons[-1].append(ring)
    return points, polygons


def feature_of(message, keys, values):
    feature = SimpleNamespace(id=None, properties={}, type=0, points=[], polygons=[])
    tags, commands = [], []
    for number, kind, value in fields(message):
        if number == 1:
            feature.id = value
        elif number == 2:
            tags = packed(value)
        elif number == 3:
            feature.type = value
        elif number == 4:
            commands = packed(value)
    assert len(tags) % 2 == 0
    for key, value in zip(tags[::2], tags[1::2]):
        assert keys[key] not in feature.properties, "a key twice"
        feature.properties[keys[key]] = values[value]
    assert commands, "no geometry"
    feature.points, feature.polygons = geometry(feature.type, commands)
    return feature


def layer_of(message):
    parts = {}
    for number, kind, value in fields(message):
        parts.setdefault(number, []).append(value)
    assert parts[15] == [2], "version %r" % parts.get(15)
    keys = [k.decode("utf-8") for k in parts.get(3, [])]
    assert len(set(keys)) == len(keys), "a key is written twice"
    messages = parts.get(4, [])
    assert len(set(messages)) == len(messages), "a value is written twice"
    values = [value_of(v) for v in messages]
    features = [feature_of(f, keys, values) for f in parts[2]]
    ids = [f.id for f in features]
    assert len(set(ids)) == len(ids), "an id twice"
    return SimpleNamespace(name=parts[1][0].decode("utf-8"), extent=parts[5][0], keys=keys, features=features)


def read(data):
    """{name: layer}; a tile without layers is no bytes."""
    layers = {}
    for number, kind, value in fields(data):
        assert (number, kind) == (3, 2)
        layer = layer_of(value)
        assert layer.name not in layers
        layers[layer.name] = layer
    return layers
