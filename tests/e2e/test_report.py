#!/usr/bin/python3
"""leakcage report: results of many shards in one table; and which runs are whose. No guest is
booted: the results are the recorded runs of golden/."""
import json
import os
import shutil

import e2e

LEAK, CLEAN, PRESSURE = "global-growth", "clean", "transform"


class Report(e2e.Test):
    def take(self, shard, *names):
        """Recorded runs as the results of a shard; its folder."""
        for name in names:
            shutil.copytree(os.path.join(e2e.GOLDEN, name), os.path.join(self.results, shard, name))
        return os.path.join(self.results, shard)

    def change(self, path, **keys):
        with open(path, encoding="utf-8") as file:
            result = json.load(file)
        result.update(keys)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(result, file)

    def test_shards_make_one_table(self):
        shards = [self.take("0", LEAK, PRESSURE), self.take("1", CLEAN)]
        os.makedirs(os.path.join(self.results, "1", ".work-x", "unfinished"))
        together = self.leakcage("report", *shards)
        self.expect_status(together, e2e.PASS)
        rows = [line.split()[:3] for line in together.out.splitlines()[1:4]]
        self.assertEqual(rows, [["pass", CLEAN, "clean"], ["pass", LEAK, "leak"],
                                ["pass", PRESSURE, "pressure"]])
        self.assertIn("3 runs: 3 passed", together.out)
        self.assertEqual(together.err, "")
        # The folder of the shards' folders, and each result by itself, say the same.
        single = [os.path.join(shards[0], LEAK), os.path.join(shards[0], PRESSURE),
                  os.path.join(shards[1], CLEAN)]
        for named in ([self.results], single):
            self.assertEqual(self.leakcage("report", *named).out, together.out)

    def test_json_is_what_run_prints(self):
        self.take("0", LEAK)
        self.take("1", CLEAN)
        done = self.leakcage("report", "--json", self.results)
        self.expect_status(done, e2e.PASS)
        expected = []
        for name in (CLEAN, LEAK):
            with open(os.path.join(e2e.GOLDEN, name, "result.json"), encoding="utf-8") as file:
                expected.append(json.load(file))
        self.assertEqual(json.loads(done.out), expected)

    def test_a_file_instead_of_standard_output(self):
        self.take("0", LEAK)
        path = os.path.join(self.dir, "summary.md")
        done = self.leakcage("report", "--markdown", "-o", path, self.results)
        self.expect_status(done, e2e.PASS)
        self.assertEqual(done.out + done.err, "")
        with open(path, encoding="utf-8") as file:
            self.assertIn("| pass | global-growth | leak | heap |", file.read())

    def test_the_status_is_the_worst_of_all(self):
        shard = self.take("0", LEAK, CLEAN)
        self.change(os.path.join(shard, LEAK, "result.json"), expect={"verdict": "clean"})
        done = self.leakcage("report", shard)
        self.expect_status(done, e2e.OTHER)
        self.assertRegex(done.out, r"\n  global-growth: expected clean, found leak \(heap\): ")

    def test_what_cannot_be_taken_is_named_and_the_rest_is_shown(self):
        shard = self.take("0", LEAK, CLEAN, PRESSURE)
        self.take("1", CLEAN)
        os.truncate(os.path.join(shard, LEAK, "result.json"), 100)
        os.unlink(os.path.join(shard, PRESSURE, "cycles.csv"))
        done = self.leakcage("report", self.results, "/nonexistent", e2e.LEAKCAGE, self.tmp)
        self.expect_status(done, e2e.USAGE)
        for line in (r"0/global-growth/result.json", r"0/transform: cannot open cycles.csv",
                     r"1/clean: found the run clean, which is in .*/0/clean too",
                     r"/nonexistent: there is no such folder",
                     r"leakcage: found a file, expected a result folder",
                     r"/tmp: found no result.json there"):
            self.assertRegex(done.err, line)
        self.assertIn("1 run: 1 passed", done.out)

    def test_with_nothing_to_report(self):
        done = self.leakcage("report")
        self.expect_status(done, e2e.USAGE)
        self.assertIn("leakcage report RESULT_DIR", done.err)
        done = self.leakcage("report", "--json", "--markdown", self.tmp)
        self.expect_status(done, e2e.USAGE)


class Shard(e2e.Test):
    def test_a_wrong_shard_is_told(self):
        for shard, word in (("4/4", "from 0 to 3"), ("1", "0/4"), ("auto", "JOB_COMPLETION_INDEX")):
            done = self.run_here("--shard", shard, "clean")
            self.expect_status(done, e2e.USAGE)
            self.assertIn("--shard", done.err)
            self.assertIn(word, done.err)

    def test_an_empty_shard_is_success(self):
        for arguments, out in (((), ""), (("--json",), "[]\n")):
            done = self.run_here("--shard", "auto", *arguments, "clean", env=self.environment(
                JOB_COMPLETION_INDEX="1", JOB_COMPLETIONS="2"))
            self.expect_status(done, e2e.PASS)
            self.assertIn("shard 1/2: 0 of 1 run: nothing to do", done.err)
            self.assertEqual(done.out, out)


if __name__ == "__main__":
    e2e.main()
