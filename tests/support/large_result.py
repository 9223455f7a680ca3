#!/usr/bin/python3
"""A result with a very long timeline: a recorded run stretched to so many memory samples.

usage: large_result.py DIR SAMPLES [RECORDING_FOLDER]

Writes the result folder DIR (result.json, timeline.csv, cycles.csv, service.log): the recording of
a leak (tests/golden/unclosed-body, or RECORDING_FOLDER) with its times stretched so that samples
are 10 ms apart, every tenth with all fields, and a load sample every 50 ms. Here and there is one
sample in which memory.current, or memory.stat's anon, stands out: what a chart must not lose.
Prints those as JSON: [{"column": "current_bytes", "t_ns": 123, "bytes": 456}, ...]."""
import csv
import io
import json
import os
import random
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDING = os.path.join(os.path.dirname(HERE), "golden", "unclosed-body")
STEP_NS = 10_000_000
FULL_EVERY = 10
LOAD_EVERY = 5
PEAKS = 16
PEAK_BYTES = 4 << 20
TIMES = ("begin_ns", "load_end_ns", "settled_ns", "floor_ns")


def recorded(folder, name):
    """The rows of a recording's CSV."""
    path = os.path.join(folder, name)
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            return list(csv.reader(file))
    with tarfile.open(os.path.join(folder, "recording.tar.xz")) as tar:
        member = next(m for m in tar.getmembers() if os.path.basename(m.name) == name)
        return list(csv.reader(io.TextIOWrapper(tar.extractfile(member), encoding="utf-8")))


def at_times(rows, column, stretch):
    """The rows that have this column, as (stretched time, row)."""
    return [(int(float(row[0]) * stretch), row) for row in rows if row[column] != ""]


class Walk:
    """Goes through rows by time: which of them is the last one until then?"""

    def __init__(self, rows):
        self.rows, self.place = rows, 0

    def until(self, t_ns):
        while self.place + 1 < len(self.rows) and self.rows[self.place + 1][0] <= t_ns:
            self.place += 1
        return self.rows[self.place][1]

    def between(self, t_ns, column):
        """A total at that time: between two rows it rises evenly."""
        row = self.until(t_ns)
        if self.place + 1 == len(self.rows):
            return int(row[column])
        start, (end, after) = self.rows[self.place][0], self.rows[self.place + 1]
        share = min(max((t_ns - start) / max(end - start, 1), 0), 1)
        return int(int(row[column]) + share * (int(after[column]) - int(row[column])))


def memory_rows(header, rows, stretch, samples, peaks):
    """So many memory samples: (time, line)."""
    current, anon = header.index("current_bytes"), header.index("anon_bytes")
    partly = Walk(at_times(rows, current, stretch))
    fully = Walk(at_times(rows, anon, stretch))
    first, last = partly.rows[0][0], partly.rows[-1][0]
    chance = random.Random(samples)
    stands_out = {}
    for i in range(PEAKS):
        # Where all fields are there; anon and current stand out in turn.
        place = chance.randrange(samples // PEAKS * i, samples // PEAKS * (i + 1))
        stands_out[place // FULL_EVERY * FULL_EVERY] = (anon, current)[i % 2]
    step = (last - first) / max(samples - 1, 1)
    blank = [""] * len(header)
    for i in range(samples):
        t_ns = int(first + i * step)
        full = i % FULL_EVERY == 0
        row = list(fully.until(t_ns)) if full else list(blank)
        row[0], row[1] = str(t_ns), "memory"
        noise = chance.randrange(16) * 4096
        row[current] = str(int(partly.until(t_ns)[current]) + noise)
        if i in stands_out:
            column = stands_out[i]
            row[column] = str(int(row[column]) + PEAK_BYTES + (i % 97) * 4096)
            peaks.append({"column": header[column], "t_ns": t_ns, "bytes": int(row[column])})
        yield t_ns, ",".join(row)


def load_rows(header, rows, stretch, samples):
    """The load's totals, evenly between those that were recorded."""
    started, p50 = header.index("started_count"), header.index("latency_p50_ns")
    totals = range(started, header.index("in_flight_count") + 1)
    walk = Walk(at_times(rows, started, stretch))
    first, last = walk.rows[0][0], walk.rows[-1][0]
    count = max(samples // LOAD_EVERY, 2)
    chance = random.Random(count)
    for i in range(count):
        t_ns = int(first + i * (last - first) / (count - 1))
        row = [""] * len(header)
        row[0], row[1] = str(t_ns), "load"
        for column in totals:
            row[column] = str(walk.between(t_ns, column))
        for column in (p50, p50 + 1):
            latency = walk.until(t_ns)[column]
            row[column] = latency and str(int(int(latency) * chance.uniform(0.8, 1.2)))
        yield t_ns, ",".join(row)


def mark_rows(header, rows, stretch):
    mark = header.index("mark")
    kept = [row for row in rows if row[mark] not in ("", "late-tick")]
    for row in kept:
        t_ns = int(float(row[0]) * stretch)
        yield t_ns, ",".join([str(t_ns)] + row[1:])


def write_timeline(path, header, rows, stretch, samples):
    """timeline.csv; returns what stands out in it."""
    peaks = []
    memory = memory_rows(header, rows, stretch, samples, peaks)
    others = sorted([(t, 0, line) for t, line in mark_rows(header, rows, stretch)] +
                    [(t, 2, line) for t, line in load_rows(header, rows, stretch, samples)])
    place = 0
    with open(path, "w", encoding="utf-8") as file:
        file.write(",".join(header) + "\n")
        for t_ns, line in memory:
            while place < len(others) and others[place][0] <= t_ns:
                file.write(others[place][2] + "\n")
                place += 1
            file.write(line + "\n")
        file.writelines(line + "\n" for _, _, line in others[place:])
    return peaks


def write_cycles(path, rows, stretch):
    header = rows[0]
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in rows[1:]:
            writer.writerow([str(int(float(value) * stretch))
                             if name in TIMES and value != "" else value
                             for name, value in zip(header, row)])


def write_result(directory, samples, recording=RECORDING):
    """The whole folder; returns what stands out in its timeline."""
    timeline = recorded(recording, "timeline.csv")
    header, rows = timeline[0], timeline[1:]
    sampled = at_times(rows, header.index("current_bytes"), 1)
    stretch = samples * STEP_NS / (sampled[-1][0] - sampled[0][0])
    os.makedirs(directory, exist_ok=True)
    peaks = write_timeline(os.path.join(directory, "timeline.csv"), header, rows, stretch, samples)
    write_cycles(os.path.join(directory, "cycles.csv"), recorded(recording, "cycles.csv"), stretch)
    with open(os.path.join(recording, "result.json"), encoding="utf-8") as file:
        result = json.load(file)
    for key in ("duration_s", "ready_s", "verdict_s"):
        if key in result:
            result[key] = round(result[key] * stretch, 3)
    result["id"] = "large"
    result["question"]["ticks"], result["question"]["late_ticks"] = samples, 0
    with open(os.path.join(directory, "result.json"), "w", encoding="utf-8") as file:
        json.dump(result, file, indent=2)
    with open(os.path.join(directory, "service.log"), "w", encoding="utf-8") as file:
        file.write("listening\n")
    return peaks


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    print(json.dumps(write_result(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])))


if __name__ == "__main__":
    main()
