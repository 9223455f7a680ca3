"""What the benchmarks reckon with and print: pure functions, no clock, no file, no process.

A figure that there is not (no run of that kind, nothing measured) is None, and "-" in a table;
never 0."""
import math
import statistics

VERDICTS = ["leak", "pressure", "lazy-release", "clean"]
# What a run can be called: the verdicts, and two ways of having none.
CALLED = VERDICTS + ["inconclusive", "error"]


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def number(value, digits=3):
    """Three significant digits, thousands with commas: 0.0123, 4.56, 1,230."""
    if value is None:
        return "-"
    if value == 0 or not math.isfinite(value):
        return "%g" % value
    rounded = float("%.*g" % (digits, value))
    decimals = digits - 1 - math.floor(math.log10(abs(rounded)))
    return "{:,.{}f}".format(rounded, max(0, decimals))


def size(value):
    """Bytes for people: 8 B, 1.5 KiB, 24 MiB."""
    if value is None:
        return "-"
    for unit in ("B", "KiB", "MiB"):
        if abs(value) < 1024 or unit == "MiB":
            return number(value) + " " + unit
        value /= 1024
    return None


def wilson(hits, n):
    """The 95 % interval (low, high) of a share that was seen as `hits` of `n`."""
    if n == 0:
        return None
    z = 1.959964
    middle = (hits + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(hits * (n - hits) / n + z * z / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


def percent(share):
    """100 % and 0 % only when it is all and nothing."""
    if share is None:
        return "-"
    if share in (0, 1):
        return "%d %%" % (100 * share)
    return "%.1f %%" % min(99.9, max(0.1, 100 * share))


def share(hits, n):
    """"3 of 40, 7.5 % (95 %: 2.6 % to 19.9 %)"."""
    if n == 0:
        return "0 of 0"
    low, high = wilson(hits, n)
    return "%d of %d, %s (95 %%: %s to %s)" % (hits, n, percent(hits / n), percent(low),
                                              percent(high))


def confusion(pairs):
    """{expected: {called: count}} of (expected, called) pairs; every verdict has its row. What
    expects none (None) is in no row."""
    matrix = {expected: dict.fromkeys(CALLED, 0) for expected in VERDICTS}
    for expected, called in pairs:
        if expected is not None:
            matrix[expected][called] += 1
    return matrix


def precision(matrix, verdict):
    """Of the runs called so, the share that are; None when none was."""
    called = sum(row[verdict] for row in matrix.values())
    return matrix[verdict][verdict] / called if called else None


def recall(matrix, verdict):
    """Of the runs that are so, the share called so; None when there are none."""
    there = sum(matrix[verdict].values())
    return matrix[verdict][verdict] / there if there else None


def table(head, rows, indent="  "):
    """Lines of aligned columns: words to the left, figures to the right. A column is one of
    figures when all its cells but "-" and "" begin with a digit or a sign."""
    cells = [[str(cell) for cell in row] for row in [head] + rows]
    columns = range(len(head))
    width = [max(len(row[i]) for row in cells) for i in columns]

    def is_figures(i):
        filled = [row[i] for row in cells[1:] if row[i] not in ("", "-")]
        return bool(filled) and all(cell[0].isdigit() or cell[0] in "+-." for cell in filled)
    figures = [is_figures(i) for i in columns]

    def line(row):
        return (indent + "  ".join(
            row[i].rjust(width[i]) if figures[i] else row[i].ljust(width[i])
            for i in columns)).rstrip()
    rule = indent + "  ".join("-" * width[i] for i in columns)
    return [line(cells[0]), rule] + [line(row) for row in cells[1:]]


def spread(values):
    """The cells median, min, max, n of a table."""
    values = [value for value in values if value is not None]
    if not values:
        return ["-", "-", "-", "0"]
    return [number(statistics.median(values)), number(min(values)), number(max(values)),
            str(len(values))]
