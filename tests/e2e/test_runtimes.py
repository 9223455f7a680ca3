#!/usr/bin/python3
"""Services of other languages as plain commands (tests/runtimes/), clean and leaking: judged right,
with the runtime named, collections asked for and profiles kept."""
import concurrent.futures
import gzip
import json
import os
import re
import sys
import unittest

import e2e

sys.path.insert(0, os.path.join(e2e.ROOT, "tests", "runtimes"))
import services  # pylint: disable=import-error,wrong-import-position

# Two at a time. A minute is enough for each (`make bench BENCH=runtimes` tells); where other tests
# are busy beside them they get more.
BUDGET = ["--budget", "150s"]
TIMEOUT_S = 240


class Runtimes(e2e.Test):
    def prepare(self, service):
        missing = service.missing()
        if missing:
            self.skipTest(missing)
        service.prepare(self.dir)

    def run_one(self, service, variant, *options):
        """The record of a run; its results are in a folder of their own."""
        done = self.leakcage("run", "--json", "-o", os.path.join(self.results, variant), *BUDGET,
                             *options, *service.arguments(variant, self.dir), timeout=TIMEOUT_S)
        self.assertIn(done.status, (e2e.PASS, e2e.OTHER), str(done))
        return json.loads(done.out)

    def run_both(self, service):
        """The records of clean and leaking, which run side by side."""
        self.prepare(service)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            return list(pool.map(lambda variant: self.run_one(service, variant),
                                 ("clean", "leak")))

    def judge(self, service, low_bytes, high_bytes):
        """Both are judged right, and the leak's size is between these."""
        clean, leak = self.run_both(service)
        self.assertEqual(clean["verdict"], "clean", clean)
        self.assertEqual((leak["verdict"], leak["cause"]), ("leak", service.cause), leak)
        growth = leak["growth_bytes_per_request"]["estimate"]
        self.assertTrue(low_bytes <= growth <= high_bytes, leak)
        self.expect_nothing_left()
        return clean, leak

    @e2e.needs_driver
    def test_python(self):
        clean, _ = self.judge(services.PYTHON, 1000, 1300)
        self.assertEqual(clean["runtimes"][0]["runtime"], "python")
        self.assertRegex(clean["runtimes"][0]["version"], r"^3\.\d+$")

    @e2e.long
    @e2e.needs_driver
    def test_node(self):
        clean, leak = self.judge(services.NODE_ASKED, 900, 1600)
        self.assertEqual(clean["runtimes"][0]["runtime"], "node")
        self.assertEqual(clean["runtimes"][0]["heap_max_bytes"], 256 << 20)
        self.assertIn("collect", leak["released_bytes"])

    @e2e.needs_driver
    def test_java(self):
        clean, leak = self.judge(services.JAVA_PLAIN, 1000, 1300)
        self.assertEqual(clean["runtimes"][0]["runtime"], "jvm")
        self.assertGreater(clean["runtimes"][0]["heap_max_bytes"], 100 << 20)
        self.assertIn("-Xmx unset", clean["runtimes"][0]["heap_from"])
        # Nothing was built in: the JVM was asked as jcmd does it.
        self.assertIn("collect", leak["released_bytes"])
        self.assertGreater(leak["allocator"]["in_use_bytes"], 1 << 20)

    @e2e.long
    @e2e.needs_driver
    def test_a_leak_within_a_footprint_that_stands(self):
        service = services.JAVA_FULL
        self.prepare(service)
        # One after the other, and the second well warmed up: a machine that is busy with something
        # else puts off what a JVM compiles, and nobody collects here what that leaves.
        leak = self.run_one(service, "leak")
        clean = self.run_one(service, "clean", "--gc", "none", "--warmup", "20000")
        self.assertEqual((leak["verdict"], leak["cause"]), ("leak", "heap"), leak)
        self.assertEqual(leak["growth_of"], "heap")
        self.assertTrue(leak["runtimes"][0]["heap_is_constant"])
        # From outside nothing is certain, and the verdict says so.
        self.assertEqual(clean["verdict"], "clean", clean)
        self.assertTrue([text for text in clean["findings"] if "not seen from outside" in text],
                        clean["findings"])

    @e2e.long
    @e2e.needs_driver
    def test_nginx(self):
        clean, _ = self.judge(services.NGINX, 100, 300)
        self.assertNotIn("runtimes", clean)

    @e2e.needs_driver
    def test_go_and_its_profiles(self):
        clean, leak = self.judge(services.GO_PROFILED, 900, 1500)
        self.assertEqual(clean["runtimes"][0]["runtime"], "go")
        self.assertIn("GOMEMLIMIT unset", clean["runtimes"][0]["heap_from"])
        for record, variant in ((clean, "clean"), (leak, "leak")):
            folder = os.path.join(self.results, variant, record["id"], "collected")
            names = sorted(os.listdir(folder))
            heaps = [name for name in names if name.startswith("heap.")]
            self.assertGreater(len(heaps), len(record["cycles"]))
            self.assertEqual(len(heaps) * 2, len(names))
            with gzip.open(os.path.join(folder, heaps[-1])) as file:
                self.assertGreater(len(file.read()), 100)
            with open(os.path.join(folder, "goroutine.000.txt"), encoding="utf-8") as file:
                self.assertTrue(file.read().startswith("goroutine profile: total "))
            self.assertEqual(record["warnings"], [])
        self.expect_growth(os.path.join(self.results, "leak", leak["id"]))

    def expect_growth(self, folder):
        """The page of the leaking run says which line grew, and about as much as it leaks."""
        with open(os.path.join(folder, "report.html"), encoding="utf-8") as file:
            data = re.search('id="leakcage-view">(.*?)</script>', file.read(), re.S).group(1)
        profiles = json.loads(data)["runs"][0]["profiles"]
        self.assertEqual(sorted((entry["name"], entry["what"]) for entry in profiles),
                         [("goroutine", "grown"), ("goroutine", "held"),
                          ("heap", "grown"), ("heap", "held")], profiles)
        self.assertTrue(all("flame" in entry for entry in profiles), profiles)
        grown = next(entry for entry in profiles
                     if (entry["name"], entry["what"]) == ("heap", "grown"))
        self.assertEqual(grown["flame"]["type"], "inuse_space")
        self.assertEqual(grown["top"][0]["function"], "main.answer", grown)
        # Go samples, once in 512 KiB: of some MiB there are a few samples.
        self.assertEqual(grown["period"], 512 << 10)
        self.assertTrue(300 < grown["top"][0]["flat"] / grown["requests"] < 4000, grown)
        with open(os.path.join(services.HERE, "service.go"), encoding="utf-8") as file:
            line = 1 + next(n for n, text in enumerate(file) if "kept = append" in text)
        self.assertIn("runtimes/service.go:%d" % line, grown["flame"]["places"])


if __name__ == "__main__":
    e2e.main()
