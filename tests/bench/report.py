"""What report.html costs: to write, in bytes, and to open in a browser, for runs of seconds and of
hours. The samples are made (tests/support/large_result.py), the browser is Debian's Chromium."""
import json
import os
import subprocess
import sys
import tempfile
import time

import costs
import runs

HERE = os.path.dirname(os.path.abspath(__file__))
GENERATOR = os.path.join(os.path.dirname(HERE), "support", "large_result.py")
SAMPLES = [1000, 100 * 1000, 1000 * 1000]


def written(bench, folder, samples):
    """A report of so many samples: (its path, seconds that it took)."""
    result = os.path.join(folder, str(samples))
    path = result + ".html"
    subprocess.run([sys.executable, GENERATOR, result, str(samples)], check=True,
                   stdout=subprocess.DEVNULL)
    begin = time.monotonic()
    done = subprocess.run([bench.leakcage, "report", "--html", result, "-o", path],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise runs.BenchError("leakcage report --html: %s" % done.stderr.strip())
    return path, time.monotonic() - begin


def opened(bench, paths, times):
    """Path -> milliseconds from the begin of the navigation until it is drawn."""
    done = subprocess.run(["node", os.path.join(HERE, "report.js"), str(times)] + paths,
                          env=dict(bench.environment, LEAKCAGE_BUILD=os.path.abspath(bench.build)),
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise runs.BenchError("the browser: %s" % done.stderr.strip())
    return json.loads(done.stdout)


def bench_report(bench):
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        reports = {samples: written(bench, folder, samples) for samples in SAMPLES}
        times = opened(bench, [path for path, _ in reports.values()], bench.count("REPEATS", 7))
        for samples, (path, seconds) in reports.items():
            goal = samples == SAMPLES[-1]
            costs.line(rows, "%d samples: leakcage report --html, s" % samples, [seconds])
            costs.line(rows, "%d samples: report.html, MB" % samples, [os.path.getsize(path) / 1e6],
                       "< 5" if goal else "")
            costs.line(rows, "%d samples: opened until drawn, s" % samples,
                       [value / 1000 for value in times[path]], "< 2" if goal else "")
    costs.show("report: report.html in a browser", rows)
    return rows
