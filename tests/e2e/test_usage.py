#!/usr/bin/python3
"""Wrong input and machines that cannot: exit 2 with the place, exit 3 with the fix, at once.

Nothing here boots a guest. The unit tests have the table of scenario errors; these few show that
they reach the user."""
import os
import unittest

import e2e

GOOD = {"service": {"command": ["/bin/true"]}, "load": {"path": "/"}, "limit": "64MiB"}


class Scenarios(e2e.Test):
    def expect_error(self, text, *words):
        path = self.write("bad.json", text)
        done = self.run_here(path)
        self.expect_status(done, e2e.USAGE)
        self.assertEqual(done.out, "")
        for word in words:
            self.assertIn(word, done.err)
        self.assertLess(done.seconds, e2e.SOON_S)
        self.assertLessEqual(len(done.err.splitlines()), 3, done.err)

    def test_errors_name_file_line_and_path(self):
        self.expect_error('{\n  "service": {"command": ["/bin/true"]},\n  "limt": "64MiB"\n}',
                          "bad.json:3", "limt", 'did you mean "limit"')
        self.expect_error('{\n  "service": {"command": []},\n  "load": {"path": "/"}\n}',
                          "bad.json:2", "$.service.command")
        self.expect_error('{"service": {"command": ["/bin/true"]}, "load": {"path": "/"},\n'
                          ' "limit": "64Q"}', "bad.json:2", "$.limit", "64Q")
        self.expect_error('{"service": {"command": ["/bin/true"]}, "load": {"path": "/"},\n\n'
                          ' "limit": -1}', "bad.json:3", "$.limit")
        self.expect_error('{"service": {"command": ["/bin/true"]}, "load": {"path": "/"},\n'
                          ' "limit": "1000"}', "bad.json:2", "$.limit")
        self.expect_error('{"load": {"path": "/"},\n "load": {"path": "/"}}',
                          "bad.json:2", "load")
        self.expect_error('{"service": {"command": ["/bin/true"]},', "bad.json:1")
        self.expect_error("", "bad.json")
        self.expect_error("\0\1\2", "bad.json")

    def test_ten_megabytes_of_brackets(self):
        self.expect_error("[" * (10 << 20), "bad.json")
        self.expect_error('{"a":' * (2 << 20), "bad.json")

    def test_a_file_that_is_not_there_or_no_file(self):
        for name in ("/nonexistent.json", self.dir + "/.json"):
            done = self.run_here(name)
            self.assertIn(done.status, (e2e.USAGE, e2e.ENVIRONMENT), str(done))
            self.assertIn(name, done.err)
        done = self.run_here(self.dir)
        self.assertIn(done.status, (e2e.USAGE, e2e.ENVIRONMENT), str(done))

    def test_an_unknown_name_gets_a_suggestion(self):
        done = self.run_here("unclosed-bdy")
        self.expect_status(done, e2e.USAGE)
        self.assertIn("did you mean unclosed-body", done.err)

    def test_an_unknown_variant(self):
        done = self.run_here("--variant", "fixd", "unclosed-body")
        self.expect_status(done, e2e.USAGE)
        self.assertIn("fixd", done.err)
        self.assertIn("fixed", done.err)


class CommandLine(e2e.Test):
    def expect_usage(self, *arguments, words=()):
        done = self.leakcage(*arguments)
        self.expect_status(done, e2e.USAGE)
        self.assertEqual(done.out, "", str(done))
        self.assertTrue(done.err.startswith("leakcage: "), done.err)
        for word in words:
            self.assertIn(word, done.err)

    def test_unknown_words(self):
        self.expect_usage(words=["no command"])
        self.expect_usage("rnu", words=["rnu", "did you mean run"])
        self.expect_usage("run", "--limt", "64M", "clean", words=["--limt", "did you mean --limit"])
        self.expect_usage("run", "--limit=64Q", "clean", words=["--limit", "64Q"])
        self.expect_usage("run", "--limit", "1K", "clean", words=["--limit"])
        self.expect_usage("run", "--cycles", "0", "clean", words=["--cycles"])
        self.expect_usage("run", "--cycles", "three", "clean", words=["--cycles", "three"])
        self.expect_usage("run", "--rate", "nan", "clean", words=["--rate"])
        self.expect_usage("run", "--expect", "leek", "clean", words=["--expect", "leek"])
        self.expect_usage("run", "--url", "fetch", "clean", words=["--url", "fetch"])
        self.expect_usage("run", "--driver", "cloud", "clean", words=["cloud", "native", "vm"])
        self.expect_usage("run", "-o", words=["-o"])
        self.expect_usage("run", "-x", "clean", words=["-x"])
        self.expect_usage("run", "--accel", "hax", "--driver", "vm", "clean", words=["hax"])

    def test_what_is_missing_or_too_much(self):
        self.expect_usage("run", words=["no scenario"])
        self.expect_usage("run", "--", words=["no command"])
        self.expect_usage("run", "clean", "--", "/bin/true", words=["both", "clean"])
        self.expect_usage("judge", words=["no result folder"])
        self.expect_usage("show", words=["no scenario"])
        self.expect_usage("vm", words=["no command"])
        self.expect_usage("gate", "clean", words=["nothing to compare with", "--against REV"])
        self.expect_usage("gate", "--baseline", "b", "--against", "c", "clean", words=["both"])
        self.expect_usage("gate", "--baseline", "b", "--prune", "clean", words=["--update"])
        self.expect_usage("gate", "--baseline", "b", "--false-alarms", "20%", "clean",
                          words=["--false-alarms", "20%", "to 10%"])
        self.expect_usage("gate", "--baseline", "b", "--shard", "0/2", "clean",
                          words=["--shard", "RESULT_DIR"])
        self.expect_usage("run", "--update", "clean", words=["--update", "leakcage gate"])
        os.makedirs(os.path.join(self.dir, "kept"))
        kept = os.path.dirname(self.write("kept/result.json", "{}"))
        self.expect_usage("explain", "-o", "elsewhere", kept, words=["-o elsewhere", "/explain)"])

    def test_a_recording_that_is_none(self):
        for text in ("", "{}", '{"schema": "leakcage.result/99"}', "[" * 1000):
            folder = os.path.join(self.dir, "recording")
            os.makedirs(folder, exist_ok=True)
            self.write("recording/result.json", text)
            done = self.leakcage("judge", folder)
            self.assertIn(done.status, (e2e.USAGE, e2e.ENVIRONMENT), str(done))
            self.assertIn("recording", done.err)
        done = self.leakcage("judge", "/nonexistent")
        self.assertIn(done.status, (e2e.USAGE, e2e.ENVIRONMENT), str(done))

    def test_help_version_list_and_show(self):
        done = self.leakcage("help")
        self.expect_status(done, e2e.PASS)
        for word in ("run", "judge", "gate", "--limit", "exit status"):
            self.assertIn(word, done.out)
        for line in done.out.splitlines():
            self.assertLessEqual(len(line), 100)
        self.assertRegex(self.leakcage("--version").out, r"^leakcage \d")
        listed = self.leakcage("list")
        self.expect_status(listed, e2e.PASS)
        for name in ("clean", "unclosed-body", "transform"):
            self.assertRegex(listed.out, r"(?m)^%s " % name)
            self.expect_status(self.leakcage("show", name), e2e.PASS)


class Machine(e2e.Test):
    def expect_cannot(self, *arguments, words=(), **options):
        done = self.run_here(*arguments, "clean", **options)
        self.expect_status(done, e2e.ENVIRONMENT)
        for word in words:
            self.assertIn(word, done.err)
        self.assertLess(done.seconds, e2e.SOON_S)
        self.expect_nothing_left()

    def test_results_that_cannot_be_written(self):
        file = self.write("file", "")
        for place in (file, file + "/below", "/proc/leakcage"):
            done = self.leakcage("run", "-o", place, "clean")
            self.expect_status(done, e2e.ENVIRONMENT)
            self.assertIn(place, done.err)

    @e2e.needs_vm
    def test_driver_native_names_the_fix(self):
        done = self.leakcage("run", "-o", self.results, "--driver", "native", "clean")
        self.expect_status(done, e2e.ENVIRONMENT)
        self.assertIn("driver native cannot run here", done.err)
        self.assertRegex(done.err, "cgroup|controller")

    def test_a_kernel_that_is_not_there(self):
        self.expect_cannot("--driver", "vm", "--kernel", "/nonexistent", "--modules",
                           "/nonexistent", words=["/nonexistent"])

    def test_no_qemu(self):
        environment = self.environment(LEAKCAGE_QEMU="/nonexistent")
        self.expect_cannot("--driver", "vm", env=environment, words=["/nonexistent"])
        environment = self.environment(PATH=self.dir, LEAKCAGE_QEMU=None)
        self.expect_cannot("--driver", "vm", env=environment, words=["apt-get install qemu"])

    def test_no_kernel_names_the_fix(self):
        if os.path.isdir("/usr/share/leakcage/vm") or any(
                name.startswith("vmlinuz-") for name in os.listdir("/boot")):
            self.skipTest("a kernel is installed on this machine")
        environment = self.environment(HOME=self.dir, XDG_CACHE_HOME=None, LEAKCAGE_KERNEL=None,
                                       LEAKCAGE_MODULES=None)
        self.expect_cannot("--driver", "vm", env=environment, words=["leakcage vm prepare"])

    def test_the_kernel_of_the_guest_is_removed_when_asked(self):
        cache = os.path.join(self.dir, "cache")
        environment = self.environment(XDG_CACHE_HOME=cache)
        kernel = os.path.join(cache, "leakcage", "vm", "6.1", "modules")
        os.makedirs(kernel)
        done = self.leakcage("vm", "remove", env=environment)
        self.expect_status(done, e2e.PASS)
        self.assertIn("removed " + os.path.join(cache, "leakcage", "vm"), done.out)
        self.assertEqual(os.listdir(cache), [])
        done = self.leakcage("vm", "remove", env=environment)
        self.expect_status(done, e2e.PASS)
        self.assertIn("there is no ", done.out)

    def test_the_words_of_vm(self):
        for words in ((), ("nonsense",), ("prepare", "nonsense"), ("remove", "system", "more")):
            done = self.leakcage("vm", *words)
            self.expect_status(done, e2e.USAGE)
            self.assertIn("leakcage vm prepare [system]", done.err)

    def test_too_little_memory(self):
        self.expect_cannot("--driver", "vm", "--vm-memory", "100T", words=["100"])

    def test_doctor_ends_with_the_driver(self):
        done = self.leakcage("doctor")
        self.assertIn(done.status, (e2e.PASS, e2e.ENVIRONMENT))
        last = done.out.rstrip().splitlines()[-1]
        if done.status == e2e.PASS:
            self.assertRegex(last, r"^auto picks driver (native|vm)$")
        for word in ("kernel", "cgroup layout", "controllers", "delegation", "KVM", "QEMU", "PSI",
                     "swap"):
            self.assertRegex(done.out, r"(?m)^(ok|missing|note) +%s " % word)
        self.expect_nothing_left(10)


if __name__ == "__main__":
    e2e.main()
