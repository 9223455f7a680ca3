#!/usr/bin/python3
"""leakcage gate: against a stored baseline, a revision or a command; from runs, and from
recordings, for which no guest is booted."""
import json
import os
import shutil
import signal
import xml.etree.ElementTree

import e2e
import repository

FILES = ["gate.html", "gate.json", "gate.md", "gate.prom", "gate.sarif", "junit.xml"]
# A service that works, at a load that is soon done; three repeats can claim something at this rate.
QUICK = {"name": "svc", "limit": "64MiB", "load": {"path": "/work", "concurrency": 4},
         "cycles": {"requests": 40, "warmup": 40}}
SURE = ["--false-alarms", "10%"]
# It finishes what it began, and the guest's end takes a moment.
INTERRUPTED_S, GONE_S = 30, 10


class Gate(e2e.Test):
    def setUp(self):
        super().setUp()
        self.baseline = os.path.join(self.dir, "baseline.json")
        # Nothing of a CI system that we may be in.
        self.plain = self.environment(GITHUB_ACTIONS=None, GITHUB_STEP_SUMMARY=None)

    def gate(self, *arguments, env=None, **options):
        return self.leakcage("gate", "-o", self.results, *arguments, env=env or self.plain,
                             **options)

    def stored(self, *arguments, **options):
        """Against the stored baseline."""
        return self.gate("--baseline", self.baseline, *arguments, **options)

    def report(self):
        with open(os.path.join(self.results, "gate.json"), encoding="utf-8") as file:
            return json.load(file)

    def entries(self):
        return json.loads(self.read(self.baseline))["entries"]

    def statuses(self):
        return {case["id"]: case["status"] for case in self.report()["cases"]}

    def read(self, path):
        with open(path, encoding="utf-8") as file:
            return file.read()

    def edit_baseline(self, old, new, count=-1):
        text = self.read(self.baseline)
        self.assertIn(old, text)
        self.write("baseline.json", text.replace(old, new, count))

    def expect_refusal(self, done, *words):
        self.expect_status(done, e2e.USAGE)
        for word in words:
            self.assertIn(word, done.err + done.out)


class Recordings(Gate):
    def take(self, folder, golden, repeats=10, **changes):
        """So many recordings of one run, under another name; the folder."""
        for repeat in range(repeats):
            name = "%s.%d" % (changes.get("scenario", golden), repeat)
            target = os.path.join(self.dir, folder, name)
            shutil.copytree(os.path.join(e2e.GOLDEN, golden), target)
            path = os.path.join(target, "result.json")
            result = json.loads(self.read(path))
            result.pop("variant", None)
            result.update(changes, id=name)
            with open(path, "w", encoding="utf-8") as file:
                json.dump(result, file)
        return os.path.join(self.dir, folder)

    def update(self, *folders):
        done = self.stored("--update", *folders)
        self.expect_status(done, e2e.PASS)
        return done

    def make(self):
        """A baseline of three cases, and the folder that it was made of."""
        folder = self.take("old", "bounded-cache", scenario="cache")
        self.take("old", "global-growth.fixed", scenario="growth")
        self.take("old", "clean", scenario="alone")
        self.update(folder)
        return folder

    def test_what_has_not_changed_passes_in_every_form(self):
        folder = self.make()
        self.assertEqual(self.statuses(),
                         {"cache": "updated", "growth": "updated", "alone": "updated"})
        done = self.stored(folder)
        self.expect_status(done, e2e.PASS)
        self.assertIn("all 3 cases passed", done.out)
        self.assertEqual(set(self.statuses().values()), {"passed"})
        self.assertEqual(sorted(os.listdir(self.results)), FILES)
        xml.etree.ElementTree.parse(os.path.join(self.results, "junit.xml"))
        self.assertEqual(json.loads(self.read(os.path.join(self.results, "gate.sarif")))["version"],
                         "2.1.0")
        self.assertTrue(self.read(os.path.join(self.results, "gate.prom")).endswith("# EOF\n"))
        printed = self.stored("--json", "--quiet", folder)
        self.assertEqual(printed.err, "")
        self.assertEqual(json.loads(printed.out), self.report())
        self.assertTrue(self.report()["passed"])
        done = self.stored("--markdown", "--quiet", folder)
        self.assertEqual(done.out, self.read(os.path.join(self.results, "gate.md")))

    def test_a_leak_and_a_higher_floor_are_regressions(self):
        self.make()
        new = self.take("new", "bounded-cache.larger", 4, scenario="cache")
        self.take("new", "global-growth", 4, scenario="growth")
        self.take("new", "clean", 4, scenario="alone")
        done = self.stored(new)
        self.expect_status(done, e2e.OTHER)
        self.assertEqual(self.statuses(),
                         {"cache": "regressed", "growth": "regressed", "alone": "passed"})
        self.assertRegex(done.out, r"2 of 3 cases regressed: (cache|growth), (cache|growth); "
                                   r"1 passed")
        self.assertIn("leaks 1.0 KiB per request (heap) where the baseline is clean", done.out)
        cases = {case["id"]: case for case in self.report()["cases"]}
        self.assertTrue(cases["growth"]["verdict"]["regressed"])
        self.assertTrue(cases["cache"]["figures"]["floor_bytes"]["regressed"])
        self.assertFalse(cases["alone"]["figures"]["floor_bytes"]["regressed"])
        # Recordings are not run again.
        self.assertIn("it was not run again to confirm that", done.out)

    def test_a_budget_of_the_scenario_is_one_of_its_recordings(self):
        self.make()
        new = self.take("new", "bounded-cache.larger", 4, scenario="cache",
                        gate={"growth": "+2KiB/request", "floor": "+100%", "peak": "+100%",
                              "retained": "+4MiB"})
        done = self.stored(new)
        self.expect_status(done, e2e.PASS)

    def test_an_update_leaves_alone_what_has_not_changed(self):
        folder = self.make()
        before = self.read(self.baseline)
        done = self.update(folder)
        self.assertEqual(set(self.statuses().values()), {"kept"})
        self.assertIn("is as it was", done.out)
        self.assertEqual(self.read(self.baseline), before)
        # One case is another one now; the others are not there, and stay.
        new = self.take("new", "bounded-cache.larger", scenario="cache")
        self.take("new", "clean", scenario="alone")
        self.update(new)
        self.assertEqual(self.statuses(),
                         {"cache": "updated", "alone": "kept", "growth": "not-run"})
        after = self.read(self.baseline)
        self.assertNotEqual(after, before)
        old_cases, new_cases = json.loads(before)["entries"], json.loads(after)["entries"]
        self.assertEqual([case["scenario"] for case in new_cases], ["alone", "cache", "growth"])
        self.assertEqual(new_cases[0], old_cases[0])
        self.assertEqual(new_cases[2], old_cases[2])
        self.expect_status(self.stored(new), e2e.PASS)
        # What was a leak when the baseline was made passes while its figures stand.
        leak = self.take("leak", "global-growth", scenario="growth")
        self.update(leak)
        self.expect_status(self.stored(leak), e2e.PASS)

    def test_cases_that_come_and_go_are_told(self):
        self.make()
        new = self.take("new", "bounded-cache", 4, scenario="cache")
        self.take("new", "bounded-cache", 4, scenario="another")
        done = self.stored(new)
        self.expect_refusal(done, "has no such case", "--update")
        self.assertEqual(self.statuses(), {"cache": "passed", "another": "new", "alone": "not-run",
                                           "growth": "not-run"})
        self.assertIn("1 of 2 cases is new: another; 1 passed; 2 were not run", done.out)
        self.assertFalse(self.report()["passed"])
        only = self.take("only", "bounded-cache", scenario="cache")
        self.expect_status(self.stored(only), e2e.PASS)
        self.assertEqual(self.statuses()["growth"], "not-run")
        done = self.stored("--update", "--prune", only)
        self.expect_status(done, e2e.PASS)
        self.assertIn("2 taken out", done.out)
        self.assertEqual([entry["scenario"] for entry in self.entries()], ["cache"])

    def test_another_environment_or_other_work_is_refused(self):
        folder = self.make()
        text = self.read(self.baseline)
        self.edit_baseline('"6.1.0-56-amd64"', '"5.10.0-8-amd64"', 1)
        done = self.stored(folder)
        self.expect_refusal(done, "another environment: kernel 5.10 in the baseline, 6.1 here",
                            "--against REV")
        self.assertEqual(sorted(self.statuses().values()), ["passed", "passed", "refused"])
        self.write("baseline.json", text)
        self.edit_baseline("67108864", "33554432")
        done = self.stored(folder)
        self.expect_refusal(done, "the baseline is of other work: limit")
        self.assertEqual(set(self.statuses().values()), {"refused"})
        # An update mends that.
        self.update(folder)
        self.assertEqual(set(self.statuses().values()), {"updated"})
        self.expect_status(self.stored(folder), e2e.PASS)

    def test_a_baseline_that_is_none_is_an_error(self):
        folder = self.make()
        text = self.read(self.baseline)
        for broken, words in ((text[:len(text) // 2], "baseline.json:"),
                              ("", "baseline.json:"),
                              (text.replace("leakcage.baseline/1", "leakcage.baseline/2"),
                               "leakcage.baseline/2")):
            self.write("baseline.json", broken)
            for update in ([], ["--update"]):
                done = self.stored(*update, folder)
                self.expect_refusal(done, words)
                self.assertEqual(done.out, "")
            self.assertEqual(self.read(self.baseline), broken)
        os.unlink(self.baseline)
        self.expect_refusal(self.stored(folder), "there is no baseline", "--update")
        done = self.gate("--baseline", os.path.join(self.dir, "no", "b.json"), "--update", folder)
        self.expect_refusal(done, "there is no folder")

    def test_what_can_claim_nothing_is_no_pass(self):
        self.make()
        new = self.take("new", "bounded-cache", 1, scenario="cache")
        done = self.stored(new)
        self.expect_status(done, e2e.INCONCLUSIVE)
        self.assertIn("can claim no figure", done.out)
        self.assertEqual(self.statuses()["cache"], "undecided")

    def test_an_update_takes_nothing_that_is_not_clear(self):
        self.make()
        before = self.read(self.baseline)
        mixed = self.take("mixed", "global-growth", 5, scenario="growth")
        other = self.take("other", "global-growth.fixed", 5, scenario="growth")
        done = self.stored("--update", mixed, other)
        self.expect_status(done, e2e.INCONCLUSIVE)
        self.assertIn("not written: its runs do not agree", done.out)
        self.assertEqual(self.read(self.baseline), before)

    def test_an_update_takes_nothing_beside_which_no_gate_could_claim_anything(self):
        one = self.take("one", "bounded-cache", 1, scenario="cache")
        done = self.stored("--update", one)
        self.expect_status(done, e2e.INCONCLUSIVE)
        self.assertIn("not written: beside 1 repeat no gate could claim a figure", done.out)
        self.assertFalse(os.path.exists(self.baseline))

    def test_ci_systems_are_told(self):
        self.make()
        new = self.take("new", "global-growth", 4, scenario="growth")
        summary = self.write("summary.md", "before\n")
        env = self.environment(GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=summary)
        done = self.stored(new, env=env)
        self.expect_status(done, e2e.OTHER)
        self.assertRegex(done.err, r"(?m)^::error .*title=.*::leaks 1\.0")
        self.assertRegex(done.err, r"(?m)^::notice .*::")
        text = self.read(summary)
        self.assertTrue(text.startswith("before\n"))
        self.assertEqual(text[len("before\n"):], self.read(os.path.join(self.results, "gate.md")))
        # One that cannot be written is told, and is no reason to fail.
        env = self.environment(GITHUB_STEP_SUMMARY=os.path.join(self.dir, "no", "summary.md"))
        same = self.take("same", "global-growth.fixed", 4, scenario="growth")
        done = self.stored(same, env=env)
        self.expect_status(done, e2e.PASS)
        self.assertIn("GITHUB_STEP_SUMMARY: cannot append", done.err)
        self.assertNotIn("::", done.err.replace("gate::", ""))

    def test_results_that_cannot_be_taken_are_no_pass(self):
        folder = self.make()
        os.unlink(os.path.join(folder, "cache.3", "cycles.csv"))
        done = self.stored(folder)
        self.expect_refusal(done, "cache.3", "1 of the results could not be taken")
        self.expect_refusal(self.stored(folder, "--repeats", "3"), "is a folder", "--repeats")
        self.expect_refusal(self.stored(folder, folder), "found twice")
        self.expect_refusal(self.gate("--against", "HEAD", folder), "is a folder", "--against")

    def test_the_last_gate_s_folder_is_what_it_was_made_of(self):
        folder = self.make()
        done = self.stored(folder, "-o", folder)
        self.expect_status(done, e2e.PASS)
        # What an earlier, longer gate left there is none of this one.
        shutil.copytree(os.path.join(e2e.GOLDEN, "global-growth"),
                        os.path.join(folder, "growth.old"))
        done = self.stored(folder)
        self.expect_status(done, e2e.PASS)
        self.assertEqual(set(self.statuses().values()), {"passed"})


class Words(repository.Repository, Gate):
    """What is wrong is told at once, and no guest is booted."""

    def scenario(self, folder="", **changes):
        os.makedirs(os.path.join(self.dir, folder), exist_ok=True)
        settings = dict(QUICK, service={"command": [e2e.service("clean")]}, **changes)
        return self.write(os.path.join(folder, "svc.json"), settings)

    def expect_usage(self, done, *words):
        self.expect_refusal(done, *words)
        self.assertEqual(done.out, "")
        self.assertLess(done.seconds, e2e.SOON_S)
        self.assertFalse(os.path.exists(self.results))

    def test_github_is_told_why_there_is_no_answer(self):
        summary = os.path.join(self.dir, "summary.md")
        done = self.stored("clean", env={**self.plain, "GITHUB_ACTIONS": "true",
                                         "GITHUB_STEP_SUMMARY": summary})
        self.expect_usage(done, "::error title=leakcage gate", "there is no baseline")
        text = self.read(summary)
        self.assertIn("there is no answer", text.splitlines()[0])
        self.assertIn("there is no baseline", text)
        self.assertNotIn("passed", text)

    def test_what_cannot_be_gated_says_what_can(self):
        self.expect_usage(self.gate("clean"), "nothing to compare with", "--against REV")
        self.expect_usage(self.stored("clean"), "there is no baseline", "--update")
        self.expect_usage(self.stored("--update"), "nothing to gate")
        self.expect_usage(self.stored("--update", "nosuch"), "there is no scenario")
        self.expect_usage(self.stored("--update", "clean", "--variant", "nosuch"),
                          "found no variant")
        self.expect_usage(self.stored("--update", "clean", "--builds", "nosuch"), "nosuch")
        self.expect_usage(self.stored("--update", "clean", "clean"), "found the case clean twice")
        self.expect_usage(self.stored("--update", "clean", "--repeats", "1"),
                          "beside which no gate of 1 case could claim a figure")

    def test_what_against_means_is_told_apart(self):
        self.expect_usage(self.gate("--against", "no such thing", "clean"),
                          "neither a git revision", "nor a command")
        self.expect_usage(self.gate("--against", "worktree", "clean"), "which is what is gated")
        self.expect_usage(self.gate("--against", "'open", "clean"), "nor a command (found a '")
        self.make_repository()
        self.git("commit", "-q", "--allow-empty", "-m", "a")
        self.git("branch", "ls")
        done = self.gate("--against", "ls", "clean", cwd=self.repository)
        self.expect_usage(done, "a git revision and the program ls", "ls^{commit}")
        self.expect_usage(self.gate("--against", "lss", "clean", cwd=self.repository),
                          'did you mean "ls"?')

    def test_a_gate_without_a_case_to_compare_runs_nothing(self):
        self.write("baseline.json", {"schema": "leakcage.baseline/1", "entries": []})
        done = self.stored(self.scenario())
        self.expect_refusal(done, "has no such case", "1 case is new: svc")
        self.assertLess(done.seconds, e2e.SOON_S)
        self.assertEqual(sorted(os.listdir(self.results)), FILES)


class Runs(Gate):
    def scenario(self, folder, *words, **changes):
        """A scenario of the same name in a folder of its own."""
        os.makedirs(os.path.join(self.dir, folder), exist_ok=True)
        return self.write(os.path.join(folder, "svc.json"),
                          dict(QUICK, service={"command": list(words)}, **changes))

    @e2e.needs_driver
    def test_from_an_update_to_a_leak(self):
        good = self.scenario("good", e2e.service("global-growth"), "--variant", "fixed",
                             load={"path": "/append", "concurrency": 4})
        self.scenario("bad", e2e.service("global-growth"),
                      load={"path": "/append", "concurrency": 4})
        done = self.stored("--update", good, "--repeats", "3", *SURE)
        self.expect_status(done, e2e.PASS)
        self.assertEqual(self.statuses(), {"svc": "updated"})
        entry, = self.entries()
        self.assertEqual(entry["scenario"], "svc")
        before = self.read(self.baseline)

        done = self.stored(good, *SURE)
        self.expect_status(done, e2e.PASS)
        report = self.report()
        self.assertEqual((report["repeats"], len(report["cases"][0]["results"])), (3, 3))
        self.assertIn("1 case, 3 repeats beside the baseline", done.err)

        # The same scenario, another program behind it. It is run again before that is said.
        env = self.environment(GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=None)
        done = self.stored("bad/svc.json", *SURE, env=env, cwd=self.dir)
        self.expect_status(done, e2e.OTHER)
        self.assertIn("1 case is suspect: 3 more repeats to be sure", done.err)
        self.assertRegex(done.err, r"(?m)^::error file=bad/svc.json,.*::leaks ")
        self.assertEqual(len(self.report()["cases"][0]["results"]), 6)
        self.assertTrue(os.path.isdir(os.path.join(self.results, "svc.6")))
        self.assertEqual(self.read(self.baseline), before)

        # Of another kernel: known after one run, and no other is made.
        shutil.rmtree(self.results)
        self.edit_baseline(entry["environment"]["kernel"], "4.19.0-1-amd64")
        done = self.stored(good, *SURE)
        self.expect_refusal(done, "another environment: kernel 4.19 in the baseline")
        self.assertEqual([name for name in os.listdir(self.results) if name.startswith("svc")],
                         ["svc"])
        # Other work is known before there is any.
        shutil.rmtree(self.results)
        self.write("baseline.json", before)
        done = self.stored(good, "--requests", "50", *SURE)
        self.expect_refusal(done, "the baseline is of other work: ")
        self.assertEqual(sorted(os.listdir(self.results)), FILES)
        self.assertLess(done.seconds, e2e.SOON_S)
        self.expect_nothing_left()

    @e2e.needs_driver
    def test_one_that_never_gets_ready_is_no_pass_and_is_tried_once(self):
        path = self.scenario("bad", "/bin/sh", "-c", "echo no database; exit 3")
        done = self.stored("--update", path)
        self.expect_status(done, e2e.SERVICE)
        self.assertIn("no database", done.out)
        self.assertEqual(self.statuses(), {"svc": "failed"})
        self.assertFalse(os.path.exists(self.baseline))
        self.assertEqual(len(self.report()["cases"][0]["results"]), 1)

    @e2e.long
    @e2e.needs_driver
    def test_against_a_command(self):
        path = self.scenario("now", e2e.service("clean"))
        done = self.gate("--against", e2e.service("clean"), path, *SURE)
        self.expect_status(done, e2e.PASS)
        self.assertEqual(self.report()["against"], e2e.service("clean"))
        case, = self.report()["cases"]
        self.assertEqual((len(case["results"]), len(case["baseline_results"])), (3, 3))
        for name in ("svc.candidate", "svc.baseline.3"):
            self.assertIn(name, os.listdir(self.results))
        # They took turns.
        self.assertEqual(self.result("svc.candidate.2")["group"],
                         self.result("svc.baseline.2")["group"])
        # What it left are the runs of two sides, and as a whole nothing for a baseline.
        os.unlink(os.path.join(self.results, "gate.json"))
        self.write("baseline.json", {"schema": "leakcage.baseline/1", "entries": []})
        done = self.stored("--update", self.results)
        self.expect_refusal(done, "its runs are of two sides")
        self.expect_nothing_left()

    @e2e.needs_vm
    def test_an_interrupt_writes_no_baseline(self):
        run = e2e.Started(self, "--baseline", self.baseline, "--update", "clean", *e2e.SLOW,
                          command="gate")
        run.wait_for("for the baseline")
        run.wait_for_guest(4)
        self.assertEqual(run.end(signal.SIGINT, INTERRUPTED_S), e2e.INTERRUPTED, run.said)
        self.assertFalse(os.path.exists(self.baseline))
        self.expect_nothing_left(GONE_S)


class Revisions(repository.Repository, Gate):
    """A repository whose working tree keeps something, and whose commit does not."""

    @e2e.long
    @e2e.needs_driver
    def test_the_working_tree_against_what_was_committed(self):
        self.make_repository()
        program = "#!/bin/sh\nexec %s" % e2e.service("global-growth")
        self.write("repository/svc", program + " --variant fixed\n")
        os.chmod(os.path.join(self.repository, "svc"), 0o755)
        self.write("repository/svc.json", dict(QUICK, service={"command": ["./svc"]},
                                               load={"path": "/append", "concurrency": 4}))
        self.commit("one")
        self.write("repository/svc", program + "\n")
        done = self.gate("--against", "HEAD", "svc.json", *SURE, cwd=self.repository, timeout=300)
        self.expect_status(done, e2e.OTHER)
        self.assertEqual(self.report()["against"], "HEAD")
        self.assertRegex(done.out, r"leaks [0-9.]+ KiB per request \(heap\) where the baseline is "
                                   r"clean")
        self.assertEqual(self.unfinished(), [])


if __name__ == "__main__":
    e2e.main()
