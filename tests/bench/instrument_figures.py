"""What the benchmark of instruments reckons with: throughput and memory of the cycles of two runs,
and the cells of its table. Pure."""
import figures

LOADED = ("measure", "warm-up")


def number(cycle, column):
    """None for what was not measured."""
    return int(cycle[column]) if cycle.get(column) else None


def rates(cycles):
    """Requests per second of each cycle; the warm-up only when there is nothing else."""
    found = {kind: [] for kind in LOADED}
    for cycle in cycles:
        begin, end = number(cycle, "begin_ns"), number(cycle, "load_end_ns")
        done = number(cycle, "requests_count")
        if cycle["kind"] in LOADED and done and begin is not None and end and end > begin:
            found[cycle["kind"]].append(done * 1e9 / (end - begin))
    return found["measure"] or found["warm-up"]


def slow_down(plain, other):
    """Throughput without by that with; None when one of them has none."""
    before, after = figures.median(rates(plain)), figures.median(rates(other))
    return before / after if before and after else None


def floors(cycles):
    return [number(cycle, "floor_current_bytes") for cycle in cycles if cycle["kind"] == "measure"]


def extra_bytes(plain, other):
    """What the floors of the same cycles have more; the median. None: there are no two."""
    more = [there - here for here, there in zip(floors(plain), floors(other))
            if here is not None and there is not None]
    return figures.median(more) if more else None


def cell(rows):
    """"1.3, +2.5 MiB, 100 %": of the rounds of one instrument on one service, the medians."""
    rows = [row for row in rows if row["state"] == "used" and row["slow_down"] is not None]
    if not rows:
        return "-"
    parts = [figures.number(figures.median(row["slow_down"] for row in rows), 2)]
    extra = [row["extra_bytes"] for row in rows if row["extra_bytes"] is not None]
    if extra:
        middle = figures.median(extra)
        parts.append(("-" if middle < 0 else "+") + figures.size(abs(middle)))
    shares = [row["share"] for row in rows if row["share"] is not None]
    if shares:
        parts.append("%.0f %%" % (100 * figures.median(shares)))
    return ", ".join(parts)
