"""Incident files with every kind of dirt, and what should become of each row.

Rows are made first, as values; a Shape says how a file writes them. A row that is
written properly, however oddly, is the same incident; one that is spoiled has one
fault, whose column and reason are known because it was put there. Nothing here
reads a file back: what is expected is known before it is written."""
import datetime
import random
import zoneinfo

STOCKHOLM = zoneinfo.ZoneInfo("Europe/Stockholm")
UTC = datetime.timezone.utc
NO_DATE, TO_COME = "not a date from 1975 to 2099", "a date that is still to come"
FIELDS = ["code", "from", "to", "reported", "x", "y", "municipality", "count", "case"]
SWEDISH = {"code": "BROTTSKOD", "from": "BROTTSDATUMTID_START", "to": "BROTTSDATUMTID_SLUT", "reported": "Inskrivningsdatum",
           "municipality": "KOMMUN", "count": "Antal", "case": "DIARIENR"}
ENGLISH = {"code": "Offence code", "from": "From", "to": "To", "reported": "Reported", "municipality": "Municipality",
           "count": "Count", "case": "Case number"}
NAUGHTY = ["Storgatan 14", "=cmd|' /C calc'!A0", "@SUM(1;2)", "+46 456 82 20 00", "Åkerbärsstigen 7 B", "Väg 9, lgh 1101",
           "a;b", "a\tb", 'Ö"stra" vägen', "", "null", "{}", "<b>", "%s%n", "é\u00a0è", "x" * 3000, "-"]


def pick(rng, *choices):
    return rng.choice(choices)


class Incident:
    """What is true of it. Hours are of the Swedish wall clock."""

    def __init__(self, rng, number, homes):
        self.case = "5000-K%06d-24" % number
        self.code = rng.choice(["9801", "0857", "9802", "0874", "0826"])
        day = datetime.datetime(2023, 1, 1) + datetime.timedelta(days=rng.randrange(700))
        if rng.random() < 0.1:  # around the two changes of the clocks
            day = rng.choice([datetime.datetime(2023, 3, 26), datetime.datetime(2024, 3, 31),
                              datetime.datetime(2023, 10, 29), datetime.datetime(2024, 10, 27)])
        self.start = day + datetime.timedelta(hours=rng.choice([0, 1, 3, 3, 8, 12, 17, 23]), minutes=rng.randrange(60))
        # The hour 2 exists in autumn only.
        if rng.random() < 0.3 and day.month == 10:
            self.start = day + datetime.timedelta(hours=2, minutes=15)
        self.end = self.start
        if rng.random() < 0.7:
            self.end = self.start + datetime.timedelta(hours=rng.randrange(60))
            if self.end.hour == 2 and is_gap(self.end):
                self.end += datetime.timedelta(hours=1)
        self.reported = None
        if rng.random() < 0.8:
            self.reported = self.end.date() + datetime.timedelta(days=rng.randrange(4))
        self.count = rng.choice([1, 1, 1, 1, 1, 2, 17, 0, -1])
        e, n = rng.choice(homes)
        self.kind = rng.choices(["located", "missing", "outside", "far"], [14, 2, 2, 2])[0]
        self.place = {"located": (e // 50 * 50 + 7.125, n // 50 * 50 + 41.375), "missing": None,
                      "outside": (1200000.5, 6300000.25), "far": (500000.125, 6900000.5)}[self.kind]


def is_gap(moment):
    """In the hour that summer time skips, by the time zone database."""
    back = moment.replace(tzinfo=STOCKHOLM).astimezone(UTC).astimezone(STOCKHOLM)
    return back.replace(tzinfo=None) != moment


class Shape:
    """How a file writes rows. `crs` of PLACES, `points` its positions of incidents."""

    def __init__(self, rng, points):
        self.rng = rng
        self.points = points
        self.delimiter = rng.choice(";,\t")
        self.encoding = pick(rng, "utf-8", "utf-8-sig", "cp1252", "latin-1")
        self.newline = pick(rng, "\n", "\r\n", "\r")
        self.order = pick(rng, "ymd", "ymd", "dmy", "mdy")
        self.comma = rng.random() < 0.5
        self.crs = rng.choice(sorted(points))
        self.as_position = rng.random() < 0.2
        self.is_swapped = rng.random() < 0.25
        self.is_joined = rng.random() < 0.25
        self.quoting = pick(rng, "all", "needed", "some")
        self.has_codes = rng.random() < 0.4
        self.names = self.choose_names()
        self.flags = self.choose_flags()

    def choose_names(self):
        rng, degrees = self.rng, self.crs == 4326
        kind = rng.randrange(3)
        names = dict((SWEDISH, ENGLISH)[kind] if kind < 2 else {f: "Kolumn %d" % (i + 1) for i, f in enumerate(FIELDS)})
        if kind < 2:
            names["x"] = pick(rng, "LONGITUDE", "lon") if degrees else pick(rng, "SWEREF E", "Easting", "e")
            names["y"] = pick(rng, "LATITUDE", "lat") if degrees else pick(rng, "SWEREF N", "northing", "N")
        self.has_map = kind == 2
        if self.is_joined:
            names["from"], names["time"] = "Dag", "Kl"
        if self.as_position:
            del names["x"], names["y"]
            names["position"] = "Läge"
        return names

    def choose_flags(self):
        flags = [] if self.order == "ymd" else ["--date-order", self.order]
        flags += [] if self.crs in (3006, 4326) and not (self.as_position and self.crs == 3006) else ["--crs", str(self.crs)]
        flags += ["--axis-order", "swapped"] if self.is_swapped else []
        flags += ["--decimal", "comma" if self.comma else "point"] if self.rng.random() < 0.3 else []
        if self.rng.random() < 0.3:
            flags += ["--delimiter", {";": "semicolon", ",": "comma", "\t": "tab"}[self.delimiter]]
        if self.encoding in ("cp1252", "latin-1") or self.rng.random() < 0.3:
            flags += ["--encoding", "windows-1252" if self.encoding in ("cp1252", "latin-1") else "utf-8"]
        x, y = ("longitude", "latitude") if self.crs == 4326 else ("easting", "northing")
        fields = dict(x=x, y=y)
        if self.has_map:
            flags += ["--map", ",".join("%s=%s" % (fields.get(f, f), n) for f, n in self.names.items()
                                        if f not in ("time", "from", "position"))]
        if self.is_joined:
            flags += ["--map", "from=Dag+Kl"]
        elif self.has_map:
            flags += ["--map", "from=" + self.names["from"]]
        if self.as_position:
            flags += ["--map", "position=Läge"]
        return flags

    def describe(self):
        return "%r %s %r %s %s%s%s%s" % (self.delimiter, self.encoding, self.newline, self.order, self.crs,
                                         " position" * self.as_position, " swapped" * self.is_swapped,
                                         " joined" * self.is_joined)

    # --- Values ---------------------------------------------------------------------

    def nothing(self):
        return pick(self.rng, "", "", " ", "NULL", "-", "N/A", "#REF!", "saknas")

    def date(self, day):
        y, m, d = day.year, day.month, day.day
        if self.order != "ymd" and self.rng.random() < 0.8:
            a, b = (d, m) if self.order == "dmy" else (m, d)
            s = pick(self.rng, "/", ".", "-")
            return pick(self.rng, "%02d%s%02d%s%04d", "%d%s%d%s%d") % (a, s, b, s, y)
        return pick(self.rng, "%04d-%02d-%02d", "%04d%02d%02d", "%04d-%02d-%02d", "%d/%d/%d", "%d.%02d.%02d") % (y, m, d)

    def clock(self, moment):
        h, m = moment.hour, moment.minute
        half = "%d:%02d%s%s" % (h % 12 or 12, m, pick(self.rng, " ", ""), pick(self.rng, "AM", "am") if h < 12 else "PM")
        return pick(self.rng, "%02d:%02d" % (h, m), "%d:%02d" % (h, m), "%02d:%02d:59" % (h, m), "%02d.%02d" % (h, m),
                    "%02d%02d" % (h, m), "%02d:%02d:00.123" % (h, m), half)

    def time(self, moment, as_end=False, is_alone=False):
        """(text, whether the reader has to move it out of the skipped hour). A date
        alone, without an end, would be the whole day."""
        rng = self.rng
        if not as_end and not is_alone and moment.hour == 0 and rng.random() < 0.5:
            return self.date(moment), False
        if as_end and moment.hour == 23 and rng.random() < 0.5:
            return self.date(moment), False
        if moment.hour == 0 and moment.minute == 0 and rng.random() < 0.5:
            return self.date(moment - datetime.timedelta(days=1)) + " 24:00", False
        before = moment - datetime.timedelta(hours=1)
        if is_gap(before) and rng.random() < 0.5:
            return self.date(before) + " %d:%02d" % (before.hour, before.minute), True
        zone = rng.random()
        if zone < 0.15:
            there = moment.replace(tzinfo=STOCKHOLM, fold=rng.randrange(2)).astimezone(UTC)
            return there.strftime(pick(rng, "%Y-%m-%dT%H:%M:%SZ", "%Y%m%d %H:%M Z")), False
        if zone < 0.3:
            minutes = rng.choice([60, 120, -300, 330])
            there = moment.replace(tzinfo=STOCKHOLM).astimezone(datetime.timezone(datetime.timedelta(minutes=minutes)))
            text = there.strftime("%Y-%m-%d %H:%M:%S%z")
            return pick(rng, text, text[:-2] + ":" + text[-2:], text[:-5] + " " + text[-5:]), False
        return self.date(moment) + pick(rng, " ", "  ", "T", ", ") + self.clock(moment), False

    def number(self, value, decimals):
        text = "%.*f" % (decimals, value)
        whole, fraction = text.split(".")
        if self.rng.random() < 0.2 and len(whole.lstrip("-")) > 4:
            gap = pick(self.rng, " ", "\u00a0")
            digits = whole.lstrip("-")
            grouped = gap.join(reversed([digits[max(0, i - 3):i] for i in range(len(digits), 0, -3)]))
            whole = whole[:len(whole) - len(digits)] + grouped
        return whole + ("," if self.comma else ".") + fraction + "0" * self.rng.randrange(3)

    def wrap(self, text):
        """As spreadsheets keep texts from being numbers."""
        return pick(self.rng, text, text, text, " %s " % text, '="%s"' % text, "'" + text)

    def place(self, incident):
        """Texts of x and y."""
        rng = self.rng
        if incident.place is None:
            return rng.choice([("", ""), ("0", "0"), ("0,0" if self.comma else "0.0", "0"), ("NaN", "NULL"),
                               ("", self.number(6210000.5, 2)), (self.number(461000.5, 2), "-")])
        x, y = self.points[self.crs][incident.place]
        decimals = 9 if self.crs == 4326 else 4
        return self.number(x, decimals), self.number(y, decimals)

    def write(self, incident, expected):
        """The row of an incident, by field."""
        rng = self.rng
        row = {"code": self.wrap(incident.code if rng.random() < 0.7 else incident.code.lstrip("0")),
               "municipality": pick(rng, "Bromölla", "bromölla", "1272"), "case": self.wrap(self.case(incident.case))}
        if self.has_codes and rng.random() < 0.5:
            row["code"] = pick(rng, "Inbrott %s", "INBROTT %s", " inbrott %s ") % incident.code
        moved = False
        is_alone = incident.end == incident.start and rng.random() < 0.6
        if self.is_joined:
            clock = incident.start
            if is_gap(clock - datetime.timedelta(hours=1)) and rng.random() < 0.5:
                clock, moved = clock - datetime.timedelta(hours=1), True
            row["from"], row["time"] = self.date(clock), self.clock(clock)
            if clock.hour == 0 and not is_alone and rng.random() < 0.5:
                row["time"] = ""
        else:
            row["from"], moved = self.time(incident.start, is_alone=is_alone)
        if is_alone:
            row["to"], end_moved = self.nothing(), False
        else:
            row["to"], end_moved = self.time(incident.end, as_end=True)
        row["reported"] = self.date(incident.reported) if incident.reported else self.nothing()
        row["count"] = "%d" % incident.count if incident.count != 1 else pick(rng, "1", "", " 1 ", "NULL", "1,0", "01", "1.00")
        x, y = self.place(incident)
        if self.is_swapped:
            x, y = y, x
        if self.as_position:
            row["position"] = self.position(x, y)
        else:
            row["x"], row["y"] = x, y
        expected.take(incident, moved or end_moved)
        return row

    def case(self, text):
        return pick(self.rng, text, text.lower(), text)

    def position(self, x, y):
        """North first, as in one text; nothing when one of the two is nothing."""
        x, y = x.replace(" ", "").replace("\u00a0", ""), y.replace(" ", "").replace("\u00a0", "")
        if not (x[:1].isdigit() or x[:1] == "-" and x[1:]) or not (y[:1].isdigit() or y[:1] == "-" and y[1:]):
            return self.nothing()
        return pick(self.rng, "%s; %s", "%s %s", "(%s; %s)", "%s;%s") % (y, x)

    # --- Spoiling ---------------------------------------------------------------------

    def spoil(self, row):
        """Puts one fault into a good row; (field, reason)."""
        rng = self.rng
        words = "neither in the list of codes nor a code of burglary"
        no_code = words if self.has_codes else "no offence code of four digits"
        bad_dates = ["2024-02-30", "20230229", "1900-01-01 00:00", "igår kväll", "24-03-01", "45352.333", "2024-03", "1974-12-31",
                     "2024-03-01 25:00", "2024-03-01 08:61", "Storgatan 14", "=NOW()", "2024-03-01 08:00 CEST", "13/13/2024"]
        faults = [("code", rng.choice(["", "Storgatan 14", "98011", "98o1", "=9801", "9801 "[:2]]), no_code),
                  ("code", "1201", "not burglary"), ("code", "9999", "not burglary"),
                  ("to", rng.choice(bad_dates), NO_DATE), ("reported", rng.choice(bad_dates), NO_DATE),
                  ("to", "2019-01-01 03:00", "it ended before it began"), ("to", "2099-01-01", TO_COME),
                  ("reported", "2019-01-01", "it began after it was reported"), ("reported", "2098-12-31 23:59", TO_COME),
                  ("count", rng.choice(["tre", "1,5", "10000", "1 2", "Storgatan 14", "=1"]), "not a count from -9999 to 9999"),
                  ("case", "K" * 101, "a case number of more than 100 bytes"),
                  ("case", rng.choice(["5,0000E+13", "5.1E+9"]), "a case number that a spreadsheet has shortened")]
        if self.is_joined:
            row["time"] = ""
        faults += [("from", rng.choice(bad_dates), NO_DATE), ("from", self.nothing() if not self.is_joined else "", "no date"),
                   ("from", "2099-06-01", TO_COME)]
        if self.order == "ymd":
            faults += [("from", "1/3/2024", NO_DATE), ("to", "1.3.2024 08:00", NO_DATE)]
        text = rng.choice(["norr", "6.210.000,5", "6210000 m", "1e5", "Storgatan 14", "=A1", "56,08 N", "1,2,3"])
        if self.as_position:
            faults += [("position", rng.choice(["hemma", "59.5", "a;b", "1;2;3;4"]), "not two numbers")] * 3
        else:
            faults += [(rng.choice("xy"), text, "not a number")] * 3
        field, value, reason = rng.choice(faults)
        row[field] = value
        if rng.random() < 0.08:  # northing and easting exchanged
            return self.exchange(row)
        return field, reason

    def exchange(self, row):
        """A place in Sweden with its coordinates the wrong way round."""
        good = Incident(random.Random(self.rng.random()), 1, [next(p for p in self.points[self.crs] if p[0] < 470000)])
        good.place = next(p for p in self.points[self.crs] if p[0] < 470000)
        class Ignore:
            def take(self, *_):
                pass
        row.update(self.write(good, Ignore()))
        field = "position" if self.as_position else "x"
        x, y = self.place(good)
        if not self.is_swapped:
            x, y = y, x
        if self.as_position:
            row["position"] = self.position(x, y)
        else:
            row["x"], row["y"] = x, y
        return field, "the two coordinates are the wrong way round"


class Expected:
    """What should be told of a file."""

    def __init__(self):
        self.read = self.accepted = self.skipped = self.blank = self.moved = self.corrections = 0
        self.kinds = {"located": 0, "missing": 0, "outside": 0, "far": 0}
        self.rejected = []

    def take(self, incident, moved):
        self.accepted += 1
        self.moved += moved
        self.corrections += incident.count <= 0
        self.kinds[incident.kind] += 1

    def answer(self):
        return {"read": self.read, "new": 0, "duplicate": self.accepted, "changed": 0, "rejected": len(self.rejected),
                "not_burglary": self.skipped, "blank_rows": self.blank, "moved_hours": self.moved,
                "corrections": self.corrections, "located": self.kinds["located"],
                "with_coordinates": self.accepted - self.kinds["missing"],
                "unlocated": self.accepted - self.kinds["located"],
                "unlocated_why": {"without_coordinates": self.kinds["missing"], "outside_sweden": self.kinds["outside"],
                                  "reach_m": 1000, "far_from_dwellings": self.kinds["far"]}}


class File:
    """The bytes of a file in a shape, and what is expected of it."""

    def __init__(self, shape, incidents, dirt):
        self.shape, self.expected, self.lines = shape, Expected(), 1
        rng = shape.rng
        self.fields = [f for f in shape.names] + ["street"]
        rng.shuffle(self.fields)
        self.heading = [shape.names.get(f, "GATA") for f in self.fields]
        self.parts = []
        if rng.random() < 0.15 and shape.encoding != "utf-8-sig":
            self.put("sep=" + shape.delimiter)
        self.put(self.join(self.heading))
        for incident in incidents:
            while rng.random() < dirt:
                self.add_dirt(rng.choice(incidents))
            self.add(shape.write(incident, self.expected))
        text = "".join(self.parts)
        if rng.random() < 0.3:
            text = text[:-len(shape.newline)]
        self.bytes = text.encode(shape.encoding)

    def put(self, line):
        self.parts.append(line + self.shape.newline)
        self.lines += 1 + line.count(self.shape.newline)

    def cell(self, text):
        rng, special = self.shape.rng, self.shape.delimiter + "\r\n"
        must = any(c in text for c in special) or text.startswith('"')
        if must or self.shape.quoting == "all" or (self.shape.quoting == "some" and rng.random() < 0.5):
            return '"%s"' % text.replace('"', '""')
        return text

    def join(self, cells):
        return self.shape.delimiter.join(self.cell(c) for c in cells)

    def cells(self, row):
        """Texts in the order of the columns; streets are whatever they are."""
        rng = self.shape.rng
        street = rng.choice(NAUGHTY)
        if rng.random() < 0.1:
            street = "c/o Berg%sVägen 1" % self.shape.newline
        return [row.get(f, "") if f != "street" else street for f in self.fields]

    def add(self, row):
        self.expected.read += 1
        self.put(self.join(self.cells(row)) + self.shape.delimiter * (self.shape.rng.random() < 0.05))

    def reject(self, column, reason):
        self.expected.read += 1
        self.expected.rejected.append((self.lines - (self.shape.rng is None), column, reason))

    def add_dirt(self, incident):
        """One row that is no incident."""
        shape, rng = self.shape, self.shape.rng
        d = shape.delimiter
        ignore = Expected()
        row = shape.write(incident, ignore)
        kind = rng.randrange(12)
        if kind == 0:
            self.parts.append(shape.newline)
            self.lines += 1
        elif kind == 1:
            self.expected.blank += 1
            self.put(d.join(pick(rng, "", " ") if i else " " for i in range(len(self.fields))))
        elif kind == 2:
            self.reject("", "fewer columns than the heading")
            self.put(self.join(self.cells(row)[:-1]))
        elif kind == 3:
            self.reject("", "more columns than the heading")
            self.put(self.join(self.cells(row) + ["", "x"]))
        elif kind == 4:
            self.reject("", "text behind a closing quote")
            self.put(self.join(self.cells(row)[:-1]) + d + '"a"b')
        elif kind == 5:
            self.reject("", "a NUL byte")
            self.put(self.join(self.cells(row)[:-1]) + d + "a\0b")
        elif kind == 6:
            self.reject("", "the heading again")
            self.put(self.join(self.heading))
        elif kind == 7 and shape.has_codes:
            self.expected.skipped += 1
            self.add(dict(row, code=pick(rng, "Cykelstöld", "cykelstöld"), **{"from": "spelar ingen roll"}))
        else:
            field, reason = shape.spoil(row)
            column = "Dag+Kl" if shape.is_joined and field == "from" else shape.names[field]
            self.reject(column, reason)
            self.expected.read -= 1
            self.add(row)
