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


def markdown(head, rows):
    """Lines of a table as a README has it."""
    return ["| " + " | ".join(str(cell) for cell in row) + " |"
            for row in [head, ["---"] * len(head)] + rows]


def allocator_cell(rows):
    """Runs of one scenario under one allocator: what the right ones are called, with what tells
    allocators apart; and how many were wrong, and what those were called."""
    right = [row for row in rows if row["right"]]
    wrong = sorted(row["called"] for row in rows if not row["right"])
    text = "-"
    if right:
        called = statistics.mode(row["called"] for row in right)
        mine = [row for row in right if row["called"] == called]

        def middle(key):
            return median(row[key] for row in mine)
        text = called + ", "
        if called == "leak":
            text += "+" + size(middle("growth_bytes"))
        elif called == "pressure":
            killed = sum(bool(row["oom_kills"]) for row in mine)
            safe = middle("safe_concurrency")
            text += "%s at a time are safe" % ("-" if safe is None else "%g" % safe)
            text += "" if killed == len(mine) else ", killed in %d of %d" % (killed, len(mine))
        else:
            text += "%s stay, peak %s" % (size(middle("stays_bytes")), size(middle("peak_bytes")))
    if wrong:
        text += " **(%d of %d wrong: %s)**" % (len(wrong), len(rows),
                                              ", ".join(dict.fromkeys(wrong)))
    return text


# Of 12 MiB: so much is worth a word.
LAZY_SOME = 2 << 20


def lazy_meaning(roomy, tight):
    """One sentence: what stays with room, and what becomes of it without."""
    if roomy["stays_bytes"] is None:
        return "not measured"
    kept = roomy["stays_bytes"] - (roomy["lazy_bytes"] or 0)
    if tight["killed"]:
        rest = roomy["stays_bytes"] if roomy["rest_bytes"] is None else roomy["rest_bytes"]
        if min(roomy["stays_bytes"], rest) < LAZY_SOME:
            return "goes back, but too late for what needs the room at once"
        if (roomy["lazy_bytes"] or 0) >= LAZY_SOME:
            return "a part is lazily free, the rest is kept: not enough goes in time"
        return "kept for the next burst, and in the way of everything else"
    if (tight["taken_bytes"] or 0) >= LAZY_SOME:
        return "stays, is there when the room is needed, and nothing is killed"
    if kept < LAZY_SOME:
        return "goes back at once"
    return "a part stays, and there is room for it"


def squeeze_cell(squeeze):
    """Another process took the room: what was given up for it; "-": it was not tried."""
    if not squeeze:
        return "-"
    return "killed" if squeeze["killed"] else "%s go, nothing is killed" % size(
        squeeze.get("freed_bytes"))


def lazy_cells(roomy, tight):
    """Cells of one row of the table; what was not run is "-"."""
    if roomy is None or tight is None:
        return ["-"] * 7
    rest = roomy["rest_bytes"]
    without_room = "killed in the first burst" if tight["called"] == "pressure" and \
        tight["stays_bytes"] is None else "killed %d times" % (tight["killed"] or 0)
    if not tight["killed"]:
        without_room = "lives"
        if (tight["taken_bytes"] or 0) >= LAZY_SOME:
            without_room += "; the kernel takes back %s a burst" % size(tight["taken_bytes"])
    return [size(roomy["stays_bytes"]), size(roomy["lazy_bytes"]),
            "-" if rest is None else size(rest), roomy["called"], squeeze_cell(roomy["squeezed"]),
            "%s (%s)" % (without_room, tight["called"]), lazy_meaning(roomy, tight)]


def spread(values):
    """The cells median, min, max, n of a table."""
    values = [value for value in values if value is not None]
    if not values:
        return ["-", "-", "-", "0"]
    return [number(statistics.median(values)), number(min(values)), number(max(values)),
            str(len(values))]
