"""Tiny TAP for tests in Python.

    from tap import ok, is_eq, run

    def districts_are_unions_of_cells():
        is_eq(count(), 12, "twelve districts")

    run(districts_are_unions_of_cells)

run() calls each function; an exception in one is a failure of that one, and
the next still runs. It prints the plan last and exits with 0 only when at
least one assertion ran and none failed. Names of functions are sentences.
"""
import sys
import traceback

_count = 0
_failed = 0


def diag(text):
    """Prints text as TAP comment lines."""
    for line in str(text).splitlines() or [""]:
        print("# " + line, flush=True)


def ok(condition, name):
    """One assertion; returns its truth."""
    global _count, _failed
    _count += 1
    if not condition:
        _failed += 1
    print("%sok %d - %s" % ("" if condition else "not ", _count, str(name).replace("#", "\\#")), flush=True)
    if not condition:
        caller = sys._getframe(1)
        while caller.f_code.co_filename == __file__ and caller.f_back:
            caller = caller.f_back
        diag("failed at %s line %d" % (caller.f_code.co_filename, caller.f_lineno))
    return bool(condition)


def _shown(value):
    text = repr(value)
    return text if len(text) <= 2000 else text[:2000] + "... (%d characters)" % len(text)


def is_eq(got, expected, name):
    """got == expected, and says both when not."""
    if not ok(got == expected, name):
        diag("     got: " + _shown(got))
        diag("expected: " + _shown(expected))
        return False
    return True


def is_near(got, expected, tolerance, name):
    """|got - expected| <= tolerance."""
    good = got is not None and abs(got - expected) <= tolerance
    if not ok(good, name):
        diag("     got: %r" % (got,))
        diag("expected: %r within %r" % (expected, tolerance))
    return good


def contains(text, part, name):
    """part in text, and shows the text when not."""
    if not ok(part in text, name):
        diag("%s is not in: %s" % (_shown(part), _shown(text)))
        return False
    return True


def raises(exception, function, name):
    """function() raises that exception; returns it."""
    try:
        function()
    except exception as e:
        ok(True, name)
        return e
    ok(False, name)
    return None


def done():
    """Prints the plan and exits."""
    print("1..%d" % _count, flush=True)
    sys.exit(1 if _failed or not _count else 0)


def run(*functions):
    """Runs the functions in order, then done()."""
    for function in functions:
        name = function.__name__.replace("_", " ")
        before = _count
        try:
            function()
        except Exception:
            ok(False, name)
            diag(traceback.format_exc())
        else:
            if _count == before:
                ok(False, name + ": asserts nothing")
    done()
