"""A/A: what is the same must not be called different. Plain runs of one scenario are dealt out at
random as two variants, again and again, and each deal is compared from the recordings."""
import json
import os
import random
import shutil
import subprocess
import tempfile

import figures
import runs

SCENARIO = "bounded-cache"
RUNS = 16
DEALS = 100
SIZES = (3, 4)  # repeats of each variant; three can never show a difference at 5 %
CLAIMS_MAX = 0.05


def claims(comparison):
    """Figures that are said to differ, over all variants."""
    return sorted({key for variant in comparison["variants"]
                   for key, figure in variant.get("figures", {}).items() if figure.get("differs")})


def compare(bench, sides):
    """The comparison of two lists of result folders."""
    with tempfile.TemporaryDirectory() as folder:
        for name, side in zip("ab", sides):
            for path in side:
                # Not a link: a folder is found once, whatever it is called.
                shutil.copytree(path, os.path.join(folder, name, os.path.basename(path)))
        done = subprocess.run([bench.leakcage, "compare", "--json", "-o",
                               os.path.join(folder, "out"), os.path.join(folder, "a"),
                               os.path.join(folder, "b")],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False)
    if done.returncode not in runs.RAN:
        raise runs.BenchError("leakcage compare ended with status %d: %s" % (
            done.returncode, done.stderr.strip()))
    return json.loads(done.stdout)


def bench_aa(bench):
    name = (bench.scenarios() or [SCENARIO])[0]
    path = runs.catalogue_files([name])[name]
    results = bench.folder("aa", name)
    runs.say("aa: %s, %d runs" % (name, RUNS))
    folders = [os.path.join(results, record["id"])
               for record in bench.run(results, [path] * RUNS)]
    if len(folders) < 2 * max(SIZES):
        raise runs.BenchError("only %d of %d runs came to an end" % (len(folders), RUNS))
    rows = []
    chance = random.Random(1)
    for size in SIZES:
        for _ in range(DEALS):
            dealt = chance.sample(folders, 2 * size)
            found = claims(compare(bench, (dealt[:size], dealt[size:])))
            rows.append({"scenario": name, "repeats": size, "claims": found,
                         "folders": [os.path.basename(folder) for folder in dealt]})
    if not bench.keeps_all:
        shutil.rmtree(results, ignore_errors=True)
    print("\naa: %d runs of %s, all the same, dealt out as two variants %d times" % (
        len(folders), name, DEALS))
    for size in SIZES:
        mine = [row for row in rows if row["repeats"] == size]
        wrong = [row for row in mine if row["claims"]]
        print("  %d repeats each: called different %s (at most %s: %s)" % (
            size, figures.share(len(wrong), len(mine)), figures.percent(CLAIMS_MAX),
            "held" if len(wrong) <= CLAIMS_MAX * len(mine) else "not held"))
        for key in sorted({key for row in wrong for key in row["claims"]}):
            print("    %s: %d times" % (key, sum(key in row["claims"] for row in wrong)))
    return rows
