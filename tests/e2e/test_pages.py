#!/usr/bin/python3
"""Pages of results: what `leakcage report` writes as HTML, how large it is, and that no peak of a
long timeline is lost in it. No guest is booted: the results are the recorded runs of golden/, and
one of them stretched to a million samples."""
import html.parser
import json
import os
import sys

import e2e

sys.path.insert(0, os.path.join(e2e.ROOT, "tests", "support"))
import large_result  # noqa: E402

LEAK, CLEAN, KILLED = "unclosed-body", "clean", "oom-restart"
HOSTILE = "</script><script>alert(1)</script><!--\x1b[31m\"'&"
USUAL_BYTES_MAX, LARGE_BYTES_MAX = 400_000, 5_000_000
SAMPLES = 1_000_000
# On two processors; the machine may have other things to do.
LARGE_S = 60 * e2e.PATIENCE


# What a picture is made of: how much of it depends on how long texts are.
PICTURE = {"svg", "g", "path", "text", "tspan", "circle", "rect", "line", "title", "desc", "defs",
           "polyline", "polygon"}


class Page(html.parser.HTMLParser):
    """A document: its view data, its title, and how often each element is there, but for the parts
    of the picture."""

    def __init__(self, text):
        super().__init__()
        self.count, self.title, self.attributes = {}, "", []
        self.inside, self.data = "", ""
        self.feed(text)
        self.close()
        self.view = json.loads(self.data)

    def handle_starttag(self, tag, attrs):
        if tag not in PICTURE:
            self.count[tag] = self.count.get(tag, 0) + 1
        self.attributes += attrs
        if tag == "title" and "body" not in self.count or ("id", "leakcage-view") in attrs:
            self.inside = tag

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside == "title":
            self.title += data
        elif self.inside == "script":
            self.data += data


class Pages(e2e.Test):
    def take_all(self, *names):
        return [self.take(name) for name in names]

    def page(self, *arguments, size=USUAL_BYTES_MAX):
        path = os.path.join(self.dir, "page.html")
        done = self.leakcage("report", *arguments, "-o", path)
        self.expect_status(done, e2e.PASS)
        self.assertEqual(done.out + done.err, "")
        self.assertLess(os.path.getsize(path), size)
        with open(path, encoding="utf-8") as file:
            return Page(file.read()), done.seconds

    def test_one_run(self):
        page, _ = self.page(self.take(LEAK))
        run = page.view["runs"][0]
        self.assertEqual(page.title, LEAK)
        self.assertEqual([run[key] for key in ("verdict", "cause", "outcome")],
                         ["leak", "sockets", "pass"])
        self.assertEqual([line["name"] for line in run["lines"]][:3],
                         ["memory", "floor", "verdict"])
        keys = {series["key"] for series in run["series"]}
        self.assertLessEqual({"current_bytes", "rss_bytes", "working_set_bytes", "anon_bytes",
                              "file_bytes", "kernel_bytes", "rate_per_s", "p50_s", "p99_s",
                              "psi_some_share", "threads_count", "descriptors_count"}, keys)
        for series in run["series"]:
            self.assertEqual(len(series["t_s"]), len(series["v"]))
            self.assertEqual(series["t_s"], sorted(series["t_s"]))
        self.assertEqual(sum("fit_bytes" in floor for floor in run["floors"]), 6)
        # Nothing is loaded from anywhere.
        self.assertFalse([pair for pair in page.attributes if pair[0] in ("src", "href")])

    def test_several_runs_and_the_option_instead_of_the_ending(self):
        folders = self.take_all(LEAK, CLEAN, KILLED)
        page, _ = self.page(*folders)
        self.assertEqual([run["id"] for run in page.view["runs"]], [CLEAN, KILLED, LEAK])
        self.assertEqual(page.title, "3 runs")
        kinds = {mark["kind"] for mark in page.view["runs"][1]["marks"]}
        self.assertLessEqual({"oom-kill", "start", "exit"}, kinds)
        done = self.leakcage("report", "--html", *folders)
        self.expect_status(done, e2e.PASS)
        self.assertEqual(Page(done.out).view, page.view)

    def test_every_recorded_run_has_a_small_page(self):
        for name in sorted(os.listdir(e2e.GOLDEN)):
            folder = os.path.join(e2e.GOLDEN, name)
            path = os.path.join(self.dir, "page.html")
            self.leakcage("report", folder, "-o", path)
            self.assertLess(os.path.getsize(path), USUAL_BYTES_MAX, name)

    def test_texts_of_others_stay_texts(self):
        folder = self.take(LEAK)
        plain, _ = self.page(folder)
        path = os.path.join(folder, "result.json")
        with open(path, encoding="utf-8") as file:
            result = json.load(file)
        result.update(id=HOSTILE, warnings=[HOSTILE], kernel=HOSTILE)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(result, file)
        with open(os.path.join(folder, "service.log"), "wb") as file:
            file.write(b"\xff\xfe\x00" + HOSTILE.encode() + b"\n")
        page, _ = self.page(folder)
        run = page.view["runs"][0]
        self.assertEqual(page.count, plain.count, "an element more or less")
        self.assertEqual(run["id"], HOSTILE)
        self.assertEqual(run["warnings"], [HOSTILE])
        self.assertEqual(run["log"], {"text": "\ufffd\ufffd\ufffd" + HOSTILE + "\n", "cut": False})

    def test_a_million_samples_are_one_page_with_every_peak(self):
        folder = os.path.join(self.results, "large")
        peaks = large_result.write_result(folder, SAMPLES)
        page, seconds = self.page(folder, size=LARGE_BYTES_MAX)
        self.assertLess(seconds, LARGE_S)
        run = page.view["runs"][0]
        self.assertEqual(run["samples"]["n"], SAMPLES)
        self.assertGreater(run["samples"]["shown"], 5000)
        self.assertEqual(run["verdict"], "leak")
        drawn = {series["key"]: {(round(t_s, 3), value)
                                 for t_s, value in zip(series["t_s"], series["v"])}
                 for series in run["series"]}
        for peak in peaks:
            self.assertIn((round(peak["t_ns"] / 1e9, 3), peak["bytes"]), drawn[peak["column"]])
        self.assertGreater(len(peaks), 10)


if __name__ == "__main__":
    e2e.main()
